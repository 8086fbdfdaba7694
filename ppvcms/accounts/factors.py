"""The second factor: codes of a phone beside the password, and recovery codes for a lost phone.

Tries are counted before they are made. A code is taken once, a recovery code too.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyotp
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app
from flask_babel import gettext as _

from ppvcms.accounts import audit, guard
from ppvcms.accounts.mail import queue_letter
from ppvcms.accounts.models import SecondFactor, User
from ppvcms.accounts.rules import DEFAULT, MINUTE_MS, AccountRules
from ppvcms.db import db, now_ms, transaction
from ppvcms.ids import digest
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

STEP_MS = 30_000
EARLY_OR_LATE = 1
"""Phones whose clock is off by so many steps are understood."""
RECOVERY_CODES = 10
LONGEST_CODE = 40


@dataclass(frozen=True, slots=True)
class Setup:
    """What a phone has to be told: the secret, and the same as an address for a QR code.

    `sealed` is the secret for the form alone: nothing is kept before a code was shown.
    """

    secret: str
    address: str
    sealed: str


def is_on(user_id: str) -> bool:
    """Whether somebody is asked for a code beside the password."""
    return has_one(db.session(), user_id)


def has_one(session: Session, user_id: str) -> bool:
    """Ask the same in an open transaction."""
    return session.get(SecondFactor, user_id) is not None


def codes_left(user_id: str) -> int:
    """Return how many recovery codes somebody has."""
    row = db.session.get(SecondFactor, user_id)
    return len(row.codes) if row is not None else 0


def set_up(user_id: str, site_name: str, sealed: str = "") -> Setup | Refusal:
    """Return a secret for a phone, the one in `sealed` where that is this person's."""
    if is_on(user_id):
        return _is_on_already()
    secret = _reveal_for(user_id, sealed) or pyotp.random_base32()
    user = db.session.get_one(User, user_id)
    address = pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=site_name)
    return Setup(secret, address, _seal(f"{user_id} {secret}"))


def switch_on(
    user_id: str, sealed: str, code: str, *, address: str, rules: AccountRules = DEFAULT
) -> list[str] | Refusal:
    """Ask for codes from now on, since the phone has shown one; return the recovery codes.

    They are shown this once: their digests alone are kept. `sealed` is that of the setup.
    """
    refusal = _count(user_id, rules)
    if refusal is not None:
        return refusal
    secret = _reveal_for(user_id, sealed)

    def act(session: Session) -> list[str] | Refusal:
        user = session.get_one(User, user_id, with_for_update=True)
        if has_one(session, user_id):
            return _is_on_already()
        row = SecondFactor(
            user_id=user_id, secret=_seal(secret), codes=[], last_step=0, on_at=now_ms(session)
        )
        if not secret or not _takes(session, row, code):
            return _wrong()
        guard.clear(session, _key(user_id))
        made = _give_codes(row)
        session.add(row)
        audit.record(session, user_id, "accounts.factor.on", f"user:{user_id}", address=address)
        queue_letter(session, user, "factor_on")
        return made

    return transaction(act)


def prove(user_id: str, code: str, *, rules: AccountRules = DEFAULT) -> Refusal | None:
    """Compare a code of the phone, or use a recovery code up; None when it is right.

    Who has no second factor has nothing to show.
    """
    if not is_on(user_id):
        return None
    refusal = _count(user_id, rules)
    if refusal is not None:
        return refusal
    return transaction(lambda session: take(session, user_id, code))


def take(session: Session, user_id: str, code: str) -> Refusal | None:
    """Do the same in an open transaction, for a try that was counted by `count`."""
    row = session.get(SecondFactor, user_id, with_for_update=True)
    if row is None:
        return None
    if not _takes(session, row, code) and not _uses_up(session, row, code):
        return _wrong()
    guard.clear(session, _key(user_id))
    return None


