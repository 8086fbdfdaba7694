"""Writing a picture anew, in a process of its own.

Decoding trusts foreign bytes and holds the processor for tens of milliseconds.
This file is also the program of that process: it imports nothing of ours, reads
a picture, and answers with fresh ones and their sizes.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image

SMALLEST_SIDE = 64
MOST_PIXELS = 40_000_000
LONGEST_S = 15
MOST_MEMORY = 1 << 30


JPEG, PNG, WEBP = "JPEG", "PNG", "WEBP"
AS_IT_IS = "AS_IT_IS"
"""A JPEG, or WebP where it is see-through."""
TYPES = {JPEG: "image/jpeg", PNG: "image/png", WEBP: "image/webp"}
_TAKEN = ("JPEG", "PNG", "WEBP")
_HOW: dict[str, dict[str, Any]] = {
    JPEG: {"quality": 82, "progressive": True, "optimize": True},
    PNG: {"optimize": True},
    WEBP: {"quality": 90},
}
OPAQUE = 255
SMALLEST_MARK = 16
"""A logo or an icon may be smaller than a photograph, and see-through."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture as we write it: a JPEG, or a PNG where it may be see-through."""

    data: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Encodings:
    """One picture in several widths, the widest last; `moving` ones kept their first moment."""

    pictures: tuple[Encoded, ...]
    content_type: str
    moving: bool


def encode_apart(data: bytes, widest: int, form: str = JPEG) -> Encoded | None:
    """Return the picture written anew without any metadata, or None if it is not one."""
    found = _apart(data, (widest,), form)
    return found.pictures[0] if found is not None else None


def widths_apart(data: bytes, widths: tuple[int, ...]) -> Encodings | None:
    """Return the picture in these widths, none wider than it is; None if it is not one.

    GIF is taken too. See-through pictures become WebP, all others JPEG.
    """
    return _apart(data, widths, AS_IT_IS)


def encode(data: bytes, widths: tuple[int, ...], form: str) -> Encodings | None:
    """Do the work of both in this process."""
    from PIL import Image, ImageOps  # noqa: PLC0415 - only the process apart needs it

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    taken = (*_TAKEN, "GIF") if form == AS_IT_IS else _TAKEN
    least = SMALLEST_SIDE if form == JPEG else SMALLEST_MARK
    try:
        with Image.open(io.BytesIO(data), formats=taken) as picture:
            moving = getattr(picture, "n_frames", 1) > 1
            picture.draft("RGB", (max(widths), max(widths)))
            upright = ImageOps.exif_transpose(picture).convert("RGB" if form == JPEG else "RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    if form == AS_IT_IS:
        form = JPEG if upright.getchannel("A").getextrema()[0] == OPAQUE else WEBP
        upright = upright.convert("RGB" if form == JPEG else "RGBA")
    upright.thumbnail((max(widths), max(widths)))
    if min(upright.size) < least:
        return None
    sides = sorted({min(width, max(upright.size)) for width in widths})
    pictures = tuple(_written(upright, side, form) for side in sides)
    return Encodings(pictures, TYPES[form], moving)


def _written(upright: Image.Image, widest: int, form: str) -> Encoded:
    from PIL import Image  # noqa: PLC0415 - as above

    small = upright.copy()
    small.thumbnail((widest, widest))
    # Pasted onto an empty one, so that nothing but pixels comes along.
    plain = Image.new(small.mode, small.size)
    plain.paste(small)
    out = io.BytesIO()
    plain.save(out, form, **_HOW[form])
    return Encoded(out.getvalue(), *plain.size)


def _apart(data: bytes, widths: tuple[int, ...], form: str) -> Encodings | None:
    command = [sys.executable, "-I", __file__, ",".join(map(str, widths)), form]
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=LONGEST_S, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode != 0:
        return None
    head, _, rest = done.stdout.partition(b"\n")
    content_type, moving, sizes = json.loads(head)
    pictures = []
    for width, height, size in sizes:
        pictures.append(Encoded(rest[:size], width, height))
        rest = rest[size:]
    return Encodings(tuple(pictures), content_type, moving)


def main(widths: tuple[int, ...], form: str) -> int:
    """Encode what comes in; 1 when it is not a picture."""
    import resource  # noqa: PLC0415 - as above

    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    found = encode(sys.stdin.buffer.read(), widths, form)
    if found is None:
        return 1
    sizes = [(one.width, one.height, len(one.data)) for one in found.pictures]
    sys.stdout.buffer.write(json.dumps([found.content_type, found.moving, sizes]).encode() + b"\n")
    sys.stdout.buffer.write(b"".join(one.data for one in found.pictures))
    return 0


if __name__ == "__main__":
    sys.exit(main(tuple(int(width) for width in sys.argv[1].split(",")), sys.argv[2]))
