"""The side of who reviews: the queue, decisions with a reason, one logged look at one paper.

Looking at papers needs its own permission. A look is written to the audit log
before the picture is sent, and sends it once, to who asked, within a minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import func, select

from ppvcms.api import (
    Refusal,
    db,
    new_id,
    now_ms,
    people_who,
    person,
    send_notice,
    stop_person,
    transaction,
)

from . import vault
from .gates import refusal_to_perform
from .models import Paper, Person, View
from .presence import roll_of
from .services import Case, State, case_in, locked, note
from .subjects import LEAD, PERFORM, names_of_subjects

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.api import Actor

LOOK_MS = 60_000
MOST = 500
ANSWERS = {
    State.APPROVED: "approved",
    State.REFUSED: "refused",
    State.MORE: "more",
    State.SUSPENDED: "suspended",
}
FROM = {
    State.APPROVED: tuple(State),
    State.REFUSED: (State.WAITING, State.MORE, State.NEW),
    State.MORE: (State.WAITING, State.APPROVED, State.REFUSED, State.NEW),
    State.SUSPENDED: (State.APPROVED,),
}
"""Which decisions can be taken from which states."""


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A person of the queue."""

    user_id: str
    name: str
    state: State
    sent_at: int | None
    decided_at: int | None


def queue(state: State) -> list[QueueRow]:
    """Return the people in a state, who waits longest first; new ones are all who never sent."""
    performers = {one.user_id: one.name for one in _asked() if one.user_id}
    rows = {row.user_id: row for row in db.session.scalars(select(Person))}
    if state is State.NEW:
        ids = [one for one in performers if one not in rows or rows[one].state == State.NEW]
        return [QueueRow(one, performers[one], state, None, None) for one in ids][:MOST]
    found = [row for row in rows.values() if row.state == state]
    names = names_of_subjects([row.user_id for row in found])
    found.sort(key=lambda row: (row.sent_at or row.decided_at or 0, row.user_id))
    return [
        QueueRow(row.user_id, names.get(row.user_id, ""), state, row.sent_at, row.decided_at)
        for row in found
    ][:MOST]


def counts() -> dict[State, int]:
    """Return how many people are in each state; new are all who perform and never sent."""
    query = select(Person.state, func.count()).group_by(Person.state)
    found = {State(state): count for state, count in db.session.execute(query)}
    known = set(db.session.scalars(select(Person.user_id).where(Person.state != State.NEW)))
    new = sum(one.user_id not in known for one in _asked())
    return {**dict.fromkeys(State, 0), **found, State.NEW: new}


def _asked() -> list[Actor]:
    """Return everybody who is asked for papers: who performs and who leads a studio."""
    return list({one.user_id: one for one in people_who(PERFORM) + people_who(LEAD)}.values())


def decide(actor: Actor, user_id: str, verdict: State, reason: str) -> Refusal | None:
    """Decide on a verification; each decision but a complete approval says why (AC-03)."""
    why = " ".join(reason.split())[:500]

    def act(session: Session) -> Refusal | None:
        row = locked(session, user_id)
        case = case_in(session, row)
        refusal = _refusal_to_decide(case, verdict, why)
        if refusal is not None:
            return refusal
        row.state, row.reason = verdict, why
        row.decided_at, row.decided_by = now_ms(session), actor.user_id
        about = {"from": case.state, "missing": list(case.missing)}
        note(session, actor.user_id, f"case.{ANSWERS[verdict]}", row, about, reason=why)
        tell(session, row, verdict, why)
        return None

    refusal = transaction(act)
    if refusal is None and verdict is not State.APPROVED:
        _take_off_air(user_id, actor)
    return refusal


def tell(session: Session, row: Person, verdict: State, why: str) -> None:
    """Tell the person what was decided, on the site and by mail; in an account, its owner."""
    said = why or _("everything is in order")
    further = row.account_id is not None
    send_notice(
        session,
        row.account_id or row.user_id,
        f"verification.{ANSWERS[verdict]}",
        values={"reason": f"{row.stage_name}: {said}" if further else said},
        link=f"/verification/for/{row.user_id}" if further else "/verification/",
        thread=f"verification:{new_id()}",
    )


def open_paper(actor: Actor, paper_id: str) -> str | None:
    """Note that somebody looks at a paper and return the id of the look, or None (MO-01)."""

    def act(session: Session) -> str | None:
        paper = session.get(Paper, paper_id)
        if paper is None or paper.removed:
            return None
        look = View(
            id=new_id(), paper_id=paper_id, viewer_id=str(actor.user_id), at=now_ms(session)
        )
        session.add(look)
        note(
            session,
            actor.user_id,
            "paper.viewed",
            session.get_one(Person, paper.user_id),
            {"paper": paper_id, "kind": paper.kind},
        )
        return look.id

    return transaction(act)


def send_look(actor: Actor, look_id: str) -> bytes | None:
    """Return the picture of a look, once and to who asked for it."""

    def act(session: Session) -> str | None:
        look = session.get(View, look_id, with_for_update=True)
        if look is None or look.viewer_id != actor.user_id or look.sent_at is not None:
            return None
        now = now_ms(session)
        if now - look.at > LOOK_MS:
            return None
        look.sent_at = now
        return look.paper_id

    paper_id = transaction(act)
    return vault.take_out(paper_id) if paper_id is not None else None


def looks_at(user_id: str) -> list[tuple[View, Paper]]:
    """Return who looked at somebody's papers and when, the newest first."""
    query = (
        select(View, Paper)
        .join(Paper, Paper.id == View.paper_id)
        .where(Paper.user_id == user_id)
        .order_by(View.id.desc())
        .limit(50)
    )
    return [(look, paper) for look, paper in db.session.execute(query)]


def _refusal_to_decide(case: Case, verdict: State, why: str) -> Refusal | None:
    if case.state not in FROM[verdict] or case.state is verdict:
        return Refusal("state", _("That cannot be decided now. Nothing was changed."))
    if verdict is not State.APPROVED and not why:
        return Refusal("reason", _("Say why: the person reads it. Nothing was changed."))
    if verdict is State.APPROVED and not case.complete and not why:
        missing = ", ".join(case.missing)
        return Refusal(
            "missing",
            _("Missing: %(what)s. Nothing was changed.", what=missing),
            _("Say why it is approved all the same; the log keeps it."),
        )
    return None


def _take_off_air(subject_id: str, actor: Actor) -> None:
    """End what somebody does on air, if they may not any more; so for who is seen with others."""
    row = db.session.get(Person, subject_id, populate_existing=True)
    if row is not None and row.account_id is not None:
        seen = [one for one in roll_of(row.account_id) if one.id == subject_id and one.present]
        if any(not one.may for one in seen):
            stop_person(row.account_id, actor)
        return
    performer = person(subject_id)
    if performer is not None and refusal_to_perform(performer, "live") is not None:
        stop_person(subject_id, actor)
