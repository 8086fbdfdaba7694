"""Session descriptions: what a page may offer, and what the node adds to its answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

LONGEST_LINE = 2_000
MOST_CANDIDATES = 24

_LINE = re.compile(r"[a-z]=[\x20-\x7e]*")
_MEDIA = re.compile(r"m=(audio|video) \d{1,5} UDP/TLS/RTP/SAVPF( \d{1,3})+")
_VP8 = re.compile(r"a=rtpmap:(\d{1,3}) VP8/90000", re.IGNORECASE)
_CANDIDATE = re.compile(
    r"candidate:\S{1,32} [12] (udp|tcp) \d{1,10} (\S{1,64}) \d{1,5} typ [\x20-\x7e]{4,400}",
    re.IGNORECASE,
)
_ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")


class Role(StrEnum):
    """What a grant lets its holder do."""

    PUBLISHER = "publisher"
    VIEWER = "viewer"
    TWO_WAY = "two_way"
    VOYEUR = "voyeur"

    @property
    def sends(self) -> bool:
        """Whether its holder may send."""
        return self in {Role.PUBLISHER, Role.TWO_WAY}

    @property
    def receives(self) -> bool:
        """Whether its holder may receive."""
        return self is not Role.PUBLISHER


@dataclass(frozen=True, slots=True)
class Section:
    """One media section of an offer, as the page has to make it."""

    kind: str
    send: bool
    feed: int | None

    @property
    def direction(self) -> str:
        """The direction, seen from the page."""
        if self.send:
            return "sendonly" if self.feed is None else "sendrecv"
        return "recvonly"


class OfferRefusedError(Exception):
    """An offer or candidate is not one that this grant may send."""


def sections_for(role: Role, feeds: int) -> list[Section]:
    """Return the sections of a page's offer: sound and picture for each feed.

    The first pair also carries what the page sends. All exist from the start,
    so that a feed that appears later needs no new negotiation.
    """
    count = feeds if role.receives else 0
    pairs: list[int | None] = list(range(count))
    if role.sends and not pairs:
        pairs = [None]
    return [
        Section(kind, send=role.sends and place == 0, feed=feed)
        for place, feed in enumerate(pairs)
        for kind in ("audio", "video")
    ]


def checked_offer(text: str, allowed: list[Section]) -> str:
    """Return the offer, cleaned, if it is one that this grant may make.

    Raises:
        OfferRefusedError: It is malformed or asks for more than is allowed.
    """
    lines = _lines(text)
    bodies = _split(lines)
    if len(bodies) - 1 != len(allowed):
        msg = f"The offer has {len(bodies) - 1} media sections, {len(allowed)} are expected."
        raise OfferRefusedError(msg)
    if not any(line.startswith("a=group:BUNDLE ") for line in bodies[0]):
        msg = "The offer does not bundle its sections."
        raise OfferRefusedError(msg)
    for section, body in zip(allowed, bodies[1:], strict=True):
        _check_section(section, body, bodies[0])
    kept: list[str] = []
    candidates = 0
    for line in lines:
        if line.startswith("a=candidate:"):
            candidates += 1
            if candidates > MOST_CANDIDATES or usable_candidate(line[2:]) is None:
                continue
        # Without this extension aiortc makes no bandwidth estimate. Its first ones are far too
        # low and the picture shrinks; without them the browser goes by the losses it is told.
        elif line == "a=end-of-candidates" or _ABS_SEND_TIME in line:
            continue
        kept.append(line)
    return "\r\n".join(kept) + "\r\n"


def usable_candidate(text: str) -> str | None:
    """Return a page's candidate without its prefix, or None if there is no use in it.

    Raises:
        OfferRefusedError: It is not a candidate at all.
    """
    if not text:
        return None
    match = _CANDIDATE.fullmatch(text)
    if match is None:
        msg = "A candidate is malformed."
        raise OfferRefusedError(msg)
    # Names ending in .local are resolved by multicast, which only costs time here.
    if match[2].endswith(".local") or match[1].lower() == "tcp":
        return None
    return text.removeprefix("candidate:")


def finished_answer(text: str, *, start_kbps: int, most_kbps: int) -> str:
    """Return the answer with the bit rates that Chromium should begin at and end at."""
    hint = f"x-google-min-bitrate=150;x-google-start-bitrate={start_kbps}"
    hint += f";x-google-max-bitrate={most_kbps}"
    done: list[str] = []
    for line in text.splitlines():
        done.append(line)
        if match := _VP8.fullmatch(line):
            done.append(f"a=fmtp:{match[1]} {hint}")
    return "\r\n".join(done) + "\r\n"


def _lines(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    for line in lines:
        if len(line) > LONGEST_LINE or _LINE.fullmatch(line) is None:
            msg = "The offer holds a line that is no line of a session description."
            raise OfferRefusedError(msg)
    return lines


def _split(lines: list[str]) -> list[list[str]]:
    bodies: list[list[str]] = [[]]
    for line in lines:
        if line.startswith("m="):
            bodies.append([])
        bodies[-1].append(line)
    return bodies


def _check_section(section: Section, body: list[str], session: list[str]) -> None:
    match = _MEDIA.fullmatch(body[0])
    if match is None or match[1] != section.kind:
        msg = f"A section of the offer should be {section.kind}."
        raise OfferRefusedError(msg)
    named = [line[2:] for line in body if line[2:] in _DIRECTIONS]
    direction = named[0] if len(named) == 1 else "sendrecv"
    sends, receives = direction in {"sendrecv", "sendonly"}, direction in {"sendrecv", "recvonly"}
    if len(named) > 1 or (sends and not section.send) or (receives and section.feed is None):
        msg = f"This grant allows {section.direction} here, the offer says {direction}."
        raise OfferRefusedError(msg)
    if any(line.startswith(("a=simulcast:", "a=rid:")) for line in body):
        msg = "Several qualities at once are not carried."
        raise OfferRefusedError(msg)
    for needed in ("a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:", "a=setup:", "a=mid:"):
        if not any(line.startswith(needed) for line in (*body, *session)):
            msg = f"A section of the offer has no line {needed[2:-1]}."
            raise OfferRefusedError(msg)
    if "a=rtcp-mux" not in body:
        msg = "A section of the offer does not multiplex its reports."
        raise OfferRefusedError(msg)
