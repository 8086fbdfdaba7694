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
    side, `studio_percent` is the studio's, which `collects` the rest of it too (CM-08).
    """

    performer_id: str
    numerator: int = 1
    denominator: int = 1
    ratio_percent: int = 80
    studio_id: str | None = None
    studio_percent: int = 0
    collects: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What a payer clicked, locked when the seat opens (R-06); never changes.

    `minimum` is an amount (R-21), 0 when off. `first_block_s` is what has to be
    secured to begin (R-29), `extend_s` what is added at a time, once less than
    `extend_below_s` or a fifth of the block is left (R-31). `warn_s` are the
    seconds left at which both sides are warned (R-36). `evidence_lost_s` is
    after how long without a sign a side counts as down (R-11). With `block_s`
    time is sold in blocks of so many counted seconds at `block_price` each
    (R-22); the rate is then for the panel alone. `share_type` names the kind of
    income for the ratios of later periods (R-48, R-49).
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
    block_s: int = 0
    block_price: int = 0
    share_type: str = ""

    def __post_init__(self) -> None:
        """Refuse terms that could not be metered.

        Raises:
            TermsError: A number is out of its range.
        """
        times = (self.grace_s, self.minimum, self.resume_window_s, self.pause_cap_s)
        prices = (self.rate_per_minute, self.block_s)
        blocks = (self.first_block_s, self.extend_s, self.connect_s)
        if min(*times, *prices) < 0 or min(blocks) < 1 or not self.sharers:
            raise TermsError(
                f"The terms of mode '{self.mode}' cannot be metered: blocks and connect time "
                "are at least 1, other numbers at least 0, and somebody shares. Correct the mode."
            )
        if self.block_s and (self.block_price < 1 or self.minimum):
            raise TermsError(
                f"The blocks of mode '{self.mode}' need a price above 0 and no minimum beside it."
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
    """Return what is secured before any media flows, in minor units (R-29).

    The larger of the first block at the rate and the minimum; the price of one
    block where time is sold in blocks.
    """
    if terms.block_s:
        return terms.block_price
    return max(cost_of(terms.first_block_s, terms.rate_per_minute), terms.minimum)


def funds_needed(terms: Terms) -> int:
    """Return what a payer must have available to ask for these terms (PS-02)."""
    return first_block(terms)


def blocks_begun(terms: Terms, counted_s: int) -> int:
    """Return how many blocks have begun: each with its first second after the grace (R-22)."""
    return -(-max(0, counted_s - terms.grace_s) // terms.block_s)


def owed(terms: Terms, counted: Sequence[Segment]) -> int:
    """Return what counted time costs if the payer goes now: by the minute or by blocks (R-22)."""
    if not terms.block_s:
        return due(counted, grace_s=terms.grace_s)
    return terms.block_price * blocks_begun(terms, _seconds(counted))


def earned(terms: Terms, counted: Sequence[Segment]) -> int:
    """Return what counted time costs whoever ends it: blocks without their unserved part.

    That part goes back rounded up (R-22), so this never falls while time is counted.
    """
    if not terms.block_s:
        return due(counted, grace_s=terms.grace_s)
    served_s = max(0, _seconds(counted) - terms.grace_s)
    return terms.block_price * served_s // terms.block_s


def seconds_more(
    terms: Terms, amount: int, *, rate_per_minute: int, counted: Sequence[Segment]
) -> int:
    """Return the seconds more that an amount secures in all, by the minute or by blocks (R-30)."""
    if terms.block_s:
        whole = terms.grace_s + amount // terms.block_price * terms.block_s
        return max(0, whole - _seconds(counted))
    return seconds_for(
        amount, rate_per_minute=rate_per_minute, grace_s=terms.grace_s, before=counted
    )


def missing_for(
    terms: Terms, seconds: int, *, rate_per_minute: int, secured: int, counted: Sequence[Segment]
) -> int:
    """Return what has to be added to `secured` for so many seconds more at a rate (R-09)."""
    reached = [*counted, Segment(rate_per_minute, seconds)]
    return max(0, due(reached, grace_s=terms.grace_s) - secured)


def extension(
    terms: Terms,
    *,
    rate_per_minute: int,
    secured: int,
    counted: Sequence[Segment],
    available: int,
) -> int:
    """Return what to add to the hold for the next block, in minor units (R-31).

    Enough for `extend_s` seconds more than `secured` buys now, or what is
    available when that is less; 0 when not even one second more could be bought.
    Blocks of a fixed price are taken by a click alone (PS-12).
    """
    if terms.block_s:
        return 0
    rate = rate_per_minute
    bought = seconds_more(terms, secured, rate_per_minute=rate, counted=counted)
    wanted = missing_for(
        terms, bought + terms.extend_s, rate_per_minute=rate, secured=secured, counted=counted
    )
    amount = min(available, wanted)
    if amount <= 0:
        return 0
    more = seconds_more(terms, secured + amount, rate_per_minute=rate, counted=counted)
    return amount if more > bought else 0


def cost_of(seconds: int, rate_per_minute: int) -> int:
    """Return what has to be held for seconds at a rate, rounded up."""
    return -(-seconds * rate_per_minute // 60)


def _seconds(counted: Sequence[Segment]) -> int:
    return sum(segment.seconds for segment in counted)


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
