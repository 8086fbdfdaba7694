"""What a file really is, told from its first bytes: pure, and never from its name."""

from __future__ import annotations

from dataclasses import dataclass

HEAD = 64
"""How many first bytes are looked at."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of file that may be kept; `inline` ones may open in a page's own player."""

    kind: str
    content_type: str
    suffix: str
    inline: bool = True


JPEG = Kind("image", "image/jpeg", ".jpg")
PNG = Kind("image", "image/png", ".png")
WEBP = Kind("image", "image/webp", ".webp")
MP4 = Kind("video", "video/mp4", ".mp4")
WEBM = Kind("video", "video/webm", ".webm")
M4A = Kind("audio", "audio/mp4", ".m4a")
MP3 = Kind("audio", "audio/mpeg", ".mp3")
OGG = Kind("audio", "audio/ogg", ".ogg")
WAV = Kind("audio", "audio/wav", ".wav")
PDF = Kind("document", "application/pdf", ".pdf", inline=False)
ZIP = Kind("document", "application/zip", ".zip", inline=False)
BY_TYPE = {
    one.content_type: one for one in (JPEG, PNG, WEBP, MP4, WEBM, M4A, MP3, OGG, WAV, PDF, ZIP)
}
_BEGINS = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\x1aE\xdf\xa3", WEBM),
    (b"OggS", OGG),
    (b"ID3", MP3),
    (b"%PDF-", PDF),
    (b"PK\x03\x04", ZIP),
)
_SOUND_BRANDS = (b"M4A ", b"M4B ")
_VIDEO_BRANDS = (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ")


def kind_of(head: bytes) -> Kind | None:
    """Return what begins with these bytes, or None for everything that is not kept."""
    for begin, kind in _BEGINS:
        if head.startswith(begin):
            return kind
    if head[4:8] == b"ftyp":
        return _boxed(head[8:12])
    if head[:4] == b"RIFF":
        return {b"WEBP": WEBP, b"WAVE": WAV}.get(head[8:12])
    # A bare MPEG sound frame: eleven set bits, and a layer that exists.
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 in {0xE2, 0xE4, 0xE6}:  # noqa: PLR2004 - bits
        return MP3
    return None


def _boxed(brand: bytes) -> Kind | None:
    if brand in _SOUND_BRANDS:
        return M4A
    return MP4 if brand in _VIDEO_BRANDS else None
