"""Signing in and out, and what proves that somebody is who they say: passwords and mailed links.

Passwords are hashed and compared outside of transactions: it takes long.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ppvcms.accounts import audit, factors, guard, sessions, tokens
from ppvcms.accounts.mail import queue_letter
from ppvcms.accounts.models import LoginSession, User
from ppvcms.accounts.passwords import (
    hash_password,
    is_outdated,
    refusal_of_password,
    verify_password,
)
from ppvcms.accounts.rules import DEFAULT, MINUTE_MS, AccountRules
from ppvcms.accounts.services import clean_email, find_by_email, get_user, send_verification
from ppvcms.accounts.tokens import Purpose
from ppvcms.db import now_ms, transaction
from ppvcms.ids import digest
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.accounts.sessions import Device


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who came in, and the token that goes into the cookie."""

    user: User
    token: str


@dataclass(frozen=True, slots=True)
class HalfWay:
    """Who has shown the right password and has a second factor to show; not signed in."""

    user_id: str
    stamp: str
    """Stands for the password: a new one makes it worthless."""


def sign_in(
    *,
    email: str,
    password: str,
    device: Device,
    known_by: str | None = None,
    old_token: str | None = None,
    rules: AccountRules = DEFAULT,
) -> SignedIn | HalfWay | Refusal:
    """Sign somebody in on a new session, or half way when they have a second factor.

    `known_by` is the id of the person whom this browser has signed in before: the
    guesses of strangers do not lock that one out (but their own do). `old_token` is
    ended, so that no token from before the sign-in is worth anything after it.
    """
    user = find_by_email(email)
    known = user is not None and user.id == known_by
    keys = _keys(clean_email(email) or email.strip().lower(), device.address, known=known)
    # Taken before anything is written: a reset in between must not pass unseen.
    user_id, known_hash = (user.id, user.password_hash) if user else ("", None)
    refusal = _count(keys, rules)
    if refusal is not None:
        return refusal
    if not verify_password(known_hash, password) or known_hash is None:
        _log_failure(user_id, device)
        return _wrong()
    fresh_hash = hash_password(password) if is_outdated(known_hash) else known_hash

    def act(session: Session) -> SignedIn | HalfWay | Refusal:
        row = session.get_one(User, user_id, with_for_update=True)
        if row.password_hash != known_hash:
            return _wrong()
        if row.state != "active":
            return _suspended()
        row.password_hash = fresh_hash
        for key in keys:
            _forgive(session, key, rules)
        if factors.has_one(session, row.id):
            return HalfWay(row.id, digest(fresh_hash))
        return _admit(session, row, device, old_token)

    return transaction(act)


def sign_in_by_code(
    half: HalfWay,
    code: str,
    *,
    device: Device,
    old_token: str | None = None,
    rules: AccountRules = DEFAULT,
) -> SignedIn | Refusal:
    """Sign in who is half way and shows a code of the phone, or a recovery code."""
    refusal = transaction(lambda session: factors.count(session, half.user_id, rules))
    if refusal is not None:
        return refusal

    def act(session: Session) -> SignedIn | Refusal:
        row = session.get(User, half.user_id, with_for_update=True)
        if row is None or row.state != "active" or digest(row.password_hash) != half.stamp:
            return _wrong()
        wrong = factors.take(session, row.id, code)
        return wrong or _admit(session, row, device, old_token)

    answer = transaction(act)
    if isinstance(answer, Refusal):
        _log_failure(half.user_id, device)
    return answer


def sign_in_new(user: User, device: Device, old_token: str | None = None) -> SignedIn:
    """Sign in who has just made an account."""
    return transaction(
        lambda session: _admit(session, session.get_one(User, user.id), device, old_token)
    )


def sign_out(token: str) -> None:
    """End the session of a token."""
    transaction(lambda session: _end(session, token))


def confirm(
    user_id: str,
    session_id: str,
    password: str,
    *,
    address: str,
    code: str = "",
    rules: AccountRules = DEFAULT,
) -> str | Refusal:
    """Let somebody show password and second factor again; return the session's new token."""
    refusal = prove_both(user_id, password, code, address=address, rules=rules)
    if refusal is not None:
        return refusal
    return transaction(lambda session: sessions.renew(session, session_id)) or _wrong()


def prove_both(
    user_id: str, password: str, code: str, *, address: str, rules: AccountRules = DEFAULT
) -> Refusal | None:
    """Compare the password and, where somebody has a second factor, its code."""
    return _prove(user_id, password, address=address, rules=rules) or factors.prove(
        user_id, code, rules=rules
    )


