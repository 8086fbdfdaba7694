"""A studio itself, its people and what each may do on their own (CM-06, CM-09)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.api import (
    Refusal,
    db,
    invite_person,
    label,
    now_ms,
    people,
    person,
    person_named,
    send_notice,
    stop_person,
    transaction,
)

from . import contracts, log, offers
from .models import Contract, Member, Studio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from ppvcms.api import Actor

    from .offers import Wording


@dataclass(frozen=True, slots=True)
class Papers:
    """What the business has to know of a studio."""

    company: str
    registration: str
    address: str
    country: str
    owners: str


@dataclass(frozen=True, slots=True)
class Rights:
    """What somebody may do without the studio."""

    enabled: bool = True
    may_live: bool = True
    may_prices: bool = True
    may_write: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """One person of the roster: who, under which contract, with which rights."""

    id: str
    name: str
    contract: Contract | None
    proposal: Contract | None
    rights: Rights


def studio_of(user_id: str) -> Studio:
    """Return a studio's own row; one that is not there yet is a new one, unsaved."""
    row = db.session.get(Studio, user_id, populate_existing=True)
    return row or Studio(user_id=user_id, state="new", made_at=0)


def hand_in(actor: Actor, papers: Papers) -> None:
    """Save a studio's papers and ask the business to confirm it; later changes ask again."""

    def act(session: Session) -> None:
        now = now_ms(session)
        row = session.get(Studio, actor.user_id, with_for_update=True)
        if row is None:
            row = Studio(user_id=str(actor.user_id), made_at=now)
            session.add(row)
        row.company, row.registration = papers.company.strip(), papers.registration.strip()
        row.address, row.country = papers.address.strip(), papers.country.strip().upper()
        row.owners = papers.owners.strip()
        row.state, row.note = "asked", ""
        me = str(actor.user_id)
        log.note(session, me, me, "papers.sent", f"user:{me}")

    transaction(act)


def decide(
    studio_id: str, *, confirmed: bool, note: str, ratio_percent: int | None, by: Actor
) -> Refusal | None:
    """Confirm a studio or refuse it, with what it reads, and set its people's ratio (CM-02)."""

    def act(session: Session) -> Refusal | None:
        row = session.get(Studio, studio_id, with_for_update=True)
        if row is None:
            return Refusal("not_found", _("It has not sent its papers. Nothing was changed."))
        row.state, row.note = ("confirmed" if confirmed else "refused"), note.strip()
        row.ratio_percent, row.decided_at = ratio_percent, now_ms(session)
        row.decided_by = by.user_id
        log.note(
            session,
            studio_id,
            by.user_id,
            "papers.decided",
            f"user:{studio_id}",
            reason=row.note,
            data={"state": row.state, "ratio_percent": ratio_percent},
        )
        send_notice(
            session,
            studio_id,
            "studios.confirmed" if confirmed else "studios.declined",
            values={"reason": row.note or "-"},
            link="/studio/papers",
        )
        return None

    return transaction(act)


def invite(studio: Actor, name: str, email: str, wording: Wording, *, by: Actor) -> str | Refusal:
    """Offer a contract to somebody by name, or to a new account made for an address."""
    if not offers.is_confirmed(db.session(), str(studio.user_id)):
        words = _("The site has not confirmed your company yet. Nobody was invited.")
        return Refusal("unconfirmed", words)
    if email.strip():
        made = invite_person(email, name, "performer", actor_id=str(by.user_id))
        if isinstance(made, Refusal):
            code = "name" if made.code == "display_name" else made.code
            return Refusal(code, made.reason, made.remedy)
        found: Actor | None = made
    else:
        found = person_named(name)
    if found is None or found.user_id is None:
        words = _("There is no %(role)s of this name.", role=label("performer"))
        return Refusal("name", words, _("Check the name, or give an e-mail for a new account."))
    answer = contracts.propose(str(studio.user_id), found.user_id, wording, by=by)
    if isinstance(answer, Refusal):
        code = "name" if answer.code in {"performer", "full"} else answer.code
        return Refusal(code, answer.reason, answer.remedy)
    return answer


