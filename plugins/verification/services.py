"""The side of who is verified: saying who one is, bringing papers, sending it all for review.

Dates are ISO days, UTC. Legal data leaves `vault` only in `details_of`, for the
person and for who reviews.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ppvcms.api import (
    Refusal,
    audit,
    db,
    encode_picture,
    new_id,
    now_ms,
    settings,
    transaction,
)

from . import vault
from .models import Paper, Person
from .subjects import Hand, hand_of, kinds_of
from .vault import SLUG

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.api import Actor

    from .forms import PaperKind

LARGEST = 10 * 1024 * 1024
WIDEST = 2400
MOST_PAPERS = 20


class State(StrEnum):
    """How far a verification is."""

    NEW = "new"
    WAITING = "waiting"
    MORE = "more"
    APPROVED = "approved"
    REFUSED = "refused"
    SUSPENDED = "suspended"


OPEN = (State.NEW, State.MORE, State.REFUSED)
"""While it is so, the person may change what they said and take papers away."""


@dataclass(frozen=True, slots=True)
class Details:
    """Who somebody is by law; `own` has the country and the owner's questions."""

    legal_name: str
    other_names: str
    born_on: str
    address: str
    own: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """A verification as it stands; `missing` names what is still to be brought.

    `helper_id` is the studio that may bring papers.
    """

    user_id: str
    state: State
    reason: str
    sent_at: int | None
    decided_at: int | None
    decided_by: str | None
    papers: tuple[Paper, ...]
    missing: tuple[str, ...]
    helper_id: str | None

    @property
    def open(self) -> bool:
        """Whether the person may change what they said."""
        return self.state in OPEN

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


def case_of(user_id: str) -> Case:
    """Return somebody's verification, an empty one before the first step."""
    row = db.session.get(Person, user_id, populate_existing=True)
    return _case(db.session(), user_id, row)


def details_of(user_id: str) -> Details | None:
    """Return who somebody is by law, decrypted."""
    row = db.session.get(Person, user_id, populate_existing=True)
    if row is None or not row.details:
        return None
    return Details(**json.loads(vault.unseal_text(user_id, row.details)))


def save_details(actor: Actor, details: Details, of: str | None = None) -> Refusal | None:
    """Keep who somebody is, encrypted; too young is refused here, by the server's day (AC-02).

    `of` is the subject that it is about; without it, the actor.
    """
    user_id = of or str(actor.user_id)
    if hand_of(actor, user_id) is not Hand.OWN:
        return _not_theirs()

    def act(session: Session) -> Refusal | None:
        refusal = _too_young(details.born_on, _today(session))
        row = _row(session, user_id)
        refusal = refusal or _refusal_to_change(row)
        if refusal is not None:
            return refusal
        row.details = vault.seal_text(user_id, json.dumps(asdict(details)))
        note(session, actor.user_id, "details.saved", row)
        return None

    return transaction(act)


def add_paper(
    actor: Actor, kind: str, data: bytes, expires_on: date | None, of: str | None = None
) -> Refusal | None:
    """Keep a paper: written anew without what cameras add, then encrypted (MO-01).

    `of` is the subject whose paper it is; without it, the actor.
    """
    user_id, paper_id = of or str(actor.user_id), new_id()
    if hand_of(actor, user_id) is None:
        return _not_theirs()
    picture = _picture_of(kinds_of(user_id).get(kind), data, expires_on)
    if isinstance(picture, Refusal):
        return picture
    # Before its record: a file that no record knows is tidied, a record without a file is a lie.
    vault.keep(paper_id, picture)

    def act(session: Session) -> Refusal | None:
        row = _row(session, user_id)
        if row.state == State.SUSPENDED:
            return _closed()
        if len(_papers(session, user_id)) >= MOST_PAPERS:
            return Refusal("full", _("There are too many papers. Nothing was kept."))
        day = expires_on.isoformat() if expires_on else None
        session.add(
            Paper(
                id=paper_id,
                user_id=user_id,
                kind=kind,
                expires_on=day,
                size=len(picture),
                brought_by=str(actor.user_id),
                made_at=now_ms(session),
            )
        )
        note(session, actor.user_id, "paper.added", row, {"kind": kind, "paper": paper_id})
        return None

    refusal = transaction(act)
    if refusal is not None:
        vault.shred(paper_id)
    return refusal


def _picture_of(asked: PaperKind | None, data: bytes, expires_on: date | None) -> bytes | Refusal:
    """Return a paper's picture written anew, or why it cannot be kept."""
    if asked is None:
        return Refusal("kind", _("This paper is not asked for. Nothing was kept."))
    if asked.expires and (expires_on is None or expires_on <= _today(db.session())):
        return Refusal("expires", _("Say until when it is valid: a day to come. Nothing was kept."))
    if len(data) > LARGEST:
        return Refusal("size", _("This picture is larger than 10 MB. Nothing was kept."))
    picture = encode_picture(data, WIDEST)
    if picture is None:
        return Refusal("picture", _("This is not a JPEG, PNG or WebP picture. Nothing was kept."))
    return picture.data


