"""The node's events: numbered per boot, kept in a bounded ring, sent again on request."""

from __future__ import annotations

import secrets
import time
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

RING_SIZE = 20_000


class EventLog:
    """What happened since this process started."""

    def __init__(self, node: str) -> None:
        self.node = node
        self.boot = secrets.token_hex(8)
        self._n = 0
        self._ring: deque[dict[str, Any]] = deque(maxlen=RING_SIZE)
        self._subscribers: set[Callable[[dict[str, Any]], None]] = set()

    def emit(
        self,
        kind: str,
        *,
        grant_id: str | None = None,
        room: str | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        """Number an event, keep it and hand it to every subscriber."""
        self._n += 1
        event = {
            "node": self.node,
            "boot": self.boot,
            "n": self._n,
            "kind": kind,
            "at": time.time_ns() // 1_000_000,
            "grant_id": grant_id,
            "room": room,
            "data": data or {},
        }
        self._ring.append(event)
        for deliver in tuple(self._subscribers):
            deliver(event)

    def subscribe(
        self, deliver: Callable[[dict[str, Any]], None], *, after: dict[str, int]
    ) -> Callable[[], None]:
        """Send what was missed, then everything new; return how to stop.

        Who has stored nothing of this boot gets all that is kept of it: events
        are unique by node, boot and number, so that repeats change nothing.
        """
        seen = after.get(self.boot, 0)
        for event in tuple(self._ring):
            if event["n"] > seen:
                deliver(event)
        self._subscribers.add(deliver)
        return lambda: self._subscribers.discard(deliver)
