"""How often each plugin was called at each hook in this process, and how long that took.

Threads may lose a call to each other: counting costs every hook, a lock would cost more.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Spent:
    """The calls of one plugin at one hook; times are milliseconds."""

    calls: int = 0
    total_ms: float = 0.0
    worst_ms: float = 0.0

    @property
    def mean_ms(self) -> float:
        """Return what one call took on average."""
        return self.total_ms / self.calls if self.calls else 0.0


_NOTHING = Spent()
_spent: dict[tuple[str, str], Spent] = {}


def add(slug: str, hook: str, spent_ms: float) -> None:
    """Count a call that ended, well or not."""
    spent = _spent.get((slug, hook))
    if spent is None:
        spent = _spent.setdefault((slug, hook), Spent())
    spent.calls += 1
    spent.total_ms += spent_ms
    spent.worst_ms = max(spent.worst_ms, spent_ms)


def of(slug: str, hook: str) -> Spent:
    """Return what a plugin has cost at a hook since this process began."""
    return _spent.get((slug, hook), _NOTHING)
