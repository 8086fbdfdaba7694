"""Writing a picture anew, in a process of its own.

Decoding trusts foreign bytes and holds the processor for tens of milliseconds.
This file is also the program of that process: it imports nothing of ours, reads
a picture, and answers with its size and a fresh JPEG.
"""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import dataclass

SMALLEST_SIDE = 64
MOST_PIXELS = 40_000_000
LONGEST_S = 15
MOST_MEMORY = 1 << 30


JPEG, PNG = "JPEG", "PNG"
SMALLEST_MARK = 16
"""A logo or an icon may be smaller than a photograph, and see-through."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture as we write it: a JPEG, or a PNG where it may be see-through."""

    data: bytes
    width: int
    height: int


def encode_apart(data: bytes, widest: int, form: str = JPEG) -> Encoded | None:
    """Return the picture written anew without any metadata, or None if it is not one."""
    command = [sys.executable, "-I", __file__, str(widest), form]
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=LONGEST_S, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode != 0:
        return None
    size, _, picture = done.stdout.partition(b"\n")
    width, height = (int(side) for side in size.split())
    return Encoded(picture, width, height)


def encode(data: bytes, widest: int, form: str = JPEG) -> Encoded | None:
    """Do the work of `encode_apart` in this process."""
    from PIL import Image, ImageOps  # noqa: PLC0415 - only the process apart needs it

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as picture:
            picture.draft("RGB", (widest, widest))
            upright = ImageOps.exif_transpose(picture).convert("RGB" if form == JPEG else "RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    upright.thumbnail((widest, widest))
    if min(upright.size) < (SMALLEST_SIDE if form == JPEG else SMALLEST_MARK):
        return None
    # Pasted onto an empty one, so that nothing but pixels comes along.
    plain = Image.new(upright.mode, upright.size)
    plain.paste(upright)
    out = io.BytesIO()
    how = {"quality": 82, "progressive": True} if form == JPEG else {}
    plain.save(out, form, optimize=True, **how)
    return Encoded(out.getvalue(), *plain.size)


def main(widest: int, form: str) -> int:
    """Encode what comes in; 1 when it is not a picture."""
    import resource  # noqa: PLC0415 - as above

    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    encoded = encode(sys.stdin.buffer.read(), widest, form)
    if encoded is None:
        return 1
    sys.stdout.buffer.write(f"{encoded.width} {encoded.height}\n".encode() + encoded.data)
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2]))
