"""The contract with plugins: every hook, its kind, its result and its time budget.

Four kinds, each with its own caller in `ppvcms.host.dispatch`:

- ``collect``: a list of (slug, value) in load order; a failing plugin's value is left out.
- ``filter``: one value passed through all; a failing plugin's change is left out.
- ``decide``: every plugin may refuse; a failing plugin refuses.
- ``notify``: facts after the commit; a failing plugin gets them again later.

A hook's return value never moves money, and no hook runs inside a transaction
that does. Implementations name the arguments they use, as pluggy has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

import pluggy

from ppvcms.errors import RemovedInApi2Warning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from markupsafe import Markup

    from ppvcms.events import Event
    from ppvcms.host.contract import (
        ActivationCheck,
        Actor,
        Assets,
        CardFacts,
        ClientBadge,
        DemoContext,
        LifecycleContext,
        NoticeChannel,
        NoticeKind,
        PageBlock,
        PageReader,
        Permission,
        PluginBlueprint,
        PluginMenuItem,
        PluginPage,
        Problem,
        RoomRef,
        RoomView,
        SettingsSpec,
        SitemapEntry,
        SlotContext,
        StoredFile,
        Task,
        UploadKind,
    )
    from ppvcms.media.contract import MediaProvider
    from ppvcms.payments.contract import Gateway
    from ppvcms.results import Refusal
    from ppvcms.rooms.modes import RoomMode

F = TypeVar("F", bound="Callable[..., Any]")

PROJECT = "ppvcms"
API_VERSION = "1.0"
hookimpl = pluggy.HookimplMarker(PROJECT)
_spec = pluggy.HookspecMarker(PROJECT)


def fills(*places: str) -> Callable[[F], F]:
    """Say which places a `template_slot` fills; it is asked for no other, which costs nothing."""

    def mark(function: F) -> F:
        function.places = frozenset(places)  # type: ignore[attr-defined] # our mark on it
        return function

    return mark


def places_of(function: Callable[..., object]) -> frozenset[str] | None:
    """Return the places that a `template_slot` said it fills, or None when it did not say."""
    return getattr(function, "places", None)


class HookKind(StrEnum):
    """How the answers of several plugins become one."""

    COLLECT = "collect"
    FILTER = "filter"
    DECIDE = "decide"
    NOTIFY = "notify"


@dataclass(frozen=True, slots=True)
class HookRule:
    """What the host checks of a hook beside its arguments.

    `longest` is of a list. `going` says what to use instead of a hook that goes with
    the next version of the interface.
    """

    kind: HookKind
    budget_ms: int
    first: bool = False
    result: tuple[type, ...] = ()
    longest: int = 1_000
    going: str = ""


RULES: dict[str, HookRule] = {}


def _hook(
    kind: HookKind,
    *,
    budget_ms: int = 50,
    first: bool = False,
    result: tuple[type, ...] = (),
    longest: int = 1_000,
    warn_on_impl: str = "",
    warn_on_impl_args: Mapping[str, str] | None = None,
) -> Callable[[F], F]:
    going = {name: RemovedInApi2Warning(text) for name, text in (warn_on_impl_args or {}).items()}

    def mark(function: F) -> F:
        rule = HookRule(kind, budget_ms, first, result, longest, warn_on_impl)
        RULES[function.__name__] = rule
        return _spec(
            function,
            warn_on_impl=RemovedInApi2Warning(warn_on_impl) if warn_on_impl else None,
            warn_on_impl_args=going or None,
        )

    return mark


# --- Lifecycle: called on one plugin, never broadcast -------------------------------


@_hook(HookKind.DECIDE, budget_ms=10_000)
def plugin_installed(ctx: LifecycleContext) -> None:
    """Prepare what the plugin needs, after its migrations; raising undoes the install."""


@_hook(HookKind.DECIDE, budget_ms=10_000)
def plugin_upgraded(ctx: LifecycleContext, from_version: str) -> None:
    """Carry over what migrations do not, after them; raising keeps the old version.

    It runs in the code of the new version, and not on the way back to an older one.
    """


@_hook(HookKind.DECIDE, budget_ms=10_000)
def plugin_uninstalled(ctx: LifecycleContext, delete_data: bool) -> None:  # noqa: FBT001
    """Clean up what lies elsewhere, such as a webhook; raising keeps the plugin installed.

    With `delete_data` its tables, settings and files go next. It may be called again
    after a crash, and is not called when its code cannot run.
    """


@_hook(HookKind.DECIDE, budget_ms=10_000)
def plugin_activated(ctx: LifecycleContext) -> None:
    """Get ready to be switched on; raising leaves the plugin off."""


@_hook(HookKind.COLLECT, result=(list,))
def check_deactivation(ctx: LifecycleContext) -> list[str]:
    """Return reasons, as sentences, not to be switched off now."""


@_hook(HookKind.NOTIFY, budget_ms=10_000)
def plugin_deactivated(ctx: LifecycleContext) -> None:
    """Hear that the plugin is off in every process."""


@_hook(HookKind.COLLECT, result=(list,))
def plugin_problems(ctx: LifecycleContext) -> list[Problem]:
    """Return what the owner should mend, for the health and plugins pages."""


@_hook(HookKind.NOTIFY, budget_ms=60_000)
def demo_content(ctx: DemoContext) -> None:
    """Fill a new demo site with what shows the plugin; told once, after people and rooms."""


# --- Registration: pure, read once per generation ------------------------------------


@_hook(HookKind.COLLECT, budget_ms=1_000)
def register_blueprints() -> PluginBlueprint:
    """Return the plugin's pages; the blueprint's name is the slug, its prefix is required."""


@_hook(HookKind.COLLECT, budget_ms=1_000)
def register_settings() -> SettingsSpec:
    """Return the plugin's settings: a form class, defaults, and which are secret."""


