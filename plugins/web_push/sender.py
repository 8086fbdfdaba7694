"""One message to one browser, through the push service that it named (RFC 8030).

People name that address, so it is asked only if the owner's list has its service:
otherwise anybody could make this server call whatever it reaches.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

import httpx

from ppvcms.api import Carriage, Carried, db, public_url, settings

from .crypto import encrypted, from_text, point_of, signed, to_text
from .keys import private_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .models import Device

SLUG = "web_push"
TIMEOUT_S = 4.0
LIVES_S = 4 * 3_600
"""For so long a service keeps a message for a browser that is away."""
TOKEN_S = 12 * 3_600
GONE = frozenset({404, 410})
REFUSED = frozenset({400, 413})


@dataclass(frozen=True, slots=True)
class Target:
    """A browser, read from the database before anything is sent."""

    id: str
    endpoint: str
    p256dh: str
    auth: str


def target_of(device: Device) -> Target:
    """Return what is needed to reach a browser."""
    return Target(device.id, device.endpoint, device.p256dh, device.auth)


def allowed() -> list[str]:
    """Return the push services of the owner's list."""
    return str(settings(SLUG).services).split()


def is_allowed(endpoint: str, services: Sequence[str]) -> bool:
    """Whether an address belongs to a service of a list; ``*.`` stands for any host below."""
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    if not host or "@" in parts.netloc or "\\" in endpoint or parts.fragment:
        return False
    return any(_fits(parts.scheme, host, port, urlsplit(one)) for one in services)


def push(target: Target, plain: bytes, topic: str) -> tuple[Carriage, bool]:
    """Send to one browser; return what came of it, and whether the browser is gone."""
    if not is_allowed(target.endpoint, allowed()):
        return Carriage(Carried.NEVER, "This push service is not on the list."), False
    body = encrypted(plain, receiver=from_text(target.p256dh), auth=from_text(target.auth))
    headers = _headers(target.endpoint, topic)
    db.session.rollback()
    try:
        answer = httpx.post(
            target.endpoint,
            content=body,
            headers=headers,
            timeout=TIMEOUT_S,
            follow_redirects=False,
        )
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        return Carriage(Carried.LATER, f"{type(error).__name__}: {error}"), False
    return judged(answer.status_code), answer.status_code in GONE


def judged(status: int) -> Carriage:
    """Return what a service's answer means for the message."""
    if httpx.codes.is_success(status):
        return Carriage(Carried.SENT)
    never = status in GONE or status in REFUSED
    return Carriage(Carried.NEVER if never else Carried.LATER, str(status))


def _headers(endpoint: str, topic: str) -> dict[str, str]:
    key = private_key()
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int(time.time()) + TOKEN_S,
        "sub": settings(SLUG).contact or public_url(),
    }
    return {
        "Authorization": f"vapid t={signed(claims, key)}, k={to_text(point_of(key))}",
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(LIVES_S),
        # A second try of the same message takes the place of the first.
        "Topic": topic,
        "Urgency": "normal",
    }


def _fits(scheme: str, host: str, port: int | None, service: SplitResult) -> bool:
    name = service.hostname or ""
    same = host.endswith(name[1:]) if name.startswith("*.") else host == name
    return same and scheme == service.scheme and port == service.port
