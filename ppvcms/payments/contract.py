"""The contract between the core and a payment gateway plugin.

An adapter is a pure client of its processor: it never reads or writes our
tables. The core commits the attempt before it calls, keeps every notification
before it believes it, and posts each fact once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Outcome(StrEnum):
    """What came of an attempt.

    ``unknown`` is a normal answer: a time-out or garbage after sending. It is
    resolved by look-up or notification, never by a blind second charge.
    ``error`` is only for what provably never reached the processor.
    """

    OK = "ok"
    DECLINED = "declined"
    REDIRECT = "redirect"
    PENDING = "pending"
    UNKNOWN = "unknown"
    UNSUPPORTED = "unsupported"
    ERROR = "error"


class Trust(StrEnum):
    """How well a notification proved where it comes from."""

    STRONG = "strong"
    WEAK = "weak"


@dataclass(frozen=True, slots=True)
class Money:
    """Whole minor units of a currency; never a float."""

    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a processor can do; the core chooses how to fund by it."""

    hosted: bool = True
    token_charge: bool = False
    hold: bool = False
    partial_capture: bool = False
    void: bool = False
    refund: str = "none"
    query: bool = False
    signed_notifications: Trust | None = None
    currencies: frozenset[str] = frozenset({"USD"})
    adult_allowed: bool = False


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where the payer's browser goes next."""

    url: str
    method: str = "GET"
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Op:
    """One attempt; `op_id` is the idempotency key and travels to the processor.

    `kind` is one of start, charge, authorize, extend, capture, release, refund.
    ``authorize`` holds the amount at the processor and takes nothing; ``release``
    gives the hold back that `parent_ref` names, and is ``ok`` when it is given back
    already. `context` carries ``description``, ``return_url``, ``notify_url``, ``customer``.
    """

    op_id: str
    kind: str
    intent_id: str
    amount: Money | None
    parent_ref: str | None = None
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """The processor's answer; `amount` is what it confirms, not what we asked.

    `live` tells that real money moved: an answer of a test account credits nothing
    on a site that takes real payments.
    """

    outcome: Outcome
    provider_ref: str | None = None
    amount: Money | None = None
    redirect: Redirect | None = None
    code: str | None = None
    message: str | None = None
    live: bool = False
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GatewayEvent:
    """A notification in our words.

    `op_id` is our attempt, if the processor hands it back. `provider_ref` or
    `related_ref` is the reference that the attempt was answered with, otherwise
    nothing is credited. `live` tells that real money moved.

    `kind` is one of charge.succeeded, charge.failed, hold.authorised, hold.failed,
    hold.released, refund.succeeded, chargeback.opened, chargeback.won, chargeback.lost,
    payment.reversed, info.
    """

    dedupe_key: str
    kind: str
    provider_ref: str
    op_id: str | None = None
    related_ref: str | None = None
    amount: Money | None = None
    message: str | None = None
    live: bool = False


@dataclass(frozen=True, slots=True)
class Notification:
    """A request that claims to come from the processor, as it came.

    `received_at` (epoch milliseconds) is when it came: it may be read again hours
    later, so the age of a signature is judged by it. `Authorization` and `Cookie`
    are not kept: a proof that needs them fails when it is read again.
    """

    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str]
    address: str
    received_at: int = 0


class ForgedError(Exception):
    """The notification does not prove its origin; it is kept and nothing else happens."""


@runtime_checkable
class Gateway(Protocol):
    """One payment processor, registered by `register_gateways`."""

    key: str
    label: str

    def problems(self) -> list[str]:
        """Return what keeps it from taking payments, such as a missing secret."""

    def capabilities(self) -> Capabilities:
        """Return what it can do under its present settings."""

    def execute(self, op: Op) -> Result:
        """Do one attempt, within seconds; a repeat with the same `op_id` never charges twice."""

    def verify(self, notification: Notification) -> Trust:
        """Return how well the origin is proved.

        Raises:
            ForgedError: It is not.
        """

    def parse(self, notification: Notification) -> list[GatewayEvent]:
        """Return the facts in a verified notification; unknown types as ``info``."""

    def acknowledge(self, *, accepted: bool) -> tuple[int, str]:
        """Return the status and body that the processor expects."""

    def lookup(self, *, op_id: str) -> Result:
        """Ask what became of an attempt; ``unknown`` when it cannot tell."""

    def feed(self, since: int) -> Iterable[GatewayEvent]:
        """Yield the processor's own record since a moment (epoch ms); may be empty."""
