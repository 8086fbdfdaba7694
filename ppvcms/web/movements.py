"""Movements of a wallet in words, for its statement and the account's first page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from ppvcms.db import db
from ppvcms.ledger import statement
from ppvcms.metering import history
from ppvcms.web.transfers import mode_words, transfer_words

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Line:
    """A movement in words; the amount in minor units, negative when it was paid."""

    at: int
    title: str
    note: str
    amount: int
    seat_id: str


def lines(user_id: str, *, limit: int, offset: int = 0) -> Sequence[Line]:
    """Return what moved a wallet, newest first; paid time is told by whom it was spent with."""
    return _told(statement.movements(db.session(), user_id, limit=limit, offset=offset))


def latest(user_id: str, *, limit: int) -> Sequence[Line]:
    """Return the latest lines that are no sessions, which have a list of their own."""
    return _told(statement.beside_sessions(db.session(), user_id, limit=limit))


def _told(found: Sequence[statement.Movement]) -> Sequence[Line]:
    seats = history.names_of_seats([one.seat_id for one in found if one.seat_id])
    return [_line(one, seats.get(one.seat_id)) for one in found]


def _line(one: statement.Movement, seat: tuple[str, str] | None) -> Line:
    if seat is None:
        words = transfer_words(one.kind)
        return Line(one.at, one.memo or words, words if one.memo else "", one.amount, "")
    mode, name = seat
    title = _("%(kind)s with %(name)s", kind=mode_words(mode), name=name)
    return Line(one.at, title, _("Session"), one.amount, one.seat_id)
