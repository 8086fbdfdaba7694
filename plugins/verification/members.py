"""Several persons in one performer's account, each with papers and consent of their own (AC-12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import func, select

from ppvcms.api import Refusal, audit, db, new_id, now_ms, part_of, transaction

from .models import Person, Present
from .services import State, locked

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.api import Actor

MOST = 12
LONGEST = 60


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody further in an account."""

    id: str
    name: str
    state: State


def members_of(account_id: str) -> list[Member]:
    """Return who else is in a performer's account now, in the order of coming."""
    query = select(Person).where(Person.account_id == account_id, Person.left_at.is_(None))
    rows = db.session.scalars(query.order_by(Person.user_id))
    return [Member(row.user_id, row.stage_name, State(row.state)) for row in rows]


def add_member(actor: Actor, name: str) -> str | Refusal:
    """Let somebody further be in one's account; they may be shown once they are verified."""
    account_id, said = str(actor.user_id), " ".join(name.split())
    if not 2 <= len(said) <= LONGEST:  # noqa: PLR2004 - a name
        return Refusal("name", _("A name has 2 to 60 characters. Nobody was added."))

    def act(session: Session) -> str | Refusal:
        locked(session, account_id)
        query = select(func.count()).where(
            Person.account_id == account_id, Person.left_at.is_(None)
        )
        if int(session.scalar(query) or 0) >= MOST:
            return Refusal("full", _("At most 12 further people. Nobody was added."))
        row = Person(
            user_id=new_id(),
            account_id=account_id,
            stage_name=said,
            state=State.NEW,
            made_at=now_ms(session),
        )
        session.add(row)
        about = {"person": row.user_id, "name": said}
        audit(session, account_id, "verification.member.added", f"user:{account_id}", data=about)
        return row.user_id

    return transaction(act)


def let_go(actor: Actor, member_id: str) -> Refusal | None:
    """Let somebody be in one's account no more; papers and records stay as they are."""
    account_id = str(actor.user_id)

    def act(session: Session) -> Refusal | None:
        row = session.get(Person, member_id, with_for_update=True, populate_existing=True)
        if row is None or row.account_id != account_id:
            return Refusal("gone", _("There is no such person in your account."))
        shown = select(Present.id).where(
            Present.subject_id == member_id, Present.until_at.is_(None)
        )
        if session.scalar(shown.limit(1)) is not None:
            words = _("This person is present in your show. Nothing was changed.")
            return Refusal("present", words, _("Say first who is there without them."))
        if row.left_at is None:
            row.left_at = now_ms(session)
            about = {"person": member_id, "name": row.stage_name}
            audit(session, account_id, "verification.member.left", f"user:{account_id}", data=about)
        return None

    return transaction(act)


def let_studio_bring(actor: Actor, *, allowed: bool) -> None:
    """Say whether one's present studio may bring papers in one's name; no later one may."""
    user_id = str(actor.user_id)
    part = part_of(user_id)
    helper_id = part.studio_id if allowed and part is not None else None

    def act(session: Session) -> None:
        locked(session, user_id).helper_id = helper_id
        about = {"studio": helper_id}
        audit(session, user_id, "verification.studio.allowed", f"user:{user_id}", data=about)

    transaction(act)
