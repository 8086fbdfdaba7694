"""Who a page or a line of a menu is for: everybody, who signed in, one role, a plugin's readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.host import dispatch, registry

if TYPE_CHECKING:
    from ppvcms.accounts.actor import Actor
    from ppvcms.host.contract import PageReader

ALL = "all"
SIGNED_IN = "signed_in"
VISITORS = "visitors"
ROLE = "role:"


def admits(audience: str, actor: Actor) -> bool:
    """Whether somebody belongs to an audience; an unknown one has nobody."""
    if audience.startswith(ROLE):
        return audience.removeprefix(ROLE) in actor.roles
    known = {ALL: True, SIGNED_IN: actor.user_id is not None, VISITORS: actor.user_id is None}
    return known.get(audience, False)


def may_read(audience: str, actor: Actor) -> bool:
    """Whether a page is for somebody; a plugin is asked for its own readers.

    One that is off, fails or answers with anything but True lets nobody in.
    """
    reader = _reader_of(audience)
    if reader is None:
        return admits(audience, actor)
    slug, _dot, _what = reader.key.partition(".")
    return dispatch.ask(slug, reader.key, reader.admits, _id_in(audience), actor) is True


def door_of(audience: str) -> str:
    """Return the address where somebody becomes one of a plugin's readers, or an empty text."""
    reader = _reader_of(audience)
    if reader is None or reader.door is None:
        return ""
    slug, _dot, _what = reader.key.partition(".")
    found = dispatch.ask(slug, reader.key, reader.door, _id_in(audience))
    own = isinstance(found, str) and found.startswith("/") and not found.startswith("//")
    return str(found) if own else ""


def _reader_of(audience: str) -> PageReader | None:
    return registry.page_readers().get(audience.partition(":")[0])


def _id_in(audience: str) -> str:
    return audience.partition(":")[2]
