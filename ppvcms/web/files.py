"""Files that pages load (of the core, active plugins, themes), and the sign of readiness."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, current_app, request, send_from_directory

from ppvcms.content.library.files import DIGEST
from ppvcms.content.library.files import folder_of as folder_of_picture
from ppvcms.host import customise
from ppvcms.host.files import CORE, folder_of
from ppvcms.rooms import images
from ppvcms.web.guards import policy

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

A_YEAR = 31_536_000
A_DAY = 86_400
blueprint = Blueprint("files", __name__)


@blueprint.get("/assets/<slug>/<digest>/<path:path>")
@policy(who="public")
def asset(slug: str, digest: str, path: str) -> ResponseReturnValue:
    """Send a file whose address changes with its content, so it may be kept for ever."""
    folder = folder_of(slug, digest)
    if folder is None:
        abort(404)
    return _for_ever(send_from_directory(folder, path))


@blueprint.get("/looks/<slug>/<digest>.css")
@policy(who="public")
def look_sheet(slug: str, digest: str) -> ResponseReturnValue:
    """Send what the owner changed of a theme, as a style sheet kept for ever."""
    text = customise.sheet_with("" if slug == CORE else slug, digest)
    if text is None:
        abort(404)
    return _for_ever(Response(text, mimetype="text/css"))


@blueprint.get("/looks/<digest>")
@policy(who="public")
def look_picture(digest: str) -> ResponseReturnValue:
    """Send the logo or the icon of the site."""
    found = customise.picture(digest)
    if found is None:
        abort(404)
    data, content_type = found
    return _for_ever(Response(data, mimetype=content_type))


@blueprint.get("/media/<digest>/<name>")
@policy(who="public")
def library_picture(digest: str, name: str) -> ResponseReturnValue:
    """Send a picture of the library in one of its widths, kept for ever."""
    if not DIGEST.fullmatch(digest):
        abort(404)
    response = _for_ever(send_from_directory(folder_of_picture(digest), name, etag=False))
    # Opened by itself it is no page of ours either.
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _for_ever(response: Response) -> Response:
    response.cache_control.max_age = A_YEAR
    response.cache_control.public = True
    response.cache_control.immutable = True
    return response


@blueprint.get("/images/<image_id>")
@policy(who="public")
def image(image_id: str) -> ResponseReturnValue:
    """Send a picture of a room; a changed picture has another address."""
    row = images.load(image_id)
    known = request.if_none_match.contains(image_id)
    # The bytes are read only when the browser has none.
    response = Response(status=304) if known else Response(row.data, mimetype=row.content_type)
    response.set_etag(image_id)
    response.cache_control.public = True
    response.cache_control.max_age = A_DAY
    return response


@blueprint.get("/-/ready")
@policy(who="public")
def ready() -> ResponseReturnValue:
    """Say whether this process takes requests: 200, or 503 while it drains."""
    draining = getattr(current_app, "draining", False)
    return {"ready": not draining}, 503 if draining else 200
