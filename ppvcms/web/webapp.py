"""The site as an app on a phone or a desk: its name, where it begins, its picture (PG-07)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from flask import Blueprint, json, url_for
from flask.wrappers import Response

from ppvcms.host import customise
from ppvcms.host.files import asset
from ppvcms.web.frame import site_facts
from ppvcms.web.guards import policy

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

LEAST_ICON = 144
"""Systems take no smaller picture for an app, in pixels."""
PNG_HEAD = 24
AN_HOUR = 3600
blueprint = Blueprint("webapp", __name__)


@blueprint.get("/site.webmanifest")
@policy(who="public")
def manifest() -> ResponseReturnValue:
    """Describe the site to who installs it as an app."""
    facts = site_facts()
    home = url_for("site.home")
    body = {
        "id": home,
        "name": facts.name,
        "short_name": facts.name,
        "start_url": home,
        "scope": home,
        "display": "standalone",
        "icons": [_icon()],
    }
    if facts.tagline:
        body["description"] = facts.tagline
    response = Response(json.dumps(body), mimetype="application/manifest+json")
    response.cache_control.public = True
    response.cache_control.max_age = AN_HOUR
    return response


def _icon() -> dict[str, str]:
    """Return the owner's icon where it is large enough, else the mark of the software."""
    address = site_facts().icon_url
    found = customise.picture(address.rpartition("/")[2]) if address else None
    width, height = _size(found[0]) if found else (0, 0)
    if min(width, height) >= LEAST_ICON:
        return {"src": address, "type": "image/png", "sizes": f"{width}x{height}"}
    return {"src": asset("img/mark.svg"), "type": "image/svg+xml", "sizes": "any"}


def _size(png: bytes) -> tuple[int, int]:
    """Return width and height as they stand at the head of a PNG."""
    if len(png) < PNG_HEAD or not png.startswith(b"\x89PNG"):
        return 0, 0
    width, height = struct.unpack(">II", png[16:PNG_HEAD])
    return width, height
