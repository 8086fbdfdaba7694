"""The door of a room: what it asks, who passes, and passing it (RM-13, RM-14).

Prices are minor units of credits. Who performs in the room and who works for the
site always comes in; who is on the list needs neither password nor payment.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from ppvcms.api import (
    Offer,
    Order,
    Refusal,
    Right,
    access_of,
    audit,
    begin_access,
    buy_item,
    db,
    names_of,
    new_id,
    now_ms,
    performers_of,
    person_named,
    put_on_sale,
    settings,
    take_off_sale,
    transaction,
    verified_email,
)

from .forms import SLUG
from .models import Door, ListEntry, Word

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from ppvcms.api import Actor, RoomView, Sold

STAFF = ("rooms.manage", "shows.manage")
MAIL = re.compile(r"[^@\s|]+@[^@\s|]+\.[^@\s|]+")
ROLE = re.compile(r"[a-z][a-z0-9_]{1,31}")
MOST_ENTRIES = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """What a room asks of somebody who is not in yet."""

    price: int = 0
    hours: int = 0
    password: bool = False
    only_list: bool = False
    covers: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a performer wants of the door; a `password` of None stays as it is."""

    price: int
    hours: int
    password: str | None
    entries: tuple[tuple[str, str], ...]
    only_list: bool
    covers: bool = False


def door_of(room_id: str) -> Door | None:
    """Return what a room asks, or None when it asks nothing."""
    return db.session.get(Door, room_id, populate_existing=True)


def asked_of(room: RoomView, actor: Actor) -> Asked | None:
    """Return what still keeps somebody out, or None when they may come in."""
    door = door_of(room.id)
    if door is None or _always_in(room, actor) or _on_list(room.id, actor):
        return None
    if door.only_list:
        return Asked(only_list=True)
    password = bool(door.password) and not _knows(door, actor)
    paid = door.price == 0 or access_of(actor.user_id, SLUG, room.id) is not None
    if paid and not password:
        return None
    return Asked(0 if paid else door.price, door.hours, password=password, covers=door.covers)


def covers(room: RoomView, actor: Actor) -> bool:
    """Whether somebody's paid access covers the minutes of paid public shows (RM-13)."""
    door = door_of(room.id)
    if door is None or not door.covers or not door.price:
        return False
    return access_of(actor.user_id, SLUG, room.id) is not None


def refusal_to_enter(room: RoomView, actor: Actor) -> Refusal | None:
    """Refuse who has not passed the door, and say where it is."""
    asked = asked_of(room, actor)
    if asked is None:
        return None
    reason = _("This room is open to those who pay to come in. Nothing was taken.")
    if asked.only_list:
        reason = _("This room is open to invited guests only. Nothing was taken.")
    elif asked.password:
        reason = _("This room has a password. Nothing was taken.")
    link = {"cover": "link", "href": f"/room-access/{room.slug}", "label": _("How to come in")}
    return Refusal("room_access", reason, _("Look at what it asks."), details=link)


def say_word(room: RoomView, actor: Actor, word: str) -> Refusal | None:
    """Let somebody in who knows the password; it is remembered until it changes."""
    user_id = str(actor.user_id)
    door = door_of(room.id)
    if door is None or not door.password or not _matches(door.password, word):
        return Refusal("password", _("This is not the password. Try again."))

    def act(session: Session) -> None:
        session.execute(delete(Word).where(Word.room_id == room.id, Word.user_id == user_id))
        session.add(Word(room_id=room.id, user_id=user_id, words=door.words, at=now_ms(session)))

    # Typed in two tabs at once, one of them has said it.
    with contextlib.suppress(IntegrityError):
        transaction(act)
    return None


def pay(room: RoomView, actor: Actor, *, price: int, key: str) -> Sold | Refusal:
    """Buy the way in for some hours, which begin now; the same `key` pays once (RM-13, R-04)."""
    door = door_of(room.id)
    if door is None or door.price != price or price == 0:
        return Refusal("price", _("The price has changed. Nothing was taken."), _("Look again."))
    order = Order(
        slug=SLUG,
        item_id=room.id,
        seller_id=room.performer_id,
        user_id=str(actor.user_id),
        offer=Offer("entrance", Right.RENTAL, hours=door.hours),
        price=price,
        memo=_("Entrance: %(room)s", room=room.title)[:200],
        source=f"{SLUG}:room:{room.id}",
        room_id=room.id,
    )
    sold = buy_item(actor, order, key=key)
    if not isinstance(sold, Refusal):
        begin(order.user_id, room.id)
    return sold


def begin(user_id: str, room_id: str) -> None:
    """Let the hours of somebody's entrance run; repeating it changes nothing."""
    view = access_of(user_id, SLUG, room_id)
    if view is not None and view.started_at is None:
        transaction(lambda session: begin_access(session, view.id))


