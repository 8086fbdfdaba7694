"""Bringing what a seat cost from the escrow to those who share it (R-38, R-47 to R-49).

A seat that runs for hours is divided at each counted hour and at its end. An hour
gives every party the whole units that are surely theirs; the end gives the rest,
so that each period of a seat is rounded once, by largest remainder.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ppvcms.faultpoints import faultpoint
from ppvcms.ledger import books
from ppvcms.ledger.books import credits_text
from ppvcms.ledger.store import Posted, post, shares_for
from ppvcms.metering import periods, rows
from ppvcms.metering.figures import period_amounts
from ppvcms.metering.meter import HOUR_MS
from ppvcms.metering.sharing import as_books
from ppvcms.metering.spans import within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from ppvcms.metering.meter import Look
    from ppvcms.metering.periods import Sharing
    from ppvcms.metering.spans import Span
    from ppvcms.metering.terms import Terms


def accounts_of(session: Session, seat: Row[Any], terms: Terms) -> set[str]:
    """Return the accounts of all who share a seat, opened where they are new."""
    return {
        share.account_id
        for period in periods.of_seat(session, seat, terms)
        for share in shares_for(session, 0, as_books(period.sharers), site=terms.mode)
    }


def divide_rest(session: Session, one: Look, charge: int, counted: Sequence[Span]) -> None:
    """Divide what is left of a seat's charge, in minor units, as it is settled (R-47, R-48).

    `counted` is the time that was billed. Each period has its own sharers; what
    was charged beyond the counted time belongs to the last.
    """
    found = periods.of_seat(session, one.row, one.after.terms)
    amounts = _amounts(one, found, charge, counted)
    for period, amount in zip(found, amounts, strict=True):
        given = _given(session, one, period, period.shared)
        shares = _shares(session, one, period, amount)
        rest = tuple(
            replace(share, amount=share.amount - before)
            for share, before in zip(shares, given, strict=True)
        )
        _post(session, one, period, rest, key=_key(one, period))
        if len(found) > 1 or period.shared:
            periods.write(session, one.row.id, period, amount=amount, shared=amount)


def divide_hours(session: Session, one: Look) -> int:
    """Divide what was posted by a full counted hour; return how many hours are divided (R-38).

    Cumulative and keyed by the hour, so that a repeat gives nothing twice.
    """
    found = periods.of_seat(session, one.row, one.after.terms)
    counted = within(one.evidence.counted, one.after.opened_at, one.after.secured_until)
    amounts = _amounts(one, found, one.after.posted, counted)
    hours = one.after.counted_ms // HOUR_MS
    for period, amount in zip(found, amounts, strict=True):
        given = _given(session, one, period, period.shared)
        shares = _shares(session, one, period, amount)
        fresh = tuple(
            replace(share, amount=_whole(amount, share) - before)
            for share, before in zip(shares, given, strict=True)
        )
        _post(session, one, period, fresh, key=f"{_key(one, period)}@{hours}")
        if amount or len(found) > 1:
            periods.write(session, one.row.id, period, shared=amount)
    faultpoint("hour.shared")
    return hours


def _amounts(one: Look, found: Sequence[Sharing], total: int, counted: Sequence[Span]) -> list[int]:
    return period_amounts(
        one.after,
        counted,
        [period.starts_at for period in found],
        total,
        least=[period.shared for period in found],
    )


def _given(session: Session, one: Look, period: Sharing, shared: int) -> list[int]:
    """Return what each party got of a period at its full hours."""
    return [_whole(shared, share) for share in _shares(session, one, period, shared)]


def _whole(amount: int, share: books.Share) -> int:
    """Return the whole units of an amount that are surely a party's: they never become fewer."""
    return amount * share.fraction.numerator // share.fraction.denominator


def _shares(session: Session, one: Look, period: Sharing, amount: int) -> tuple[books.Share, ...]:
    return shares_for(session, amount, as_books(period.sharers), site=one.after.terms.mode)


def _key(one: Look, period: Sharing) -> str:
    return f"seat:{one.row.id}:settle" + (f":{period.nr}" if period.nr > 1 else "")


def _post(
    session: Session, one: Look, period: Sharing, shares: tuple[books.Share, ...], *, key: str
) -> None:
    terms, amount = one.after.terms, sum(share.amount for share in shares)
    if not amount:
        return
    draft = books.Draft(
        kind=terms.mode[:32],
        key=key,
        source=f"seat:{one.row.id}",
        memo=_memo(one, period),
        lines=(
            books.Line(one.row.escrow_id, terms.currency, -amount),
            *books.lines_of(shares, terms.currency),
        ),
        shares=shares,
    )
    posted = post(session, draft)
    if not isinstance(posted, Posted):
        raise rows.StaleSeatError(f"Seat {one.row.id} cannot be settled: {posted}")


def _memo(one: Look, period: Sharing) -> str:
    state = one.after
    rates = dict.fromkeys([*(part.rate_per_minute for part in state.parts), state.rate])
    said = ", ".join(credits_text(rate) for rate in rates)
    text = f"{state.counted_s} s at {said} a minute"
    return f"{text}, part {period.nr}" if period.nr > 1 else text
