"""Frames between the app and the node: a length of four bytes, then one JSON object."""

from __future__ import annotations

import json
import struct
from enum import StrEnum
from typing import Any

HEADER = struct.Struct(">I")
LARGEST_FRAME = 1 << 20
DEFAULT_SOCKET = "instance/media_embedded/node.sock"


class Code(StrEnum):
    """Why the node did not do what it was asked."""

    BAD_REQUEST = "bad_request"
    UNKNOWN_GRANT = "unknown_grant"
    REVOKED = "revoked"
    STALE = "stale"
    SIGNAL_REFUSED = "signal_refused"
    FAILED = "failed"


class ProtocolError(Exception):
    """The other side sent something that is not a frame of this protocol."""


def encode(message: dict[str, Any]) -> bytes:
    """Return one frame."""
    try:
        body = json.dumps(message, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        msg = "A message cannot be written as JSON."
        raise ProtocolError(msg) from error
    if len(body) > LARGEST_FRAME:
        msg = f"A frame of {len(body)} bytes is larger than {LARGEST_FRAME}."
        raise ProtocolError(msg)
    return HEADER.pack(len(body)) + body


def length_of(header: bytes) -> int:
    """Return how many bytes follow this header."""
    length: int = HEADER.unpack(header)[0]
    if length > LARGEST_FRAME:
        msg = f"A frame of {length} bytes was announced; {LARGEST_FRAME} is the limit."
        raise ProtocolError(msg)
    return length


def decode(body: bytes) -> dict[str, Any]:
    """Return the object in a frame's body."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        msg = "A frame did not hold JSON."
        raise ProtocolError(msg) from error
    if not isinstance(message, dict):
        msg = "A frame did not hold a JSON object."
        raise ProtocolError(msg)
    return message
