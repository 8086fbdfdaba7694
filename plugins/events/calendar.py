"""Calendar files as RFC 5545 has them: pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 75
"""Octets of one line; what is longer goes on in the next."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of a calendar; moments in epoch milliseconds."""

    uid: str
    title: str
    text: str
    url: str
    starts_at: int
    ends_at: int
    changed_at: int
    version: int
    cancelled: bool


def calendar(name: str, entries: Iterable[Entry]) -> str:
    """Return a calendar file."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//ppvcms//events//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(name)}",
    ]
    for entry in entries:
        lines += _event(entry)
    lines.append("END:VCALENDAR")
    return "".join(f"{fold(line)}\r\n" for line in lines)


def fold(line: str) -> str:
    """Break a line after at most 75 octets, never inside of a letter."""
    parts, part, size = [], "", 0
    for letter in line:
        length = len(letter.encode())
        if size + length > LONGEST:
            parts.append(part)
            # The space that begins the next line counts.
            part, size = "", 1
        part += letter
        size += length
    return "\r\n ".join([*parts, part])


def _event(entry: Entry) -> list[str]:
    alarm = [
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{_text(entry.title)}",
        "TRIGGER:-PT15M",
        "END:VALARM",
    ]
    return [
        "BEGIN:VEVENT",
        f"UID:{entry.uid}",
        f"DTSTAMP:{_moment(entry.changed_at)}",
        f"LAST-MODIFIED:{_moment(entry.changed_at)}",
        f"SEQUENCE:{entry.version}",
        f"DTSTART:{_moment(entry.starts_at)}",
        f"DTEND:{_moment(entry.ends_at)}",
        f"SUMMARY:{_text(entry.title)}",
        f"DESCRIPTION:{_text(entry.text)}",
        f"URL:{entry.url}",
        f"STATUS:{'CANCELLED' if entry.cancelled else 'CONFIRMED'}",
        *([] if entry.cancelled else alarm),
        "END:VEVENT",
    ]


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms // 1000, tz=UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    plain = escaped.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return "".join(letter for letter in plain if ord(letter) > 31 and letter != "\x7f")  # noqa: PLR2004
