"""People's files: their bytes, after one question at each request, and their way in (PI-19)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, redirect, request, send_file
from flask_babel import gettext as _

from ppvcms.content import stored, uploads
from ppvcms.content.library import items
from ppvcms.results import Refusal
from ppvcms.web.guards import ask_to_sign_in, current_actor, policy

if TYPE_CHECKING:
    from flask import Response
    from flask.typing import ResponseReturnValue

    from ppvcms.host.contract import StoredFile

AN_HOUR = 3_600
# Whatever a file is, it is no page of ours.
NO_PAGE = "sandbox; default-src 'none'; frame-ancestors 'none'"
blueprint = Blueprint("media_files", __name__)


@blueprint.get("/files/<token>")
@policy(who="public")
def private_file(token: str) -> ResponseReturnValue:
    """Send a file, or the part that a player asks for, to whom its link was made for."""
    response = _send(stored.open_link(token, current_actor()))
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.get("/files/public/<file_id>")
@policy(who="public")
def public_file(file_id: str) -> ResponseReturnValue:
    """Send a picture or a teaser that everybody may see."""
    response = _send(stored.open_public(file_id))
    response.headers["Cache-Control"] = f"public, max-age={AN_HOUR}"
    return response


@blueprint.get("/media/open/<item_id>")
@policy(who="public")
def library_file(item_id: str) -> ResponseReturnValue:
    """Lead to a private file of the library whom it is for, by a link of a few minutes."""
    actor = current_actor()
    link = items.link(item_id, actor)
    if link is None:
        return ask_to_sign_in() if actor.user_id is None else abort(403)
    return redirect(link)


@blueprint.post("/uploads.json")
@policy(who="signed_in", rate="120 per minute")
def begin() -> ResponseReturnValue:
    """Make room for a file and say how large its parts are."""
    asked = request.get_json(silent=True) or {}
    kind, name, size = asked.get("kind"), asked.get("name"), asked.get("size")
    if not isinstance(kind, str) or not isinstance(name, str) or type(size) is not int:
        return _refused(Refusal("bad_request", _("This is no upload. Nothing was sent.")))
    answer = uploads.begin(current_actor(), kind=kind, name=name, size=size)
    if isinstance(answer, Refusal):
        return _refused(answer)
    return {"id": answer.id, "offset": 0, "part": uploads.PART}, 201


@blueprint.get("/uploads/<upload_id>.json")
@policy(who="signed_in")
def look(upload_id: str) -> ResponseReturnValue:
    """Say how far an upload came, so that its sender can go on there."""
    upload = uploads.look(current_actor(), upload_id)
    done = _as_json(upload.file) if upload.file is not None else None
    return {"id": upload.id, "offset": upload.received, "size": upload.size, "file": done}


@blueprint.patch("/uploads/<upload_id>")
@policy(who="signed_in")
def add(upload_id: str) -> ResponseReturnValue:
    """Take the next part; one for another place is answered with the place that was reached."""
    offset = request.headers.get("Upload-Offset", "")
    if not (offset.isascii() and offset.isdigit() and len(offset) < 19):  # noqa: PLR2004 - digits
        return _refused(Refusal("bad_request", _("This part does not say where it belongs.")))
    request.max_content_length = uploads.PART
    part = request.get_data(cache=False)
    answer = uploads.add(current_actor(), upload_id, offset=int(offset), part=part)
    if isinstance(answer, Refusal):
        return _refused(answer)
    return {"offset": answer.received}


@blueprint.post("/uploads/<upload_id>/finish.json")
@policy(who="signed_in")
def finish(upload_id: str) -> ResponseReturnValue:
    """Check the whole and keep it as a file."""
    asked = request.get_json(silent=True) or {}
    answer = uploads.finish(current_actor(), upload_id, digest=str(asked.get("digest", "")))
    return _refused(answer) if isinstance(answer, Refusal) else {"file": _as_json(answer)}


@blueprint.delete("/uploads/<upload_id>")
@policy(who="signed_in")
def cancel(upload_id: str) -> ResponseReturnValue:
    """Forget an upload."""
    uploads.cancel(current_actor(), upload_id)
    return "", 204


def _refused(refusal: Refusal) -> ResponseReturnValue:
    status = 409 if refusal.code == "offset" else 422
    error = {"code": refusal.code, "reason": refusal.reason, "remedy": refusal.remedy}
    return {"error": error, **refusal.details}, status


def _as_json(file: StoredFile) -> dict[str, Any]:
    return {"id": file.id, "name": file.name, "kind": file.kind, "size": file.size}


def _send(opened: stored.Opened) -> Response:
    response = send_file(
        opened.path,
        mimetype=opened.file.content_type,
        as_attachment=opened.download,
        download_name=opened.file.name,
        conditional=True,
        etag=opened.digest,
    )
    response.headers["Content-Security-Policy"] = NO_PAGE
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Accept-Ranges"] = "bytes"
    return response
