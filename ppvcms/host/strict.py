"""PPVCMS_STRICT: where anything would be left out, the process does not start (for CI)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.errors import PpvcmsError
from ppvcms.host.runtime import read_state, runtime
from ppvcms.host.snapshot import current
from ppvcms.host.states import Desired, State

if TYPE_CHECKING:
    from flask import Flask


class StrictError(PpvcmsError):
    """Something is left out, and the operator wants a start with everything or none."""


def require_everything(app: Flask) -> None:
    """Refuse a process that runs without a plugin that is on, or found a broken theme.

    Raises:
        StrictError: Every one of them, with its reason.
    """
    with app.app_context():
        rows, _generation, _code = read_state()
        wanted = {
            row.slug for row in rows if row.desired == Desired.ACTIVE and row.uninstalled_at is None
        }
        left_out = [
            f"{slug}: {' '.join(standing.reasons) or standing.state}"
            for slug, standing in current().standings.items()
            if slug in wanted and standing.state is not State.ACTIVE
        ]
        left_out += [
            f"theme {slug}: {' '.join(theme.problems)}"
            for slug, theme in runtime().themes.items()
            if theme.problems
        ]
    if left_out:
        raise StrictError(f"PPVCMS_STRICT is on, and this is left out. {' '.join(left_out)}")
