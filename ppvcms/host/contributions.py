"""What active plugins registered, checked for type, prefix and clashes: pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from ppvcms.errors import PluginError
from ppvcms.host.contract import (
    ActivationCheck,
    Assets,
    NoticeChannel,
    NoticeKind,
    PageBlock,
    PageReader,
    Permission,
    PluginMenuItem,
    PluginPage,
    SettingsSpec,
    Task,
    UploadKind,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ppvcms.media.contract import MediaProvider
    from ppvcms.payments.contract import Gateway
    from ppvcms.rooms.modes import RoomMode

T = TypeVar("T")

MENUS = frozenset({"main", "footer", "account", "performer", "studio", "admin"})
SCOPES = frozenset({"all", "room", "live", "dashboard", "admin"})


@dataclass(frozen=True, slots=True)
class Contributions:
    """Everything that the plugins of one snapshot added, by its name."""

    settings: dict[str, SettingsSpec] = field(default_factory=dict)
    permissions: dict[str, Permission] = field(default_factory=dict)
    menu: list[tuple[str, PluginMenuItem]] = field(default_factory=list)
    assets: list[tuple[str, Assets]] = field(default_factory=list)
    jinja: dict[str, Callable[..., object]] = field(default_factory=dict)
    room_actions: dict[str, Callable[..., object]] = field(default_factory=dict)
    room_modes: dict[str, RoomMode] = field(default_factory=dict)
    media_providers: dict[str, MediaProvider] = field(default_factory=dict)
    gateways: dict[str, Gateway] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    uploads: dict[str, UploadKind] = field(default_factory=dict)
    notices: dict[str, NoticeKind] = field(default_factory=dict)
    notice_channels: dict[str, NoticeChannel] = field(default_factory=dict)
    activation_checks: dict[str, ActivationCheck] = field(default_factory=dict)
    blocks: dict[str, PageBlock] = field(default_factory=dict)
    pages: dict[str, PluginPage] = field(default_factory=dict)
    readers: dict[str, PageReader] = field(default_factory=dict)
    owners: dict[tuple[str, str], str] = field(default_factory=dict)
    """Which plugin gave a thing, by the hook's noun and its name."""


def add(target: Contributions, slug: str, hook: str, answer: Any) -> None:
    """Add what one plugin answered to one registration hook.

    Raises:
        PluginError: A thing has a wrong type or prefix, or another plugin has its name.
    """
    if answer is not None:
        _ADDERS[hook](target, slug, answer)


def _settings(target: Contributions, slug: str, spec: SettingsSpec) -> None:
    _expect(slug, spec, SettingsSpec)
    for key in spec.defaults:
        if not hasattr(spec.form, key):
            raise PluginError(slug, f"its settings form has no field for '{key}'. Add one.")
    if unknown := set(spec.secrets) - set(spec.defaults):
        raise PluginError(slug, f"the secrets {sorted(unknown)} have no default. Add one.")
    if odd := (spec.room | spec.studio) - (set(spec.defaults) - spec.secrets):
        raise PluginError(
            slug, f"{sorted(odd)} cannot be set in rooms: name settings that are no secrets."
        )
    target.settings[slug] = spec


def _permissions(target: Contributions, slug: str, items: list[Permission]) -> None:
    for item in _each(slug, items, Permission):
        if not item.name.startswith(f"{slug}."):
            raise PluginError(slug, f"permission '{item.name}' must begin with '{slug}.'.")
        target.permissions[item.name] = item


def _menu(target: Contributions, slug: str, items: list[PluginMenuItem]) -> None:
    for item in _each(slug, items, PluginMenuItem):
        if item.menu not in MENUS:
            names = ", ".join(sorted(MENUS))
            raise PluginError(slug, f"there is no menu '{item.menu}'. Use one of: {names}.")
        target.menu.append((slug, item))


def _assets(target: Contributions, slug: str, items: list[Assets]) -> None:
    for item in _each(slug, items, Assets):
        if item.scope not in SCOPES:
            names = ", ".join(sorted(SCOPES))
            raise PluginError(slug, f"assets have no scope '{item.scope}'. Use one of: {names}.")
        target.assets.append((slug, item))


def _jinja(target: Contributions, slug: str, names: dict[str, Callable[..., object]]) -> None:
    for name, function in names.items():
        if not name.startswith(f"{slug}_") or not callable(function):
            raise PluginError(slug, f"template global '{name}' must be '{slug}_{name}', callable.")
        target.jinja[name] = function


def _room_actions(
    target: Contributions, slug: str, actions: dict[str, Callable[..., object]]
) -> None:
    for name, function in actions.items():
        if not callable(function):
            raise PluginError(slug, f"room action '{name}' must be a function.")
        target.room_actions[f"{slug}.{name}"] = function


