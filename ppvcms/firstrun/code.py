"""The word that lets the first owner in: printed by the server, good for one start."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No O and 0, no I and 1: the code is read off one screen and typed on another."""
LENGTH = 12
TRIES = 10
PAUSE_S = 60.0


class OneTimeCode:
    """A code of which only the hash is kept; `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._hash = b""
        self._wrong: list[float] = []

    def new(self) -> str:
        """Return a new code as it is printed; an earlier one is dead."""
        code = "".join(secrets.choice(LETTERS) for _number in range(LENGTH))
        self._hash = _hashed(code)
        return "-".join(code[start : start + 4] for start in range(0, LENGTH, 4))

    def refusal_of(self, typed: str) -> Refusal | None:
        """Return why this code does not open; ten wrong ones in a minute shut the door for one."""
        now = self._clock()
        self._wrong = [moment for moment in self._wrong if now - moment < PAUSE_S]
        if len(self._wrong) >= TRIES:
            return Refusal(
                "code",
                _("There were too many wrong codes. Nothing was made."),
                _("Wait a minute, then try again."),
            )
        if hmac.compare_digest(_hashed(typed), self._hash):
            return None
        self._wrong.append(now)
        return Refusal(
            "code",
            _("This is not the code that the server printed when it started."),
            _("Look at the terminal or the log. Nothing was made."),
        )


def _hashed(code: str) -> bytes:
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(plain.encode()).digest()
