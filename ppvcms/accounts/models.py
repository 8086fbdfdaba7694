"""The tables of people: users, roles, sign-ins, tokens and the audit log."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, ForeignKey, Integer, String
from sqlalchemy import Text as LongText
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ppvcms.db import Base, Json, Millis, Ulid


class UserRole(Base):
    """Which roles a user has."""

    __tablename__ = "user_role"

    user_id: Mapped[Ulid] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True
    )
    role_id: Mapped[Ulid] = mapped_column(
        ForeignKey("role.id", ondelete="CASCADE"), primary_key=True
    )


class Role(Base):
    """A named set of permissions; the shipped ones keep their key for ever."""

    __tablename__ = "role"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    builtin: Mapped[bool] = mapped_column(Boolean, default=False)
    open: Mapped[bool] = mapped_column(Boolean, default=False)
    permissions: Mapped[Json]
    """`granted` is what it gives; `offered` what was ever put to it, so that no
    default comes back after an owner took it away."""

    @property
    def granted(self) -> list[str]:
        """The names of what this role gives."""
        return list(self.permissions.get("granted", ()))


class User(Base):
    """A person with a sign-in; the public sees the display name alone (AC-13)."""

    __tablename__ = "user"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    email_verified_at: Mapped[Millis | None]
    password_hash: Mapped[str] = mapped_column(String(200))
    display_name: Mapped[str] = mapped_column(String(40))
    name_key: Mapped[str] = mapped_column(String(80), unique=True)
    legal_name: Mapped[str | None] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(12), default="active")
    locale: Mapped[str | None] = mapped_column(String(12))
    time_zone: Mapped[str | None] = mapped_column(String(48))
    fields: Mapped[Json] = mapped_column(default=dict)
    demo: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[Millis]
    seen_at: Mapped[Millis | None]
    roles: Mapped[list[Role]] = relationship(secondary="user_role", lazy="selectin")

    @property
    def permissions(self) -> frozenset[str]:
        """What the roles of this person give together."""
        return frozenset(name for role in self.roles for name in role.granted)

    def can(self, permission: str) -> bool:
        """Whether a role of this person gives a permission."""
        return permission in self.permissions


class StudioPart(Base):
    """What a studio takes of a performer's side, for a time (R-49).

    `percent` is the studio's part of that side, `ratio_percent` the side itself
    where the studio has one of its own. `collects`: the performer's own part goes
    to the studio's account too (CM-08). Rows end, and never change otherwise.
    """

    __tablename__ = "studio_part"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    performer_id: Mapped[Ulid] = mapped_column(ForeignKey("user.id"), index=True)
    studio_id: Mapped[Ulid] = mapped_column(ForeignKey("user.id"), index=True)
    percent: Mapped[int] = mapped_column(Integer)
    ratio_percent: Mapped[int | None]
    collects: Mapped[bool] = mapped_column(Boolean, default=False)
    source: Mapped[str] = mapped_column(String(80))
    from_at: Mapped[Millis]
    until_at: Mapped[Millis | None]


class LoginSession(Base):
    """One signed-in device; ending it signs the device out at its next act."""

    __tablename__ = "login_session"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    user_id: Mapped[Ulid] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    address: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[Millis]
    seen_at: Mapped[Millis]
    confirmed_at: Mapped[Millis]
    revoked_at: Mapped[Millis | None] = mapped_column(index=True)


class OneTimeToken(Base):
    """A link sent by mail; only its digest is kept, and it opens once."""

    __tablename__ = "one_time_token"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    user_id: Mapped[Ulid] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(String(16))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    data: Mapped[Json] = mapped_column(default=dict)
    expires_at: Mapped[Millis]
    used_at: Mapped[Millis | None]


class SecondFactor(Base):
    """A person's second proof beside the password, asked for since `on_at`.

    `secret` is encrypted, `codes` holds the digests of the recovery codes that are left,
    and no code of `last_step` or before is taken again.
    """

    __tablename__ = "second_factor"

    user_id: Mapped[Ulid] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True
    )
    secret: Mapped[str] = mapped_column(String(300))
    codes: Mapped[list[str]] = mapped_column(JSON, default=list)
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    on_at: Mapped[Millis]


class LoginGuard(Base):
    """Failed sign-ins of one account or one address within the window (AC-07)."""

    __tablename__ = "login_guard"

    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    window_from: Mapped[Millis]
    locked_until: Mapped[Millis | None]


class AuditLog(Base):
    """Who did what, to whom, why; rows are added and never changed."""

    __tablename__ = "audit_log"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    at: Mapped[Millis] = mapped_column(index=True)
    actor_id: Mapped[Ulid | None] = mapped_column(index=True)
    actor_name: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64), index=True)
    subject: Mapped[str] = mapped_column(String(120), index=True)
    reason: Mapped[str] = mapped_column(LongText, default="")
    data: Mapped[Json] = mapped_column(default=dict)
    address: Mapped[str] = mapped_column(String(64), default="")


class Mail(Base):
    """A mail to send; where no mail server is set, the back office shows it."""

    __tablename__ = "mail"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    to: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(LongText)
    data: Mapped[Json] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(String(10), default="waiting", index=True)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    due_at: Mapped[Millis]
    made_at: Mapped[Millis]
    last_error: Mapped[str | None] = mapped_column(String(300))


class OwnText(Base):
    """The owner's own words for one kind of letter or notice in one language."""

    __tablename__ = "own_text"

    kind: Mapped[str] = mapped_column(String(80), primary_key=True)
    locale: Mapped[str] = mapped_column(String(12), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(LongText)
    changed_at: Mapped[Millis]
