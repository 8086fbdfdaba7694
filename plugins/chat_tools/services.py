"""Muting, kicking, banning, slowing: who may, whom, and what follows (MS-09).

Times are epoch milliseconds.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import has_request_context
from flask_babel import gettext as _
from sqlalchemy import or_, select

from ppvcms.api import (
    Refusal,
    addresses_of,
    audit,
    client_address,
    db,
    last_said_at,
    names_of,
    new_id,
    now_ms,
    performers_of,
    person,
    put_out,
    settings,
    signing_secret,
    transaction,
)

from .models import ChatRoom, Measure
from .words import cleaned, read_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from ppvcms.api import Actor, RoomView

SLUG = "chat_tools"
MODERATE = "chat_tools.moderate"
KINDS = ("mute", "kick", "ban")
MINUTE_MS = 60_000
SLOWEST_S = 600


@dataclass(frozen=True, slots=True)
class Standing:
    """A measure that stands, as pages show it."""

    id: str
    name: str
    kind: str
    by: str
    made_at: int
    until_at: int | None
    with_address: bool


def may_moderate(room: RoomView, actor: Actor) -> bool:
    """Whether somebody keeps order in a room: its performers, and staff."""
    return actor.can(MODERATE) or actor.user_id in {room.performer_id, *performers_of(room)}


def measure(
    room: RoomView, actor: Actor, *, kind: str, user_id: str, with_address: bool = False
) -> Refusal | None:
    """Mute, kick or ban somebody in a room; a kick and a ban put them out at once.

    A kick ends by itself after the site's time; the others stand until they are
    lifted. Staff and who performs here are never touched.
    """
    if kind not in KINDS or not may_moderate(room, actor):
        return Refusal("forbidden", _("You cannot do this here. Nothing was changed."))
    whom = person(user_id)
    if whom is None or whom.user_id == actor.user_id or may_moderate(room, whom):
        return Refusal("forbidden", _("This person works here. Nothing was changed."))
    found = sorted(_digest(one) for one in addresses_of(user_id)) if with_address else []
    minutes = settings(SLUG).kick_min

    def act(session: Session) -> None:
        now = now_ms(session)
        row = _open(session, room.id, user_id, kind)
        if row is None:
            row = Measure(
                id=new_id(), room_id=room.id, user_id=user_id, kind=kind, open=1, made_at=now
            )
            session.add(row)
        row.until_at = now + minutes * MINUTE_MS if kind == "kick" else None
        row.addresses = {"digests": found}
        row.by_id = str(actor.user_id)
        session.flush()
        whose = {"user": user_id}
        audit(session, actor.user_id, f"chat_tools.person.{kind}", f"room:{room.id}", data=whose)

    transaction(act)
    if kind != "mute":
        put_out(room.id, user_id, by=actor, text=_out(kind))
    return None


def lift(room: RoomView, actor: Actor, measure_id: str) -> Refusal | None:
    """End a measure before its time."""
    if not may_moderate(room, actor):
        return Refusal("forbidden", _("You cannot do this here. Nothing was changed."))

    def act(session: Session) -> None:
        row = session.get(Measure, measure_id, with_for_update=True)
        if row is not None and row.room_id == room.id and row.open:
            row.open, row.lifted_at = None, now_ms(session)
            whose = {"user": row.user_id}
            audit(session, actor.user_id, "chat_tools.person.lifted", f"room:{room.id}", data=whose)

    return transaction(act)


def keep(room: RoomView, actor: Actor, *, slow_s: int, words: Mapping[str, str]) -> Refusal | None:
    """Set the slow mode of a room and its own words."""
    if not may_moderate(room, actor):
        return Refusal("forbidden", _("You cannot do this here. Nothing was changed."))
    if not 0 <= slow_s <= SLOWEST_S:
        return Refusal("slow", _("Slow mode is between 0 and %(most)s seconds.", most=SLOWEST_S))

    def act(session: Session) -> None:
        session.merge(ChatRoom(room_id=room.id, slow_s=slow_s, words={"all": dict(words)}))

    return transaction(act)


def kept(room_id: str) -> tuple[int, dict[str, str]]:
    """Return a room's seconds of slow mode and its own words."""
    row = db.session.get(ChatRoom, room_id)
    return (row.slow_s, dict(row.words.get("all", {}))) if row is not None else (0, {})


