"""How much a page may say to the engine, counted before anything is parsed."""

from __future__ import annotations

from dataclasses import dataclass, field

LARGEST_MESSAGE = 64 * 1024
MESSAGES_PER_SECOND = 20
MESSAGES_PER_GRANT = 200
SECONDS_PER_REGAINED_MESSAGE = 10.0


@dataclass(slots=True)
class Bucket:
    """A store of permissions that fills again at a fixed rate."""

    size: int
    per_second: float
    level: float = field(init=False)
    filled_at: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.level = float(self.size)

    def take(self, now: float) -> bool:
        """Use one permission, if there is one."""
        if self.filled_at:
            self.level = min(self.size, self.level + (now - self.filled_at) * self.per_second)
        self.filled_at = now
        if self.level < 1:
            return False
        self.level -= 1
        return True


@dataclass(slots=True)
class SignalLimiter:
    """20 messages a second and 200 a grant.

    The 200 come back slowly, one in ten seconds: a performer on a flapping
    line reconnects often in an evening and must not be locked out at the end.
    """

    burst: Bucket = field(default_factory=lambda: Bucket(MESSAGES_PER_SECOND, MESSAGES_PER_SECOND))
    total: Bucket = field(
        default_factory=lambda: Bucket(MESSAGES_PER_GRANT, 1 / SECONDS_PER_REGAINED_MESSAGE)
    )

    def refusal(self, size: int, now: float) -> str | None:
        """Return why a message of `size` bytes may not pass, or None."""
        if size > LARGEST_MESSAGE:
            return f"A message may have {LARGEST_MESSAGE} bytes, this one has {size}."
        if not self.burst.take(now):
            return f"More than {MESSAGES_PER_SECOND} messages came within a second."
        if not self.total.take(now):
            return f"This grant has used its {MESSAGES_PER_GRANT} messages."
        return None
