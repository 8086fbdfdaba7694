"""A line of the health page."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """How a line reads."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the health page; `remedy` says what to do when it is not good."""

    name: str
    tone: Tone
    text: str
    remedy: str = ""
