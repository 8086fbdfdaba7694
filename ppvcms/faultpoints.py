"""Named places in the money paths at which a test may let the process fail.

`faultpoint("spend.locked")` does nothing unless `PPVCMS_TESTING` and
`PPVCMS_FAULT` are set: ``name[:hit]=kill|stop|hang|raise|sleep:s``, several
joined by commas. Each point stands just after the step that it names.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import dataclass

from ppvcms.errors import PpvcmsError

POINTS: dict[str, str] = {
    "seat.begin": "a seat is about to open, in its transaction",
    "seat.locked": "the payer's rows are locked",
    "seat.held": "the first block is held",
    "seat.outboxed": "the seat and its fact are written",
    "seat.commit_sent": "the transaction is committed, nobody was told",
    "seat.committed": "everybody was told",
    "evidence.noted": "a sign of life is written, not committed",
    "meter.begin": "a batch is about to begin, in its transaction",
    "meter.locked": "the seats and wallets are locked",
    "meter.checked": "the amounts are computed",
    "meter.held": "usage is posted and the holds are extended",
    "meter.secured": "the seats carry their new secured second",
    "meter.outboxed": "pauses, warnings and cuts are written",
    "meter.commit_sent": "the transaction is committed, the media side was not told",
    "meter.committed": "the media side was told",
    "pause.written": "a pause and its fact are written, not committed",
    "resume.written": "a return and its fact are written, not committed",
    "exhaust.written": "the end of the secured time is written, not committed",
    "wait.begun": "the others of a room wait for the end of a private, not committed",
    "wait.freed": "what a waiting seat held is given back, not committed",
    "wait.held": "a waiting seat is secured anew, not committed",
    "wait.ended": "the seats of a room go on after a private, not committed",
    "turn.begin": "something was asked of a running seat, in its transaction",
    "turn.written": "another rate, the next block or going on is written, not committed",
    "period.begun": "a new period of the open seats is written, not committed",
    "hour.shared": "a counted hour is divided, not committed",
    "settle.begin": "a seat is about to be settled, in its transaction",
    "settle.locked": "the seat is locked",
    "settle.captured": "the rest is captured into escrow",
    "settle.shared": "the escrow is divided",
    "settle.released": "the hold is released",
    "settle.outboxed": "the receipt and the fact are written",
    "settle.commit_sent": "the transaction is committed, nobody was told",
    "settle.committed": "everybody was told",
    "spend.locked": "the accounts of a transfer are locked",
    "spend.moved": "the balances are changed",
    "spend.posted": "the entries and the transfer are written",
    "spend.granted": "shares and the fact are written",
    "spend.commit_sent": "the transaction of a spend is committed, nobody was told",
    "spend.committed": "everybody was told",
    "escrow.put": "money waits, in the transaction of what it waits for",
    "escrow.locked": "an open escrow is locked and is about to end",
    "escrow.ended": "an escrow is paid out or given back, not committed",
    "release.locked": "the earnings of a day are about to become available",
    "release.written": "they are available, not committed",
    "sale.locked": "the item and the wallets of a sale are locked",
    "sale.charged": "the price is taken, nothing is open yet",
    "sale.granted": "the sale and its access are written, not committed",
    "sale.committed": "the sale is committed, nobody was told",
    "pay.op_written": "the attempt is committed, the gateway was not called",
    "pay.called": "the gateway answered, nothing of it is stored",
    "pay.event_stored": "the gateway's fact is stored",
    "pay.posted": "the credits are posted, not committed",
    "pay.committed": "the credits are committed",
    "pay.acked": "the gateway was thanked",
    "install.begun": "a package was judged and tried, nothing of it is in its place",
    "install.placed": "the files lie in the folder of their digest",
    "install.migrated": "the tables are those of the new files, the row is not",
    "install.written": "the row points to the new files, not committed",
    "install.taken_back": "the tables are those of the older copy, the row is not",
    "purge.dropped": "a plugin's tables are gone, its settings and files are not",
    "purge.cleared": "its files are gone, its row is not",
    "outbox.taken": "due facts are claimed",
    "outbox.delivered": "a fact was delivered and is not marked yet",
}

_ACTS = ("kill", "stop", "hang", "raise", "sleep")
_counts: dict[str, int] = {}
_counting = threading.Lock()


class FaultError(PpvcmsError):
    """A fault that a test asked for, or a fault point that does not exist."""


@dataclass(frozen=True, slots=True)
class _Order:
    name: str
    hit: int
    act: str
    seconds: float


def faultpoint(name: str) -> None:
    """Fail here if a test asked for it."""
    if not _orders:
        return
    if name not in POINTS:
        raise FaultError(f"'{name}' is not in ppvcms.faultpoints.POINTS.")
    with _counting:
        hits = _counts[name] = _counts.get(name, 0) + 1
    for order in _orders:
        if order.name == name and order.hit == hits:
            _fail(order)


def load() -> None:
    """Read the orders from the environment again and begin to count from 0."""
    global _orders  # noqa: PLW0603 - read once at import, so that a point costs nothing
    _counts.clear()
    wanted = os.environ.get("PPVCMS_FAULT", "")
    testing = os.environ.get("PPVCMS_TESTING", "").lower() in {"1", "true", "on", "yes"}
    _orders = tuple(_parse(part) for part in wanted.split(",") if part) if testing else ()


def _parse(text: str) -> _Order:
    place, _, act = text.partition("=")
    name, _, hit = place.partition(":")
    word, _, seconds = act.partition(":")
    if name not in POINTS or word not in _ACTS:
        raise FaultError(f"PPVCMS_FAULT: '{text}' is not name[:hit]={'|'.join(_ACTS)}.")
    return _Order(name, int(hit or 1), word, float(seconds or 0))


def _fail(order: _Order) -> None:
    if order.act == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif order.act == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif order.act == "hang":
        threading.Event().wait()
    elif order.act == "sleep":
        time.sleep(order.seconds)
    else:
        raise FaultError(f"The fault at '{order.name}' was asked for.")


_orders: tuple[_Order, ...] = ()
load()
