"""Rooms themselves: finding, making and editing them, and how one looks to somebody."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ppvcms.accounts import audit
from ppvcms.accounts.models import User
from ppvcms.db import after_commit, db, now_ms, transaction
from ppvcms.errors import NotFoundError
from ppvcms.host.contract import RoomView
from ppvcms.ids import new_id
from ppvcms.realtime import push
from ppvcms.results import Refusal
from ppvcms.rooms import guests
from ppvcms.rooms.listing import Card, card_of, push_card, signals_of
from ppvcms.rooms.models import Category, Room, Show
from ppvcms.rooms.payers import payers_of
from ppvcms.rooms.questions import refusal_of
from ppvcms.rooms.states import RoomState, state_of
from ppvcms.rooms.ways import ASKED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from ppvcms.accounts.actor import Actor
    from ppvcms.rooms.ways import Scene

EDIT_ANY = "rooms.manage"
SHARE = "settings.manage"
MOST_TAGS = 12
TAG = re.compile(r"[^\W_][\w -]{0,23}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")


@dataclass(frozen=True, slots=True)
class RoomEdit:
    """What a performer may change of a room; None leaves it as it is."""

    title: str | None = None
    brief: str | None = None
    description: str | None = None
    tags: tuple[str, ...] | None = None
    category_id: str | None = None
    language: str | None = None
    country: str | None = None
    offline_message: str | None = None
    image_source: str | None = None
    show_viewers: bool | None = None
    answers: Mapping[str, str] | None = None


LONGEST = {
    "title": 80,
    "brief": 200,
    "description": 10_000,
    "offline_message": 300,
    "country": 2,
}


# --- Finding ----------------------------------------------------------------------------


def by_slug(slug: str) -> Room:
    """Return a room by its name in the address.

    Raises:
        NotFoundError: There is no such room.
    """
    query = select(Room).where(Room.slug == slug).execution_options(populate_existing=True)
    room = db.session.scalar(query)
    if room is None:
        raise NotFoundError(slug)
    return room


def by_id(room_id: str) -> Room:
    """Return a room by its id, as it is now.

    Raises:
        NotFoundError: There is no such room.
    """
    room = db.session.get(Room, room_id, populate_existing=True)
    if room is None:
        raise NotFoundError(room_id)
    return room


def rooms_of(performer_id: str) -> list[Room]:
    """Return the rooms of a performer, the oldest first."""
    query = select(Room).where(Room.performer_id == performer_id).order_by(Room.created_at, Room.id)
    return list(db.session.scalars(query))


def categories() -> list[Category]:
    """Return the shelves of the listing in their order."""
    return list(db.session.scalars(select(Category).order_by(Category.weight, Category.name)))


def current_show(room: Room) -> Show | None:
    """Return the live show of a room: the private one while there is one."""
    if room.show_id is None:
        return None
    show = db.session.get(Show, room.show_id, populate_existing=True)
    return show if show is not None and show.state == "live" else None


def state(room: Room) -> RoomState:
    """Return the state of a room now."""
    return state_of(signals_of(room, current_show(room)), now_ms(db.session()))


def is_staff_of(room: Room, actor: Actor) -> bool:
    """Whether somebody works here and so is never billed in this room (R-16)."""
    return actor.user_id == room.performer_id or actor.can(EDIT_ANY) or actor.can("shows.manage")


def role_in(room: Room, actor: Actor) -> str:
    """Return what somebody is in this room: visitor, client, performer or staff."""
    if actor.user_id is None:
        return "visitor"
    if actor.user_id == room.performer_id:
        return "performer"
    return "staff" if is_staff_of(room, actor) else "client"


def view_of(room: Room, *, show_id: str | None = None, seat_id: str | None = None) -> RoomView:
    """Return what plugins may know of a room."""
    show = current_show(room)
    return RoomView(
        id=room.id,
        slug=room.slug,
        title=room.title,
        performer_id=room.performer_id,
        state=state(room).value,
        mode=show.mode if show is not None else None,
        show_id=show_id or (show.id if show is not None and not show.private else None),
        seat_id=seat_id,
    )


def state_json(room: Room) -> dict[str, Any]:
    """Return the shape `RoomState` of docs/realtime.md."""
    card = card_of(room.id)
    if card is None:
        raise NotFoundError(room.slug)
    return {
        **card.as_change(),
        "id": room.id,
        "title": room.title,
        "show": room.show_id,
        "public_media": card.state.public_media,
        "public_mode": card.public_mode,
        "carries": card.scene.carries,
        "slots": slots_json(room, card.scene),
        "feeds": guests.feeds_json(room) if card.partners else [],
        "free_until": card.scene.free_until,
        "voyeurs": card.scene.voyeurs(private=card.state is RoomState.PRIVATE),
        "auto_reject": room.auto_reject,
        "auto_reject_text": room.auto_reject_text,
        "requests_open": requests_open(room, card),
        "offline_message": room.offline_message,
    }


def slots_json(room: Room, scene: Scene) -> dict[str, int]:
    """Return how many two-way places the public show has, and how many are free (MD-08)."""
    taken = 0
    if scene.slots and room.show_id is not None:
        taken = payers_of(db.session(), room.show_id).two_way
    return {"total": scene.slots, "free": max(0, scene.slots - taken)}


def requests_open(room: Room, card: Card) -> bool:
    """Whether a private show can be asked for; one that is busy takes requests in its queue."""
    return not room.auto_reject and card.state in ASKED


def push_state(room_id: str) -> None:
    """Tell the open pages of a room and the open lists how it is now."""
    db.session.rollback()
    room = by_id(room_id)
    push(f"room:{room_id}", "state", state_json(room))
    push_card(room_id)


# --- Making and editing -----------------------------------------------------------------


def make_room(performer_id: str, title: str, *, category_id: str | None = None) -> Room:
    """Make a room for a performer, with an address made from the title."""
    slug = slug_of(title)

    def act(session: Session) -> Room:
        taken = set(session.scalars(select(Room.slug).where(Room.slug.startswith(slug))))
        free = slug if slug not in taken else f"{slug}-{new_id()[-6:].lower()}"
        room = Room(
            id=new_id(),
            slug=free,
            performer_id=performer_id,
            category_id=category_id,
            title=title[: LONGEST["title"]],
            tags={"all": []},
            created_at=now_ms(session),
        )
        session.add(room)
        session.flush()
        audit.record(session, performer_id, "rooms.room.made", f"room:{room.id}")
        return room

    try:
        return transaction(act)
    except IntegrityError:
        # Two rooms of one name at the same moment: the second look sees the first.
        return transaction(act)


def slug_of(title: str) -> str:
    """Return a name for an address: plain letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:48].strip("-")
    return slug or f"room-{new_id()[-8:].lower()}"


