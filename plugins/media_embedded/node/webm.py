"""WebM files that are whole at every moment: clusters are written complete, or not at all.

Only what the node carries is known here: one VP8 picture and one Opus sound,
already encoded. Places for the length and the way to the index are left free in
the head and filled when the file ends, so that players can seek; a file whose
writer died lacks only them, and `mend` adds them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

EBML, SEGMENT, CLUSTER, CUES = 0x1A45DFA3, 0x18538067, 0x1F43B675, 0x1C53BB6B
SEEK_HEAD, INFO, TRACKS, VOID = 0x114D9B74, 0x1549A966, 0x1654AE6B, 0xEC
DURATION, TIMESTAMP, SIMPLE_BLOCK = 0x4489, 0xE7, 0xA3
UNKNOWN_SIZE = b"\x01" + b"\xff" * 7
SEEK_ROOM, LENGTH_ROOM = 54, 11
HEADER = struct.Struct(">IQ")
SIZE_BITS = (1 << 56) - 1
CLUSTER_MS = 2_000
CLUSTER_BYTES = 1 << 20
KEY_FLAG = 0x80
PICTURE, SOUND = 1, 2
TRACK_OF = {"video": PICTURE, "audio": SOUND}


def element(number: int, body: bytes) -> bytes:
    """Return one EBML element."""
    return _id(number) + struct.pack(">Q", len(body) | 1 << 56) + body


def _id(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _number(number: int, value: int) -> bytes:
    return element(number, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def _void(size: int) -> bytes:
    return _id(VOID) + bytes([0x80 | size - 2]) + bytes(size - 2)


def sides_of(keyframe: bytes) -> tuple[int, int]:
    """Return the width and height that a VP8 key frame names (RFC 6386, 9.1)."""
    width, height = struct.unpack_from("<HH", keyframe, 6)
    return width & 0x3FFF, height & 0x3FFF


def head(sides: tuple[int, int] | None, *, sound: bool) -> tuple[bytes, int]:
    """Return the beginning of a file, and where its segment begins."""
    kind = _number(0x4286, 1) + _number(0x42F7, 1) + _number(0x42F2, 4) + _number(0x42F3, 8)
    kind += element(0x4282, b"webm") + _number(0x4287, 4) + _number(0x4285, 2)
    begin = element(EBML, kind) + _id(SEGMENT) + UNKNOWN_SIZE
    info = _number(0x2AD7B1, 1_000_000) + element(0x4D80, b"ppvcms") + element(0x5741, b"ppvcms")
    tracks = b""
    if sides is not None:
        width, height = sides
        picture = element(0xE0, _number(0xB0, width) + _number(0xBA, height))
        tracks += _track(PICTURE, 1, b"V_VP8", picture)
    if sound:
        tracks += _track(SOUND, 2, b"A_OPUS", _opus())
    # The length comes first of its element, so that its place is known.
    free = _void(SEEK_ROOM) + element(INFO, _void(LENGTH_ROOM) + info)
    return begin + free + element(TRACKS, tracks), len(begin)


def _track(number: int, kind: int, codec: bytes, more: bytes) -> bytes:
    named = _number(0xD7, number) + _number(0x73C5, number) + _number(0x83, kind)
    return element(0xAE, named + _number(0x9C, 0) + element(0x86, codec) + more)


def _opus() -> bytes:
    private = b"OpusHead" + struct.pack("<BBHIhB", 1, 2, 0, 48_000, 0, 0)
    audio = element(0xB5, struct.pack(">d", 48_000.0)) + _number(0x9F, 2)
    return element(0x63A2, private) + _number(0x56BB, 80_000_000) + element(0xE1, audio)


@dataclass(slots=True)
class _Open:
    """A cluster that is being gathered."""

    at: int
    key: bool
    blocks: list[bytes] = field(default_factory=list)
    size: int = 0


class Writer:
    """Writes one file; every method may raise OSError, and `close` may be tried after it."""

    def __init__(self, file: IO[bytes], sides: tuple[int, int] | None, *, sound: bool) -> None:
        self._file = file
        self._leads = "video" if sides is not None else "audio"
        begin, self._segment = head(sides, sound=sound)
        self.size = file.write(begin)
        self._open: _Open | None = None
        self._cues: list[tuple[int, int]] = []
        self.length_ms = 0

    def block(self, kind: str, at: int, data: bytes, *, key: bool) -> None:
        """Take a frame; `at` is in milliseconds from the beginning."""
        leads = key and kind == self._leads
        now = self._open
        full = now is None or at - now.at >= CLUSTER_MS or now.size >= CLUSTER_BYTES
        if now is None or full or (leads and kind == "video"):
            self.flush()
            now = self._open = _Open(at, leads)
        # Sound may be a moment older than the picture that began its cluster.
        offset = max(0, at - now.at)
        start = bytes([0x80 | TRACK_OF[kind]]) + struct.pack(">HB", offset, KEY_FLAG if key else 0)
        now.blocks.append(element(SIMPLE_BLOCK, start + data))
        now.size += len(data)
        self.length_ms = max(self.length_ms, now.at + offset)

    def flush(self) -> None:
        """Write the gathered cluster in one piece."""
        now, self._open = self._open, None
        if now is None:
            return
        self._file.seek(self.size)
        self._file.write(element(CLUSTER, _number(TIMESTAMP, now.at) + b"".join(now.blocks)))
        self._file.flush()
        if now.key:
            self._cues.append((now.at, self.size - self._segment))
        self.size = self._file.tell()

    def close(self) -> None:
        """Write what was gathered, then add the index and the length."""
        self.flush()
        track = TRACK_OF[self._leads]
        _finish(self._file, self._segment, self.size, track, self._cues, self.length_ms)


def mend(path: Path) -> int:
    """Make a file whose writer died whole, and return its length in milliseconds.

    What was cut in its last cluster is dropped.
    """
    with path.open("r+b") as file:
        segment = _segment_of(file)
        clusters, picture, end = _walked(file, segment)
        track = PICTURE if picture else SOUND
        cues, length_ms = [], 0
        for place, size in clusters:
            at, key, last = _looked_at(file, place, size, whole=place == clusters[-1][0])
            length_ms = max(length_ms, last)
            if key == track:
                cues.append((at, place - segment))
        _finish(file, segment, end, track, cues, length_ms)
    return length_ms


def length_of(path: Path) -> int:
    """Return the length that a finished file names, in milliseconds; 0 while it is not there."""
    with path.open("rb") as file:
        file.seek(_segment_of(file) + SEEK_ROOM + HEADER.size)
        number, length = struct.unpack(">Hxd", file.read(LENGTH_ROOM))
    return int(length) if number == DURATION else 0


def _finish(
    file: IO[bytes],
    segment: int,
    end: int,
    track: int,
    cues: list[tuple[int, int]],
    length_ms: int,
) -> None:
    file.seek(end)
    file.write(element(CUES, b"".join(_cue(track, at, place) for at, place in cues)))
    file.truncate()
    whole = file.tell() - segment
    file.flush()
    file.seek(segment - 8)
    file.write(struct.pack(">Q", whole | 1 << 56))
    to_cues = element(0x53AB, _id(CUES)) + element(0x53AC, struct.pack(">Q", end - segment))
    file.write(element(SEEK_HEAD, element(0x4DBB, to_cues)))
    file.seek(segment + SEEK_ROOM + HEADER.size)
    file.write(_id(DURATION) + b"\x88" + struct.pack(">d", float(length_ms)))
    file.flush()


def _cue(track: int, at: int, place: int) -> bytes:
    where = _number(0xF7, track) + _number(0xF1, place)
    return element(0xBB, _number(0xB3, at) + element(0xB7, where))


def _segment_of(file: IO[bytes]) -> int:
    file.seek(0)
    _, size = _header(file)
    return HEADER.size * 2 + size


def _header(file: IO[bytes]) -> tuple[int, int]:
    """Return the id and the size of one of our large elements, zeros at the end."""
    found = file.read(HEADER.size)
    if len(found) < HEADER.size:
        return 0, 0
    number, size = HEADER.unpack(found)
    return number, size & SIZE_BITS


def _walked(file: IO[bytes], segment: int) -> tuple[list[tuple[int, int]], bool, int]:
    """Return where the whole clusters lie and how large they are, and where they end."""
    clusters: list[tuple[int, int]] = []
    picture = False
    place = segment + SEEK_ROOM
    total = file.seek(0, 2)
    while True:
        file.seek(place)
        number, size = _header(file)
        if number not in {INFO, TRACKS, CLUSTER} or place + HEADER.size + size > total:
            return clusters, picture, place
        if number == TRACKS:
            picture = b"V_VP8" in file.read(size)
        if number == CLUSTER:
            clusters.append((place, size))
        place += HEADER.size + size


def _looked_at(file: IO[bytes], place: int, size: int, *, whole: bool) -> tuple[int, int, int]:
    """Return when a cluster begins, the track of the key frame it begins with, and its last time.

    The last time is looked for in the `whole` of it only.
    """
    file.seek(place + HEADER.size)
    at, key, last = 0, None, 0
    end = place + HEADER.size + size
    while file.tell() < end:
        number, length = struct.unpack(">BQ", file.read(9))
        body = file.tell()
        if number == TIMESTAMP:
            at = int.from_bytes(file.read(length & SIZE_BITS), "big")
        else:
            track, offset, flags = struct.unpack(">BHB", file.read(4))
            if key is None:
                key = track & 0x7F if flags & KEY_FLAG else 0
            last = max(last, at + offset)
            if not whole:
                break
        file.seek(body + (length & SIZE_BITS))
    return at, key or 0, last
