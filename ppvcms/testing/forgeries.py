"""Notices that no gateway may believe: wrong proofs, lies under a right one, and nonsense."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

from ppvcms.host.facts import signing_secret

if TYPE_CHECKING:
    from collections.abc import Callable


class Prove(Protocol):
    """How a processor proves a body: with a secret, at a moment in epoch seconds."""

    def __call__(
        self, body: bytes, *, secret: str | None = None, at: int | None = None
    ) -> dict[str, str]:
        """Return the headers."""


if TYPE_CHECKING:
    Forge = Callable[[Prove, bytes], tuple[dict[str, str], bytes]]

LONG_AGO_S = 86_400


def _each(change: Callable[[str], str]) -> Forge:
    """Change the value of every header of a true proof."""

    def forge(prove: Prove, body: bytes) -> tuple[dict[str, str], bytes]:
        return {name: change(value) for name, value in prove(body).items()}, body

    return forge


def _body(change: Callable[[bytes], bytes]) -> Forge:
    """Send another body than the one that was proved."""
    return lambda prove, body: (prove(body), change(body))


def _by(secret: Callable[[], str]) -> Forge:
    """Prove the body with another secret."""
    return lambda prove, body: (prove(body, secret=secret()), body)


def _at(seconds: int) -> Forge:
    """Prove the body at another moment."""
    return lambda prove, body: (prove(body, at=int(time.time()) + seconds), body)


FORGERIES: dict[str, Forge] = {
    "missing": lambda _prove, body: ({}, body),
    "empty": _each(lambda _value: ""),
    "nothing but commas": _each(lambda _value: ",,,,"),
    "cut short": _each(lambda value: value[:-1]),
    "too long": _each(lambda value: value + "0"),
    "twice": _each(lambda value: f"{value},{value}"),
    "turned round": _each(lambda value: value[::-1]),
    "of the empty key": _by(lambda: ""),
    "of a wrong key": _by(lambda: "wrong"),
    "of another gateway": _by(lambda: signing_secret("x")),
    "of another site": _by(lambda: "ab" * 32),
    "body written anew": _body(lambda body: body + b" "),
    "body in another encoding": _body(lambda body: body.decode().encode("utf-16")),
    "body of nothing": _body(lambda _body: b""),
    "address in a header": lambda _prove, body: (
        {"X-Forwarded-For": "203.0.113.7", "X-Real-IP": "203.0.113.7"},
        body,
    ),
}
"""Each way to prove a true body wrongly."""

DATED: dict[str, Forge] = {"too old": _at(-LONG_AGO_S), "from the future": _at(LONG_AGO_S)}
"""The same for proofs that name their moment."""

PRICE = 4_700
LIES: dict[str, dict[str, Any]] = {
    "amount up": {"amount": PRICE + 1},
    "amount down": {"amount": 1},
    "amount of nothing": {"amount": 0},
    "amount negative": {"amount": -PRICE},
    "amount beyond all": {"amount": 10**30},
    "amount as fraction": {"amount": 4_699.5},
    "amount as text": {"amount": "forty-seven"},
    "amount in other digits": {"amount": "٤٧٠٠"},
    "amount as truth": {"amount": True},
    "amount missing": {"amount": None},
    "amount as list": {"amount": [PRICE]},
    "other currency": {"currency": "EUR"},
    "currency missing": {"currency": None},
    "reference of another payment": {"reference": "another"},
    "attempt that is not ours": {"op_id": "00000000"},
    "attempt missing": {"op_id": None},
    "type unknown": {"kind": "unknown"},
}
"""Each thing that a well proved notice may say wrongly."""

NEVER_FITS = frozenset({"amount up", "amount down", "other currency"})
"""What any gateway can read, so that a person gets to see it."""

BODIES = {
    "nothing": b"",
    "no words": b"paid=yes",
    "a list": b"[]",
    "a number": b"4700",
    "not a number": b'{"amount": NaN}',
    "zero bytes": b"\x00" * 40,
    "cut off": b'{"id": "evt_1", "type"',
    "too deep": b"[" * 30_000,
    "wrong letters": b'{"id": "\xff\xfe"}',
}
"""Bodies without a fact."""