def _tasks(target: Contributions, slug: str, items: list[Task]) -> None:
    for item in _each(slug, items, Task):
        if item.every <= 0:
            raise PluginError(slug, f"task '{item.name}' must have a number of seconds above 0.")
        target.tasks[f"{slug}.{item.name}"] = item


def _uploads(target: Contributions, slug: str, items: list[UploadKind]) -> None:
    for item in _each(slug, items, UploadKind):
        if not item.key.startswith(f"{slug}."):
            raise PluginError(slug, f"upload '{item.key}' must begin with '{slug}.'.")
        target.uploads[item.key] = item


def _activation_checks(target: Contributions, slug: str, items: list[ActivationCheck]) -> None:
    for item in _each(slug, items, ActivationCheck):
        if not item.key.startswith(f"{slug}."):
            raise PluginError(slug, f"activation check '{item.key}' must begin with '{slug}.'.")
        target.activation_checks[item.key] = item


def _notices(target: Contributions, slug: str, items: list[NoticeKind]) -> None:
    for item in _each(slug, items, NoticeKind):
        if not item.key.startswith(f"{slug}."):
            raise PluginError(slug, f"notice '{item.key}' must begin with '{slug}.'.")
        target.notices[item.key] = item


def _notice_channels(target: Contributions, slug: str, items: list[NoticeChannel]) -> None:
    for item in _each(slug, items, NoticeChannel):
        if not item.key.startswith(f"{slug}."):
            raise PluginError(slug, f"notice channel '{item.key}' must begin with '{slug}.'.")
        target.notice_channels[item.key] = item


def _blocks(target: Contributions, slug: str, items: list[PageBlock]) -> None:
    for item in _each(slug, items, PageBlock):
        _own_name(slug, "block", item.name, target.blocks)
        target.blocks[item.name] = item


def _pages(target: Contributions, slug: str, items: list[PluginPage]) -> None:
    for item in _each(slug, items, PluginPage):
        _own_name(slug, "page", item.key, target.pages)
        if item.menu not in MENUS:
            names = ", ".join(sorted(MENUS))
            raise PluginError(slug, f"there is no menu '{item.menu}'. Use one of: {names}.")
        if not item.block.startswith(f"{slug}.") or item.block not in target.blocks:
            raise PluginError(slug, f"page '{item.key}' shows '{item.block}', no block of its own.")
        target.pages[item.key] = item


def _readers(target: Contributions, slug: str, items: list[PageReader]) -> None:
    for item in _each(slug, items, PageReader):
        _own_name(slug, "kind of readers", item.key, target.readers)
        target.readers[item.key] = item


def _own_name(slug: str, noun: str, name: str, taken: Mapping[str, object]) -> None:
    if not re.fullmatch(rf"{slug}\.[a-z][a-z0-9_]{{0,30}}", name):
        raise PluginError(slug, f"{noun} '{name}' must be '{slug}.' and a short word of a-z.")
    if name in taken:
        raise PluginError(slug, f"it returned the {noun} '{name}' twice. Use another name.")


def _keyed(noun: str, *needs: str) -> Callable[[Contributions, str, list[Any]], None]:
    def take(target: Contributions, slug: str, items: list[Any]) -> None:
        shelf: dict[str, Any] = getattr(target, noun)
        for item in items:
            missing = [name for name in ("key", "label", *needs) if not hasattr(item, name)]
            if missing:
                raise PluginError(
                    slug, f"its {noun}: {type(item).__name__} has no {', '.join(missing)}."
                )
            if item.key in shelf:
                owner = target.owners[noun, item.key]
                raise PluginError(
                    slug, f"'{owner}' already has '{item.key}' among {noun}. Use another key."
                )
            shelf[item.key] = item
            target.owners[noun, item.key] = slug

    return take


def _each(slug: str, items: Iterable[T], kind: type[T]) -> Iterable[T]:
    for item in items:
        _expect(slug, item, kind)
        yield item


def _expect(slug: str, item: object, kind: type) -> None:
    if not isinstance(item, kind):
        raise PluginError(slug, f"it returned {type(item).__name__} instead of {kind.__name__}.")


_ADDERS: dict[str, Callable[[Contributions, str, Any], None]] = {
    "register_settings": _settings,
    "register_permissions": _permissions,
    "register_menu": _menu,
    "register_assets": _assets,
    "register_jinja": _jinja,
    "register_room_actions": _room_actions,
    "register_room_modes": _keyed("room_modes", "paid", "private", "quote_terms"),
    "register_media_providers": _keyed("media_providers", "grant", "revoke", "events"),
    "register_gateways": _keyed("gateways", "execute", "verify", "parse", "lookup"),
    "register_tasks": _tasks,
    "register_notices": _notices,
    "register_notice_channels": _notice_channels,
    "register_activation_checks": _activation_checks,
    "register_uploads": _uploads,
    "register_blocks": _blocks,
    # After the blocks, which they show.
    "register_pages": _pages,
    "register_readers": _readers,
}
REGISTRATION = tuple(_ADDERS)
