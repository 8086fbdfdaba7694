"""How performers work and what their studio has of it: hours, minutes, requests, charges.

Times are epoch milliseconds, amounts minor units of credits. A studio sees a
performer within the times that its parts cover, and nothing before or after (CM-10).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import case, func, select

from ppvcms.db import db, now_ms
from ppvcms.ledger.accounts import AccountKind, account_view
from ppvcms.ledger.models import Share, Transfer
from ppvcms.metering.models import Seat
from ppvcms.metering.state import Reason
from ppvcms.rooms.models import Room, Show, ShowPerformer, ShowRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ppvcms.accounts.studio_parts import PartView

DAY_MS = 86_400_000
LINES_MOST = 20_000
DROPS = (Reason.RESUME_WINDOW.value, Reason.PAUSE_CAP.value, Reason.NOT_CONNECTED.value)


@dataclass(frozen=True, slots=True)
class StudioLine:
    """One charge in which a studio shared with a performer; amounts in minor units.

    `gross` is the whole charge, `performer` and `studio` the parts of these two;
    `collected`: the performer's part is on the studio's account too (CM-08).
    """

    transfer_id: str
    performer_id: str
    kind: str
    memo: str
    gross: int
    performer: int
    studio: int
    collected: bool
    reversed: bool
    at: int


@dataclass(slots=True)
class Work:
    """What somebody did in a time: milliseconds live and sold, seats, requests, broken ends."""

    live_ms: int = 0
    sold_ms: int = 0
    seats: int = 0
    requests: int = 0
    accepted: int = 0
    drops: int = 0
    lines: list[StudioLine] = field(default_factory=list)

    @property
    def earned(self) -> int:
        """What both sides have of it, in minor units, without what was taken back."""
        return sum(one.performer + one.studio for one in self.lines if not one.reversed)

    @property
    def studio(self) -> int:
        """The studio's part of it."""
        return sum(one.studio for one in self.lines if not one.reversed)


def work_of(parts: Sequence[PartView], *, since: int, until: int) -> dict[str, Work]:
    """Return what each performer of these parts did in a time, as far as the parts cover it."""
    found: dict[str, Work] = {part.performer_id: Work() for part in parts}
    for part in parts:
        start, end = max(since, part.from_at), min(until, part.until_at or until)
        if start < end:
            _add_shows(found[part.performer_id], part.performer_id, start, end)
            _add_seats(found[part.performer_id], part.performer_id, start, end)
            _add_requests(found[part.performer_id], part.performer_id, start, end)
    for line in studio_lines(parts, since=since, until=until):
        found[line.performer_id].lines.append(line)
    return found


def studio_lines(
    parts: Sequence[PartView], *, since: int, until: int, most: int = LINES_MOST
) -> list[StudioLine]:
    """Return the charges that a studio shared with the performers of its parts, newest first.

    A charge belongs here when the studio's own part of it is in the books. A seat
    that was open when a part ended keeps its terms, so a day more is looked at.
    """
    by_performer: dict[str, list[PartView]] = defaultdict(list)
    for part in parts:
        by_performer[part.performer_id].append(part)
    studios = {part.studio_id for part in parts}
    if not studios:
        return []
    mine = select(Share.transfer_id).where(
        Share.party_kind == "studio", Share.party_id.in_(studios)
    )
    query = (
        select(Transfer)
        .where(Transfer.id.in_(mine), Transfer.made_at >= since, Transfer.made_at < until)
        .order_by(Transfer.made_at.desc(), Transfer.id.desc())
        .limit(most)
    )
    transfers = list(db.session.scalars(query))
    shares = _shares([one.id for one in transfers])
    undone = _undone([one.id for one in transfers])
    lines: list[StudioLine] = []
    for transfer in transfers:
        lines += _lines_of(
            transfer, shares[transfer.id], by_performer, reversed_=transfer.id in undone
        )
    return lines


