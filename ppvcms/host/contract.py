"""The frozen values that plugins give to the host and get from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from flask import Blueprint

from ppvcms.accounts.actor import Actor
from ppvcms.errors import PluginError

__all__ = ["Actor"]

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy.orm import Session
    from wtforms import Form


@dataclass(frozen=True, slots=True)
class RoomView:
    """What a plugin may know of the room it is asked about.

    `state` is one of online, private, away, hidden, offline. `seat_id` is the
    actor's own open seat, `show_id` the show that the actor's page belongs to.
    """

    id: str
    slug: str
    title: str
    performer_id: str
    state: str
    mode: str | None
    show_id: str | None = None
    seat_id: str | None = None


@dataclass(frozen=True, slots=True)
class SlotContext:
    """What a template slot is rendered for."""

    actor: Actor
    room: RoomView | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LifecycleContext:
    """What a lifecycle hook works with: its slug, who acts, and the job's session."""

    slug: str
    actor_id: str | None
    session: Session


@dataclass(frozen=True, slots=True)
class SettingsSpec:
    """Settings of a plugin: every key of `defaults` is a field of `form`.

    Amounts are minor units. The keys in `room` and `studio` may have values of a
    room's or a studio's own, as far as the owner allows it. `within` says what does
    not fit of such values: it gets the wider scope's values and all of the narrower
    one's, and returns a sentence for each key that is wrong.
    """

    form: type[Form]
    defaults: Mapping[str, Any]
    secrets: frozenset[str] = frozenset()
    title: str = ""
    room: frozenset[str] = frozenset()
    studio: frozenset[str] = frozenset()
    within: Callable[[Mapping[str, Any], Mapping[str, Any]], Mapping[str, str]] | None = None


@dataclass(frozen=True, slots=True)
class Permission:
    """Something a role may do, named ``<slug>.<what>``."""

    name: str
    label: str
    default_roles: tuple[str, ...] = ("owner",)


@dataclass(frozen=True, slots=True)
class PluginMenuItem:
    """An entry of a menu: main, footer, account, performer, studio or admin."""

    menu: str
    endpoint: str
    label: str
    icon: str = ""
    permission: str | None = None
    weight: int = 0


@dataclass(frozen=True, slots=True)
class Assets:
    """Files of the plugin's ``static`` folder for one scope: all, room, live, dashboard, admin."""

    scope: str
    styles: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """Periodic work; `every` in seconds."""

    name: str
    every: float
    run: Callable[[], None]


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """A kind of thing people are told; `key` is ``<slug>.<name>``.

    `title` and `body` have places such as ``%(amount)s``; the owner may change both.
    `mail` says whether it is mailed unless the reader says otherwise. `permission`
    limits the switch to who could ever be told. With `mail_gap_min` of its own, what
    comes within so many minutes of a thread's mail is told on the site alone.
    """

    key: str
    label: str
    title: str
    body: str
    mail: bool = True
    permission: str | None = None
    mail_gap_min: int | None = None


@dataclass(frozen=True, slots=True)
class NoticeMessage:
    """What a channel brings to one person, in their language.

    `count` notices are told at once; `title` says so, `body` is the newest one's.
    `url` is where they go on. `id` is the same at every try.
    """

    id: str
    user_id: str
    title: str
    body: str
    url: str
    count: int = 1


class Carried(StrEnum):
    """What came of one try to bring a notice."""

    SENT = "sent"
    LATER = "later"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Carriage:
    """One try to bring a notice: what came of it and, for the owner, why."""

    outcome: Carried
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NoticeChannel:
    """A way to reach people away from the site, such as SMS; `key` is ``<slug>.<name>``.

    `send` is called outside of transactions and must end within seconds: what it
    answers as ``later`` is tried again after growing pauses. Of one thread at most
    one message comes within `gap_min` minutes. With `preset`, kinds that are mailed
    come this way too until the person says otherwise.
    """

    key: str
    label: str
    send: Callable[[NoticeMessage], Carriage]
    gap_min: int
    preset: bool = False


@dataclass(frozen=True, slots=True)
class RoomRef:
    """A room of a list, as far as plugins need it to find what they know of it."""

    id: str
    slug: str
    performer_id: str