def remove_paper(actor: Actor, paper_id: str) -> str | Refusal:
    """Take a paper back, as long as nobody has decided on it; return whose it was."""

    def act(session: Session) -> str | Refusal:
        paper = session.get(Paper, paper_id)
        own = paper is not None and hand_of(actor, paper.user_id) is Hand.OWN
        if paper is None or not own or paper.removed:
            return Refusal("gone", _("There is no such paper."))
        row = _row(session, paper.user_id)
        refusal = _refusal_to_change(row)
        if refusal is not None:
            return refusal
        paper.removed = True
        about = {"kind": paper.kind, "paper": paper_id}
        note(session, actor.user_id, "paper.removed", row, about)
        return paper.user_id

    answer = transaction(act)
    if not isinstance(answer, Refusal):
        vault.shred(paper_id)
    return answer


def send(actor: Actor, of: str | None = None) -> Refusal | None:
    """Put it into the queue of the people who review; `of` as in `add_paper`."""
    user_id = of or str(actor.user_id)
    if hand_of(actor, user_id) is not Hand.OWN:
        return _not_theirs()

    def act(session: Session) -> Refusal | None:
        row = _row(session, user_id)
        refusal = _refusal_to_change(row)
        missing = _case(session, user_id, row).missing
        if refusal is None and missing:
            words = _("Still missing: %(what)s. Nothing was sent.", what=", ".join(missing))
            refusal = Refusal("missing", words)
        if refusal is None:
            row.state, row.reason, row.sent_at = State.WAITING, "", now_ms(session)
            note(session, actor.user_id, "case.sent", row)
        return refusal

    return transaction(act)


def note(
    session: Session,
    actor_id: str | None,
    what: str,
    row: Person,
    data: dict[str, Any] | None = None,
    *,
    reason: str = "",
) -> None:
    """Write into the audit log what was done with somebody's verification, under their account."""
    about = dict(data or {})
    if row.account_id is not None:
        about |= {"person": row.user_id, "name": row.stage_name}
    subject = f"user:{row.account_id or row.user_id}"
    audit(session, actor_id, f"verification.{what}", subject, reason=reason, data=about)


def age_on(born_on: str, today: date) -> int:
    """Return how old somebody is on a day: pure."""
    born = date.fromisoformat(born_on)
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def day_of(at: int) -> date:
    """Return the day of a moment, UTC."""
    return datetime.fromtimestamp(at / 1000, UTC).date()


def locked(session: Session, user_id: str) -> Person:
    """Return somebody's row, made if there is none, locked until the transaction ends."""
    return _row(session, user_id)


def case_in(session: Session, row: Person) -> Case:
    """Return a verification inside a transaction."""
    return _case(session, row.user_id, row)


def _row(session: Session, user_id: str) -> Person:
    row = session.get(Person, user_id, with_for_update=True, populate_existing=True)
    if row is not None:
        return row
    # When another page makes it at this moment, it is there to be locked.
    with contextlib.suppress(IntegrityError), session.begin_nested():
        session.add(Person(user_id=user_id, state=State.NEW, made_at=now_ms(session)))
    return session.get_one(Person, user_id, with_for_update=True, populate_existing=True)


def _papers(session: Session, user_id: str) -> list[Paper]:
    query = select(Paper).where(Paper.user_id == user_id, Paper.removed.is_(False))
    return list(session.scalars(query.order_by(Paper.id)))


def _case(session: Session, user_id: str, row: Person | None) -> Case:
    papers = _papers(session, user_id)
    today = _today(session).isoformat()
    valid = {one.kind for one in papers if one.expires_on is None or one.expires_on > today}
    said = _("who it is") if row is not None and row.account_id else _("who you are")
    missing = [] if row is not None and row.details else [said]
    asked = kinds_of(user_id).values()
    missing += [one.label for one in asked if one.needed and one.key not in valid]
    values: dict[str, Any] = {"state": State.NEW, "reason": "", "sent_at": None}
    values |= {"decided_at": None, "decided_by": None}
    if row is not None:
        values = {name: getattr(row, name) for name in values} | {"state": State(row.state)}
    return Case(
        user_id=user_id,
        papers=tuple(papers),
        missing=tuple(missing),
        helper_id=row.helper_id if row is not None else None,
        **values,
    )


def _refusal_to_change(row: Person) -> Refusal | None:
    if row.state in OPEN:
        return None
    if row.state == State.SUSPENDED:
        return _closed()
    return Refusal(
        "decided",
        _("This is with the people who review it, so it cannot be changed now."),
        _("Write to us if something is wrong."),
    )


def _not_theirs() -> Refusal:
    return Refusal("gone", _("There is no such person in your account. Nothing was changed."))


def _closed() -> Refusal:
    return Refusal("suspended", _("Your verification is suspended. Nothing was changed."))


def _too_young(born_on: str, today: date) -> Refusal | None:
    least = settings(SLUG).least_age
    if least <= age_on(born_on, today) <= 120:  # noqa: PLR2004 - nobody is older
        return None
    return Refusal(
        "born_on", _("You have to be at least %(age)s years old. Nothing was kept.", age=least)
    )


def _today(session: Session) -> date:
    return day_of(now_ms(session))