def edit_room(room_id: str, actor: Actor, edit: RoomEdit) -> Room | Refusal:
    """Change a room's texts, tags, shelf and switches for its looks; all or nothing."""
    changes = {
        each.name: getattr(edit, each.name)
        for each in fields(edit)
        if getattr(edit, each.name) is not None
    }
    refusal = _refusal_of(changes)
    if refusal is not None:
        return refusal

    def act(session: Session) -> Room | Refusal:
        room = session.get(Room, room_id, with_for_update=True)
        if room is None or not _may_edit(room, actor):
            return not_yours()
        if changes.get("category_id") and session.get(Category, changes["category_id"]) is None:
            return Refusal("not_found", _("This category does not exist any more."))
        for name, value in changes.items():
            setattr(room, name, _stored(name, value))
        audit.record(
            session,
            actor.user_id,
            "rooms.room.edited",
            f"room:{room_id}",
            data={"fields": sorted(changes)},
        )
        after_commit(session, lambda: push_state(room_id))
        return room

    return transaction(act)


def set_listing(
    room_id: str,
    actor: Actor,
    *,
    listed: bool | None = None,
    featured: int | None = None,
    ratio_percent: int | None = None,
) -> Room | Refusal:
    """Change what only the owner decides: listed, featured level, earning ratio (BO-01)."""
    if not actor.can(EDIT_ANY) or (ratio_percent is not None and not actor.can(SHARE)):
        return not_yours()
    if ratio_percent is not None and not 0 <= ratio_percent <= 100:  # noqa: PLR2004 - percent
        return Refusal("range", _("A ratio is between 0 and 100 percent. Nothing was changed."))
    wanted = {"listed": listed, "featured": featured, "ratio_percent": ratio_percent}
    changes = {name: value for name, value in wanted.items() if value is not None}

    def act(session: Session) -> Room | Refusal:
        room = session.get(Room, room_id, with_for_update=True)
        if room is None:
            return not_yours()
        before = {name: getattr(room, name) for name in changes}
        for name, value in changes.items():
            setattr(room, name, value)
        audit.record(
            session,
            actor.user_id,
            "rooms.room.set",
            f"room:{room_id}",
            data={"before": before, "after": changes},
        )
        after_commit(session, lambda: push_card(room_id))
        return room

    return transaction(act)


def not_yours() -> Refusal:
    """Return the refusal for a room that somebody may not change."""
    return Refusal("forbidden", _("This is not your room. Nothing was changed."))


def performer_name(room: Room) -> str:
    """Return the name that the public sees."""
    query = select(User.display_name).where(User.id == room.performer_id)
    return db.session.scalar(query) or ""


def _may_edit(room: Room, actor: Actor) -> bool:
    return room.performer_id == actor.user_id or actor.can(EDIT_ANY)


def _stored(name: str, value: Any) -> Any:
    if name == "tags":
        return {"all": list(dict.fromkeys(tag.strip().lower() for tag in value))}
    if name == "category_id":
        return value or None
    if name == "country":
        return value.upper()
    if name == "answers":
        return {key: answer for key, answer in value.items() if answer}
    return value.strip() if isinstance(value, str) else value


def _refusal_of(changes: Mapping[str, Any]) -> Refusal | None:
    """Return what does not fit, with the field it stands in."""
    for name, most in LONGEST.items():
        if len(changes.get(name) or "") > most:
            return _unfit(name, _("This is longer than %(most)s characters.", most=most))
    if "title" in changes and not changes["title"].strip():
        return _unfit("title", _("A room needs a title."))
    tags = changes.get("tags", ())
    if len(tags) > MOST_TAGS or not all(TAG.fullmatch(tag.strip()) for tag in tags):
        return _unfit(
            "tags",
            _("Use at most %(most)s tags of letters and digits, up to 24 long.", most=MOST_TAGS),
        )
    if changes.get("language") and not LANGUAGE.fullmatch(changes["language"]):
        return _unfit("language", _("This is not a language code such as en or pt-BR."))
    if changes.get("image_source", "fixed") not in {"snapshot", "random", "fixed"}:
        return _unfit("image_source", _("Choose one of the three kinds of picture."))
    return refusal_of(changes.get("answers", {}))


def _unfit(field: str, reason: str) -> Refusal:
    return Refusal("invalid", reason, _("Nothing was changed."), details={"field": field})
