"""Recording one's own show: who is asked, what runs, and how it ends (PI-14, ME-07).

The database says what shall be; the engine is told after the commit, and
`recorded.tick` makes both agree again. Nobody is in a recording who has not said
yes, and in a private show the payer says yes too, though never shown.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from ppvcms.api import (
    Refusal,
    audit,
    db,
    new_id,
    now_ms,
    push_person,
    push_room,
    recordable,
    room_of,
    send_notice,
    settings,
    start_recording,
    stop_recording,
    transaction,
)

from .kinds import SLUG
from .models import Consent, Recording
from .rights import SELL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.orm import Session

    from ppvcms.api import Actor, Recordable, RoomView

ASK_MS = 60_000
OPEN = ("asked", "running")
STORED = ("ended", "fetched", "ready")
GB = 1024**3
MOST_BYTES = 8 * GB
LEAST_BYTES = 50 * 1024 * 1024
"""With less room than this left for a person, nothing is begun."""


def begin(room: RoomView, actor: Actor, *, key: str) -> str | Refusal:
    """Record a room's show, after everybody else whom it concerns has agreed; return its id.

    The same key begins once. The refusals are "forbidden", "busy", "storage" and
    those of `recordable`.
    """
    show = _allowed(room, actor)
    if isinstance(show, Refusal):
        return show
    unique, owner_id = f"{actor.user_id}:{key}"[:96], str(actor.user_id)

    def act(session: Session) -> Recording | Refusal:
        known = session.scalar(select(Recording).where(Recording.key == unique))
        if known is not None:
            return known
        if session.scalar(select(Recording.id).where(Recording.open_for == room.id)) is not None:
            return _busy()
        return _write(session, show, room, owner_id, actor.name, unique)

    try:
        made = transaction(act)
    except IntegrityError:
        return _busy()
    if isinstance(made, Refusal):
        return made
    return (engage(made.id) if made.state == "running" else None) or made.id


def _allowed(room: RoomView, actor: Actor) -> Recordable | Refusal:
    if actor.user_id is None or actor.user_id != room.performer_id or not actor.can(SELL):
        return Refusal("forbidden", _("This is not your show. Nothing is recorded."))
    if room_left(actor.user_id) < LEAST_BYTES:
        return Refusal(
            "storage",
            _("There is no more room for your recordings. Nothing is recorded."),
            _("Delete some of them, or make items of them."),
        )
    return recordable(room.show_id)


def _write(
    session: Session, show: Recordable, room: RoomView, owner_id: str, name: str, key: str
) -> Recording:
    now = now_ms(session)
    others = [one for one in show.performers if one != owner_id]
    asked = [*others, *([show.client_id] if show.client_id is not None else [])]
    row = Recording(
        id=new_id(),
        owner_id=owner_id,
        room_id=room.id,
        show_id=show.show_id,
        provider=show.provider,
        open_for=room.id,
        key=key,
        state="asked" if asked else "running",
        asked_at=now,
        started_at=None if asked else now,
    )
    session.add(row)
    session.flush()
    session.add(Consent(recording_id=row.id, user_id=owner_id, answer="yes", answered_at=now))
    session.add_all(Consent(recording_id=row.id, user_id=one) for one in asked)
    for one in others:
        ask_later(session, one, name)
    session.flush()
    audit(session, owner_id, f"{SLUG}.recording.asked", f"recording:{row.id}")
    tell(session, row)
    return row


def ask_later(session: Session, user_id: str, name: str) -> None:
    """Tell somebody who is shown that their word is wanted, wherever they are."""
    send_notice(
        session, user_id, f"{SLUG}.record_asked", values={"name": name}, link="/items/recordings"
    )


def engage(recording_id: str) -> Refusal | None:
    """Let the engine begin what all agreed to; repeating it changes nothing."""
    row = db.session.get_one(Recording, recording_id, populate_existing=True)
    refusal = start_recording(
        row.id,
        row.show_id,
        most_ms=settings(SLUG).record_minutes * 60_000,
        most_bytes=min(MOST_BYTES, room_left(row.owner_id)),
    )
    if refusal is not None:
        change(recording_id, lambda session, row: end(session, row, "lost", refusal.code))
    return refusal


def answer(recording_id: str, actor: Actor, *, yes: bool) -> str | Refusal:
    """Say yes or no to being in a recording; return its state afterwards.

    The last yes begins it. A no ends what runs, and no item is made of what there
    is; until there is an item, everybody may think better of it.
    """

    def act(session: Session) -> Recording | Refusal:
        row = session.get(Recording, recording_id, with_for_update=True, populate_existing=True)
        mine = session.get(Consent, (recording_id, actor.user_id), populate_existing=True)
        refusal = _refusal_to_answer(session, row, mine)
        if row is None or mine is None or refusal is not None:
            return refusal or _unknown()
        mine.answer, mine.answered_at = ("yes" if yes else "no"), now_ms(session)
        session.flush()
        said = "agreed" if yes else "refused"
        audit(session, actor.user_id, f"{SLUG}.recording.{said}", f"recording:{row.id}")
        _carry_on(session, row, yes=yes)
        return row

    row = transaction(act)
    if isinstance(row, Refusal):
        return row
    if row.state == "running" and yes:
        return engage(row.id) or row.state
    if row.state == "ended":
        stop_recording(row.provider, row.id)
    return row.state


def _carry_on(session: Session, row: Recording, *, yes: bool) -> None:
    """Do what an answer amounts to."""
    if not yes and row.state in OPEN:
        end(session, row, "refused" if row.state == "asked" else "ended", "refused")
    elif row.state == "asked" and agreed(session, row.id):
        row.state, row.started_at = "running", now_ms(session)
        tell(session, row)
    else:
        tell(session, row)


def stop(recording_id: str, actor: Actor) -> Refusal | None:
    """End a recording, or take its question back; anybody whom it concerns may at any time."""

    def act(session: Session) -> Recording | Refusal:
        row = session.get(Recording, recording_id, with_for_update=True, populate_existing=True)
        if row is None or session.get(Consent, (recording_id, actor.user_id)) is None:
            return _unknown()
        if row.state in OPEN:
            end(session, row, "refused" if row.state == "asked" else "ended", "stopped")
        return row

    row = transaction(act)
    if isinstance(row, Refusal):
        return row
    if row.state == "ended":
        stop_recording(row.provider, row.id)
    return None


def change(recording_id: str, act: Callable[[Session, Recording], None]) -> None:
    """Do something to a recording under its lock."""

    def run(session: Session) -> None:
        row = session.get(Recording, recording_id, with_for_update=True, populate_existing=True)
        if row is not None:
            act(session, row)

    transaction(run)


def end(session: Session, row: Recording, state: str, reason: str) -> None:
    """End what is asked or runs, in the caller's transaction; repeating it changes nothing."""
    if row.state not in OPEN:
        return
    row.state, row.reason, row.open_for = state, reason[:24], None
    row.ended_at = now_ms(session)
    tell(session, row)


