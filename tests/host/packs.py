"""Zip files made byte by byte, so that a test can say in them what no packer would."""

from __future__ import annotations

import stat
import struct
import zlib
from dataclasses import dataclass, field, replace
from typing import Any

SLUG = "parcel"
MANIFEST = """
slug = "parcel"
name = "Parcel"
summary = "For a test."
version = "{version}"
license = "MIT"
authors = ["A. Tester"]
api = ">=1.0,<2"
"""


@dataclass(frozen=True)
class Part:
    """One entry; what is None is as it should be."""

    name: str | bytes
    data: bytes = b""
    mode: int = stat.S_IFREG | 0o644
    method: int = 8
    flags: int = 0
    local: dict[str, Any] = field(default_factory=dict)
    central: dict[str, Any] = field(default_factory=dict)
    extra: bytes = b""
    before: bytes = b""
    after: bytes = b""
    unlisted: bool = False


def plain(version: str = "1.0.0", **files: str) -> list[Part]:
    """Return the parts of a good package; names of files with __ for / and _dot_ for a dot."""
    wanted = {"plugin_dot_toml": MANIFEST.format(version=version), "plugin_dot_py": ""} | files
    return [
        Part(f"{SLUG}/{name.replace('__', '/').replace('_dot_', '.')}", text.encode())
        for name, text in wanted.items()
    ]


def packed(parts: list[Part], *, head: bytes = b"", tail: bytes = b"", **end: int) -> bytes:
    """Return the zip file of these parts."""
    body, central, count = bytearray(head), bytearray(), 0
    for part in parts:
        body += part.before
        offset = len(body)
        local, listed = _headers(part, offset)
        body += local + part.after
        if not part.unlisted:
            central += listed
            count += 1
    values = {
        "disk": 0,
        "first": 0,
        "here": count,
        "count": count,
        "size": len(central),
        "at": len(body),
        "comment": 0,
    } | end
    record = struct.pack("<4s4H2IH", b"PK\x05\x06", *values.values())
    return bytes(body + central + record) + tail


def _headers(part: Part, offset: int) -> tuple[bytes, bytes]:
    name = part.name if isinstance(part.name, bytes) else part.name.encode()
    flags = part.flags | (2048 if isinstance(part.name, str) and not part.name.isascii() else 0)
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = squeeze.compress(part.data) + squeeze.flush() if part.method == 8 else part.data
    known: dict[str, Any] = {
        "name": name,
        "flags": flags,
        "method": part.method,
        "crc": zlib.crc32(part.data),
        "packed": len(data),
        "size": len(part.data),
        "offset": offset,
        "data": data,
    }
    one, two = known | part.local, known | part.central
    if flags & 8:
        one = one | {"crc": 0, "packed": 0, "size": 0} | part.local
        data += struct.pack("<4s3I", b"PK\x07\x08", known["crc"], known["packed"], known["size"])
    local = struct.pack(
        "<4s5H3I2H",
        b"PK\x03\x04",
        20,
        one["flags"],
        one["method"],
        0,
        33,
        one["crc"],
        one["packed"],
        one["size"],
        len(one["name"]),
        len(part.extra),
    )
    central = struct.pack(
        "<4s6H3I5H2I",
        b"PK\x01\x02",
        (3 << 8) | 20,
        20,
        two["flags"],
        two["method"],
        0,
        33,
        two["crc"],
        two["packed"],
        two["size"],
        len(two["name"]),
        len(part.extra),
        0,
        two.get("disk", 0),
        0,
        part.mode << 16,
        two["offset"],
    )
    return local + one["name"] + part.extra + data, central + two["name"] + part.extra


def with_part(part: Part) -> bytes:
    """Return a good package with one part more."""
    return packed([*plain(), part])


def named(name: str | bytes, data: bytes = b"x") -> bytes:
    """Return a good package with a file of this name more."""
    return with_part(Part(name, data))


def first_with(**changes: Any) -> bytes:
    """Return a good package whose first part is changed."""
    head, *rest = plain()
    return packed([replace(head, **changes), *rest])
