"""What active plugins offer, by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.db import after_commit
from ppvcms.host.generation import move_generation
from ppvcms.host.runtime import runtime
from ppvcms.host.snapshot import current, look_again

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

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
        Task,
        UploadKind,
    )
    from ppvcms.media.contract import MediaProvider
    from ppvcms.payments.contract import Gateway
    from ppvcms.rooms.modes import RoomMode


def room_modes() -> dict[str, RoomMode]:
    """Return the kinds of show on offer by key, in the order in which pages show them."""
    modes = current().contributions.room_modes
    on_offer = [pair for pair in modes.items() if not pair[1].retired]
    return dict(sorted(on_offer, key=lambda item: (item[1].weight, item[0])))


def room_mode(key: str) -> RoomMode | None:
    """Return one kind of show, a retired one too, or None when no active plugin has it."""
    return current().contributions.room_modes.get(key)


def gateways() -> dict[str, Gateway]:
    """Return the payment gateways by key, in load order."""
    return dict(current().contributions.gateways)


def media_providers() -> dict[str, MediaProvider]:
    """Return the media providers by key, in load order."""
    return dict(current().contributions.media_providers)


def media_provider() -> MediaProvider | None:
    """Return the media provider in use: the first in load order."""
    return next(iter(current().contributions.media_providers.values()), None)


def room_actions() -> dict[str, Callable[..., object]]:
    """Return what room pages may ask of plugins, by ``<slug>.<name>``."""
    return dict(current().contributions.room_actions)


def activation_checks() -> dict[str, ActivationCheck]:
    """Return what people can be asked to pass before the first paid act, by key."""
    return dict(current().contributions.activation_checks)


def tasks() -> dict[str, Task]:
    """Return periodic work by ``<slug>.<name>``."""
    return dict(current().contributions.tasks)


def notice_kinds() -> dict[str, NoticeKind]:
    """Return the kinds of notices that plugins declared, by key."""
    return dict(current().contributions.notices)


def notice_channels() -> dict[str, NoticeChannel]:
    """Return the ways to reach people that plugins offer beside site and mail, by key."""
    return dict(current().contributions.notice_channels)


def upload_kinds() -> dict[str, UploadKind]:
    """Return the kinds of files that people may bring part by part, by key."""
    return dict(current().contributions.uploads)


def page_blocks() -> dict[str, PageBlock]:
    """Return the blocks that plugins offer for pages, by ``<slug>.<what>``."""
    return dict(current().contributions.blocks)


def plugin_pages() -> dict[str, PluginPage]:
    """Return the pages that plugins bring, by ``<slug>.<what>``."""
    return dict(current().contributions.pages)


def page_readers() -> dict[str, PageReader]:
    """Return the kinds of readers that plugins know, by ``<slug>.<what>``."""
    return dict(current().contributions.readers)


def permissions() -> dict[str, Permission]:
    """Return the permissions that plugins declared, by name."""
    return dict(current().contributions.permissions)


def menu_items(menu: str) -> list[tuple[str, PluginMenuItem]]:
    """Return (slug, item) of one menu, by weight."""
    items = [pair for pair in current().contributions.menu if pair[1].menu == menu]
    return sorted(items, key=lambda pair: (pair[1].weight, pair[1].label))


def assets(*scopes: str) -> list[tuple[str, Assets]]:
    """Return (slug, files) that pages of these scopes load; ``all`` is always among them."""
    wanted = {"all", *scopes}
    return [pair for pair in current().contributions.assets if pair[1].scope in wanted]


def owner_of(noun: str, key: str) -> str | None:
    """Return the slug of the plugin that gave a thing, such as ("gateways", "card")."""
    return current().contributions.owners.get((noun, key))


def processes() -> dict[tuple[str, str], str]:
    """Return the modules of the side processes that active plugins declare, by (slug, name)."""
    host = runtime()
    return {
        (slug, name): module
        for slug in current().active
        for name, module in host.loaded[slug].manifest.processes.items()
    }


def changed(session: Session) -> None:
    """Let every process ask the `register_` hooks anew, once the session's transaction commits.

    For a plugin that registers what stands in its own tables.
    """
    move_generation(session)
    after_commit(session, look_again)