def tell(session: Session, row: Recording) -> None:
    """Tell everybody in the room whether it runs, and those whom it concerns to look again."""
    room = room_of(row.room_id)
    if room is not None:
        place = replace(room, show_id=row.show_id)
        push_room(session, place, "recording", {"on": row.state == "running"})
    for user_id in session.scalars(select(Consent.user_id).where(Consent.recording_id == row.id)):
        push_person(session, user_id, "recording", {"look": True})


def agreed(session: Session, recording_id: str) -> bool:
    """Whether everybody whom a recording concerns has said yes."""
    query = select(Consent.user_id).where(
        Consent.recording_id == recording_id, Consent.answer != "yes"
    )
    return session.scalar(query.limit(1)) is None


def consents_of(recording_id: str) -> Sequence[Consent]:
    """Return what everybody said, in the order of the answers."""
    query = select(Consent).where(Consent.recording_id == recording_id)
    return db.session.scalars(query.order_by(Consent.answered_at, Consent.user_id)).all()


def room_left(owner_id: str) -> int:
    """Return how many bytes of recordings somebody may still keep."""
    query = select(func.coalesce(func.sum(Recording.size), 0)).where(
        Recording.owner_id == owner_id, Recording.state.in_(STORED), Recording.item_id.is_(None)
    )
    most: int = settings(SLUG).record_gb * GB
    return max(0, most - int(db.session.scalar(query) or 0))


def is_recording(session: Session, file_id: str) -> bool:
    """Whether a file is a recording: it comes into items only when all in it agreed."""
    query = select(Recording.id).where(Recording.file_id == file_id)
    return session.scalar(query) is not None


def gone(session: Session, file_ids: Sequence[str]) -> None:
    """Note that the files of recordings were deleted with the item that was made of them."""
    rows = update(Recording).where(Recording.file_id.in_(file_ids))
    session.execute(rows.values(state="deleted", file_id=None, size=0))


def _refusal_to_answer(
    session: Session, row: Recording | None, mine: Consent | None
) -> Refusal | None:
    if row is None or mine is None:
        return _unknown()
    if row.item_id is not None:
        return Refusal("used", _("An item was made of it already. Nothing was changed."))
    if row.state == "asked" and now_ms(session) >= row.asked_at + ASK_MS:
        return Refusal("expired", _("This question has ended. Nothing was changed."))
    if row.state in {"refused", "lost", "deleted"}:
        return Refusal("expired", _("Nothing is recorded here. Nothing was changed."))
    return None


def _unknown() -> Refusal:
    return Refusal("not_found", _("You were not asked. Nothing was changed."))


def _busy() -> Refusal:
    return Refusal("busy", _("You asked for this already. Nothing was begun again."))
