"""Presence: the built-in line of shows in which chat is the service (MD-12, R-10).

It carries neither picture nor sound and needs no engine. What it proves is that a page
is connected and answers: each answer of the server gives the page a word, and only who
brings it back in time was there. Times are the server's; a claim of a page proves nothing.
"""

from __future__ import annotations

import queue
import secrets
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import current_app

from ppvcms.db import wall_ms
from ppvcms.ids import new_id
from ppvcms.media.contract import EventKind, MediaCapabilities, MediaEvent, SignalRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ppvcms.media.contract import GrantState, Lease, MediaRole

KEY = "presence"
TEXT = "text"
"""The base of a mode that this line carries."""
ANSWER_WITHIN_S = 5.0
SETTING = "ppvcms_presence"


@dataclass(slots=True)
class _Page:
    """The page of one grant: the word it has to bring back, and since when it has it."""

    room: str
    word: str | None = None
    given_at: float = 0.0
    up: bool = False


class Presence:
    """A media provider without media, for the pages that this process serves.

    Leases are not armed here: what is answered past the secured second counts for
    nothing, and chat is given by the state of the seat.
    """

    key = KEY
    label = "Presence"
    capabilities = MediaCapabilities(
        two_way=False, voyeur=False, records=False, proves_delivery=True
    )
    client_module = "js/live/presence.js"

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin without a page; `clock` stands for the process's clock in tests."""
        self._clock = clock
        self._lock = threading.Lock()
        self._pages: dict[str, _Page] = {}
        self._line: queue.Queue[MediaEvent] = queue.Queue()
        self._boot, self._n = new_id(), 0

    def ensure_room(self, room: str, *, publishers: int) -> None:
        """Know any room."""

    def close_room(self, room: str, *, reason: str) -> None:  # noqa: ARG002 - the contract's
        """Forget the pages of a room."""
        with self._lock:
            for grant_id in [one for one, page in self._pages.items() if page.room == room]:
                del self._pages[grant_id]

    def grant(
        self,
        grant_id: str,
        *,
        room: str,
        role: MediaRole,  # noqa: ARG002 - the contract's
        feeds: Sequence[str],  # noqa: ARG002 - the contract's
        lease: Lease,  # noqa: ARG002 - the contract's
    ) -> dict[str, Any]:
        """Expect the page of a grant."""
        with self._lock:
            self._pages.setdefault(grant_id, _Page(room))
        return {}

    def signal(self, grant_id: str, message: dict[str, Any]) -> list[dict[str, Any]]:
        """Give a page its next word; the one before, brought back in time, proves it there.

        Raises:
            SignalRefusedError: No page of this grant is expected here.
        """
        with self._lock:
            page = self._pages.get(grant_id)
            if page is None:
                words = f"grant {grant_id} is not expected here"
                raise SignalRefusedError(words)
            now = self._clock()
            in_time = page.word is not None and now - page.given_at <= ANSWER_WITHIN_S
            if in_time and message.get("word") == page.word:
                self._report(grant_id, page)
            page.word, page.given_at = secrets.token_hex(8), now
            return [{"word": page.word}]

    def _report(self, grant_id: str, page: _Page) -> None:
        at = wall_ms()
        kinds = [EventKind.EVIDENCE] if page.up else [EventKind.UP, EventKind.EVIDENCE]
        page.up = True
        for kind in kinds:
            self._n += 1
            proof = {"sent_at": at, "received_at": at} if kind is EventKind.EVIDENCE else {}
            self._line.put(
                MediaEvent(KEY, self._boot, self._n, kind, at, grant_id, page.room, proof)
            )

    def set_media(self, grant_id: str, *, on: bool, lease: Lease) -> None:
        """Change nothing: there is no media to stop."""

    def revoke(self, grant_id: str, *, reason: str) -> None:  # noqa: ARG002 - the contract's
        """Expect the page of a grant no more."""
        with self._lock:
            self._pages.pop(grant_id, None)

    def reconcile(self, room: str | None = None) -> list[GrantState]:  # noqa: ARG002 - the contract's
        """Hold nothing that could run without a row."""
        return []

    def events(self, *, after: dict[str, int] | None = None) -> Iterator[MediaEvent]:  # noqa: ARG002 - the contract's
        """Yield who answered, as it comes."""
        while True:
            yield self._line.get()


def line() -> Presence:
    """Return the line of this application."""
    found: Presence = current_app.extensions.setdefault(SETTING, Presence())
    return found