def _lines_of(
    transfer: Transfer,
    shares: Sequence[Share],
    by_performer: dict[str, list[PartView]],
    *,
    reversed_: bool,
) -> list[StudioLine]:
    gross = sum(one.amount for one in shares)
    free = [one for one in shares if one.party_kind == "studio"]
    lines = []
    for share in (one for one in shares if one.party_kind == "performer"):
        covering = [
            part
            for part in by_performer.get(share.party_id, ())
            if part.from_at <= transfer.made_at < (part.until_at or 2**62) + DAY_MS
        ]
        own = next((one for one in free if any(_belongs(one, share, p) for p in covering)), None)
        if own is None:
            continue
        free.remove(own)
        lines.append(
            StudioLine(
                transfer_id=transfer.id,
                performer_id=share.party_id,
                kind=transfer.kind,
                memo=transfer.memo,
                gross=gross,
                performer=share.amount,
                studio=own.amount,
                collected=share.account_id == own.account_id,
                reversed=reversed_,
                at=transfer.made_at,
            )
        )
    return lines


def _belongs(studio: Share, performer: Share, part: PartView) -> bool:
    """Whether a studio's share is the agreed percent of this performer's side."""
    theirs = studio.numerator * performer.denominator * (100 - part.percent)
    side = performer.numerator * studio.denominator * part.percent
    return studio.party_id == part.studio_id and theirs == side


def _shares(transfer_ids: Sequence[str]) -> dict[str, list[Share]]:
    found: dict[str, list[Share]] = defaultdict(list)
    query = select(Share).where(Share.transfer_id.in_(transfer_ids)).order_by(Share.nr)
    for share in db.session.scalars(query):
        found[share.transfer_id].append(share)
    return found


def _undone(transfer_ids: Sequence[str]) -> set[str]:
    query = select(Transfer.reverses).where(Transfer.reverses.in_(transfer_ids))
    return {one for one in db.session.scalars(query) if one is not None}


def _add_shows(work: Work, performer_id: str, start: int, end: int) -> None:
    """Add the time in shows of their own, and in those of others where they were checked in."""
    now = now_ms(db.session())
    own = select(Show.started_at, func.coalesce(Show.ended_at, now)).where(
        Show.performer_id == performer_id,
        Show.private.is_(False),
        Show.started_at < end,
        func.coalesce(Show.ended_at, now) > start,
    )
    guest = (
        select(ShowPerformer.from_at, func.coalesce(ShowPerformer.until_at, now))
        .join(Show, Show.id == ShowPerformer.show_id)
        .where(
            ShowPerformer.performer_id == performer_id,
            Show.performer_id != performer_id,
            ShowPerformer.from_at < end,
            func.coalesce(ShowPerformer.until_at, now) > start,
        )
    )
    for query in (own, guest):
        for began, ended in db.session.execute(query):
            work.live_ms += max(0, min(ended, end) - max(began, start))


def _add_seats(work: Work, performer_id: str, start: int, end: int) -> None:
    broken = func.sum(case((Seat.close_reason.in_(DROPS), 1), else_=0))
    query = select(func.count(), func.coalesce(func.sum(Seat.counted_ms), 0), broken).where(
        Seat.performer_id == performer_id, Seat.opened_at >= start, Seat.opened_at < end
    )
    count, sold, drops = db.session.execute(query).one()
    work.seats += int(count)
    work.sold_ms += int(sold)
    work.drops += int(drops or 0)


def _add_requests(work: Work, performer_id: str, start: int, end: int) -> None:
    rooms = select(Room.id).where(Room.performer_id == performer_id)
    query = (
        select(ShowRequest.state, func.count())
        .where(
            ShowRequest.room_id.in_(rooms), ShowRequest.made_at >= start, ShowRequest.made_at < end
        )
        .group_by(ShowRequest.state)
    )
    for state, count in db.session.execute(query):
        work.requests += int(count)
        work.accepted += int(count) if state == "accepted" else 0


def balances(party_kind: str, party_id: str) -> tuple[int, int]:
    """Return what a performer or studio has on hold and what is available, in minor units."""
    kinds = (AccountKind.EARNING_HOLD, AccountKind.EARNING)
    hold, free = (account_view(db.session(), kind, party_kind, party_id) for kind in kinds)
    return hold.balance, free.available


def by_day(lines: Iterable[StudioLine]) -> dict[str, dict[int, int]]:
    """Return what performer and studio have together, by performer and day (UTC)."""
    found: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for one in lines:
        if not one.reversed:
            found[one.performer_id][one.at - one.at % DAY_MS] += one.performer + one.studio
    return found
