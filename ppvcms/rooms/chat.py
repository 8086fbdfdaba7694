"""Chat: a line is posted once by its key, to the public room or to one private show.

Who may speak in a private show is decided where its sides are known; plugins may
refuse a line or change it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ppvcms.db import after_commit, db, now_ms, transaction
from ppvcms.events import MessageSent
from ppvcms.host import dispatch
from ppvcms.ids import new_id
from ppvcms.ledger import outbox
from ppvcms.realtime import push
from ppvcms.results import Refusal
from ppvcms.rooms import written
from ppvcms.rooms.badges import badges_of
from ppvcms.rooms.models import ChatMessage
from ppvcms.rooms.payers import is_unseen
from ppvcms.rooms.services import by_id, role_in, view_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.accounts.actor import Actor
    from ppvcms.rooms.models import Room

LONGEST = 500
GAP_MS = 700
TAIL = 50


def post(
    room_id: str, actor: Actor, text: str, *, key: str, show_id: str | None = None
) -> dict[str, Any] | Refusal:
    """Post a line; the same key gives the first line again."""
    if not actor.can("message.send"):
        return Refusal("forbidden", _("Your account cannot write here. It was not sent."))
    line = " ".join(text.split())
    if is_unseen(db.session(), room_id, actor.user_id):
        return unseen()
    if not 1 <= len(line) <= LONGEST:
        return Refusal(
            "invalid",
            _("A message has between 1 and %(most)s characters. It was not sent.", most=LONGEST),
        )
    room = by_id(room_id)
    view = view_of(room, show_id=show_id)
    refusal = written.refusal_to_write(room, show_id, actor) or dispatch.decide(
        "check_message", message=line, room=view, actor=actor
    )
    if refusal is not None:
        return refusal
    line = dispatch.filter_value("filter_message", "message", line, room=view, actor=actor)
    return _post_once(room, actor, line, f"{actor.user_id}:{key}"[:80], show_id)


def _beside(actor: Actor) -> dict[str, Any]:
    """Return what a line keeps of its writer beside the name: the badge of that day."""
    badge = badges_of([actor.user_id]).get(str(actor.user_id))
    return {"badge": badge} if badge else {}


def _post_once(
    room: Room, actor: Actor, line: str, unique: str, show_id: str | None
) -> dict[str, Any] | Refusal:
    found = _by_key(unique)
    if found is not None:
        return as_json(found)
    message = ChatMessage(
        id=new_id(),
        room_id=room.id,
        show_id=show_id,
        user_id=actor.user_id,
        name=actor.name,
        role=role_in(room, actor),
        kind="text",
        text=line[:LONGEST],
        data=_beside(actor),
        key=unique,
    )
    try:
        return transaction(lambda session: _write(session, message))
    except IntegrityError:
        # The same click came over two connections: the first one is the answer.
        first = _by_key(unique)
        return as_json(first) if first is not None else _too_fast()


def unseen() -> Refusal:
    """Return the refusal of somebody whom nobody shall see (R-42)."""
    return Refusal(
        "voyeur",
        _("You watch unseen, so you cannot write here. It was not sent."),
        _("Enter the show openly to write."),
    )


def _write(session: Session, message: ChatMessage) -> dict[str, Any] | Refusal:
    message.at = now_ms(session)
    last = session.scalar(
        select(ChatMessage.at)
        .where(ChatMessage.room_id == message.room_id, ChatMessage.user_id == message.user_id)
        .order_by(ChatMessage.at.desc())
        .limit(1)
    )
    if last is not None and message.at - last < GAP_MS:
        return _too_fast()
    _save(session, message)
    fact = MessageSent(
        id=new_id(),
        at=message.at,
        actor_id=message.user_id,
        message_id=message.id,
        room_id=message.room_id,
        show_id=message.show_id,
    )
    outbox.write_event(session, fact)
    return as_json(message)


def say(
    session: Session,
    room_id: str,
    text: str,
    *,
    kind: str,
    show_id: str | None = None,
    actor: Actor | None = None,
    data: dict[str, Any] | None = None,
    key: str | None = None,
) -> ChatMessage:
    """Write a line that the site makes itself, such as a tip, in the caller's transaction."""
    message = ChatMessage(
        id=new_id(),
        room_id=room_id,
        show_id=show_id,
        user_id=actor.user_id if actor is not None else None,
        name=actor.name if actor is not None else "",
        role="client" if actor is not None else "system",
        kind=kind,
        text=text[:LONGEST],
        data=data or {},
        key=key,
        at=now_ms(session),
    )
    _save(session, message)
    return message


def _save(session: Session, message: ChatMessage) -> None:
    session.add(message)
    session.flush()
    after_commit(session, lambda: push_line(message))


def push_line(message: ChatMessage) -> None:
    """Send a line to the pages of its place."""
    for place in written.places_of(message):
        push(place, "chat", as_json(message))


def tail(
    room_id: str, *, show_id: str | None = None, until: int | None = None
) -> list[dict[str, Any]]:
    """Return the newest lines of a place up to a moment, the oldest of them first."""
    place = ChatMessage.show_id.is_(None) if show_id is None else ChatMessage.show_id == show_id
    if until is not None:
        place &= ChatMessage.at <= until
    query = (
        select(ChatMessage)
        .where(ChatMessage.room_id == room_id, place)
        .order_by(ChatMessage.at.desc(), ChatMessage.id.desc())
        .limit(TAIL)
    )
    return [as_json(message) for message in reversed(db.session.scalars(query).all())]


def as_json(message: ChatMessage) -> dict[str, Any]:
    """Return the shape `Message` of docs/realtime.md."""
    return {
        "id": message.id,
        "kind": message.kind,
        "user": message.user_id,
        "name": message.name,
        "role": message.role,
        "text": message.text,
        "at": message.at,
        "data": message.data,
    }


def last_said_at(room_id: str, user_id: str) -> int | None:
    """Return when somebody last wrote in a room, or None."""
    query = (
        select(ChatMessage.at)
        .where(
            ChatMessage.room_id == room_id,
            ChatMessage.user_id == user_id,
            ChatMessage.kind == "text",
        )
        .order_by(ChatMessage.at.desc())
        .limit(1)
    )
    return db.session.scalar(query)


def _by_key(unique: str) -> ChatMessage | None:
    return db.session.scalar(select(ChatMessage).where(ChatMessage.key == unique))


def _too_fast() -> Refusal:
    return Refusal("too_fast", _("That was too fast. It was not sent."), _("Wait a moment."))
