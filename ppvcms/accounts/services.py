"""Making accounts and looking after people: what visitors, owners and commands can do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from ppvcms.accounts import audit, guard, names, roles, sessions, tokens
from ppvcms.accounts.actor import actor_of
from ppvcms.accounts.mail import queue_letter
from ppvcms.accounts.models import Role, User, UserRole
from ppvcms.accounts.passwords import hash_password, refusal_of_password
from ppvcms.accounts.rules import DAY_MS, DEFAULT, AccountRules
from ppvcms.accounts.tokens import Purpose
from ppvcms.db import db, now_ms, transaction
from ppvcms.errors import NotFoundError
from ppvcms.events import UserRegistered
from ppvcms.ids import new_id
from ppvcms.ledger.outbox import write_event
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from sqlalchemy.orm import Session

__all__ = [
    "actor_of",
    "change_roles",
    "clean_email",
    "create_user",
    "find_by_email",
    "get_user",
    "people",
    "reactivate",
    "refusal_of_account",
    "register",
    "save_profile",
    "suspend",
]

LONGEST_EMAIL = 254
# Narrower than the standard: what mail servers take, and nothing that a header could.
EMAIL = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@"
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
)


def clean_email(text: str) -> str | None:
    """Return an address in the form that is kept, or None when it is none."""
    local, _at, domain = text.strip().lower().rpartition("@")
    try:
        address = f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return None
    if len(address) > LONGEST_EMAIL or not EMAIL.fullmatch(address):
        return None
    return address


def register(  # noqa: PLR0913 - all are given by name
    *,
    email: str,
    display_name: str,
    password: str,
    role: str,
    address: str,
    locale: str | None = None,
    fields: Mapping[str, str] | None = None,
    terms_at: int | None = None,
    rules: AccountRules = DEFAULT,
) -> User | Refusal:
    """Make an account for a visitor and send the link that verifies its address.

    `terms_at` is when the terms that were agreed to got their words: their version.
    The code of a refusal is the field it is about: `email`, `display_name`,
    `password`, `role`, or `address` when this network made too many accounts.
    """
    if role not in {one.key for one in roles.open_roles()}:
        return Refusal("role", _("This kind of account is not open."), _("Choose another one."))

    def may(session: Session) -> Refusal | None:
        wait = guard.attempt(
            session,
            [f"register:{guard.network_of(address)}"],
            tries=rules.per_address_day,
            window_ms=DAY_MS,
        )
        return None if wait is None else _too_many_accounts()

    def more(session: Session, user: User) -> None:
        user.locale, user.fields = locale, dict(fields or {})
        fact = UserRegistered(
            id=new_id(), at=user.created_at, actor_id=user.id, user_id=user.id, role=role
        )
        write_event(session, fact)
        audit.record(
            session, user.id, "accounts.user.registered", f"user:{user.id}", address=address
        )
        if terms_at is not None:
            _note_terms(session, user.id, terms_at, address)
        send_verification(session, user)

    return _make(email, display_name, password, (role,), rules, more, may=may)


def _note_terms(session: Session, user_id: str, terms_at: int, address: str) -> None:
    """Keep who agreed to which version of the terms, where nobody can change it (PG-08)."""
    audit.record(
        session,
        user_id,
        "accounts.terms.agreed",
        f"user:{user_id}",
        data={"version_at": terms_at},
        address=address,
    )


def create_user(
    *,
    email: str,
    display_name: str,
    password: str,
    roles: Collection[str],
    verified: bool,
    actor_id: str | None,
    demo: bool = False,
) -> User | Refusal:
    """Make an account for somebody else, by hand or by a command; banned names are allowed."""

    def more(session: Session, user: User) -> None:
        user.demo = demo
        user.email_verified_at = user.created_at if verified else None
        audit.record(
            session,
            actor_id,
            "accounts.user.created",
            f"user:{user.id}",
            data={"roles": sorted(roles)},
        )
        if not verified:
            send_verification(session, user)

    return _make(email, display_name, password, roles, AccountRules(banned_names=()), more)


def refusal_of_account(
    email: str, display_name: str, password: str, rules: AccountRules
) -> Refusal | None:
    """Return why no account can be like this, whoever has one already; reads no table."""
    address, name = clean_email(email), names.clean_name(display_name)
    if address is None:
        return Refusal(
            "email", _("This is not an e-mail address."), _("Check it for typing errors.")
        )
    return names.refusal_of_name(name, banned=rules.banned_names) or refusal_of_password(
        password, words=(name, address, address.partition("@")[0], *rules.site_words)
    )


def send_verification(session: Session, user: User) -> None:
    """Write the mail whose link proves that an address is read (AC-05)."""
    secret = tokens.issue(session, user.id, Purpose.VERIFY, {"email": user.email})
    queue_letter(session, user, "verify", path=f"/verify/{secret}")


def get_user(user_id: str) -> User:
    """Return a person.

    Raises:
        NotFoundError: Nobody has this id.
    """
    user = db.session.get(User, user_id, populate_existing=True)
    if user is None:
        raise NotFoundError("There is nobody with this id.")
    return user


def find_by_email(email: str) -> User | None:
    """Return who signs in with an address."""
    return db.session.scalars(
        select(User)
        .where(User.email == (clean_email(email) or ""))
        .execution_options(populate_existing=True)
    ).one_or_none()


def people(
    role: str | None = None,
    *,
    text: str = "",
    demo: bool | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> list[User]:
    """Return people in the order in which they came, of one role or with a text in name or e-mail.

    `after` is the id of the last one on the page before.
    """
    query = select(User).order_by(User.id)
    if role:
        query = query.join(UserRole).join(Role).where(Role.key == role)
    if text:
        query = query.where(
            or_(
                User.email.contains(text.lower(), autoescape=True),
                User.name_key.contains(names.name_key(text) or text, autoescape=True),
            )
        )
    if demo is not None:
        query = query.where(User.demo == demo)
    if after:
        query = query.where(User.id > after)
    return list(db.session.scalars(query.limit(limit) if limit else query))


def save_profile(
    user_id: str,
    *,
    display_name: str,
    locale: str | None,
    time_zone: str | None,
    rules: AccountRules = DEFAULT,
) -> User | Refusal:
    """Change what a person says of themselves."""
    name = names.clean_name(display_name)

    def act(session: Session) -> User | Refusal:
        user = session.get_one(User, user_id)
        if name != user.display_name:
            refusal = names.refusal_of_name(name, banned=rules.banned_names)
            if refusal is not None:
                return refusal
            if _name_taken(session, name, but=user_id):
                return names.taken()
            audit.record(
                session,
                user_id,
                "accounts.name.changed",
                f"user:{user_id}",
                data={"from": user.display_name, "to": name},
            )
        user.display_name, user.name_key = name, names.name_key(name)
        user.locale, user.time_zone = locale, time_zone
        session.flush()
        return user

    try:
        return transaction(act)
    except IntegrityError:
        return names.taken()


def suspend(user_id: str, *, reason: str, actor_id: str | None) -> Refusal | None:
    """Close an account until it is opened again: signed out everywhere, money untouched."""
    if not reason.strip():
        return Refusal("reason", _("Say why, in words that the person may read."), "")
    if user_id == actor_id:
        return Refusal("self", _("You cannot suspend yourself."), _("Nothing was changed."))

    def act(session: Session) -> Refusal | None:
        user = session.get_one(User, user_id)
        if _is_last_owner(session, user):
            return _last_owner()
        user.state = "suspended"
        sessions.revoke_all(session, user_id)
        tokens.withdraw(session, user_id, *Purpose)
        audit.record(session, actor_id, "accounts.user.suspended", f"user:{user_id}", reason=reason)
        return None

    return transaction(act)


def reactivate(user_id: str, *, reason: str, actor_id: str | None) -> Refusal | None:
    """Open a suspended account again."""

    def act(session: Session) -> None:
        session.get_one(User, user_id).state = "active"
        audit.record(
            session, actor_id, "accounts.user.reactivated", f"user:{user_id}", reason=reason
        )

    return transaction(act)


def change_roles(
    user_id: str, keys: Collection[str], *, actor_id: str | None, reason: str = ""
) -> Refusal | None:
    """Give a person exactly these roles; their devices have to sign in anew."""

    def act(session: Session) -> Refusal | None:
        user = session.get_one(User, user_id)
        found = _roles(session, keys)
        if isinstance(found, Refusal):
            return found
        before = sorted(role.key for role in user.roles)
        if "owner" not in keys and _is_last_owner(session, user):
            return _last_owner()
        if before == sorted(keys):
            return None
        user.roles = found
        # A session never carries rights that its person did not have at sign-in.
        sessions.revoke_all(session, user_id)
        audit.record(
            session,
            actor_id,
            "accounts.roles.changed",
            f"user:{user_id}",
            reason=reason,
            data={"from": before, "to": sorted(keys)},
        )
        return None

    return transaction(act)


def _make(
    email: str,
    display_name: str,
    password: str,
    role_keys: Collection[str],
    rules: AccountRules,
    more: Callable[[Session, User], None],
    *,
    may: Callable[[Session], Refusal | None] = lambda _session: None,
) -> User | Refusal:
    refusal = refusal_of_account(email, display_name, password, rules)
    if refusal is not None:
        return refusal
    address, name = clean_email(email) or "", names.clean_name(display_name)
    hashed = hash_password(password)

    def act(session: Session) -> User | Refusal:
        found = _roles(session, role_keys)
        if isinstance(found, Refusal):
            return found
        clash = _clash(session, address, name) or may(session)
        if clash is not None:
            return clash
        user = User(
            id=new_id(),
            email=address,
            password_hash=hashed,
            display_name=name,
            name_key=names.name_key(name),
            state="active",
            fields={},
            created_at=now_ms(session),
            roles=found,
        )
        session.add(user)
        session.flush()
        more(session, user)
        return user

    try:
        return transaction(act)
    except IntegrityError:
        # Two of them at the same moment: the other one was first.
        return _clash(db.session(), address, name) or names.taken()


def _clash(session: Session, address: str, name: str) -> Refusal | None:
    if session.scalar(select(User.id).where(User.email == address)):
        return Refusal(
            "email",
            _("There is an account with this address already."),
            _("Sign in, or ask for a new password."),
        )
    return names.taken() if _name_taken(session, name) else None


def _name_taken(session: Session, name: str, *, but: str = "") -> bool:
    query = select(User.id).where(User.name_key == names.name_key(name), User.id != but)
    return session.scalar(query) is not None


def _roles(session: Session, keys: Collection[str]) -> list[Role] | Refusal:
    found = list(session.scalars(select(Role).where(Role.key.in_(keys))))
    return found if found and len(found) == len(set(keys)) else _no_such_role()


def _is_last_owner(session: Session, user: User) -> bool:
    owners = session.scalars(
        select(User.id)
        .join(UserRole)
        .join(Role)
        .where(Role.key == "owner", User.state == "active")
        .limit(2)
    ).all()
    return list(owners) == [user.id]


def _last_owner() -> Refusal:
    return Refusal(
        "last_owner",
        _("This is the last account that can run the site."),
        _("Nothing was changed. Give somebody else the same rights first."),
    )


def _no_such_role() -> Refusal:
    return Refusal("role", _("There is no such role."), _("Nothing was changed."))


def _too_many_accounts() -> Refusal:
    return Refusal(
        "address",
        _("Too many accounts were made from this network today."),
        _("No account was made. Try again tomorrow, or write to us."),
    )
