"""The two numbers that every process watches, moved in the transaction of a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from ppvcms.host.models import HostState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def move_generation(session: Session) -> None:
    """Tell every process that the set of active plugins, or the theme, has changed."""
    _move(session, HostState.generation.key)


def move_code_generation(session: Session) -> None:
    """Tell every server process to make room for one with the new code."""
    _move(session, HostState.code_generation.key)
    _move(session, HostState.generation.key)


def _move(session: Session, column: str) -> None:
    attribute = getattr(HostState, column)
    moved = session.execute(
        update(HostState)
        .where(HostState.id == 1)
        .values({column: attribute + 1})
        .returning(HostState.id),
        execution_options={"synchronize_session": False},
    ).first()
    if moved is None:
        session.add(HostState(id=1, **{"generation": 1, "code_generation": 1, column: 2}))
        session.flush()