def end_session(user_id: str, session_id: str) -> bool:
    """Sign one device of a person out."""

    def act(session: Session) -> bool:
        row = session.get(LoginSession, session_id)
        if row is None or row.user_id != user_id or not sessions.revoke(session, [row]):
            return False
        audit.record(session, user_id, "accounts.session.ended", f"user:{user_id}")
        return True

    return transaction(act)


def end_sessions(user_id: str, *, but: str | None = None, actor_id: str | None = None) -> int:
    """Sign a person out everywhere, or everywhere `but` on one device."""

    def act(session: Session) -> int:
        ended = sessions.revoke_all(session, user_id, but=but)
        audit.record(
            session,
            actor_id or user_id,
            "accounts.session.ended_all",
            f"user:{user_id}",
            data={"ended": ended},
        )
        return ended

    return transaction(act)


def forgot(email: str) -> None:
    """Send a link for a new password if the address has an account; never say whether."""

    def act(session: Session) -> None:
        user = session.scalars(select(User).where(User.email == address)).one_or_none()
        if user is None or user.state != "active":
            return
        secret = tokens.issue(session, user.id, Purpose.RESET, {"email": user.email})
        queue_letter(session, user, "reset", path=f"/reset/{secret}")
        audit.record(session, None, "accounts.reset.asked", f"user:{user.id}")

    address = clean_email(email)
    if address is not None:
        transaction(act)


def can_reset(secret: str) -> bool:
    """Whether a link still lets somebody choose a new password; it is not used up."""
    return transaction(lambda session: tokens.find(session, secret, Purpose.RESET) is not None)


def reset(secret: str, password: str) -> User | Refusal:
    """Set a new password by a mailed link, and sign its person out everywhere."""
    owner = transaction(lambda session: _person_of(session, secret))
    refusal = (
        _dead_link()
        if owner is None
        else refusal_of_password(password, words=(owner.email, owner.display_name))
    )
    if refusal is not None:
        return refusal
    hashed = hash_password(password)

    def act(session: Session) -> User | Refusal:
        token = tokens.take(session, secret, Purpose.RESET)
        user = session.get(User, token.user_id) if token is not None else None
        if token is None or user is None or user.state != "active":
            return _dead_link()
        if token.data.get("email") == user.email and user.email_verified_at is None:
            user.email_verified_at = now_ms(session)
        _set_password(session, user, hashed, action="accounts.password.reset")
        sessions.revoke_all(session, user.id)
        guard.clear(session, f"account:{user.email}")
        return user

    return transaction(act)


def verify_email(secret: str) -> User | Refusal:
    """Take the link that proves an address: the first one, or one that shall replace it."""

    def act(session: Session) -> User | Refusal:
        token = tokens.take(session, secret, Purpose.VERIFY, Purpose.EMAIL)
        user = session.get(User, token.user_id) if token is not None else None
        if token is None or user is None or user.state != "active":
            return _dead_link()
        if token.purpose == Purpose.EMAIL:
            old, user.email = user.email, token.data["email"]
            tokens.withdraw(session, user.id, Purpose.RESET, Purpose.VERIFY)
            queue_letter(session, user, "email_changed", to=old)
        elif token.data.get("email") != user.email:
            return _dead_link()
        user.email_verified_at = now_ms(session)
        audit.record(session, user.id, "accounts.email.verified", f"user:{user.id}")
        session.flush()
        return user

    try:
        return transaction(act)
    except IntegrityError:
        return _email_taken()


def resend(user_id: str) -> Refusal | None:
    """Send the link that verifies an address once more, at most five times an hour."""

    def act(session: Session) -> Refusal | None:
        user = session.get_one(User, user_id)
        if user.email_verified_at is not None:
            return Refusal("verified", _("Your address is verified already."), "")
        wait = guard.attempt(session, [f"resend:{user_id}"], tries=5, window_ms=60 * MINUTE_MS)
        if wait is not None:
            return Refusal(
                "too_fast",
                _("We have sent you several mails already."),
                _("Look into your spam folder, or try again in an hour."),
            )
        send_verification(session, user)
        return None

    return transaction(act)


def change_password(
    user_id: str,
    *,
    current: str,
    new: str,
    keep: str | None,
    address: str,
    rules: AccountRules = DEFAULT,
) -> str | Refusal:
    """Change a password and end all other sessions; return the new token of the one kept.

    `keep` is the id of the session in which it is done. The code of a refusal is
    `current` or `password`, after the field it is about.
    """
    user = get_user(user_id)
    refusal = _prove(user_id, current, address=address, rules=rules) or refusal_of_password(
        new, words=(user.email, user.display_name, *rules.site_words)
    )
    if refusal is not None:
        return refusal
    hashed = hash_password(new)

    def act(session: Session) -> str:
        _set_password(
            session, session.get_one(User, user_id), hashed, action="accounts.password.changed"
        )
        sessions.revoke_all(session, user_id, but=keep)
        return (sessions.renew(session, keep) if keep else None) or ""

    return transaction(act)


