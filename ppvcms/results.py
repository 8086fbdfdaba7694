"""Values for an expected no, so that callers must look at it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was not done, in the user's words; nothing was changed.

    `code` is stable and for programs ("funds", "closed", "busy"); `reason` and
    `remedy` are whole sentences for people. `missing` is how many minor units
    would make it possible, where money is what lacks.
    """

    code: str
    reason: str
    remedy: str = ""
    missing: int = 0
    details: dict[str, str | int | bool | None] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return both sentences for a page."""
        return f"{self.reason} {self.remedy}".strip()
