"""What rooms ask of the meter, which stands above them: who pays in a public show now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

SETTING = "ppvcms_payers"


@dataclass(frozen=True, slots=True)
class Payers:
    """How many seats of a public show are open, and how many of them have a two-way place."""

    seats: int = 0
    two_way: int = 0


def read_with(
    payers: Callable[[Session, str], Payers],
    unseen: Callable[[Session, str, str], bool],
    served: Callable[[Session, str], dict[str, str]],
) -> None:
    """Say how payers are read; the meter does, at the start of the application."""
    current_app.extensions[SETTING] = (payers, unseen, served)


def payers_of(session: Session, show_id: str) -> Payers:
    """Return who pays in a public show now."""
    payers: Callable[[Session, str], Payers] = current_app.extensions[SETTING][0]
    return payers(session, show_id)


def served(session: Session, show_id: str) -> dict[str, str]:
    """Return the seats of a show whose time counts now, by their payers."""
    found: Callable[[Session, str], dict[str, str]] = current_app.extensions[SETTING][2]
    return found(session, show_id)


def is_unseen(session: Session, room_id: str, user_id: str | None) -> bool:
    """Whether a person watches a room unseen, and so neither writes nor is counted (R-42)."""
    if user_id is None:
        return False
    unseen: Callable[[Session, str, str], bool] = current_app.extensions[SETTING][1]
    return unseen(session, room_id, user_id)
