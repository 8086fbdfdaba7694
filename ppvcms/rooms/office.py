"""What the back office does to rooms and shelves; every act leaves its trace (BO-01)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from ppvcms.accounts import audit
from ppvcms.accounts.models import User
from ppvcms.db import after_commit, transaction
from ppvcms.host.labels import label
from ppvcms.ids import new_id
from ppvcms.results import Refusal
from ppvcms.rooms.listing import push_card
from ppvcms.rooms.models import Category, Room, RoomPrice
from ppvcms.rooms.services import push_state, slug_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
MOST_FEATURED = 9


def set_address(room_id: str, slug: str, *, actor_id: str | None) -> Refusal | None:
    """Change the name of a room in its address; the old one leads nowhere afterwards."""
    wanted = slug.strip().lower()
    if not SLUG.fullmatch(wanted):
        return Refusal(
            "slug",
            _("The address may have small letters, digits and hyphens. Nothing was changed."),
        )
    taken = Refusal("slug", _("Another room has this address. Nothing was changed."))

    def act(session: Session) -> Refusal | None:
        other = session.scalar(select(Room.id).where(Room.slug == wanted, Room.id != room_id))
        if other is not None:
            return taken
        return _change(session, room_id, {"slug": wanted}, actor_id, "rooms.room.moved")

    try:
        return transaction(act)
    except IntegrityError:
        return taken


def set_ratio(room_id: str, percent: int | None, *, actor_id: str | None) -> Refusal | None:
    """Set what part of a charge earns in this room, in percent; None gives the site's back."""
    if percent is not None and not 0 <= percent <= 100:  # noqa: PLR2004 - percent
        return Refusal("range", _("A ratio is between 0 and 100 percent. Nothing was changed."))
    return _edit(room_id, {"ratio_percent": percent}, actor_id, "rooms.ratio.changed")


def set_bonus(
    room_id: str, percent: int | None, until: int | None, *, actor_id: str | None
) -> Refusal | None:
    """Set a ratio that holds until a moment where it is higher than the usual (CM-02, R-49).

    None for both takes it away.
    """
    if (percent is None) != (until is None):
        words = _("A bonus has a ratio and a last day. Nothing was changed.")
        return Refusal("bonus", words)
    if percent is not None and not 0 <= percent <= 100:  # noqa: PLR2004 - percent
        return Refusal("range", _("A ratio is between 0 and 100 percent. Nothing was changed."))
    changes = {"bonus_percent": percent, "bonus_until": until}
    return _edit(room_id, changes, actor_id, "rooms.bonus.changed")


def set_featured(room_id: str, level: int, *, actor_id: str | None) -> Refusal | None:
    """Set how far up a room stands, from 0 to 9 (RM-10)."""
    if not 0 <= level <= MOST_FEATURED:
        return Refusal("range", _("A level is between 0 and 9. Nothing was changed."))
    return _edit(room_id, {"featured": level}, actor_id, "rooms.featured.changed")


def set_place(
    room_id: str, *, category_id: str | None, listed: bool, actor_id: str | None
) -> Refusal | None:
    """Put a room on a shelf, and show it in the list or not."""
    changes = {"category_id": category_id or None, "listed": listed}
    return _edit(room_id, changes, actor_id, "rooms.room.placed")


def assign(room_id: str, performer_id: str, *, actor_id: str | None) -> Refusal | None:
    """Give a room to another performer, while nothing runs in it (BO-08)."""

    def act(session: Session) -> Refusal | None:
        room = session.get(Room, room_id, with_for_update=True)
        person = session.get(User, performer_id)
        if room is None or person is None or "performer" not in {r.key for r in person.roles}:
            words = _("Choose a person who is a %(role)s.", role=label("performer"))
            return Refusal("performer", words, _("Nothing was changed."))
        if room.show_id is not None:
            return Refusal(
                "busy", _("This room is on air. Nothing was changed."), _("End its show first.")
            )
        return _change(
            session, room_id, {"performer_id": performer_id}, actor_id, "rooms.room.assigned"
        )

    return transaction(act)


def clear_rate(room_id: str, mode: str, *, actor_id: str | None) -> None:
    """Give a room the site's price for one kind of show again, from the next seat."""

    def act(session: Session) -> None:
        row = session.get(RoomPrice, (room_id, mode))
        if row is None:
            return
        before = row.rate
        session.delete(row)
        audit.record(
            session,
            actor_id,
            "rooms.rate.cleared",
            f"room:{room_id}",
            data={"mode": mode, "before": before},
        )
        after_commit(session, lambda: push_card(room_id))

    transaction(act)


def save_category(
    *, category_id: str | None, name: str, slug: str, weight: int, actor_id: str | None
) -> Refusal | None:
    """Make a shelf of the list, or change one; an empty address is made from the name."""
    title, wanted = name.strip(), slug.strip().lower() or slug_of(name)
    if not title or len(title) > 64 or not SLUG.fullmatch(wanted) or len(wanted) > 48:  # noqa: PLR2004 - columns
        return Refusal(
            "name",
            _("A category needs a name, and an address of small letters, digits and hyphens."),
            _("Nothing was saved."),
        )

    def act(session: Session) -> Refusal | None:
        other = session.scalars(select(Category).where(Category.slug == wanted)).first()
        if other is not None and other.id != category_id:
            return Refusal("slug", _("Another category has this address. Nothing was saved."))
        row = session.get(Category, category_id) if category_id else None
        if row is None:
            row = Category(id=new_id(), slug=wanted, name=title)
            session.add(row)
        row.name, row.slug, row.weight = title, wanted, weight
        audit.record(
            session, actor_id, "rooms.category.saved", f"category:{row.id}", data={"name": title}
        )
        return None

    return transaction(act)


def delete_category(category_id: str, *, actor_id: str | None) -> None:
    """Take a shelf away; its rooms stay, without one."""

    def act(session: Session) -> None:
        row = session.get(Category, category_id)
        if row is None:
            return
        for room in session.scalars(select(Room).where(Room.category_id == category_id)):
            room.category_id = None
        session.flush()
        session.execute(delete(Category).where(Category.id == category_id))
        audit.record(
            session,
            actor_id,
            "rooms.category.deleted",
            f"category:{category_id}",
            data={"name": row.name},
        )

    transaction(act)


def note_visit(room_id: str, *, actor_id: str | None, address: str) -> None:
    """Write down that staff went to see a room; they are never billed there (R-16)."""
    transaction(
        lambda session: audit.record(
            session, actor_id, "rooms.room.visited", f"room:{room_id}", address=address
        )
    )


def _edit(
    room_id: str, changes: Mapping[str, object], actor_id: str | None, action: str
) -> Refusal | None:
    return transaction(lambda session: _change(session, room_id, changes, actor_id, action))


def _change(
    session: Session,
    room_id: str,
    changes: Mapping[str, object],
    actor_id: str | None,
    action: str,
) -> Refusal | None:
    room = session.get(Room, room_id, with_for_update=True)
    if room is None:
        return Refusal("not_found", _("There is no such room. Nothing was changed."))
    shelf = changes.get("category_id")
    if shelf is not None and session.get(Category, shelf) is None:
        return Refusal("category", _("This category does not exist any more."))
    before = {name: getattr(room, name) for name in changes}
    after = {name: value for name, value in changes.items() if before[name] != value}
    if not after:
        return None
    for name, value in after.items():
        setattr(room, name, value)
    session.flush()
    audit.record(
        session,
        actor_id,
        action,
        f"room:{room_id}",
        data={"before": {name: before[name] for name in after}, "after": after},
    )
    after_commit(session, lambda: push_state(room_id))
    return None