@_hook(HookKind.COLLECT, budget_ms=1_000, result=(list,))
def register_permissions() -> list[Permission]:
    """Return permissions, each beginning with the slug, with the roles that have it at first."""


@_hook(HookKind.COLLECT, budget_ms=1_000, result=(list,))
def register_menu() -> list[PluginMenuItem]:
    """Return entries for the site's menus and dashboards."""


@_hook(HookKind.COLLECT, budget_ms=1_000, result=(list,))
def register_assets() -> list[Assets]:
    """Return styles and ES modules, each with the pages that load it."""


@_hook(HookKind.COLLECT, budget_ms=1_000, result=(dict,))
def register_jinja() -> dict[str, Callable[..., object]]:
    """Return template globals, each named with the slug first."""


@_hook(HookKind.COLLECT, budget_ms=1_000, result=(dict,))
def register_room_actions() -> dict[str, Callable[[RoomView, Actor, dict[str, Any]], object]]:
    """Return what a room page may ask of the plugin over its socket, by name.

    A function gets the room, the actor and the page's data; it returns a JSON
    value or a Refusal.
    """


@_hook(HookKind.COLLECT, budget_ms=1_000, result=(list,))
def register_room_modes() -> list[RoomMode]:
    """Return the kinds of show that the plugin offers."""


@_hook(HookKind.COLLECT, budget_ms=1_000, result=(list,))
def register_media_providers() -> list[MediaProvider]:
    """Return ways to carry media."""


@_hook(HookKind.COLLECT, budget_ms=1_000, result=(list,))
def register_gateways() -> list[Gateway]:
    """Return payment gateways."""


@_hook(HookKind.COLLECT, budget_ms=1_000, result=(list,))
def register_tasks() -> list[Task]:
    """Return periodic work, run by one process at a time under a lease."""


@_hook(HookKind.COLLECT, budget_ms=1_000, result=(list,))
def register_activation_checks() -> list[ActivationCheck]:
    """Return what a person can be asked to pass before the first paid act."""


@_hook(HookKind.COLLECT, budget_ms=1_000, result=(list,))
def register_notices() -> list[NoticeKind]:
    """Return the kinds of things people are told, for `send_notice`."""


@_hook(HookKind.COLLECT, budget_ms=1_000, result=(list,))
def register_notice_channels() -> list[NoticeChannel]:
    """Return ways to bring notices to people beside the site and mail, such as SMS."""


@_hook(HookKind.COLLECT, budget_ms=1_000, result=(list,))
def register_uploads() -> list[UploadKind]:
    """Return the kinds of files that people may bring part by part, with a bar."""


@_hook(HookKind.COLLECT, budget_ms=1_000, result=(list,))
def register_blocks() -> list[PageBlock]:
    """Return pieces that the owner can put on pages and into the regions of a theme."""


@_hook(HookKind.COLLECT, budget_ms=1_000, result=(list,))
def register_pages() -> list[PluginPage]:
    """Return pages that are made, each with a line of a menu, when the plugin is switched on."""


@_hook(HookKind.COLLECT, budget_ms=1_000, result=(list,))
def register_readers() -> list[PageReader]:
    """Return kinds of readers, beside roles, that the owner can keep a page for."""


# --- Per request ----------------------------------------------------------------------


