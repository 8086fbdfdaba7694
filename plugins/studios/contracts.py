"""Contracts between a studio and a performer: proposed, accepted, replaced, ended (CM-07, CM-10).

What both accepted is written once and for ever. The core keeps the studio's part
for its time, so that every charge is divided as agreed when it was made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError

from ppvcms.api import (
    Refusal,
    begin_part,
    db,
    end_part,
    label,
    new_id,
    now_ms,
    person,
    send_notice,
    transaction,
)

from .log import note
from .models import Contract, Member, Studio
from .offers import Wording, is_confirmed, refusal_of_number, refusal_to_offer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from ppvcms.api import Actor

DAY_MS = 86_400_000


def propose(studio_id: str, performer_id: str, wording: Wording, *, by: Actor) -> str | Refusal:
    """Offer a contract, or new terms of the running one; return its id.

    Nothing changes before the performer accepts. A proposal that still waits is
    replaced by the new one.
    """
    refusal = refusal_to_offer(studio_id, performer_id, wording)
    if refusal is not None:
        return refusal

    def act(session: Session) -> str | Refusal:
        crowded = refusal_of_number(session, studio_id, performer_id)
        if crowded is not None:
            return crowded
        _drop_open(session, f"{studio_id}:{performer_id}")
        row = _new(session, studio_id, performer_id, wording, str(by.user_id))
        log_contract(session, by.user_id, "proposed", row)
        _tell(session, performer_id, "proposed", row, studio_id)
        return row.id

    return transaction(act)


def _drop_open(session: Session, mark: str) -> None:
    before = session.scalar(select(Contract).where(Contract.open_for == mark).with_for_update())
    if before is not None:
        before.state, before.open_for = "withdrawn", None
        before.decided_at = now_ms(session)
        session.flush()


def _new(
    session: Session, studio_id: str, performer_id: str, wording: Wording, by: str
) -> Contract:
    row = Contract(
        id=new_id(),
        studio_id=studio_id,
        performer_id=performer_id,
        version=_next_version(session, studio_id, performer_id),
        percent=wording.percent,
        notice_days=wording.notice_days,
        collects=wording.collects,
        terms=wording.terms.strip(),
        open_for=f"{studio_id}:{performer_id}",
        made_at=now_ms(session),
        made_by=by,
    )
    session.add(row)
    session.flush()
    return row


def withdraw(contract_id: str, *, by: Actor) -> Refusal | None:
    """Take a proposal of one's own studio back before it is answered."""

    def act(session: Session) -> Refusal | None:
        row = session.get(Contract, contract_id, with_for_update=True)
        if row is None or row.studio_id != by.user_id:
            return _none()
        if row.state == "proposed":
            row.state, row.open_for, row.decided_at = "withdrawn", None, now_ms(session)
            log_contract(session, by.user_id, "withdrawn", row)
        return None

    return transaction(act)


def accept(contract_id: str, actor: Actor) -> Refusal | None:
    """Accept a contract; it holds from now, or from the end of the one with another studio.

    A newer version of the same studio replaces the running one at once.
    """

    def act(session: Session) -> Refusal | None:
        row = session.get(Contract, contract_id, with_for_update=True, populate_existing=True)
        if row is None or row.performer_id != actor.user_id:
            return _none()
        if row.state == "accepted":
            return None
        if row.state != "proposed" or not is_confirmed(session, row.studio_id):
            return Refusal("gone", _("This offer does not stand any more. Nothing was changed."))
        start = _start(session, row)
        if isinstance(start, Refusal):
            return start
        _begin(session, row, start)
        log_contract(session, actor.user_id, "accepted", row)
        _tell(session, row.studio_id, "accepted", row, row.performer_id)
        return None

    try:
        return transaction(act)
    except IntegrityError:
        # Two contracts accepted at the same moment: the other one was first.
        return _bound()


def refuse(contract_id: str, actor: Actor) -> Refusal | None:
    """Say no to an offer; the running contract goes on as it is."""

    def act(session: Session) -> Refusal | None:
        row = session.get(Contract, contract_id, with_for_update=True)
        if row is None or row.performer_id != actor.user_id:
            return _none()
        if row.state == "proposed":
            row.state, row.open_for, row.decided_at = "refused", None, now_ms(session)
            log_contract(session, actor.user_id, "refused", row)
            _tell(session, row.studio_id, "refused", row, row.performer_id)
        return None

    return transaction(act)


