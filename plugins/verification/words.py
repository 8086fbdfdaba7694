"""States of a verification, in words and tones."""

from __future__ import annotations

from flask_babel import gettext as _

from .services import State


def state_text(state: State) -> str:
    """Return what people call a state."""
    words = {
        State.NEW: _("not verified"),
        State.WAITING: _("being looked at"),
        State.MORE: _("something is missing"),
        State.APPROVED: _("verified"),
        State.REFUSED: _("refused"),
        State.SUSPENDED: _("suspended"),
    }
    return str(words[state])


def state_tone(state: State) -> str:
    """Return how a state's badge looks."""
    tones = {
        State.APPROVED: "good",
        State.WAITING: "brand",
        State.MORE: "warn",
        State.REFUSED: "bad",
        State.SUSPENDED: "bad",
    }
    return tones.get(state, "")