def roster(studio_id: str) -> list[Line]:
    """Return the people of a studio, and those who were offered a contract."""
    running = {one.performer_id: one for one in contracts.running(studio_id=studio_id)}
    offered = {
        one.performer_id: one
        for one in contracts.all_of(studio_id=studio_id)
        if one.state == "proposed"
    }
    waiting = {
        one.performer_id: one
        for one in contracts.all_of(studio_id=studio_id)
        if one.state == "accepted" and one.performer_id not in running and _ahead(one)
    }
    running = waiting | running
    ids = {*running, *offered}
    rights = rights_of(studio_id)
    known = people(ids)
    lines = [
        Line(
            one,
            known[one].name,
            running.get(one),
            offered.get(one),
            rights.get(one, Rights()),
        )
        for one in ids
        if one in known
    ]
    return sorted(lines, key=lambda line: (line.contract is None, line.name.casefold()))


def line_of(studio_id: str, performer_id: str) -> Line | None:
    """Return one person of a studio's roster, or None for everybody else."""
    return next((one for one in roster(studio_id) if one.id == performer_id), None)


def rights_of(studio_id: str) -> dict[str, Rights]:
    """Return what each person may do on their own."""
    query = select(Member).where(Member.studio_id == studio_id)
    rows = db.session.scalars(query.execution_options(populate_existing=True))
    return {row.performer_id: _rights(row) for row in rows}


def set_rights(studio: Actor, performer_id: str, rights: Rights) -> Refusal | None:
    """Say what somebody under contract may do on their own; who is disabled goes off air."""
    studio_id = str(studio.user_id)
    if not any(one.performer_id == performer_id for one in contracts.running(studio_id=studio_id)):
        return Refusal("not_found", _("This person is not with you now. Nothing was changed."))

    def act(session: Session) -> None:
        row = session.get_one(Member, (studio_id, performer_id), with_for_update=True)
        row.enabled, row.may_live = rights.enabled, rights.may_live
        row.may_prices, row.may_write = rights.may_prices, rights.may_write
        row.changed_at = now_ms(session)
        log.note(
            session,
            studio_id,
            studio_id,
            "rights.changed",
            f"user:{performer_id}",
            data={name: getattr(rights, name) for name in Rights.__dataclass_fields__},
        )

    transaction(act)
    performer = person(performer_id)
    if performer is not None and not rights.enabled:
        # As if they ended it themselves: nobody is billed for what is cut off.
        stop_person(performer_id, performer)
    return None


def enable(studio: Actor, performer_id: str, *, enabled: bool) -> Refusal | None:
    """Let somebody perform, or not; what else they may do stays as it was (CM-06)."""
    before = rights_of(str(studio.user_id)).get(performer_id, Rights())
    return set_rights(studio, performer_id, replace(before, enabled=enabled))


def rights_now(performer_id: str) -> Rights | None:
    """Return what somebody's studio leaves to them now; None without a studio."""
    running = contracts.running(performer_id=performer_id)
    if not running:
        return None
    row = db.session.get(Member, (running[0].studio_id, performer_id), populate_existing=True)
    return _rights(row) if row is not None else Rights()


def studios() -> Sequence[Studio]:
    """Return every studio that sent papers, those that wait first."""
    rows = db.session.scalars(select(Studio).execution_options(populate_existing=True))
    return sorted(rows, key=lambda row: (row.state != "asked", row.company.casefold()))


def _rights(row: Member) -> Rights:
    return Rights(row.enabled, row.may_live, row.may_prices, row.may_write)


def _ahead(one: Contract) -> bool:
    return one.starts_at is not None and one.starts_at > now_ms(db.session())
