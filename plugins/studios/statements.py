"""What a studio and its people have together: statements, overview and comparison (CM-09, CM-11).

Amounts are minor units of credits, times epoch milliseconds. Nothing outside of
the days of a contract is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from ppvcms.api import (
    alerts_of,
    db,
    earned_by_day,
    now_ms,
    people,
    refusal_to_perform,
    room_of,
    room_shared_by,
    rooms_of,
    studio_lines,
    studio_parts,
    work_of,
)

from . import contracts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ppvcms.api import Actor, PartView, RoomView, StudioLine, Work

    from .models import Contract

DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
MONDAY_MS = 4 * DAY_MS
"""The first Monday after the beginning of our counting was the fifth of January 1970."""
WEEKS = 12
PERIODS = (1, 7, 30, 90)
ON_CHART = 6


@dataclass(frozen=True, slots=True)
class Compared:
    """One person in a time: how long, how much sold, how many requests accepted, what earned."""

    id: str
    name: str
    live_ms: int
    sold_ms: int
    seats: int
    requests: int
    accepted: int
    drops: int
    earned: int
    studio: int

    @property
    def conversion(self) -> int | None:
        """Accepted requests in percent, rounded down; None without a request."""
        return 100 * self.accepted // self.requests if self.requests else None

    @property
    def per_hour(self) -> int:
        """What an hour live brought, in minor units."""
        return self.earned * 3_600_000 // self.live_ms if self.live_ms else 0


@dataclass(frozen=True, slots=True)
class OnAir:
    """One person now: where, in which state and kind of show, and what today brought."""

    id: str
    name: str
    room: RoomView | None
    today: int
    alerts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One person's charges in a time, and their sums.

    `collected` is what of the person's part is on the studio's account (CM-08).
    """

    name: str
    since: int
    until: int
    lines: Sequence[StudioLine]
    gross: int
    performer: int
    studio: int
    collected: int
    collects: bool


def compare(studio_id: str, *, since: int, until: int) -> list[Compared]:
    """Return everybody who was with the studio in a time, who earned most first."""
    parts = _parts(studio_id, since, until)
    known = people(part.performer_id for part in parts)
    found = work_of(parts, since=since, until=until)
    rows = [_compared(one, known[one].name, work) for one, work in found.items() if one in known]
    return sorted(rows, key=lambda row: (-row.earned, row.name.casefold()))


def chart(studio_id: str, *, since: int, until: int) -> dict[str, object]:
    """Return what each person and the studio have together by day, for the chart."""
    first = since - since % DAY_MS
    days = list(range(first, until, DAY_MS))
    by_person = earned_by_day(
        studio_lines(_parts(studio_id, since, until), since=since, until=until)
    )
    most = sorted(by_person, key=lambda one: -sum(by_person[one].values()))[:ON_CHART]
    known = people(most)
    series = [
        {
            "label": known[one].name if one in known else "?",
            "values": [by_person[one].get(day, 0) / 100 for day in days],
        }
        for one in most
    ]
    empty = [{"label": _("Earned"), "values": [0] * len(days)}]
    return {"x": [day // 1000 for day in days], "series": series or empty}


def on_air(studio_id: str) -> list[OnAir]:
    """Return the studio's people now, who is live first."""
    now = now_ms(db.session())
    today = now - now % DAY_MS
    running = contracts.running(studio_id=studio_id)
    found = work_of(_parts(studio_id, today, now + 1), since=today, until=now + 1)
    known = people(one.performer_id for one in running)
    told = alerts_of([one.performer_id for one in running])
    rows = []
    for one in running:
        if one.performer_id not in known:
            continue
        work = found.get(one.performer_id)
        rows.append(
            OnAir(
                one.performer_id,
                known[one.performer_id].name,
                _room_now(one.performer_id),
                work.earned if work is not None else 0,
                tuple(_alerts(one, known[one.performer_id], work, told)),
            )
        )
    return sorted(rows, key=lambda row: (not _is_live(row.room), row.name.casefold()))


def statement(studio_id: str, performer_id: str, *, since: int, until: int) -> Statement | None:
    """Return somebody's charges with the studio in a time; None for who never was with it."""
    parts = [
        part for part in studio_parts(studio_id=studio_id) if part.performer_id == performer_id
    ]
    who = people([performer_id]).get(performer_id)
    if not parts or who is None:
        return None
    lines = studio_lines(parts, since=since, until=until)
    kept = [one for one in lines if not one.reversed]
    return Statement(
        name=who.name,
        since=since,
        until=until,
        lines=lines,
        gross=sum(one.gross for one in kept),
        performer=sum(one.performer for one in kept),
        studio=sum(one.studio for one in kept),
        collected=sum(one.performer for one in kept if one.collected),
        collects=parts[-1].collects,
    )


def totals(studio_id: str, *, since: int, until: int) -> tuple[int, int]:
    """Return what the people and the studio have of a time, each for itself."""
    lines = studio_lines(_parts(studio_id, since, until), since=since, until=until)
    kept = [one for one in lines if not one.reversed]
    return sum(one.performer for one in kept), sum(one.studio for one in kept)


def weeks() -> list[tuple[int, int]]:
    """Return the latest weeks, Monday to Sunday (UTC), the running one first."""
    now = now_ms(db.session())
    monday = now - (now - MONDAY_MS) % WEEK_MS
    return [(monday - n * WEEK_MS, monday - (n - 1) * WEEK_MS) for n in range(WEEKS)]


def _parts(studio_id: str, since: int, until: int) -> list[PartView]:
    """Return the studio's parts that touch a time, with the day in which open seats settle."""
    return [
        part
        for part in studio_parts(studio_id=studio_id)
        if part.from_at < until and (part.until_at is None or part.until_at + DAY_MS > since)
    ]


def _compared(user_id: str, name: str, work: Work) -> Compared:
    return Compared(
        user_id,
        name,
        work.live_ms,
        work.sold_ms,
        work.seats,
        work.requests,
        work.accepted,
        work.drops,
        work.earned,
        work.studio,
    )


def _room_now(performer_id: str) -> RoomView | None:
    shared = room_shared_by(performer_id)
    found = (room_of(shared),) if shared is not None else rooms_of(performer_id)
    return next((room for room in found if _is_live(room)), found[0] if found else None)


def _is_live(room: RoomView | None) -> bool:
    return room is not None and room.state != "offline"


def _alerts(
    one: Contract, actor: Actor, work: Work | None, told: dict[str, list[str]]
) -> list[str]:
    """Return what the studio should look at; why somebody cannot go live comes first (CM-09)."""
    found = list(told.get(one.performer_id, ()))
    refusal = refusal_to_perform(actor, "live")
    if not actor.can("room.perform"):
        found.append(_("The account is closed or may not perform."))
    elif refusal is not None and refusal.code == "studio":
        found.append(_("Cannot go live: you have switched it off."))
    elif refusal is not None and not found:
        found.append(_("Cannot go live now. They see the reason on their live page."))
    if work is not None and work.drops:
        found.append(_("%(count)s shows broke off today.", count=work.drops))
    if one.ends_at is not None:
        days = max(0, (one.ends_at - now_ms(db.session())) // DAY_MS)
        found.append(_("Leaves in %(days)s days.", days=days))
    return found
