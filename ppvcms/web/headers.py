"""Headers of every answer: what the browser may load, and what it may keep."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import current_app, g, request

from ppvcms.host.worn import preview

if TYPE_CHECKING:
    from flask import Flask, Response


def init_headers(app: Flask) -> None:
    """Add the headers to every answer."""
    app.after_request(_add)


def show_in_own_frame() -> None:
    """Let a page of this site show the answer of this request in a frame."""
    g.shown_in_own_frame = True


def _add(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", _policy())
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(self), microphone=(self), geolocation=()")
    if current_app.config["PPVCMS"].public_url.startswith("https:"):
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


def _in_own_frame() -> bool:
    """Whether the owner looks at this page inside the customiser or the editor of pages."""
    seen = preview()
    return bool(g.get("shown_in_own_frame")) or (seen is not None and seen.framed)


def _policy() -> str:
    # Not every browser counts a WebSocket to the own host among 'self'.
    own = {request.host, urlsplit(current_app.config["PPVCMS"].public_url).netloc}
    sockets = " ".join(sorted(f"{scheme}://{host}" for scheme in ("ws", "wss") for host in own))
    rules = {
        "default-src": "'self'",
        "img-src": "'self' data: blob:",
        "media-src": "'self' blob:",
        "connect-src": f"'self' {sockets}",
        "frame-ancestors": "'self'" if _in_own_frame() else "'none'",
        "object-src": "'none'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())