def standing(room_id: str) -> list[Standing]:
    """Return what stands in a room, the newest first."""
    now = now_ms(db.session())
    rows = db.session.scalars(
        select(Measure)
        .where(Measure.room_id == room_id, *_stands(now))
        .order_by(Measure.made_at.desc())
    ).all()
    names = names_of({one for row in rows for one in (row.user_id, row.by_id)})
    return [
        Standing(
            row.id,
            names.get(row.user_id, ""),
            row.kind,
            names.get(row.by_id, ""),
            row.made_at,
            row.until_at,
            bool(row.addresses.get("digests")),
        )
        for row in rows
    ]


def refusal_to_enter(room: RoomView, actor: Actor) -> Refusal | None:
    """Return why somebody who was put out may not come in now."""
    if may_moderate(room, actor):
        return None
    own = _kinds_of(room.id, actor.user_id) if actor.user_id else {}
    for kind in ("ban", "kick"):
        if kind in own:
            return Refusal("put_out", _out(kind))
    if _shut_address(room.id):
        return Refusal("put_out", _out("ban"))
    return None


def refusal_to_say(room: RoomView, actor: Actor) -> Refusal | None:
    """Return why somebody may not write now: put out, muted, or too soon in slow mode."""
    if may_moderate(room, actor) or actor.user_id is None:
        return None
    own = _kinds_of(room.id, actor.user_id)
    if "ban" in own or "kick" in own:
        return Refusal("put_out", _out("ban" if "ban" in own else "kick"))
    if "mute" in own:
        return Refusal("muted", _("You are muted in this room. It was not sent."))
    slow_s, _words = kept(room.id)
    return _too_soon(room.id, actor.user_id, slow_s) if slow_s and room.seat_id is None else None


def filtered(message: str, room: RoomView) -> str:
    """Return a line without the words of the site's list and the room's own."""
    words = read_words(settings(SLUG).words) | kept(room.id)[1]
    return cleaned(message, words)


def _too_soon(room_id: str, user_id: str, slow_s: int) -> Refusal | None:
    last, now = last_said_at(room_id, user_id), now_ms(db.session())
    left_s = slow_s - (now - last) // 1000 if last is not None else 0
    if left_s <= 0:
        return None
    return Refusal(
        "too_fast", _("Slow mode: write again in %(left)s seconds. It was not sent.", left=left_s)
    )


def _kinds_of(room_id: str, user_id: str) -> dict[str, int | None]:
    rows = db.session.execute(
        select(Measure.kind, Measure.until_at).where(
            Measure.room_id == room_id,
            Measure.user_id == user_id,
            *_stands(now_ms(db.session())),
        )
    )
    return {row.kind: row.until_at for row in rows}


def _shut_address(room_id: str) -> bool:
    if not has_request_context():
        return False
    mine = _digest(client_address())
    rows = db.session.scalars(
        select(Measure.addresses).where(
            Measure.room_id == room_id, Measure.kind == "ban", *_stands(now_ms(db.session()))
        )
    )
    return any(mine in row.get("digests", ()) for row in rows)


def _stands(now: int) -> tuple[ColumnElement[bool], ...]:
    return (Measure.open == 1, or_(Measure.until_at.is_(None), Measure.until_at > now))


def _open(session: Session, room_id: str, user_id: str, kind: str) -> Measure | None:
    query = select(Measure).filter_by(room_id=room_id, user_id=user_id, kind=kind, open=1)
    return session.scalar(query.with_for_update())


def _digest(address: str) -> str:
    return hmac.new(signing_secret(SLUG).encode(), address.encode(), hashlib.sha256).hexdigest()


def _out(kind: str) -> str:
    text: str = (
        _("You were asked to leave this room for a while. Nothing more is charged.")
        if kind == "kick"
        else _("You are not let into this room any more. Nothing more is charged.")
    )
    return text
