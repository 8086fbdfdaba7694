"""How far goals are: pure, from the payments that count and the goals reached before (R-60).

Amounts are minor units of credits, times epoch milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

DAY_MS = 86_400_000
# 1970-01-05 was a Monday.
MONDAY_MS = 4 * DAY_MS
ROW = "row"


@dataclass(frozen=True, slots=True)
class Aim:
    """A goal without its state."""

    id: str
    text: str
    amount: int


@dataclass(frozen=True, slots=True)
class Payment:
    """A tip or gift, and when its money was given back, if it was."""

    amount: int
    at: int
    back_at: int | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """A goal with what it has; `now` says that coming money fills it."""

    id: str
    text: str
    amount: int
    has: int
    reached: bool
    now: bool


def period_began(reset: str, since_at: int, now: int, *, days: int = 1) -> int:
    """Return when the running period of a board began: never before it was set up.

    A reset of ``days`` counts them from the day (UTC) on which the board began.
    """
    first_day = since_at - since_at % DAY_MS
    began = {
        "daily": now - now % DAY_MS,
        "weekly": now - (now - MONDAY_MS) % (7 * DAY_MS),
        "days": now - (now - first_day) % (days * DAY_MS),
    }.get(reset, since_at)
    return max(began, since_at)


def bars(
    aims: Sequence[Aim],
    payments: Sequence[Payment],
    reached: Mapping[str, int],
    *,
    layout: str,
) -> list[Bar]:
    """Return every goal of a period with what it has.

    Side by side, each payment counts for every goal. In a row, it fills the
    first that is not full, and what is over flows to the next. What is given
    back lowers a bar before it is full and changes nothing after.
    """
    if layout != ROW:
        return [_alone(aim, payments, reached.get(aim.id)) for aim in aims]
    flowed = sum(one.amount for one in payments if _stays(one, reached.values()))
    found, filling = [], True
    for aim in aims:
        bar = _bar(aim, flowed, was_reached=aim.id in reached, filling=filling)
        found.append(bar)
        flowed -= aim.amount
        filling = filling and bar.reached
    return found


def _alone(aim: Aim, payments: Sequence[Payment], reached_at: int | None) -> Bar:
    has = sum(one.amount for one in payments if one.back_at is None)
    return _bar(aim, has, was_reached=reached_at is not None, filling=True)


def _bar(aim: Aim, flowed: int, *, was_reached: bool, filling: bool) -> Bar:
    has = min(aim.amount, max(0, flowed))
    done = was_reached or has >= aim.amount
    shown = aim.amount if done else has
    return Bar(aim.id, aim.text, aim.amount, shown, done, filling and not done)


def _stays(payment: Payment, reached: Iterable[int]) -> bool:
    """Whether a payment counts: it was kept, or given back after it had completed a goal."""
    back_at = payment.back_at
    return back_at is None or any(payment.at <= done_at <= back_at for done_at in reached)
