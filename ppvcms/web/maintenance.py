"""Maintenance mode's page, in front of everything for who does not work here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import current_app, request
from flask_babel import format_date, format_time
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from werkzeug.exceptions import ServiceUnavailable

from ppvcms.db import db, now_ms
from ppvcms.host import maintenance
from ppvcms.host.settings import site
from ppvcms.host.worn import preview
from ppvcms.metering.seats import open_seat_of
from ppvcms.rooms.models import Show, ShowPerformer
from ppvcms.web.guards import policy_of

if TYPE_CHECKING:
    from flask import Flask

OPEN = frozenset(
    {
        None,
        "static",
        "auth.sign_in",
        "auth.sign_out",
        "auth.confirm",
        "auth.forgot",
        "auth.reset",
        "factor.code",
        "files.asset",
        "files.image",
        "files.library_picture",
        "files.look_picture",
        "files.look_sheet",
        "files.ready",
        "languages.choose",
        "media_files.public_file",
        "pay.intent_json",
        "pay.returned",
        "search.robots",
        "site.room_state",
        "webapp.manifest",
    }
)
"""What answers everybody: the way in for staff, and what open pages and payments need."""


def init_maintenance(app: Flask) -> None:
    """Shut the site for visitors while maintenance mode is on."""
    app.before_request(_shut)


def _shut() -> None:
    if request.endpoint in OPEN or not site().maintenance or _passes():
        return
    raise ServiceUnavailable(_sentence(), retry_after=maintenance.retry_after_s(_now()))


def _passes() -> bool:
    """Whether this request goes on: of staff, of machines, or of who is in a show."""
    view = policy_of(current_app.view_functions.get(request.endpoint or ""))
    # Only machines call a view without a form's token, such as a gateway with its signature.
    if view is not None and view.csrf:
        return True
    # A preview shows the site as visitors see it, to the owner alone.
    if preview() is not None or current_user.can("admin.view"):
        return True
    return current_user.is_authenticated and _in_show(current_user.id)


def _in_show(user_id: str) -> bool:
    """Whether somebody pays for a show or performs in one now, which goes on to its end."""
    if open_seat_of(user_id) is not None:
        return True
    joined = select(ShowPerformer.show_id).where(ShowPerformer.present == user_id)
    own = select(Show.id).where(Show.performer_id == user_id, Show.state == "live")
    return db.session.scalar(own.union(joined).limit(1)) is not None


def _sentence() -> str:
    core = site()
    own = core.maintenance_text or _("Please come back in a while. Your credits are safe.")
    if core.maintenance_until_at <= _now():
        return own
    end = datetime.fromtimestamp(core.maintenance_until_at / 1000, tz=UTC)
    back = _(
        "We expect to be back on %(day)s at %(time)s.",
        day=format_date(end, "long"),
        time=format_time(end, "short"),
    )
    return f"{own} {back}"


def _now() -> int:
    return now_ms(db.session())