@_hook(HookKind.COLLECT)
def template_slot(name: str, context: SlotContext) -> Markup | str | None:
    """Return HTML for one named place of a page; a plain string is escaped."""


@_hook(HookKind.COLLECT, result=(dict,))
def room_state(room: RoomView, actor: Actor) -> dict[str, Any]:
    """Return JSON for the room page, found there under the plugin's slug."""


@_hook(HookKind.COLLECT, result=(dict,))
def card_facts(rooms: Sequence[RoomRef], actor: Actor) -> dict[str, CardFacts]:
    """Return what cards of rooms shall show of the plugin, by room; asked once for a list."""


@_hook(HookKind.COLLECT, result=(dict,))
def client_badges(user_ids: Sequence[str]) -> dict[str, ClientBadge]:
    """Return what stands beside people's names in queues and chats, by person."""


@_hook(HookKind.COLLECT, result=(int,))
def pack_bonus(user_id: str) -> int:
    """Return whole percents of a credit pack that somebody gets on top; the most counts."""


@_hook(HookKind.FILTER, result=(str,))
def filter_message(message: str, room: RoomView, actor: Actor) -> str:
    """Return the chat line as it shall be posted."""


@_hook(HookKind.DECIDE, first=True)
def select_gateway(gateways: Sequence[Gateway], purpose: str, currency: str) -> Gateway | None:
    """Choose among the gateways that could take a payment; the first answer counts."""


@_hook(HookKind.DECIDE)
def check_permission(actor: Actor, permission: str, resource: str) -> Refusal | None:
    """Refuse what roles would allow."""


@_hook(HookKind.DECIDE)
def check_room_entry(room: RoomView, actor: Actor) -> Refusal | None:
    """Refuse that somebody enters a room or asks for a show."""


@_hook(HookKind.COLLECT, result=(int,))
def limit_watching(room: RoomView, actor: Actor, used_s: int) -> int | None:
    """Return for how many seconds somebody may go on watching free shows, None without a bound.

    `used_s` is what they watched for free in the last 24 hours; the least answer counts.
    """


@_hook(HookKind.COLLECT, result=(bool,))
def covers_minutes(room: RoomView, actor: Actor) -> bool | None:
    """Return whether somebody has paid for the public shows of a room already (RM-13).

    Who has enters them at no charge by the minute; a private show and another role cost
    what they cost. One yes is enough.
    """


@_hook(HookKind.DECIDE)
def check_performer(actor: Actor, act: str) -> Refusal | None:
    """Refuse that somebody performs: `act` is ``live``, ``check_in`` or ``sell``.

    Checking in is joining another's show; selling is offering items for credits.
    """


@_hook(HookKind.DECIDE)
def check_price(room: RoomView, actor: Actor) -> Refusal | None:
    """Refuse that a performer changes what a minute costs in a room."""


@_hook(HookKind.COLLECT, result=(list,))
def unlisted_performers(performer_ids: Sequence[str]) -> list[str]:
    """Return those of the performers whose rooms no list shall show; asked once for a list."""


@_hook(HookKind.COLLECT, result=(dict,))
def person_alerts(user_ids: Sequence[str]) -> dict[str, list[str]]:
    """Return what stands in the way of people, or soon will, by person; asked once for a list.

    Short sentences for who cares for them, such as a studio: nothing that is theirs alone.
    """


@_hook(HookKind.COLLECT, budget_ms=2_000, result=(list,), longest=50_000)
def sitemap_entries() -> list[SitemapEntry]:
    """Return the plugin's pages that search engines shall know, at most 50,000.

    Only what every visitor may see; asked when a search engine takes the sitemap.
    """


@_hook(HookKind.DECIDE)
def check_message(message: str, room: RoomView, actor: Actor) -> Refusal | None:
    """Refuse a chat line."""


@_hook(HookKind.DECIDE)
def check_purchase(actor: Actor, purpose: str, amount: int, currency: str) -> Refusal | None:
    """Refuse a purchase, before anything is taken."""


@_hook(HookKind.DECIDE, first=True, result=(bool,))
def check_file(file: StoredFile, actor: Actor) -> bool:
    """Say whether somebody may have the bytes of a file of this plugin, at this moment.

    Only the file's own plugin is asked, at each request of bytes. Anything but
    True sends nothing.
    """


# --- Facts ----------------------------------------------------------------------------


@_hook(HookKind.NOTIFY, budget_ms=200)
def on_event(event: Event) -> None:
    """Hear a fact at least once, after it was committed; be idempotent on ``event.id``."""