@dataclass(frozen=True, slots=True)
class CardBadge:
    """A ribbon of a card: a word or two, with their icon and tone."""

    label: str
    icon: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What a plugin adds to the card of a room; None and empty texts add nothing.

    `rating` is in hundredths of a star, from 100 to 500, of `reviews` reviews;
    `next_event_at` in epoch milliseconds; `follow_url` takes a POST. The `badges`
    of all plugins are shown.
    """

    rating: int | None = None
    reviews: int = 0
    next_event_at: int | None = None
    followed: bool = False
    follow_url: str = ""
    badges: tuple[CardBadge, ...] = ()


@dataclass(frozen=True, slots=True)
class ClientBadge:
    """A word beside somebody's name, such as a rank, with its icon and tone."""

    label: str
    icon: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class ActivationCheck:
    """Something a person passes before the first paid act, such as a phone code (AC-05).

    `key` is ``<slug>.<name>``; `done` is asked with the person's id outside of
    transactions. `endpoint` is the page where a person passes it, if there is one.
    """

    key: str
    label: str
    done: Callable[[str], bool]
    help: str = ""
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class DemoContext:
    """Who and what a demo site has when plugins add their own demo content."""

    owner: Actor
    performers: tuple[Actor, ...]
    clients: tuple[Actor, ...]
    studios: tuple[Actor, ...]
    rooms: tuple[RoomView, ...]


@dataclass(frozen=True, slots=True)
class BlockContext:
    """What a block is drawn for: who reads, what the owner set, and where it stands.

    `place` is ``page`` or the name of a region of the theme.
    """

    actor: Actor
    values: Mapping[str, Any]
    place: str = "page"


@dataclass(frozen=True, slots=True)
class PageBlock:
    """A piece for pages and regions, named ``<slug>.<what>``.

    `render` returns HTML (a plain string is escaped), or None for nothing. `form` holds
    what the owner can set; its data are kept as JSON, so its fields give texts, whole
    numbers, switches or lists of them. A value that was never set is missing in `values`.
    """

    name: str
    label: str
    render: Callable[[BlockContext], Any]
    form: type[Form] | None = None
    icon: str = "puzzle"
    help: str = ""


@dataclass(frozen=True, slots=True)
class PluginPage:
    """A page below ``/p/`` that comes with the plugin, holding one of its blocks.

    `key` is ``<slug>.<what>``, `block` the name of a block, `values` what its form would
    give. It is made with a line in `menu` when the plugin is switched on, at `address`
    or another one if that is taken. `access` is who may read it.
    """

    key: str
    title: str
    block: str
    address: str
    access: str = "all"
    menu: str = "main"
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PageReader:
    """A kind of readers that pages can be for, such as buyers; `key` is ``<slug>.<what>``.

    `choices` returns what to choose from, as pairs of an id and words; `admits` says
    whether somebody belongs to those of one id, and anything but True is a no. `door`
    returns the address where one becomes one of them.
    """

    key: str
    label: str
    choices: Callable[[], Sequence[tuple[str, str]]]
    admits: Callable[[str, Actor], bool]
    door: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True)
class SitemapEntry:
    """A page of this site for search engines: its path, and when it last changed, in epoch ms."""

    path: str
    changed_at: int | None = None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that a plugin keeps for somebody; `kind` is image, video, audio or document.

    `facts` is what was measured: width and height, `duration_ms`.
    """

    id: str
    slug: str
    owner_id: str | None
    name: str
    kind: str
    content_type: str
    size: int
    public: bool
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileLimits:
    """What may be saved: the kinds, and at most so many bytes; pictures are written anew."""

    most_bytes: int
    kinds: tuple[str, ...] = ("image", "video", "audio", "document")
    widest: int = 2560


@dataclass(frozen=True, slots=True)
class UploadKind:
    """Files that people bring part by part, named ``<slug>.<what>``, and who may."""

    key: str
    permission: str
    limits: FileLimits


@dataclass(frozen=True, slots=True)
class Problem:
    """Something the owner should mend."""

    text: str
    remedy: str = ""
    serious: bool = False


class PluginBlueprint(Blueprint):
    """A blueprint that can only speak for its own plugin.

    What would reach the whole application raises and names the hook to use.
    """

    _instead: ClassVar[dict[str, str]] = {
        "before_app_request": "check_room_entry or check_permission",
        "after_app_request": "on_event",
        "teardown_app_request": "on_event",
        "app_context_processor": "register_jinja",
        "app_errorhandler": "errorhandler, for the plugin's own pages",
        "app_template_filter": "register_jinja",
        "app_template_global": "register_jinja",
        "app_template_test": "register_jinja",
        "app_url_value_preprocessor": "url_value_preprocessor",
        "app_url_defaults": "url_defaults",
    }

    def __init__(self, slug: str, import_name: str, *, url_prefix: str) -> None:
        """Make the blueprint of a plugin below its own prefix."""
        super().__init__(slug, import_name, url_prefix=url_prefix)
        for name, instead in self._instead.items():
            setattr(self, name, self._refuse(slug, name, instead))

    @staticmethod
    def _refuse(slug: str, name: str, instead: str) -> Callable[..., object]:
        def refuse(*_args: object, **_kwargs: object) -> object:
            raise PluginError(slug, f"{name} would reach the whole site. Use {instead}.")

        return refuse
