"""Safe mode's maintenance page, in front of everything that is not needed to mend the site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, current_app, request

from ppvcms.host import safemode

if TYPE_CHECKING:
    from flask import Flask


def init_safe_mode(app: Flask) -> None:
    """Shut the public site while safe mode is on."""
    app.before_request(_shut)


def _shut() -> None:
    if safemode.is_on(current_app.config["PPVCMS"]) and not safemode.is_open(request.endpoint):
        abort(503)
