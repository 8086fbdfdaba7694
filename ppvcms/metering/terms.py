"""What was agreed when a seat opened, and the only place where time becomes money.

Pure: no clock, no database. Amounts are minor units of the terms' currency,
rates minor units per minute, times whole seconds (R-01, R-20).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ppvcms.errors import PpvcmsError

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_SECONDS = 86_400
"""No seat is secured for longer than a day at once, whatever its rate."""


class TermsError(PpvcmsError):
    """Terms or times that cannot be: a number below 0, a rate or a share of nothing."""


@dataclass(frozen=True, slots=True)
class Sharer:
    """One performer's part of a charge (R-47, R-49).

    The performer's part is `numerator`/`denominator` of the charge; of that,
    `ratio_percent` is the performer's side and the rest the site's; of that
    side, `studio_percent` is the studio's.
    """

    performer_id: str
    numerator: int = 1
    denominator: int = 1
    ratio_percent: int = 80
    studio_id: str | None = None
    studio_percent: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """What a payer clicked, locked when the seat opens (R-06); never changes.

    `minimum` is an amount (R-21), 0 when off. `first_block_s` is what has to be
    secured to begin (R-29), `extend_s` what is added at a time, once less than
    `extend_below_s` or a fifth of the block is left (R-31). `warn_s` are the
    seconds left at which both sides are warned (R-36). `evidence_lost_s` is
    after how long without a sign a side counts as down (R-11).
    """

    mode: str
    role: str
    rate_per_minute: int
    sharers: tuple[Sharer, ...]
    grace_s: int = 0
    minimum: int = 0
    currency: str = "CRD"
    resume_window_s: int = 120
    pause_cap_s: int = 600
    connect_s: int = 60
    evidence_lost_s: int = 5
    first_block_s: int = 180
    extend_s: int = 60
    extend_below_s: int = 60
    warn_s: tuple[int, ...] = (60, 20)
    voyeurs: bool = False
    recording: bool = False
    text_version: str = ""
    quoted_at: int = 0

    def __post_init__(self) -> None:
        """Refuse terms that could not be metered.

        Raises:
            TermsError: A number is out of its range.
        """
        times = (self.grace_s, self.minimum, self.resume_window_s, self.pause_cap_s)
        blocks = (self.rate_per_minute, self.first_block_s, self.extend_s, self.connect_s)
        if min(times) < 0 or min(blocks) < 1 or not self.sharers:
            raise TermsError(
                f"The terms of mode '{self.mode}' cannot be metered: rate, blocks and connect time "
                "are at least 1, other numbers at least 0, and somebody shares. Correct the mode."
            )

    def to_json(self) -> dict[str, Any]:
        """Return what is stored with the seat."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Terms:
        """Return the terms that `to_json` stored."""
        values = dict(stored)
        values["sharers"] = tuple(Sharer(**sharer) for sharer in stored["sharers"])
        values["warn_s"] = tuple(stored["warn_s"])
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Segment:
    """Counted seconds at one rate, in the order in which they passed (R-09)."""

    rate_per_minute: int
    seconds: int


def due(segments: Sequence[Segment], *, grace_s: int) -> int:
    """Return what the counted seconds of a seat cost, in minor units (R-20).

    The earliest seconds use up the grace (R-19). The sum is rounded once, down,
    in the payer's favour. Callers post ``due(now) - posted``, never a sum of
    roundings, so nothing drifts however often they post.

    Raises:
        TermsError: Seconds, rate or grace are below 0.
    """
    return _weight(segments, grace_s) // 60


def with_minimum(amount: int, *, minimum: int, counted_s: int, grace_s: int) -> int:
    """Return the charge of a seat whose payer ended it or did not return (R-21).

    The minimum is due only when more than the grace was counted.
    """
    return max(amount, minimum) if counted_s > grace_s else amount


def seconds_for(
    amount: int, *, rate_per_minute: int, grace_s: int = 0, before: Sequence[Segment] = ()
) -> int:
    """Return how many seconds more an amount secures: the inverse of `due` (R-30).

    Grace left plus the most seconds n at `rate_per_minute` with
    ``due(before + n) <= amount``; `amount` is all that was ever secured for the
    seat, in minor units, and `before` what it has counted. Never negative, at
    most `MOST_SECONDS`.
    """
    grace_left = max(0, grace_s - sum(segment.seconds for segment in before))
    if rate_per_minute == 0:
        return MOST_SECONDS
    paid = (60 * amount + 59 - _weight(before, grace_s)) // rate_per_minute
    return min(MOST_SECONDS, grace_left + paid) if paid >= 0 else 0


def first_block(terms: Terms) -> int:
    """Return what is secured before any media flows: max(first block x rate, minimum) (R-29)."""
    return max(cost_of(terms.first_block_s, terms.rate_per_minute), terms.minimum)


def funds_needed(terms: Terms) -> int:
    """Return what a payer must have available to ask for these terms (PS-02)."""
    return first_block(terms)


def extension(terms: Terms, *, secured: int, counted: Sequence[Segment], available: int) -> int:
    """Return what to add to the hold for the next block, in minor units (R-31).

    Enough for `extend_s` seconds more than `secured` buys now, or what is
    available when that is less; 0 when not even one second more could be bought.
    """
    bought = seconds_for(
        secured,
        rate_per_minute=terms.rate_per_minute,
        grace_s=terms.grace_s,
        before=counted,
    )
    reached = [*counted, Segment(terms.rate_per_minute, bought + terms.extend_s)]
    amount = min(available, due(reached, grace_s=terms.grace_s) - secured)
    if amount <= 0:
        return 0
    more = seconds_for(
        secured + amount,
        rate_per_minute=terms.rate_per_minute,
        grace_s=terms.grace_s,
        before=counted,
    )
    return amount if more > bought else 0


def cost_of(seconds: int, rate_per_minute: int) -> int:
    """Return what has to be held for seconds at a rate, rounded up."""
    return -(-seconds * rate_per_minute // 60)


def _weight(segments: Sequence[Segment], grace_s: int) -> int:
    """Return rate times seconds after the grace, in sixtieths of a minor unit."""
    if grace_s < 0:
        raise TermsError(f"A grace of {grace_s} s cannot be. Use 0 or more.")
    free, weight = grace_s, 0
    for segment in segments:
        if segment.seconds < 0 or segment.rate_per_minute < 0:
            raise TermsError(
                f"A segment of {segment.seconds} s at {segment.rate_per_minute} a minute cannot be."
            )
        used = min(free, segment.seconds)
        free -= used
        weight += segment.rate_per_minute * (segment.seconds - used)
    return weight
