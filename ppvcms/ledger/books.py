"""Business facts as balanced entries, and exact shares: no clock, no database.

Amounts are whole minor units of the currency beside them (R-01); fractions are
exact. An amount below 0 leaves an account, one above 0 comes to it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from ppvcms.ledger.errors import NotBalancedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

CREDITS = "CRD"
"""The currency of credits: two decimals."""


def credits_text(amount: int) -> str:
    """Return minor units as people write credits: 250 is 2.50, -5 is -0.05."""
    return f"{Decimal(amount) / 100:.2f}"


@dataclass(frozen=True, slots=True)
class Line:
    """A movement on one account.

    Raises:
        NotBalancedError: The amount is 0 or not a whole number.
    """

    account_id: str
    currency: str
    amount: int

    def __post_init__(self) -> None:
        """Refuse floats, flags and nothing (R-01)."""
        if type(self.amount) is not int:
            raise NotBalancedError(f"{self.amount!r} is not a whole number of minor units.")
        if self.amount == 0:
            raise NotBalancedError(f"A line of 0 on account {self.account_id} moves nothing.")


@dataclass(frozen=True, slots=True)
class Share:
    """Who gets which part of a charge: `fraction` of it, rounded to `amount` (R-47)."""

    party_kind: str
    party_id: str
    account_id: str
    fraction: Fraction
    amount: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A transfer that is ready to be written; an unbalanced one cannot be made (R-02).

    `shares` tell how what comes in was divided, in the order of R-47.

    Raises:
        NotBalancedError: Fewer than two lines, a sum other than 0 in a currency,
            or shares that do not sum to what comes in.
    """

    kind: str
    key: str
    source: str
    memo: str
    lines: tuple[Line, ...]
    actor_id: str | None = None
    reverses: str | None = None
    shares: tuple[Share, ...] = field(default=())

    def __post_init__(self) -> None:
        """Merge the lines of one account and refuse what does not balance."""
        object.__setattr__(self, "lines", merge(self.lines))
        object.__setattr__(self, "shares", tuple(self.shares))
        if len(self.lines) < 2:  # noqa: PLR2004 - double entry
            raise NotBalancedError(f"The transfer '{self.key}' has fewer than two lines.")
        sums: Counter[str] = Counter()
        for line in self.lines:
            sums[line.currency] += line.amount
        if uneven := {currency: rest for currency, rest in sums.items() if rest}:
            raise NotBalancedError(f"The transfer '{self.key}' does not balance: {uneven}.")
        incoming = sum(line.amount for line in self.lines if line.amount > 0)
        if self.shares and sum(share.amount for share in self.shares) != incoming:
            raise NotBalancedError(f"The shares of '{self.key}' do not sum to {incoming}.")


@dataclass(frozen=True, slots=True)
class Sharer:
    """A performer's part in a charge (R-47, R-49).

    `fraction` is the part of the charge, `ratio` the performer's side of that
    part, `studio_fraction` the studio's part of that side. With `collects` the
    performer's own part is posted to the studio's account too (CM-08).
    """

    performer_id: str
    fraction: Fraction
    ratio: Fraction
    studio_id: str | None = None
    studio_fraction: Fraction = Fraction(0)
    collects: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One party's exact fraction of an amount, and the studio that collects it, if one does."""

    party_kind: str
    party_id: str
    fraction: Fraction
    collected_by: str | None = None


def split(amount: int, parts: Sequence[Part]) -> list[int]:
    """Divide `amount` minor units by exact fractions that sum to 1 (R-47).

    Rounded once, by largest remainder: what rounding down leaves over goes, one
    unit each, to the largest remainders; ties to the earlier part.

    Raises:
        NotBalancedError: The amount is below 0, a fraction is, or they do not sum to 1.
    """
    if amount < 0 or any(part.fraction < 0 for part in parts):
        raise NotBalancedError("An amount or a part to divide is below 0.")
    if sum((part.fraction for part in parts), Fraction(0)) != 1:
        raise NotBalancedError("The parts of a charge do not sum to the whole.")
    exact = [amount * part.fraction for part in parts]
    whole = [share.numerator // share.denominator for share in exact]
    # sorted() keeps the given order among equals.
    by_remainder = sorted(range(len(parts)), key=lambda nr: whole[nr] - exact[nr])
    for nr in by_remainder[: amount - sum(whole)]:
        whole[nr] += 1
    return whole


def parts_of(sharers: Sequence[Sharer], site: str) -> list[Part]:
    """Return the parts of a charge in the order of R-47: performers, studios, site.

    `site` names the kind of income of the site. Fractions that do not sum to 1
    leave the rest to the site.
    """
    performers, studios = [], []
    for sharer in sharers:
        side = sharer.fraction * sharer.ratio
        to_studio = side * sharer.studio_fraction if sharer.studio_id else Fraction(0)
        collector = sharer.studio_id if sharer.collects else None
        performers.append(Part("performer", sharer.performer_id, side - to_studio, collector))
        if sharer.studio_id:
            studios.append(Part("studio", sharer.studio_id, to_studio))
    taken = sum((part.fraction for part in performers + studios), Fraction(0))
    return [*performers, *studios, Part("site", site, 1 - taken)]


def split_charge(amount: int, sharers: Sequence[Sharer], site: str) -> list[tuple[Part, int]]:
    """Divide a charge among performers, their studios and the site (R-47, R-49).

    1000 among A, B and C alike at a ratio of 0.80, with 25 % of A's side for a
    studio: A 200, B 267, C 267, studio 66, site 200.

    Raises:
        NotBalancedError: The amount is below 0 or the sharers take more than all.
    """
    parts = parts_of(sharers, site)
    return list(zip(parts, split(amount, parts), strict=True))


def shares_of(
    divided: Iterable[tuple[Part, int]], account_of: Callable[[Part], str]
) -> tuple[Share, ...]:
    """Return the share records of a divided charge, each with its account."""
    return tuple(
        Share(part.party_kind, part.party_id, account_of(part), part.fraction, amount)
        for part, amount in divided
    )


def lines_of(shares: Iterable[Share], currency: str) -> tuple[Line, ...]:
    """Return the incoming lines of shares, one for each account that gets something."""
    return merge(Line(share.account_id, currency, share.amount) for share in shares if share.amount)


def merge(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Return one line for each account and currency, in order; what cancels out is left out."""
    sums: dict[tuple[str, str], int] = {}
    for line in lines:
        place = (line.account_id, line.currency)
        sums[place] = sums.get(place, 0) + line.amount
    return tuple(Line(*place, amount) for place, amount in sums.items() if amount)
