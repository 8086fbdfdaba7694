"""Recording on live pages: what they show, and what they ask over their socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import render_template
from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.api import Refusal, db, names_of, now_ms, performers_of, recordable

from . import recording
from .models import Recording
from .recording import ASK_MS, OPEN
from .rights import SELL

if TYPE_CHECKING:
    from ppvcms.api import Actor, RoomView

LONGEST = 64


def state(room: RoomView, actor: Actor) -> dict[str, Any]:
    """Return `{on}`; with `may` for who may record here, and `open` for whom one concerns.

    `open` is `{id, state, mine, client, answer, name, waiting, left_s, for_s}`; `client`
    is true for who pays and is not shown.
    """
    row = _open_in(room)
    found: dict[str, Any] = {"on": row is not None and row.state == "running"}
    if actor.user_id is None:
        return found
    if actor.user_id == room.performer_id:
        found["may"] = actor.can(SELL) and not isinstance(recordable(room.show_id), Refusal)
    if row is not None:
        found["open"] = _open_for(row, room, actor)
    return found


def look(room: RoomView, actor: Actor, _data: dict[str, Any]) -> dict[str, Any]:
    """Return the state, for a page that was told to look again."""
    return state(room, actor)


def record(room: RoomView, actor: Actor, data: dict[str, Any]) -> dict[str, Any] | Refusal:
    """Begin to record: `{key}`."""
    key = _text(data.get("key"))
    if not key:
        return Refusal("bad_request", _("The page sent something unexpected. Nothing was begun."))
    made = recording.begin(room, actor, key=key)
    return made if isinstance(made, Refusal) else state(room, actor)


def answer(room: RoomView, actor: Actor, data: dict[str, Any]) -> dict[str, Any] | Refusal:
    """Agree, or not: `{recording, yes}`."""
    yes = data.get("yes") is True
    said = recording.answer(_text(data.get("recording")), actor, yes=yes)
    return said if isinstance(said, Refusal) else state(room, actor)


def stop(room: RoomView, actor: Actor, data: dict[str, Any]) -> dict[str, Any] | Refusal:
    """End a recording that concerns one: `{recording}`."""
    return recording.stop(_text(data.get("recording")), actor) or state(room, actor)


def panel(room: RoomView, actor: Actor) -> str:
    """Return the words of recordings for a room's page, and the switch for its performer."""
    hosts = actor.user_id == room.performer_id and actor.can(SELL)
    return render_template("paid_items/recording.html", hosts=hosts)


def _open_in(room: RoomView) -> Recording | None:
    query = select(Recording).where(
        Recording.open_for == room.id,
        Recording.show_id == room.show_id,
        Recording.state.in_(OPEN),
    )
    return db.session.scalar(query.execution_options(populate_existing=True))


def _open_for(row: Recording, room: RoomView, actor: Actor) -> dict[str, Any] | None:
    """Return a recording as one of those whom it concerns sees it."""
    said = {one.user_id: one.answer for one in recording.consents_of(row.id)}
    now = now_ms(db.session())
    left_s = max(0, row.asked_at + ASK_MS - now) // 1000
    if actor.user_id not in said or (row.state == "asked" and not left_s):
        return None
    waiting = [user_id for user_id, one in said.items() if one == "waiting"]
    names = names_of([row.owner_id, *waiting])
    return {
        "id": row.id,
        "state": row.state,
        "mine": row.owner_id == actor.user_id,
        "client": actor.user_id not in performers_of(room),
        "answer": said[str(actor.user_id)],
        "name": names.get(row.owner_id, ""),
        "waiting": [names.get(user_id, "") for user_id in waiting],
        "left_s": left_s,
        "for_s": (now - row.started_at) // 1000 if row.started_at is not None else 0,
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= LONGEST else ""