def new_codes(user_id: str, *, address: str) -> list[str]:
    """Replace the recovery codes, whose person has just shown password and code."""

    def act(session: Session) -> list[str]:
        row = session.get_one(SecondFactor, user_id, with_for_update=True)
        audit.record(
            session, user_id, "accounts.factor.new_codes", f"user:{user_id}", address=address
        )
        return _give_codes(row)

    return transaction(act)


def switch_off(user_id: str, *, actor_id: str | None, address: str = "") -> bool:
    """Ask for no code any more; return whether one was asked for.

    Who switches their own off has shown password and code; by command, nobody else can.
    """

    def act(session: Session) -> bool:
        row = session.get(SecondFactor, user_id, with_for_update=True)
        if row is None:
            return False
        session.delete(row)
        audit.record(session, actor_id, "accounts.factor.off", f"user:{user_id}", address=address)
        queue_letter(session, session.get_one(User, user_id), "factor_off")
        return True

    return transaction(act)


def _takes(session: Session, row: SecondFactor, code: str) -> bool:
    """Whether the phone shows this code now; the same one does not count twice."""
    typed, secret = "".join(code.split()), _reveal(row.secret)
    if not secret or len(code) > LONGEST_CODE:
        return False
    totp, now = pyotp.TOTP(secret), now_ms(session) // STEP_MS
    for step in range(now - EARLY_OR_LATE, now + EARLY_OR_LATE + 1):
        same = hmac.compare_digest(totp.generate_otp(step).encode(), typed.encode())
        if same and step > row.last_step:
            row.last_step = step
            return True
    return False


def _uses_up(session: Session, row: SecondFactor, code: str) -> bool:
    found = digest("".join(code.upper().replace("-", "").split()))
    if found not in row.codes:
        return False
    row.codes = [each for each in row.codes if each != found]
    audit.record(
        session,
        row.user_id,
        "accounts.factor.recovery_used",
        f"user:{row.user_id}",
        data={"left": len(row.codes)},
    )
    return True


def _give_codes(row: SecondFactor) -> list[str]:
    made = [base64.b32encode(secrets.token_bytes(10)).decode() for _number in range(RECOVERY_CODES)]
    row.codes = [digest(code) for code in made]
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in made]


def _count(user_id: str, rules: AccountRules) -> Refusal | None:
    return transaction(lambda session: count(session, user_id, rules))


def count(session: Session, user_id: str, rules: AccountRules) -> Refusal | None:
    """Count a try, and refuse it when there were too many."""
    window_ms = rules.login_lock_min * MINUTE_MS
    wait = guard.attempt(session, [_key(user_id)], tries=rules.login_tries, window_ms=window_ms)
    if wait is None:
        return None
    return Refusal(
        "code",
        _("Too many wrong codes, so this is locked for a while. Nothing was changed."),
        _("Wait %(minutes)d minutes.", minutes=rules.login_lock_min),
    )


def _key(user_id: str) -> str:
    return f"factor:{user_id}"


def _fernet() -> Fernet:
    key = HKDF(SHA256(), 32, salt=None, info=b"ppvcms second factor").derive(
        str(current_app.config["SECRET_KEY"]).encode()
    )
    return Fernet(base64.urlsafe_b64encode(key))


def _seal(secret: str) -> str:
    return _fernet().encrypt(secret.encode()).decode()


def _reveal(sealed: str) -> str:
    """Return a secret, or an empty text when the site's key has changed since."""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken:
        return ""


def _reveal_for(user_id: str, sealed: str) -> str:
    owner, _gap, secret = _reveal(sealed).partition(" ")
    return secret if owner == user_id else ""


def _wrong() -> Refusal:
    return Refusal(
        "code",
        _("This code is not right, or was used already. Nothing was changed."),
        _("Wait for the next one and try again."),
    )


def _is_on_already() -> Refusal:
    return Refusal("on", _("Your second factor is on already."), _("Nothing was changed."))
