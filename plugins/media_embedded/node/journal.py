"""The state file: which leases are held, so that a restart knows what is overdue."""

from __future__ import annotations

import asyncio
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

KEEP_REVOKED_MS = 90 * 24 * 3600 * 1000
KEEP_ENDED_MS = 3600 * 1000


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept of one grant; the last record of a grant counts."""

    grant_id: str
    room: str
    role: str
    seq: int
    until: int
    on: bool
    at: int
    feeds: tuple[str, ...] = field(default=())
    revoked: bool = False
    cut: bool = False


class Journal:
    """An append-only file of records, written by a thread beside the media loop.

    It is not flushed to the disk: only a crash of the process has to be
    survived, for a power loss ends the media as well.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._file: int | None = None

    def open(self, now_ms: int) -> tuple[str | None, list[Record]]:
        """Read, drop what is too old, write the rest anew; return the last boot and it."""
        boot, records = read(self._path)
        kept = [record for record in records if not _forgettable(record, now_ms)]
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self._path.with_name(self._path.name + ".new")
        lines = "".join(_line(record) for record in kept)
        fresh.write_text(lines, encoding="utf-8")
        fresh.chmod(0o600)
        fresh.replace(self._path)
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        return boot, kept

    async def write(self, *records: Record) -> None:
        """Append records; when this returns, a killed process no longer loses them."""
        await self._append("".join(_line(record) for record in records))

    async def write_boot(self, boot: str) -> None:
        """Note which run of the process the following records belong to."""
        await self._append(json.dumps({"boot": boot}) + "\n")

    async def _append(self, lines: str) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._writer, self._write, lines.encode())

    def _write(self, data: bytes) -> None:
        if self._file is None:
            return
        while data:
            data = data[os.write(self._file, data) :]

    def close(self) -> None:
        """Write what is under way and close the file."""
        self._writer.shutdown(wait=True)
        if self._file is not None:
            os.close(self._file)
            self._file = None


def read(path: Path) -> tuple[str | None, list[Record]]:
    """Return the last boot and the last record of each grant in a state file."""
    boot: str | None = None
    records: dict[str, Record] = {}
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None, []
    for line in text.splitlines():
        try:
            fields = json.loads(line)
            if "boot" in fields:
                boot = str(fields["boot"])
                continue
            record = Record(**{**fields, "feeds": tuple(fields["feeds"])})
        except (ValueError, TypeError, KeyError):
            # The line that a kill cut in half: its request was not answered.
            continue
        records[record.grant_id] = record
    return boot, list(records.values())


def _line(record: Record) -> str:
    return json.dumps(asdict(record), separators=(",", ":")) + "\n"


def _forgettable(record: Record, now_ms: int) -> bool:
    keep_ms = KEEP_REVOKED_MS if record.revoked else KEEP_ENDED_MS
    return max(record.until, record.at) + keep_ms < now_ms
