"""Looking into a zip file before a byte of it is unpacked: refused where in doubt, never mended.

The headers are read here, both of each entry, because Python's own reader
believes one of the two and repairs hostile names in silence.
"""

from __future__ import annotations

import stat
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ppvcms.errors import PpvcmsError
from ppvcms.host.archive_names import name_problem

if TYPE_CHECKING:
    from pathlib import Path

MOST_FILES = 2_000
MOST_BYTES = 50 * 1024 * 1024
MOST_RATIO = 100
# Below this a high ratio harms nobody: an empty picture, a file of blanks.
RATIO_FROM = 1024 * 1024
STORED, DEFLATED = 0, 8
UNIX = 3
_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_DESCRIPTOR = b"PK\x07\x08"
_LOCAL_FORM = struct.Struct("<4s5H3I2H")
_CENTRAL_FORM = struct.Struct("<4s6H3I5H2I")
_END_FORM = struct.Struct("<4s4H2IH")
_ENCRYPTED, _LATER, _PATCH, _STRONG, _UTF8, _MASKED = 1, 8, 32, 64, 2048, 8192
_NO_EXTRA = {0x0001: "zip64", 0x7075: "a second name", 0x9901: "encryption", 0x6375: "a comment"}
_WHOLE = 0xFFFFFFFF
_INSIDE = {
    b"PK\x03\x04": "a zip file",
    b"\x1f\x8b\x08": "a gzip file",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip file",
    b"Rar!": "a RAR file",
    b"\xfd7zXZ\x00": "an xz file",
    b"BZh9": "a bzip2 file",
    b"\x7fELF": "a compiled program",
    b"MZ": "a compiled program",
    b"\xcf\xfa\xed\xfe": "a compiled program",
    b"\xca\xfe\xba\xbe": "a compiled program",
}


class PackageError(PpvcmsError):
    """What is wrong with a package, as a sentence that names the entry and the reason."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file or folder of an archive, as both of its headers say."""

    name: str
    is_folder: bool
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    flags: int
    raw: bytes
    data_at: int = 0
    ends_at: int = 0


def look(archive: bytes) -> list[Entry]:
    """Return the files and folders of a zip file, none of which is unpacked.

    Raises:
        PackageError: Anything is not as a plain packer writes it.
    """
    central_at, count, end_at = _end_record(archive)
    entries, at = [], central_at
    for _ in range(count):
        entry, at = _central(archive, at)
        entries.append(entry)
    if at != end_at:
        raise PackageError("The list of contents is longer or shorter than it says.")
    _require_measure(entries)
    _require_single_names(entries)
    return _laid_out(archive, entries, central_at)


def read(archive: bytes, entry: Entry) -> bytes:
    """Return what a file of the archive holds, counting the real bytes.

    Raises:
        PackageError: It is larger than it says, damaged, or a file of a kind that may not be in.
    """
    packed = archive[entry.data_at : entry.data_at + entry.packed]
    data = packed if entry.method == STORED else _inflated(packed, entry)
    if len(data) != entry.size:
        raise PackageError(f"'{entry.name}' has another size than it says.")
    if zlib.crc32(data) != entry.crc:
        raise PackageError(f"'{entry.name}' is damaged: its check sum differs.")
    for magic, kind in _INSIDE.items():
        if data.startswith(magic):
            raise PackageError(f"'{entry.name}' is {kind}, which a package may not hold.")
    return data


def _inflated(packed: bytes, entry: Entry) -> bytes:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = stream.decompress(packed, entry.size + 1)
    except zlib.error as error:
        raise PackageError(f"'{entry.name}' is damaged and cannot be unpacked.") from error
    if len(data) > entry.size:
        raise PackageError(f"'{entry.name}' is larger than it says.")
    if not stream.eof or stream.unused_data or stream.unconsumed_tail:
        raise PackageError(f"'{entry.name}' holds other data than it says.")
    return data


