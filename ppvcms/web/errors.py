"""Error pages: what happened, what did not, and what to do; never a trace."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import structlog
from flask import g, has_request_context, jsonify, render_template, request
from flask_babel import gettext as _
from sqlalchemy.exc import PendingRollbackError, SQLAlchemyError
from werkzeug.exceptions import HTTPException

from ppvcms.db import db
from ppvcms.errors import NotFoundError
from ppvcms.host.blame import is_connection_closed, plugin_at_fault
from ppvcms.host.calls import last_asked
from ppvcms.host.quarantine import strike
from ppvcms.ids import new_id

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue

log = structlog.get_logger(__name__)
CLOSED = 503
"""Safe mode and maintenance, which are nobody's fault."""


def init_errors(app: Flask) -> None:
    """Answer every error with a page, or with JSON where JSON was asked for."""
    app.before_request(_name_request)
    app.teardown_appcontext(_end_reading)
    app.register_error_handler(HTTPException, _expected)
    app.register_error_handler(NotFoundError, _not_found)
    app.register_error_handler(Exception, _unexpected)


def _name_request() -> None:
    g.request_id = new_id()
    last_asked.set("")


def _expected(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:  # noqa: PLR2004 - redirects raised by routing
        return error
    title, text = _words(error.code)
    if error.description and error.description != type(error).description:
        text = error.description
    return _answer(error.code, title, text, retry_after=getattr(error, "retry_after", None))


def _not_found(error: NotFoundError) -> ResponseReturnValue:
    log.info("not_found", path=request.path, reason=str(error))
    return _answer(404, *_words(404))


def _unexpected(error: Exception) -> ResponseReturnValue:
    log.error("request_failed", path=request.path, request_id=g.get("request_id"), exc_info=error)
    slug = plugin_at_fault(error)
    if is_connection_closed(error) or isinstance(error, PendingRollbackError):
        _drop_connection()
    if slug is not None:
        strike(slug, error, where=request.path)
    return _answer(500, *_words(500))


def _end_reading(_error: BaseException | None) -> None:
    """End what the request read, while it can still be said who closed the connection under it."""
    if not db.session.registry.has():
        return
    try:
        db.session.remove()
    except SQLAlchemyError as error:
        if not is_connection_closed(error):
            raise
        _drop_connection()
        if slug := plugin_at_fault(error):
            strike(slug, error, where=request.path if has_request_context() else "")


def _drop_connection() -> None:
    # The page about it, and whoever comes next, get another one.
    with contextlib.suppress(SQLAlchemyError):
        db.session().invalidate()
    db.session.remove()


def _words(code: int) -> tuple[str, str]:
    words = {
        400: (
            _("This request could not be read"),
            _("The page may have been open for too long. Nothing was changed. Load it again."),
        ),
        403: (
            _("This is not open to you"),
            _("Your account may not do this. Nothing was changed and nothing was charged."),
        ),
        404: (
            _("There is no page at this address"),
            _("The link may be old, or a letter is missing. Nothing was changed."),
        ),
        410: (_("This is gone"), _("It was here once and has ended.")),
        413: (_("This is too large"), _("Nothing was kept. Send something smaller.")),
        429: (
            _("That was too often"),
            _("Please wait a minute and try again. Nothing was changed."),
        ),
        503: (
            _("The site is being looked after"),
            _("Please come back in a few minutes. Your credits are safe."),
        ),
    }
    plain = (
        _("This did not work"),
        _(
            "The fault is on our side. What was taken, if anything, stands in your account. "
            "Please try again in a minute."
        ),
    )
    return words.get(code, plain)


def _answer(code: int, title: str, text: str, *, retry_after: object = None) -> ResponseReturnValue:
    number = g.get("request_id", "")
    headers = {"Retry-After": str(retry_after)} if retry_after else {}
    if _wants_json():
        body = {"code": _code_word(code), "reason": title + ".", "remedy": text}
        return jsonify(ok=False, error=body, request_id=number), code, headers
    page = render_template(
        "errors/error.html",
        code=code,
        error_title=title,
        error_text=text,
        request_id=number if code >= 500 and code != CLOSED else None,  # noqa: PLR2004 - our faults only
    )
    return page, code, headers


def _wants_json() -> bool:
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return request.path.endswith(".json") or best == "application/json"


def _code_word(code: int) -> str:
    return {403: "forbidden", 404: "not_found", 410: "gone", 429: "too_fast"}.get(code, "failed")
