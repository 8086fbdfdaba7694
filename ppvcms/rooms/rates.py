"""Changing what a minute costs: own rates inside the owner's limits (BO-01 to BO-03).

All amounts are minor units of credits per minute; a change holds from the next seat.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.accounts import audit
from ppvcms.db import after_commit, db, now_ms, transaction
from ppvcms.host import dispatch, registry
from ppvcms.host.settings import site
from ppvcms.ledger.books import credits_text
from ppvcms.realtime import push
from ppvcms.results import Refusal
from ppvcms.rooms.listing import push_card
from ppvcms.rooms.models import Room, RoomPrice
from ppvcms.rooms.prices import OwnRate, own_rates
from ppvcms.rooms.services import EDIT_ANY, view_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.accounts.actor import Actor
    from ppvcms.rooms.modes import RateLimits, RoomMode

DAY_MS = 86_400_000
MOST_MINIMUM_MINUTES = 60


@dataclass(frozen=True, slots=True)
class RateRow:
    """One line of the price form: what holds, between which bounds, and who may change it."""

    mode: str
    label: str
    rate: int
    own_rate: int | None
    minimum_minutes: int
    limits: RateLimits


def rate_rows(room_id: str) -> list[RateRow]:
    """Return the lines of the price form of a room, paid modes alone."""
    own = own_rates([room_id]).get(room_id, {})
    rows = []
    for mode in registry.room_modes().values():
        if not mode.paid or mode.limits is None:
            continue
        limits, mine = mode.limits(), own.get(mode.key)
        rate = limits.default
        if mine is not None and limits.own_rates:
            rate = min(max(mine.rate, limits.least), limits.most)
        rows.append(
            RateRow(
                mode=mode.key,
                label=str(mode.label),
                rate=rate,
                own_rate=mine.rate if mine is not None else None,
                minimum_minutes=mine.minimum_minutes if mine is not None else 0,
                limits=limits,
            )
        )
    return rows


def set_rate(
    room_id: str, mode_key: str, actor: Actor, *, rate: int, minimum_minutes: int = 0
) -> OwnRate | Refusal:
    """Set what a minute costs in one mode, valid from the next seat.

    The performer may do so a few times a day and inside the owner's limits; who
    may edit any room is not counted, but held to the same limits (BO-01, BO-03).
    """
    mode = registry.room_modes().get(mode_key)
    if mode is None or mode.limits is None or not mode.paid:
        return Refusal("not_found", _("This kind of show has no price of its own."))
    limits = mode.limits()
    refusal = _refusal_of_plugins(room_id, actor)
    if refusal is not None:
        return refusal
    return transaction(
        lambda session: _set_rate(
            session, room_id, mode, limits, actor, OwnRate(rate, minimum_minutes)
        )
    )


def _set_rate(
    session: Session, room_id: str, mode: RoomMode, limits: RateLimits, actor: Actor, own: OwnRate
) -> OwnRate | Refusal:
    room = session.get(Room, room_id, with_for_update=True)
    refusal = _refusal_to_edit(room, actor, limits) or refusal_of_rate(own, limits)
    if room is None or refusal is not None:
        return refusal or Refusal("not_found", _("There is no such room."))
    row = session.get(RoomPrice, (room_id, mode.key))
    now = now_ms(session)
    if row is not None and (row.rate, row.minimum_minutes) == (own.rate, own.minimum_minutes):
        return own
    changes = row.changes_today if row is not None and _same_day(row.changed_at, now) else 0
    if not actor.can(EDIT_ANY):
        if changes >= site().rate_changes_per_day:
            return _too_often()
        changes += 1
    before = row.rate if row is not None else None
    if row is None:
        row = RoomPrice(room_id=room_id, mode=mode.key, rate=own.rate, changed_at=now)
        session.add(row)
    row.rate, row.minimum_minutes = own.rate, own.minimum_minutes
    row.changed_at, row.changes_today = now, changes
    audit.record(
        session,
        actor.user_id,
        "rooms.rate.changed",
        f"room:{room_id}",
        data={"mode": mode.key, "before": before, "after": own.rate},
    )
    after_commit(session, lambda: push_card(room_id))
    return own


def set_rate_for(
    room_id: str, mode_key: str, by: Actor, *, rate: int, minimum_minutes: int = 0
) -> OwnRate | Refusal:
    """Set a price for somebody else's room, inside the owner's limits; the log names `by`.

    The caller has made sure that `by` may, such as a studio in its own room.
    """
    return set_rate(
        room_id,
        mode_key,
        replace(by, permissions=by.permissions | {EDIT_ANY}),
        rate=rate,
        minimum_minutes=minimum_minutes,
    )


def _refusal_of_plugins(room_id: str, actor: Actor) -> Refusal | None:
    room = db.session.get(Room, room_id)
    if room is None or actor.can(EDIT_ANY):
        return None
    return dispatch.decide("check_price", room=view_of(room), actor=actor)


def refusal_of_rate(own: OwnRate, limits: RateLimits) -> Refusal | None:
    """Return why a rate cannot be, naming the range (BO-03), or None."""
    if limits.least <= own.rate <= limits.most and 0 <= own.minimum_minutes <= MOST_MINIMUM_MINUTES:
        return None
    if not limits.least <= own.rate <= limits.most:
        return Refusal(
            "range",
            _(
                "A minute may cost between %(least)s and %(most)s credits. Nothing was changed.",
                least=credits_text(limits.least),
                most=credits_text(limits.most),
            ),
            _("Choose a price in this range."),
            details={"least": limits.least, "most": limits.most},
        )
    return Refusal(
        "range",
        _("The least time is between 0 and 60 minutes. Nothing was changed."),
        details={"least": 0, "most": 60},
    )


def clamp(mode_key: str) -> int:
    """Bring rates outside the owner's limits back inside and tell whose they are (BO-03)."""
    mode = registry.room_modes().get(mode_key)
    if mode is None or mode.limits is None:
        return 0
    limits = mode.limits()

    def act(session: Session) -> list[tuple[str, int]]:
        rows = session.execute(
            select(RoomPrice, Room.performer_id)
            .join(Room, Room.id == RoomPrice.room_id)
            .where(
                RoomPrice.mode == mode_key,
                (RoomPrice.rate < limits.least) | (RoomPrice.rate > limits.most),
            )
            .order_by(RoomPrice.room_id)
        )
        changed = []
        for row, performer_id in rows:
            before, row.rate = row.rate, min(max(row.rate, limits.least), limits.most)
            audit.record(
                session,
                None,
                "rooms.rate.clamped",
                f"room:{row.room_id}",
                data={"mode": mode_key, "before": before, "after": row.rate},
            )
            changed.append((performer_id, row.rate))
        return changed

    changed = transaction(act)
    for performer_id, rate in changed:
        text = _(
            "The range for %(mode)s changed: a minute now costs %(rate)s credits in your room.",
            mode=mode.label,
            rate=credits_text(rate),
        )
        push(f"user:{performer_id}", "notice", {"level": "info", "code": "rate", "text": text})
    return len(changed)


def clamp_all() -> int:
    """Clamp the rates of every mode; for after a change of settings."""
    return sum(clamp(key) for key in registry.room_modes())


def _refusal_to_edit(room: Room | None, actor: Actor, limits: RateLimits) -> Refusal | None:
    if room is None:
        return Refusal("not_found", _("There is no such room."))
    if actor.can(EDIT_ANY):
        return None
    if room.performer_id != actor.user_id:
        return Refusal("forbidden", _("This is not your room. Nothing was changed."))
    if not limits.own_rates:
        return Refusal(
            "own_rates",
            _("The site sets this price for everybody at present. Nothing was changed."),
        )
    return None


def _too_often() -> Refusal:
    return Refusal(
        "too_often",
        _(
            "The price was changed %(count)s times today, and that is the most. It stays as it is.",
            count=site().rate_changes_per_day,
        ),
        _("Try again tomorrow."),
    )


def _same_day(before: int, now: int) -> bool:
    return before // DAY_MS == now // DAY_MS
