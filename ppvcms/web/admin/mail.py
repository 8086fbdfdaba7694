"""What the site sends: mails, readable here where no mail server is, and plugins' channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ppvcms.accounts.models import Mail
from ppvcms.db import db
from ppvcms.errors import NotFoundError
from ppvcms.host import registry
from ppvcms.notices.deliveries import retry
from ppvcms.web.admin.frame import blueprint, page_number, page_url
from ppvcms.web.admin.queries.care import deliveries, mails
from ppvcms.web.guards import policy

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

STATES = ("waiting", "sent", "failed")


@blueprint.get("/mail")
@policy(who="mail.view")
def mail() -> ResponseReturnValue:
    """List mails, the newest first."""
    state = request.args.get("state", "")
    state = state if state in STATES else ""
    words = request.args.get("q", "").strip()[:80]
    return render_template(
        "admin/mail.html",
        page=mails(state=state, words=words, page=page_number()),
        url=page_url,
        state=state,
        words=words,
        states=STATES,
        channels=registry.notice_channels(),
    )


@blueprint.get("/mail/channels")
@policy(who="mail.view")
def deliveries_list() -> ResponseReturnValue:
    """List what goes out by SMS, push and the like, the newest first."""
    state = request.args.get("state", "")
    state = state if state in STATES else ""
    return render_template(
        "admin/deliveries.html",
        page=deliveries(state=state, page=page_number()),
        url=page_url,
        state=state,
        channels=registry.notice_channels(),
    )


@blueprint.post("/mail/channels/<delivery_id>")
@policy(who="mail.view")
def delivery_again(delivery_id: str) -> ResponseReturnValue:
    """Try a delivery again that failed for good."""
    if not retry(delivery_id):
        abort(404)
    flash(_("It is tried again now."), "success")
    return redirect(url_for("admin.deliveries_list", state="failed"))


@blueprint.get("/mail/<mail_id>")
@policy(who="mail.view")
def mail_one(mail_id: str) -> ResponseReturnValue:
    """Show one mail as it goes out."""
    row = db.session.get(Mail, mail_id)
    if row is None:
        raise NotFoundError(mail_id)
    return render_template("admin/mail_one.html", mail=row)
