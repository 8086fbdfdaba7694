"""What the live page and the room ask of checking in over their socket."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from ppvcms.api import Refusal, label, person_named

from . import reading, services
from .services import Wish

if TYPE_CHECKING:
    from ppvcms.api import Actor, RoomView

LONGEST = 64
MOST = 12


def state(room: RoomView, actor: Actor, _data: dict[str, Any]) -> dict[str, Any]:
    """Return `{here}`: the names; the room's own performer also gets parts, question and list."""
    lines = reading.here(room.id)
    if actor.user_id != room.performer_id:
        return {"here": [{"name": line.name} for line in lines]}
    question = reading.question_of(room)
    return {
        "here": [asdict(line) for line in lines],
        "question": asdict(question) if question is not None else None,
        "known": [{"id": id_, "name": name} for id_, name in reading.known_to(str(actor.user_id))],
    }


def ask(room: RoomView, actor: Actor, data: dict[str, Any]) -> dict[str, Any] | Refusal:
    """Ask people in: `{guests, names, percents, key}`; ids, exact names, percents by id or name."""
    wish = _wish(actor, data)
    if isinstance(wish, Refusal):
        return wish
    answer = services.propose(room, actor, wish, key=str(data["key"]))
    return answer if isinstance(answer, Refusal) else state(room, actor, {})


def take_back(room: RoomView, actor: Actor, data: dict[str, Any]) -> dict[str, Any] | Refusal:
    """Take a question back: `{question}`."""
    refusal = services.withdraw(_text(data.get("question")), actor, room)
    return refusal or state(room, actor, {})


def take_out(room: RoomView, actor: Actor, data: dict[str, Any]) -> dict[str, Any] | Refusal:
    """Check somebody out: `{performer}`."""
    refusal = services.check_out(room, actor, _text(data.get("performer")))
    return refusal or state(room, actor, {})


def _wish(actor: Actor, data: dict[str, Any]) -> Wish | Refusal:
    guests, names = _texts(data.get("guests")), _texts(data.get("names"))
    percents, key = data.get("percents"), data.get("key")
    fits = isinstance(key, str) and 0 < len(key) <= LONGEST
    if not fits or guests is None or names is None or not _are_percents(percents):
        return Refusal("bad_request", _("The page sent something unexpected. Nobody was asked."))
    ids = dict.fromkeys(guests)
    by_name: dict[str, str] = {}
    for name in names:
        found = person_named(name)
        if found is None or found.user_id is None or not found.can("room.perform"):
            words = _(
                "There is no %(role)s named %(name)s. Nobody was asked.",
                role=label("performer"),
                name=name,
            )
            return Refusal("guest", words)
        ids[found.user_id] = None
        by_name[name] = found.user_id
    own = str(actor.user_id)
    ids.pop(own, None)
    named = {"me": own, **by_name}
    parts = {named.get(who, who): part for who, part in percents.items()} if percents else None
    return Wish(tuple(ids), parts)


def _are_percents(value: object) -> bool:
    if value is None:
        return True
    return isinstance(value, dict) and all(
        isinstance(who, str) and type(part) is int for who, part in value.items()
    )


def _texts(value: object) -> list[str] | None:
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MOST:
        return None
    if not all(isinstance(one, str) and len(one) <= LONGEST for one in value):
        return None
    return [one.strip() for one in value if one.strip()]


def _text(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= LONGEST else ""
