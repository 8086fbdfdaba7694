"""Who is in front of the camera of an account that several share: asked, checked, kept (AC-12).

Each stay is a row with its times and its show. Rows end and never change otherwise:
they are the evidence of who was shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.api import (
    Refusal,
    audit,
    db,
    names_of,
    new_id,
    now_ms,
    room_of,
    rooms_of,
    transaction,
)

from .gates import may_perform
from .members import members_of
from .models import Person, Present, Shown
from .services import State, locked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from ppvcms.api import Actor, ShowEnded, ShowStarted

FRESH_MS = 3_600_000
"""What was said this long before going live is asked anew."""
LIVE = "live"


@dataclass(frozen=True, slots=True)
class Line:
    """One person of an account: whether they may be shown, and whether they are there."""

    id: str
    name: str
    state: State
    may: bool
    present: bool


def roll_of(performer_id: str) -> list[Line]:
    """Return everybody of an account that several share, its owner first; else nobody."""
    members = members_of(performer_id)
    if not members:
        return []
    own = db.session.get(Person, performer_id, populate_existing=True)
    state = State(own.state) if own is not None else State.NEW
    here = {row.subject_id for row in _standing(db.session(), performer_id)}
    name = names_of([performer_id]).get(performer_id, "")
    people = [(performer_id, name, state), *((one.id, one.name, one.state) for one in members)]
    return [
        Line(id_, name, state, may_perform(state, LIVE), id_ in here) for id_, name, state in people
    ]


def declare(actor: Actor, subject_ids: Sequence[str]) -> Refusal | None:
    """Say who is in front of the camera from now on; nobody unverified, and nobody unknown.

    While the room is live it is written beside the running show, so somebody may
    come and go.
    """
    performer_id = str(actor.user_id)
    roll = {line.id: line for line in roll_of(performer_id)}
    wanted = list(dict.fromkeys(subject_ids))
    if not wanted or not set(wanted) <= set(roll):
        words = _("Say who is there: at least one person of your account. Nothing was changed.")
        return Refusal("present", words)
    refusal = _refusal_of([roll[one] for one in wanted])
    if refusal is not None:
        return refusal
    show_id = _running(performer_id)

    def act(session: Session) -> None:
        locked(session, performer_id)
        _write(session, performer_id, {one: roll[one].name for one in wanted}, show_id)
        about = {"people": wanted, "show": show_id}
        subject = f"user:{performer_id}"
        audit(session, performer_id, "verification.present.declared", subject, data=about)

    transaction(act)
    return None


def refusal_to_begin(performer_id: str) -> Refusal | None:
    """Return why an account that several share may not go live: nobody said who is there."""
    roll = roll_of(performer_id)
    here = [line for line in roll if line.present]
    if not roll:
        return None
    if not here:
        return Refusal(
            "present",
            _("Several people share this account, so say first who is there. You are not live."),
            _("Tick them under Who is present, on your live page."),
        )
    return _refusal_of(here)


def begin(event: ShowStarted) -> None:
    """Write beside what was said last which show it was; a repeat changes nothing."""
    room = room_of(event.room_id)
    if room is None:
        return

    def act(session: Session) -> None:
        rows = session.scalars(_open(room.performer_id).where(Present.show_id.is_(None)))
        for row in rows:
            if row.from_at <= event.at:
                row.show_id = event.show_id

    transaction(act)


def end(event: ShowEnded) -> None:
    """End the stays of a show that is over."""

    def act(session: Session) -> None:
        query = select(Present).where(Present.show_id == event.show_id, Present.until_at.is_(None))
        for row in session.scalars(query):
            row.until_at = max(event.at, row.from_at)

    transaction(act)


def latest(performer_id: str, *, limit: int = 50) -> Sequence[Present]:
    """Return who was present in an account's shows, the latest first."""
    query = select(Present).where(
        Present.performer_id == performer_id, Present.show_id.is_not(None)
    )
    return list(db.session.scalars(query.order_by(Present.id.desc()).limit(limit)))


def _write(
    session: Session, performer_id: str, wanted: dict[str, str], show_id: str | None
) -> None:
    """End the stays of who has left and begin those of who has come.

    Before a show all begin anew: what was said then has to be fresh.
    """
    now, staying = now_ms(session), set[str]()
    for row in session.scalars(_open(performer_id)):
        if row.subject_id in wanted and show_id is not None and row.show_id in {None, show_id}:
            row.show_id = show_id
            staying.add(row.subject_id)
        else:
            row.until_at = now
    session.add_all(
        Present(
            id=new_id(),
            performer_id=performer_id,
            subject_id=one,
            name=name,
            show_id=show_id,
            from_at=now,
        )
        for one, name in wanted.items()
        if one not in staying
    )


def _refusal_of(lines: Sequence[Line]) -> Refusal | None:
    unknown = [line.name for line in lines if not line.may]
    if not unknown:
        return None
    words = _("%(names)s is not verified. Nothing was changed.", names=", ".join(unknown))
    return Refusal("unverified", words, _("Bring their papers under Verification."))


def _standing(session: Session, performer_id: str) -> list[Present]:
    """Return the stays that count now: of the running show, or said a short while ago."""
    live, now = _running(performer_id), now_ms(session)
    return [
        row
        for row in session.scalars(_open(performer_id))
        if (row.show_id is None and now - row.from_at < FRESH_MS)
        or (row.show_id is not None and row.show_id == live)
    ]


def _open(performer_id: str) -> Select[Present]:
    return select(Present).where(Present.performer_id == performer_id, Present.until_at.is_(None))


def _running(performer_id: str) -> str | None:
    """Return the public show that somebody is in, as it was heard of."""
    if all(room.state == "offline" for room in rooms_of(performer_id)):
        return None
    query = select(Shown.show_id).where(
        Shown.performer_id == performer_id, Shown.private.is_(False)
    )
    return db.session.scalar(query.order_by(Shown.at.desc()).limit(1))
