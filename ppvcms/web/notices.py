"""What a person was told, and where they want to be told it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from ppvcms.db import db
from ppvcms.notices import services
from ppvcms.notices.deliveries import channels_of
from ppvcms.notices.kinds import kinds
from ppvcms.notices.services import PER_PAGE, Choice
from ppvcms.web.account import account_nav
from ppvcms.web.guards import local_path, policy

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.host.contract import NoticeChannel, NoticeKind

blueprint = Blueprint("notices", __name__, url_prefix="/account/notices")


@blueprint.context_processor
def account_frame() -> dict[str, Any]:
    """Give these pages the navigation of the account."""
    return {"nav": account_nav(), "nav_title": _("Your account")}


@blueprint.get("")
@policy(who="signed_in")
def index() -> ResponseReturnValue:
    """List what the reader was told, the newest first."""
    rows = services.latest(current_user.id, before=request.args.get("before", "")[:26])
    older = rows[-1].id if len(rows) == PER_PAGE else ""
    return render_template("account/notices.html", rows=rows, older=older)


@blueprint.get("/unread.json")
@policy(who="signed_in")
def unread() -> ResponseReturnValue:
    """Return how many the reader has not looked at."""
    return jsonify(unread=services.unread(current_user.id))


@blueprint.get("/<notice_id>")
@policy(who="signed_in")
def show(notice_id: str) -> ResponseReturnValue:
    """Mark one as read and go where it leads."""
    link = services.open_notice(current_user.id, notice_id)
    if link is None:
        abort(404)
    return redirect(local_path(link, default=url_for("notices.index")))


@blueprint.post("/read")
@policy(who="signed_in")
def read_all() -> ResponseReturnValue:
    """Mark everything as read."""
    services.read_all(current_user.id)
    return redirect(url_for("notices.index"))


@blueprint.route("/settings", methods=["GET", "POST"])
@policy(who="signed_in", rate="60 per hour")
def settings() -> ResponseReturnValue:
    """Choose for each kind on which ways it comes, if at all."""
    offered = _offered()
    channels = channels_of(db.session(), current_user.id)
    if request.method == "POST":
        services.choose(current_user.id, {kind.key: _wanted(kind, channels) for kind in offered})
        flash(_("Saved."), "success")
        return redirect(url_for("notices.settings"))
    wants = services.choices_of(current_user.id, offered)
    on = {
        (kind.key, channel.key)
        for kind in offered
        for channel in channels
        if services.wants(kind, wants[kind.key], channel)
    }
    return render_template(
        "account/notice_settings.html", kinds=offered, wants=wants, channels=channels, on=on
    )


def _wanted(kind: NoticeKind, channels: list[NoticeChannel]) -> Choice:
    """Return what the form says of a kind: the channels are those that it showed."""
    ticked = {name: set(request.form.getlist(name)) for name in ("site", "mail", "channel")}
    return Choice(
        kind.key in ticked["site"],
        kind.key in ticked["mail"],
        {one.key: f"{one.key}:{kind.key}" in ticked["channel"] for one in channels},
    )


def _offered() -> list[NoticeKind]:
    """Return the kinds that this reader could ever be told."""
    return [
        kind
        for kind in kinds().values()
        if kind.permission is None or current_user.can(kind.permission)
    ]
