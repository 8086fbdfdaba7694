"""Goals of a performer: set, filled by what was really paid, said when reached (WL-14, R-60).

Amounts are minor units of credits, times epoch milliseconds.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import delete, select

from ppvcms.api import (
    Refusal,
    SpentInRoom,
    TransferPosted,
    credits_text,
    db,
    minor_units,
    new_id,
    now_ms,
    post_chat,
    push_room,
    room_of,
    rooms_of,
    transaction,
)

from .bars import Aim, Bar, Payment, bars, period_began
from .models import Goal, GoalBoard, GoalPaid, GoalReached

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from ppvcms.api import Event, RoomView

COUNTS = frozenset({"tip", "gift"})
RESETS = frozenset({"never", "daily", "weekly", "days"})
MOST_GOALS = 10
LONGEST = 80


@dataclass(frozen=True, slots=True)
class Board:
    """Somebody's goals as they stand."""

    layout: str
    reset: str
    days: int
    bars: tuple[Bar, ...]

    @property
    def text(self) -> str:
        """The goals as they are typed: an amount and words on each line."""
        return "\n".join(
            f"{credits_text(bar.amount).removesuffix('.00')} {bar.text}" for bar in self.bars
        )

    def as_json(self) -> dict[str, Any]:
        """Return what pages show."""
        return {"layout": self.layout, "bars": [asdict(bar) for bar in self.bars]}


def board_of(session: Session, performer_id: str) -> Board:
    """Return somebody's goals, filled by what counts in the running period."""
    board = session.get(GoalBoard, performer_id)
    if board is None:
        return Board("row", "never", 1, ())
    began = _began(session, board)
    return Board(board.layout, board.reset, board.days, tuple(_bars(session, board, began)))


def read_goals(text: str) -> list[tuple[int, str]] | Refusal:
    """Read goals from lines such as ``50 A new microphone``."""
    goals = []
    for number, line in enumerate(filter(None, map(str.strip, text.splitlines())), 1):
        first, _space, words = line.partition(" ")
        amount, said = minor_units(first), " ".join(words.split())
        if not amount or not said:
            return Refusal(
                "line",
                _("Line %(nr)s is not an amount and words: %(line)s", nr=number, line=line),
                _("Write it such as: 50 A new microphone. Nothing was saved."),
            )
        goals.append((amount, said[:LONGEST]))
    if len(goals) > MOST_GOALS:
        return Refusal("full", _("At most %(most)s goals. Nothing was saved.", most=MOST_GOALS))
    return goals


def save_board(
    performer_id: str,
    goals: Sequence[tuple[int, str]],
    *,
    layout: str,
    reset: str,
    days: int = 1,
    anew: bool = False,
) -> None:
    """Set somebody's goals; those that stay keep what they have, unless all begin `anew`.

    `days` is how long a period lasts where `reset` is ``days``.
    """
    rooms = rooms_of(performer_id)

    def act(session: Session) -> None:
        board = session.get(GoalBoard, performer_id, with_for_update=True)
        if board is None:
            board = GoalBoard(performer_id=performer_id, since_at=now_ms(session))
            session.add(board)
        if anew:
            board.since_at = now_ms(session)
        board.layout = layout if layout in {"row", "side"} else "row"
        board.reset = reset if reset in RESETS else "never"
        board.days = max(1, days)
        session.flush()
        _keep_goals(session, performer_id, goals)
        _show(session, performer_id, rooms)

    transaction(act)


def hear(event: Event) -> None:
    """Count a tip or gift, or count it no more once its money was given back."""
    if isinstance(event, SpentInRoom) and event.kind in COUNTS:
        room = room_of(event.room_id)
        if room is not None:
            transaction(lambda session: _count(session, room, event))
    elif isinstance(event, TransferPosted) and event.reverses is not None:
        paid = db.session.get(GoalPaid, event.reverses)
        if paid is not None:
            rooms = rooms_of(paid.performer_id)
            transaction(lambda session: _uncount(session, paid.transfer_id, rooms))


def _count(session: Session, room: RoomView, event: SpentInRoom) -> None:
    board = session.get(GoalBoard, room.performer_id, with_for_update=True)
    if board is None or session.get(GoalPaid, event.transfer_id) is not None:
        return
    session.add(
        GoalPaid(
            transfer_id=event.transfer_id,
            performer_id=room.performer_id,
            amount=event.amount,
            at=event.at,
        )
    )
    session.flush()
    began = _began(session, board)
    known = _reached(session, board, began)
    for bar in _bars(session, board, began):
        if bar.reached and bar.id not in known:
            session.add(GoalReached(goal_id=bar.id, since_at=began, at=event.at))
            words = _("Goal reached: %(goal)s (%(amount)s)", goal=bar.text, amount=_short(bar))
            post_chat(session, room, words, kind="system", data={"goal": bar.id})
    session.flush()
    push_room(session, room, "goals", board_of(session, room.performer_id).as_json())


def _uncount(session: Session, transfer_id: str, rooms: Sequence[RoomView]) -> None:
    paid = session.get(GoalPaid, transfer_id, with_for_update=True)
    if paid is None or paid.taken_back_at is not None:
        return
    paid.taken_back_at = now_ms(session)
    session.flush()
    _show(session, paid.performer_id, rooms)


def _show(session: Session, performer_id: str, rooms: Sequence[RoomView]) -> None:
    board = board_of(session, performer_id).as_json()
    for room in rooms:
        push_room(session, room, "goals", board)


def _began(session: Session, board: GoalBoard) -> int:
    return period_began(board.reset, board.since_at, now_ms(session), days=board.days)


def _bars(session: Session, board: GoalBoard, began: int) -> list[Bar]:
    rows = session.scalars(
        select(Goal).where(Goal.performer_id == board.performer_id).order_by(Goal.place)
    )
    paid = session.scalars(
        select(GoalPaid).where(GoalPaid.performer_id == board.performer_id, GoalPaid.at >= began)
    )
    return bars(
        [Aim(row.id, row.text, row.amount) for row in rows],
        [Payment(one.amount, one.at, one.taken_back_at) for one in paid],
        _reached(session, board, began),
        layout=board.layout,
    )


def _reached(session: Session, board: GoalBoard, began: int) -> dict[str, int]:
    query = (
        select(GoalReached.goal_id, GoalReached.at)
        .join(Goal, Goal.id == GoalReached.goal_id)
        .where(Goal.performer_id == board.performer_id, GoalReached.since_at == began)
    )
    return {row.goal_id: row.at for row in session.execute(query)}


def _keep_goals(session: Session, performer_id: str, goals: Sequence[tuple[int, str]]) -> None:
    """Write the goals in their order; a goal of the same words and amount is the same goal."""
    rows = list(session.scalars(select(Goal).where(Goal.performer_id == performer_id)))
    kept = []
    for place, (amount, text) in enumerate(goals):
        row = next((one for one in rows if (one.amount, one.text) == (amount, text)), None)
        if row is None:
            row = Goal(id=new_id(), performer_id=performer_id, text=text, amount=amount)
            session.add(row)
        else:
            rows.remove(row)
        row.place = place
        kept.append(row)
    for old in rows:
        session.execute(delete(Goal).where(Goal.id == old.id))
    session.flush()


def _short(bar: Bar) -> str:
    return credits_text(bar.amount).removesuffix(".00")


def shown(performer_id: str) -> Board:
    """Return somebody's goals for a page."""
    return board_of(db.session(), performer_id)
