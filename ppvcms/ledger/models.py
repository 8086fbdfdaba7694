"""The tables of the books (money.md 1); only `ledger/store.py` writes them.

An account without a floor has no stored balance: its balance is the sum of its
entries. Such accounts take an entry in every charge, and one row that all
transactions update would put them in a queue.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.db import Amount, Base, Json, Millis, Ulid

# SQLite numbers rows by itself only when the key is INTEGER to the letter.
RowId = BigInteger().with_variant(Integer, "sqlite")


class Account(Base):
    """A place money can be: one owner, one kind, one currency."""

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("kind", "owner_kind", "owner_id", "currency"),
        CheckConstraint("floor IS NULL OR balance - held >= floor", name="floor"),
        CheckConstraint("held >= 0", name="held"),
    )

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(24))
    owner_kind: Mapped[str] = mapped_column(String(16))
    owner_id: Mapped[str] = mapped_column(String(64), index=True)
    currency: Mapped[str] = mapped_column(String(8))
    balance: Mapped[Amount] = mapped_column(default=0)
    held: Mapped[Amount] = mapped_column(default=0)
    floor: Mapped[Amount | None]
    version: Mapped[int] = mapped_column(BigInteger, default=0)
    opened_at: Mapped[Millis]


class AccountVersion(Base):
    """What an account with a floor was after each change; its history is provable."""

    __tablename__ = "account_version"

    account_id: Mapped[Ulid] = mapped_column(ForeignKey("account.id"), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    balance: Mapped[Amount]
    held: Mapped[Amount]
    transfer_id: Mapped[Ulid | None]
    hold_id: Mapped[Ulid | None]
    made_at: Mapped[Millis]


class Transfer(Base):
    """A balanced set of entries, written after them and never changed (R-02)."""

    __tablename__ = "transfer"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32), index=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    source: Mapped[str] = mapped_column(String(120), index=True)
    memo: Mapped[str] = mapped_column(String(300))
    actor_id: Mapped[Ulid | None]
    reverses: Mapped[Ulid | None] = mapped_column(ForeignKey("transfer.id"), index=True)
    made_at: Mapped[Millis] = mapped_column(index=True)


class Entry(Base):
    """One movement on one account; all entries of a transfer sum to 0 per currency."""

    __tablename__ = "entry"
    __table_args__ = (
        CheckConstraint("amount <> 0", name="amount"),
        Index("ix_entry__account_id__id", "account_id", "id"),
        # Finds the youngest entries without a cost for each insert; see `Rollup`.
        Index(
            "ix_entry__xid", "xid", postgresql_using="brin", postgresql_with={"autosummarize": True}
        ).ddl_if(dialect="postgresql"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    transfer_id: Mapped[Ulid] = mapped_column(
        ForeignKey("transfer.id", deferrable=True, initially="DEFERRED"), index=True
    )
    account_id: Mapped[Ulid] = mapped_column(ForeignKey("account.id"))
    currency: Mapped[str] = mapped_column(String(8))
    amount: Mapped[Amount]
    balance_after: Mapped[Amount | None]
    version: Mapped[int | None] = mapped_column(BigInteger)
    xid: Mapped[int | None] = mapped_column(BigInteger)
    """The writing transaction, filled in by PostgreSQL; ids do not commit in order there."""


class Rollup(Base):
    """The sum of an account's entries below a mark, for kinds without a stored balance.

    The mark is a transaction id on PostgreSQL and an entry id on SQLite.
    """

    __tablename__ = "rollup"

    account_id: Mapped[Ulid] = mapped_column(ForeignKey("account.id"), primary_key=True)
    balance: Mapped[Amount]
    upto: Mapped[int] = mapped_column(BigInteger)


class Share(Base):
    """Who got which part of a charge, and by which fraction (R-47).

    The account is the party's own, or its studio's where that collects (CM-08).
    """

    __tablename__ = "share"

    transfer_id: Mapped[Ulid] = mapped_column(ForeignKey("transfer.id"), primary_key=True)
    nr: Mapped[int] = mapped_column(Integer, primary_key=True)
    party_kind: Mapped[str] = mapped_column(String(16))
    party_id: Mapped[str] = mapped_column(String(64), index=True)
    account_id: Mapped[Ulid] = mapped_column(ForeignKey("account.id"), index=True)
    numerator: Mapped[int] = mapped_column(BigInteger)
    denominator: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[Amount]


class EarningRelease(Base):
    """A day (UTC, days since 1970) of an account of earnings that is not on hold any more."""

    __tablename__ = "earning_release"

    account_id: Mapped[Ulid] = mapped_column(ForeignKey("account.id"), primary_key=True)
    day: Mapped[int] = mapped_column(Integer, primary_key=True)
    amount: Mapped[Amount]
    transfer_id: Mapped[Ulid] = mapped_column(ForeignKey("transfer.id"))


class SpendLimit(Base):
    """What a wallet may spend in a period (WL-16); the account `site` stands for everybody's.

    A raise waits in `next_amount` until `next_at`; no amount is no limit.
    """

    __tablename__ = "spend_limit"

    account_id: Mapped[Ulid] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(String(8), primary_key=True)
    amount: Mapped[Amount | None]
    next_amount: Mapped[Amount | None]
    next_at: Mapped[Millis | None]
    changed_at: Mapped[Millis]


class Hold(Base):
    """An amount reserved on an account, ended once: captured, released or expired."""

    __tablename__ = "hold"
    __table_args__ = (
        CheckConstraint("captured + released + expired <= amount", name="parts"),
        CheckConstraint(
            "state = 'open' OR captured + released + expired = amount", name="ended_whole"
        ),
        CheckConstraint("captured >= 0 AND released >= 0 AND expired >= 0", name="not_negative"),
    )

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    account_id: Mapped[Ulid] = mapped_column(ForeignKey("account.id"), index=True)
    seat_id: Mapped[Ulid | None] = mapped_column(index=True)
    intent_id: Mapped[Ulid | None]
    key: Mapped[str] = mapped_column(String(200), unique=True)
    source: Mapped[str] = mapped_column(String(120))
    amount: Mapped[Amount]
    captured: Mapped[Amount] = mapped_column(default=0)
    released: Mapped[Amount] = mapped_column(default=0)
    expired: Mapped[Amount] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(8), default="open", index=True)
    capture_before: Mapped[Millis | None]
    made_at: Mapped[Millis]


class Idem(Base):
    """The first answer to a key (R-04)."""

    __tablename__ = "idem"

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    answer: Mapped[Json]
    answer_hash: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[Millis]


class Outbox(Base):
    """A fact written with what it tells of, delivered at least once afterwards."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox__waiting",
            "due_at",
            sqlite_where=text("delivered_at IS NULL"),
            postgresql_where=text("delivered_at IS NULL"),
        ),
    )

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(64))
    payload: Mapped[Json]
    made_at: Mapped[Millis]
    due_at: Mapped[Millis]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    last_error: Mapped[str | None] = mapped_column(String(500))
    delivered_at: Mapped[Millis | None]
    missed: Mapped[list[str] | None] = mapped_column(JSON)
    """The plugins that have not taken it yet; None while nobody was told."""


class Block(Base):
    """A link of the chain that the sealer makes of committed transfers."""

    __tablename__ = "block"

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=False)
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[Millis]


class BlockMember(Base):
    """Which block a transfer was sealed in."""

    __tablename__ = "block_member"

    transfer_id: Mapped[Ulid] = mapped_column(ForeignKey("transfer.id"), primary_key=True)
    block_id: Mapped[int] = mapped_column(ForeignKey("block.id"), index=True)