def _end_record(archive: bytes) -> tuple[int, int, int]:
    at = archive.rfind(_END)
    if not archive.startswith(_LOCAL) or at < 0 or at + _END_FORM.size > len(archive):
        raise PackageError("This is not a zip file with a package in it.")
    _, disk, first_disk, here, count, size, central_at, comment = _END_FORM.unpack_from(archive, at)
    if at + _END_FORM.size + comment != len(archive):
        raise PackageError("Something follows the end of the zip file.")
    if disk or first_disk or here != count:
        raise PackageError("It is one part of a zip file in several parts.")
    if _WHOLE in {size, central_at} or count == 0xFFFF:  # noqa: PLR2004 - zip64's mark
        raise PackageError("It is in the zip64 format, which no package needs.")
    if central_at + size != at:
        raise PackageError("The list of contents does not lie where the end of the file says.")
    return central_at, count, at


def _central(archive: bytes, at: int) -> tuple[Entry, int]:
    if archive[at : at + 4] != _CENTRAL or at + _CENTRAL_FORM.size > len(archive):
        raise PackageError("The list of contents is damaged.")
    (_, made, _needs, flags, method, _time, _date, crc, packed, size, *lengths) = (
        _CENTRAL_FORM.unpack_from(archive, at)
    )
    name_size, extra_size, comment_size, disk, _internal, external, offset = lengths
    start = at + _CENTRAL_FORM.size
    raw = archive[start : start + name_size]
    name = _decoded(raw, flags)
    _require_plain_extra(name, archive[start + name_size : start + name_size + extra_size])
    if disk or _WHOLE in {packed, size, offset}:
        raise PackageError(f"'{name}' is in the zip64 format, which no package needs.")
    _require_readable(name, flags, method, packed, size)
    is_folder = _kind(name, made >> 8, external >> 16, size)
    entry = Entry(name, is_folder, method, crc, packed, size, offset, flags, raw)
    return entry, start + name_size + extra_size + comment_size


def _decoded(raw: bytes, flags: int) -> str:
    try:
        name = raw.decode("utf-8" if flags & _UTF8 else "ascii")
    except UnicodeDecodeError as error:
        shown = raw.decode("latin-1").encode("unicode_escape").decode()[:60]
        raise PackageError(f"The name '{shown}' is not UTF-8 text.") from error
    if problem := name_problem(name):
        raise PackageError(problem)
    return name


def _require_plain_extra(name: str, extra: bytes) -> None:
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        if kind in _NO_EXTRA:
            raise PackageError(f"'{name}' carries {_NO_EXTRA[kind]} in an extra field.")
        at += 4 + size
    if at != len(extra):
        raise PackageError(f"'{name}' has a damaged extra field.")


def _require_readable(name: str, flags: int, method: int, packed: int, size: int) -> None:
    if flags & (_ENCRYPTED | _STRONG | _MASKED):
        raise PackageError(f"'{name}' is encrypted. Pack it without a password.")
    if flags & _PATCH or method not in {STORED, DEFLATED}:
        raise PackageError(f"'{name}' is packed in an unusual way. Use plain zip.")
    if method == STORED and packed != size:
        raise PackageError(f"'{name}' is not packed and yet has two sizes.")


def _kind(name: str, system: int, mode: int, size: int) -> bool:
    """Return whether an entry is a folder; refuse what is neither that nor a plain file."""
    kind = stat.S_IFMT(mode) if system == UNIX else 0
    words = {
        stat.S_IFLNK: "a link",
        stat.S_IFBLK: "a device",
        stat.S_IFCHR: "a device",
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
    }
    if kind in words:
        raise PackageError(f"'{name}' is {words[kind]}, which a package may not hold.")
    is_folder = name.endswith("/")
    wanted = stat.S_IFDIR if is_folder else stat.S_IFREG
    if kind not in {0, wanted}:
        raise PackageError(f"'{name}' says that it is a folder and a file.")
    if is_folder and size:
        raise PackageError(f"'{name}' is a folder and yet has contents.")
    return is_folder