def ask_email_change(
    user_id: str,
    *,
    email: str,
    password: str,
    address: str,
    rules: AccountRules = DEFAULT,
) -> Refusal | None:
    """Send a link to a new address; the old one counts until the link was followed."""
    wanted = clean_email(email)
    if wanted is None:
        return Refusal(
            "email", _("This is not an e-mail address."), _("Check it for typing errors.")
        )
    refusal = _prove(user_id, password, address=address, rules=rules)
    if refusal is not None:
        return refusal

    def act(session: Session) -> Refusal | None:
        if session.scalar(select(User.id).where(User.email == wanted)):
            return _email_taken()
        user = session.get_one(User, user_id)
        secret = tokens.issue(session, user_id, Purpose.EMAIL, {"email": wanted})
        queue_letter(session, user, "email_change", to=wanted, path=f"/verify/{secret}")
        audit.record(session, user_id, "accounts.email.change_asked", f"user:{user_id}")
        return None

    return transaction(act)


def _admit(session: Session, user: User, device: Device, old_token: str | None) -> SignedIn:
    user.seen_at = now_ms(session)
    _end(session, old_token)
    audit.record(
        session, user.id, "accounts.user.signed_in", f"user:{user.id}", address=device.address
    )
    return SignedIn(user, sessions.open_session(session, user.id, device))


def _forgive(session: Session, key: str, rules: AccountRules) -> None:
    # Of an address one try is taken back, or an account of one's own would reset it.
    if key.startswith("address:"):
        guard.forgive(session, key, tries=rules.login_tries)
    else:
        guard.clear(session, key)


def _prove(user_id: str, password: str, *, address: str, rules: AccountRules) -> Refusal | None:
    keys = [f"confirm:{user_id}", f"address:{guard.network_of(address)}"]
    refusal = _count(keys, rules)
    if refusal is not None:
        return Refusal("current", refusal.reason, refusal.remedy)
    if not verify_password(get_user(user_id).password_hash, password):
        return Refusal(
            "current", _("This is not your password."), _("Nothing was changed. Try again.")
        )

    def act(session: Session) -> None:
        for key in keys:
            _forgive(session, key, rules)

    transaction(act)
    return None


def _keys(email: str, address: str, *, known: bool) -> list[str]:
    return [
        f"known:{email}" if known else f"account:{email}",
        f"address:{guard.network_of(address)}",
    ]


def _count(keys: list[str], rules: AccountRules) -> Refusal | None:
    window_ms = rules.login_lock_min * MINUTE_MS

    def act(session: Session) -> int | None:
        return guard.attempt(session, keys, tries=rules.login_tries, window_ms=window_ms)

    if transaction(act) is None:
        return None
    return Refusal(
        "locked",
        _("Too many wrong tries, so signing in is locked for a while."),
        _("Wait %(minutes)d minutes, or ask for a new password.", minutes=rules.login_lock_min),
    )


def _log_failure(user_id: str, device: Device) -> None:
    subject = f"user:{user_id or 'unknown'}"

    def act(session: Session) -> None:
        audit.record(session, None, "accounts.user.sign_in_failed", subject, address=device.address)

    transaction(act)


def _end(session: Session, token: str | None) -> None:
    if token:
        query = select(LoginSession).where(LoginSession.token_hash == digest(token))
        sessions.revoke(session, session.scalars(query))


def _set_password(session: Session, user: User, hashed: str, *, action: str) -> None:
    user.password_hash = hashed
    tokens.withdraw(session, user.id, Purpose.RESET)
    queue_letter(session, user, "password_changed")
    audit.record(session, user.id, action, f"user:{user.id}")


def _person_of(session: Session, secret: str) -> User | None:
    token = tokens.find(session, secret, Purpose.RESET)
    return session.get(User, token.user_id) if token is not None else None


def _wrong() -> Refusal:
    return Refusal(
        "wrong",
        _("The e-mail address or the password is not right."),
        _("Check both and try again."),
    )


def _suspended() -> Refusal:
    return Refusal(
        "suspended",
        _("This account is closed for now."),
        _("Your balance is untouched. Write to us to have it opened again."),
    )


def _dead_link() -> Refusal:
    return Refusal("link", _("This link was used already, or is too old."), _("Ask for a new one."))


def _email_taken() -> Refusal:
    return Refusal(
        "email", _("This address cannot be used here."), _("Nothing was changed. Try another one.")
    )
