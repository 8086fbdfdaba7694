"""A private takes the room away: the other seats wait for its end, unbilled (R-39, R-40).

Beginning and ending move no money and lock no wallet, so they may be part of the
transaction that opens or ends the private show. What was counted before is posted
by the meter, which also gives back what is held once the wait becomes long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.db import after_commit
from ppvcms.faultpoints import faultpoint
from ppvcms.metering import meter, periods, rows, tell
from ppvcms.metering.state import Back, Wait

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from ppvcms.metering.state import Evidence


def lock(session: Session, show_id: str) -> None:
    """Lock the seats that would wait: before the room of a private is locked."""
    periods.lock(session, [show_id])


def begin(
    session: Session, show_id: str, *, spared: frozenset[str] = frozenset(), now: int | None = None
) -> list[str]:
    """Let the open seats of a public show wait from this second on; return their ids.

    `spared` are roles that go on, such as voyeurs of a mode that allows them in
    its privates (R-41). A seat that waits already stays as it is. `now` stands
    for the database's clock in tests.
    """
    seats = _turn(session, show_id, Wait, spared, now)
    faultpoint("wait.begun")
    return seats


def end(session: Session, show_id: str, *, now: int | None = None) -> list[str]:
    """Let the waiting seats of a show know that its performer is back; return their ids.

    After a short wait they go on by themselves, ten unbilled seconds later; after
    a long one each payer has half an hour to press Continue.
    """
    seats = _turn(session, show_id, Back, frozenset(), now)
    faultpoint("wait.ended")
    return seats


def _turn(
    session: Session,
    show_id: str,
    event: Callable[[Evidence], Wait | Back],
    spared: frozenset[str],
    now: int | None,
) -> list[str]:
    locked = [row for row in rows.of_shows(session, [show_id]) if row.role not in spared]
    if not locked:
        return []
    looks = meter.look_without_money(session, locked, event, now=now)
    moved = [one for one in looks if one.after != one.before]
    for one in moved:
        meter.write_turn(session, one)
        meter.write_pauses(session, one)
    news = [meter.news_of(one) for one in moved]
    after_commit(session, lambda: tell.say(lambda: tell.tell(news)))
    return [one.row.id for one in moved]