def save(room: RoomView, actor: Actor, wanted: Wanted) -> Refusal | None:
    """Change what a room asks; each part needs its own right, else it stays (RM-14)."""
    if actor.user_id != room.performer_id:
        return Refusal("forbidden", _("This is not your room. Nothing was changed."))
    if len(wanted.entries) > MOST_ENTRIES:
        return Refusal("entries", _("The list is too long. Nothing was changed."))

    def act(session: Session) -> None:
        door = session.get(Door, room.id, with_for_update=True, populate_existing=True)
        if door is None:
            door = Door(
                room_id=room.id,
                price=0,
                hours=24,
                password="",
                words=0,
                only_list=False,
                covers=False,
            )
            session.add(door)
        for permission, change in _CHANGES.items():
            if actor.can(permission):
                change(session, door, wanted)
        session.flush()
        said = {"price": door.price, "hours": door.hours, "only_list": door.only_list}
        said |= {"password": bool(door.password), "entries": len(wanted.entries)}
        audit(session, actor.user_id, "room_access.door.changed", f"room:{room.id}", data=said)

    transaction(act)
    return None


def entries_of(room_id: str) -> list[str]:
    """Return a room's list as its performer typed it."""
    query = select(ListEntry).where(ListEntry.room_id == room_id).order_by(ListEntry.id)
    rows = list(db.session.scalars(query))
    names = names_of({row.value for row in rows if row.kind == "login"})
    return [
        names.get(row.value, row.value) if row.kind == "login" else f"{row.kind}: {row.value}"
        for row in rows
    ]


def read_entries(text: str) -> tuple[tuple[str, str], ...] | Refusal:
    """Read the lines of a list: names, ``mail:`` and ``role:``."""
    found = dict.fromkeys(filter(None, (line.strip() for line in text.splitlines())))
    read = [_entry(line) for line in found]
    wrong = [line for line, entry in zip(found, read, strict=True) if entry is None]
    if wrong:
        what = ", ".join(wrong[:5])
        return Refusal("entries", _("Nobody is found for: %(what)s. Nothing was saved.", what=what))
    return tuple(dict.fromkeys(entry for entry in read if entry is not None))


def _entry(line: str) -> tuple[str, str] | None:
    kind, _colon, value = (part.strip() for part in line.partition(":"))
    if kind == "mail" and MAIL.fullmatch(value):
        return "mail", value.lower()
    if kind == "role" and ROLE.fullmatch(value):
        return "role", value
    found = person_named(line)
    return ("login", str(found.user_id)) if found is not None else None


def _set_price(session: Session, door: Door, wanted: Wanted) -> None:
    door.price, door.hours = wanted.price, wanted.hours or settings(SLUG).hours
    door.covers = wanted.covers
    sale = put_on_sale if door.price else take_off_sale
    sale(session, SLUG, door.room_id)


def _set_password(_session: Session, door: Door, wanted: Wanted) -> None:
    if wanted.password is not None:
        door.password = _hashed(wanted.password) if wanted.password else ""
        door.words += 1


def _set_list(session: Session, door: Door, wanted: Wanted) -> None:
    session.execute(delete(ListEntry).where(ListEntry.room_id == door.room_id))
    for kind, value in wanted.entries:
        session.add(ListEntry(id=new_id(), room_id=door.room_id, kind=kind, value=value))
    door.only_list = wanted.only_list


_CHANGES: dict[str, Callable[[Session, Door, Wanted], None]] = {
    "room_access.price": _set_price,
    "room_access.password": _set_password,
    "room_access.list": _set_list,
}


def _always_in(room: RoomView, actor: Actor) -> bool:
    if any(actor.can(work) for work in STAFF):
        return True
    return actor.user_id is not None and actor.user_id in performers_of(room)


def _on_list(room_id: str, actor: Actor) -> bool:
    if actor.user_id is None:
        return False
    lines = [("login", actor.user_id), *(("role", role) for role in actor.roles)]
    mail = verified_email(actor.user_id)
    if mail:
        lines.append(("mail", mail))
    query = select(ListEntry.kind, ListEntry.value).where(
        ListEntry.room_id == room_id, ListEntry.value.in_([value for _kind, value in lines])
    )
    return any(tuple(row) in lines for row in db.session.execute(query))


def _knows(door: Door, actor: Actor) -> bool:
    if actor.user_id is None:
        return False
    row = db.session.get(Word, (door.room_id, actor.user_id), populate_existing=True)
    return row is not None and row.words == door.words


def _hashed(word: str) -> str:
    salt = os.urandom(16)
    return f"{salt.hex()}${_digest(word, salt)}"


def _matches(stored: str, word: str) -> bool:
    salt, _sign, digest = stored.partition("$")
    return hmac.compare_digest(digest, _digest(word, bytes.fromhex(salt)))


def _digest(word: str, salt: bytes) -> str:
    return hashlib.scrypt(word.encode(), salt=salt, n=2**14, r=8, p=1).hex()
