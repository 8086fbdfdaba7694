"""Whose number it is: a code by SMS, 6 digits, good for 10 minutes and 5 tries (AC-05)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask_babel import gettext as _
from sqlalchemy import delete, func, or_, select
from sqlalchemy.exc import IntegrityError

from ppvcms.api import (
    Carriage,
    Carried,
    Refusal,
    audit,
    db,
    new_id,
    now_ms,
    public_url,
    set_reachable,
    signing_secret,
    transaction,
)

from . import sender
from .models import Code, Kept, Phone
from .texts import e164, fitted, masked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from ppvcms.api import Actor, NoticeMessage

SLUG = sender.SLUG
CHANNEL = "sms.text"
GAP_MIN = 10
DIGITS = 6
GOOD_FOR_MS = 600_000
MOST_TRIES = 5
PAUSE_MS = 60_000
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
MOST_PER_HOUR, MOST_PER_DAY = 5, 10
KEPT_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Standing:
    """How far somebody came: a number that is theirs, and one that waits for its code."""

    number: str = ""
    waiting: str = ""


def standing(user_id: str) -> Standing:
    """Return how far somebody came; numbers are masked."""
    phone = db.session.get(Phone, user_id, populate_existing=True)
    code = _open_code(db.session(), user_id)
    return Standing(
        masked(phone.number) if phone else "",
        masked(code.number) if code else "",
    )


def verified(user_id: str) -> bool:
    """Whether somebody answered with the right code at a number that is still theirs."""
    return db.session.get(Phone, user_id, populate_existing=True) is not None


def send_code(actor: Actor, typed: str) -> Refusal | None:
    """Send a code to a number; the refusals are "number", "soon", "many" and "service"."""
    number = e164(typed)
    if number is None:
        return Refusal(
            "number",
            _("This is not a phone number with its country, such as +49 151 23456789."),
            _("Nothing was sent."),
        )
    wrong = sender.problem()
    if wrong:
        return _unsent()
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    refusal = transaction(lambda session: _write_code(session, str(actor.user_id), number, code))
    if refusal is not None:
        return refusal
    came = sender.send(number, _code_text(code))
    return None if came.outcome is Carried.SENT else _unsent()


def confirm(actor: Actor, typed: str) -> Refusal | None:
    """Take a code; the refusals are "code", "ended" and "taken"."""
    user_id = str(actor.user_id)
    try:
        return transaction(lambda session: _confirm(session, user_id, "".join(typed.split())))
    except IntegrityError:
        # The same number was verified by another account at this moment.
        return _taken()


def give_up(actor: Actor) -> None:
    """Forget somebody's number: no more SMS, and the check is open again."""
    user_id = str(actor.user_id)

    def act(session: Session) -> None:
        session.execute(delete(Phone).where(Phone.user_id == user_id))
        session.execute(delete(Code).where(Code.user_id == user_id, Code.used.is_(False)))
        set_reachable(session, user_id, CHANNEL, reachable=False)
        audit(session, user_id, "sms.number.removed", f"user:{user_id}")

    transaction(act)


def bring(message: NoticeMessage) -> Carriage:
    """Bring a notice to somebody's number."""
    phone = db.session.get(Phone, message.user_id, populate_existing=True)
    if phone is None:
        return Carriage(Carried.NEVER, _("The person has no number any more."))
    return sender.send(phone.number, fitted(message.title, message.url))


def kept() -> Sequence[Kept]:
    """Return the messages of a site without a service, the newest first."""
    return db.session.scalars(select(Kept).order_by(Kept.id.desc()).limit(KEPT_SHOWN)).all()


def forget_old() -> None:
    """Delete codes and kept messages of more than a day ago."""

    def act(session: Session) -> None:
        before = now_ms(session) - DAY_MS
        session.execute(delete(Code).where(Code.made_at < before))
        session.execute(delete(Kept).where(Kept.made_at < before))

    transaction(act)


def _write_code(session: Session, user_id: str, number: str, code: str) -> Refusal | None:
    now = now_ms(session)
    refusal = _too_many(session, user_id, number, now)
    if refusal is not None:
        return refusal
    row = Code(id=new_id(), user_id=user_id, number=number, tries=0, used=False, made_at=now)
    row.digest = _digest(row.id, code)
    session.add(row)
    return None


def _too_many(session: Session, user_id: str, number: str, now: int) -> Refusal | None:
    """Bound what one person, and what one number, can cost: by minute, hour and day."""
    mine = or_(Code.user_id == user_id, Code.number == number)

    def since(span: int) -> int:
        query = select(func.count()).where(mine, Code.made_at > now - span)
        return session.scalar(query) or 0

    if since(PAUSE_MS):
        return Refusal("soon", _("A code was just sent. Please wait a minute before the next one."))
    if since(HOUR_MS) >= MOST_PER_HOUR or since(DAY_MS) >= MOST_PER_DAY:
        reason = _("Too many codes were sent. Nothing was sent now.")
        return Refusal("many", reason, _("Please try again tomorrow."))
    return None


def _confirm(session: Session, user_id: str, typed: str) -> Refusal | None:
    row = _open_code(session, user_id, lock=True)
    if row is None:
        return Refusal("ended", _("There is no code that still counts. Please ask for a new one."))
    row.tries += 1
    if not hmac.compare_digest(row.digest, _digest(row.id, typed)):
        left = MOST_TRIES - row.tries
        if left:
            reason = _("This is not the code. You have %(left)s more tries.", left=left)
            return Refusal("code", reason)
        reason = _("This is not the code, and it ends here. Please ask for a new one.")
        return Refusal("ended", reason)
    row.used = True
    other = select(Phone.user_id).where(Phone.number == row.number, Phone.user_id != user_id)
    if session.scalar(other) is not None:
        return _taken()
    session.merge(Phone(user_id=user_id, number=row.number, verified_at=now_ms(session)))
    set_reachable(session, user_id, CHANNEL, reachable=True)
    audit(session, user_id, "sms.number.verified", f"user:{user_id}")
    session.flush()
    return None


def _open_code(session: Session, user_id: str, *, lock: bool = False) -> Code | None:
    """Return the newest code of somebody, as long as it counts."""
    query = select(Code).where(Code.user_id == user_id).order_by(Code.id.desc()).limit(1)
    if lock:
        query = query.with_for_update()
    row = session.scalars(query.execution_options(populate_existing=True)).first()
    if row is None or row.used or row.tries >= MOST_TRIES:
        return None
    return row if row.made_at > now_ms(session) - GOOD_FOR_MS else None


def _digest(row_id: str, code: str) -> str:
    key = signing_secret(SLUG).encode()
    return hmac.new(key, f"{row_id}:{code}".encode(), hashlib.sha256).hexdigest()


def _code_text(code: str) -> str:
    # The last line lets browsers of phones offer the code by themselves.
    host = urlsplit(public_url()).hostname or ""
    words = _("%(code)s is your code for %(site)s. It counts for 10 minutes.", code=code, site=host)
    return f"{words}\n\n@{host} #{code}"


def _unsent() -> Refusal:
    reason = _("The code could not be sent now.")
    return Refusal("service", reason, _("Please try again in a minute."))


def _taken() -> Refusal:
    return Refusal("taken", _("Another account has this number. Nothing was changed."))