def give_notice(contract_id: str, actor: Actor) -> int | Refusal:
    """End a contract after its notice days, by either side; return the moment it ends (CM-10).

    The account, its followers and items stay with the performer; what was earned
    keeps its split.
    """

    def act(session: Session) -> int | Refusal:
        row = session.get(Contract, contract_id, with_for_update=True, populate_existing=True)
        if row is None or actor.user_id not in {row.performer_id, row.studio_id}:
            return _none()
        if row.state != "accepted" or row.part_id is None:
            return Refusal("gone", _("This contract has ended already. Nothing was changed."))
        if row.ends_at is not None:
            return row.ends_at
        now = now_ms(session)
        row.ends_at = max(now, row.starts_at or now) + row.notice_days * DAY_MS
        row.ended_by, row.bound = actor.user_id, None
        end_part(session, row.part_id, at=row.ends_at)
        log_contract(session, actor.user_id, "notice", row)
        other = row.studio_id if actor.user_id == row.performer_id else row.performer_id
        _tell(session, other, "notice", row, str(actor.user_id))
        return row.ends_at

    return transaction(act)


def running(*, studio_id: str | None = None, performer_id: str | None = None) -> Sequence[Contract]:
    """Return the contracts that hold now, of a studio or a performer."""
    now = now_ms(db.session())
    query = select(Contract).where(
        Contract.state == "accepted",
        Contract.starts_at <= now,
        or_(Contract.ends_at.is_(None), Contract.ends_at > now),
    )
    return _found(query, studio_id, performer_id)


def all_of(*, studio_id: str | None = None, performer_id: str | None = None) -> Sequence[Contract]:
    """Return every version, the newest first."""
    return _found(select(Contract), studio_id, performer_id)


def _begin(session: Session, row: Contract, start: int) -> None:
    """Write that a contract holds, and the studio's part with it."""
    studio = session.get_one(Studio, row.studio_id)
    part = begin_part(
        session,
        performer_id=row.performer_id,
        studio_id=row.studio_id,
        percent=row.percent,
        ratio_percent=studio.ratio_percent,
        collects=row.collects,
        source=f"studios:contract:{row.id}",
        from_at=start,
    )
    row.state, row.open_for, row.decided_at = "accepted", None, now_ms(session)
    row.part_id, row.starts_at, row.bound = part.id, part.from_at, row.performer_id
    if session.get(Member, (row.studio_id, row.performer_id)) is None:
        session.add(
            Member(studio_id=row.studio_id, performer_id=row.performer_id, changed_at=part.from_at)
        )
    session.flush()


def _start(session: Session, row: Contract) -> int | Refusal:
    """Return when a contract could begin; the running one of the same studio is replaced."""
    now = now_ms(session)
    query = (
        select(Contract)
        .where(
            Contract.performer_id == row.performer_id,
            Contract.state == "accepted",
            or_(Contract.ends_at.is_(None), Contract.ends_at > now),
        )
        .with_for_update()
    )
    start = now
    for other in session.scalars(query).all():
        if other.studio_id == row.studio_id:
            other.state, other.bound = "replaced", None
            other.ends_at = max(now, other.starts_at or now)
        elif other.ends_at is None:
            return _bound()
        else:
            start = max(start, other.ends_at)
    session.flush()
    return start


def _next_version(session: Session, studio_id: str, performer_id: str) -> int:
    query = select(func.coalesce(func.max(Contract.version), 0)).where(
        Contract.studio_id == studio_id, Contract.performer_id == performer_id
    )
    return int(session.scalar(query) or 0) + 1


def _found(
    query: Select[Contract], studio_id: str | None, performer_id: str | None
) -> Sequence[Contract]:
    if studio_id is not None:
        query = query.where(Contract.studio_id == studio_id)
    if performer_id is not None:
        query = query.where(Contract.performer_id == performer_id)
    ordered = query.order_by(Contract.made_at.desc(), Contract.id.desc())
    return list(db.session.scalars(ordered.execution_options(populate_existing=True)))


def _tell(session: Session, user_id: str, what: str, row: Contract, about_id: str) -> None:
    about = person(about_id)
    send_notice(
        session,
        user_id,
        f"studios.{what}",
        values={
            "name": about.name if about is not None else "",
            "percent": row.percent,
            "version": row.version,
            "ends_at": row.ends_at or 0,
        },
        link="/studio/mine" if user_id == row.performer_id else f"/studio/people/{about_id}",
        key=f"studios:{what}:{row.id}",
    )


def log_contract(session: Session, actor_id: str | None, what: str, row: Contract) -> None:
    """Write into both logs what was done with a contract."""
    facts = {
        "contract": row.id,
        "studio": row.studio_id,
        "version": row.version,
        "percent": row.percent,
        "notice_days": row.notice_days,
        "collects": row.collects,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
    }
    subject = f"user:{row.performer_id}"
    note(session, row.studio_id, actor_id, f"contract.{what}", subject, data=facts)


def _none() -> Refusal:
    return Refusal("not_found", _("There is no such contract. Nothing was changed."))


def _bound() -> Refusal:
    return Refusal(
        "bound",
        _("You are with another %(role)s. Nothing was accepted.", role=label("studio")),
        _("Give notice there first; this contract can then begin when that one ends."),
    )