def _require_measure(entries: list[Entry]) -> None:
    if not entries:
        raise PackageError("The zip file is empty.")
    if len(entries) > MOST_FILES:
        raise PackageError(f"It holds {len(entries)} files; {MOST_FILES} are allowed.")
    size = sum(entry.size for entry in entries)
    if size > MOST_BYTES:
        raise PackageError(
            f"Unpacked it has {size / 1e6:.0f} MB; {MOST_BYTES // (1024 * 1024)} are allowed."
        )
    for entry in entries:
        if entry.size > max(RATIO_FROM, MOST_RATIO * entry.packed):
            raise PackageError(
                f"'{entry.name}' grows more than {MOST_RATIO} times when it is unpacked."
            )
    if size > max(RATIO_FROM, MOST_RATIO * sum(entry.packed for entry in entries)):
        raise PackageError(f"It grows more than {MOST_RATIO} times when it is unpacked.")


def _require_single_names(entries: list[Entry]) -> None:
    seen: dict[str, str] = {}
    for entry in entries:
        key = entry.name.rstrip("/").casefold()
        if key in seen:
            other = seen[key]
            text = "is in it twice" if other == entry.name else f"differs from '{other}' in case"
            raise PackageError(f"'{entry.name}' {text}.")
        seen[key] = entry.name
    files = {entry.name.casefold() for entry in entries if not entry.is_folder}
    for entry in entries:
        parts = entry.name.casefold().rstrip("/").split("/")
        above = {"/".join(parts[:depth]) for depth in range(1, len(parts))}
        if above & files:
            raise PackageError(f"'{entry.name}' lies below a name that is a file.")


def _laid_out(archive: bytes, entries: list[Entry], central_at: int) -> list[Entry]:
    """Compare the headers and require that entries follow each other without a gap."""
    placed, at = [], 0
    for entry in sorted(entries, key=lambda each: each.offset):
        if entry.offset != at:
            raise PackageError(f"Before '{entry.name}' lies something that is not listed.")
        whole = _local(archive, entry)
        placed.append(whole)
        at = whole.ends_at
    if at != central_at:
        raise PackageError("Before the list of contents lies something that is not listed.")
    return placed


def _local(archive: bytes, entry: Entry) -> Entry:
    at = entry.offset
    if archive[at : at + 4] != _LOCAL or at + _LOCAL_FORM.size > len(archive):
        raise PackageError(f"'{entry.name}' is not where the list of contents says.")
    (_, _needs, flags, method, _time, _date, crc, packed, size, name_size, extra_size) = (
        _LOCAL_FORM.unpack_from(archive, at)
    )
    start = at + _LOCAL_FORM.size
    data_at = start + name_size + extra_size
    later = bool(flags & _LATER)
    same = (flags, method, archive[start : start + name_size]) == (
        entry.flags,
        entry.method,
        entry.raw,
    )
    said = (crc, packed, size)
    known = (entry.crc, entry.packed, entry.size)
    if not same or (said != known and not (later and said == (0, 0, 0))):
        raise PackageError(f"'{entry.name}': its two headers disagree.")
    _require_plain_extra(entry.name, archive[start + name_size : data_at])
    data_end = data_at + entry.packed
    ends_at = data_end + (_descriptor(archive, data_end, entry) if later else 0)
    if ends_at > len(archive):
        raise PackageError(f"'{entry.name}' is cut off.")
    return Entry(
        **{name: getattr(entry, name) for name in Entry.__slots__ if not name.endswith("_at")},
        data_at=data_at,
        ends_at=ends_at,
    )


def _descriptor(archive: bytes, at: int, entry: Entry) -> int:
    marked = archive[at : at + 4] == _DESCRIPTOR
    start = at + 4 if marked else at
    found = archive[start : start + 12]
    if found != struct.pack("<3I", entry.crc, entry.packed, entry.size):
        raise PackageError(f"'{entry.name}': its two headers disagree.")
    return 16 if marked else 12


def load(path: Path) -> bytes:
    """Return the bytes of a package's file.

    Raises:
        PackageError: It is larger than a package may be.
    """
    if path.stat().st_size > MOST_BYTES:
        raise PackageError(f"The file is larger than {MOST_BYTES // (1024 * 1024)} MB.")
    return path.read_bytes()
