"""Outgoing mail, readable here: on a site without a mail server this is where links are found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template, request

from ppvcms.accounts.models import Mail
from ppvcms.db import db
from ppvcms.errors import NotFoundError
from ppvcms.web.admin.frame import blueprint, page_number, page_url
from ppvcms.web.admin.queries.care import mails
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
    )


@blueprint.get("/mail/<mail_id>")
@policy(who="mail.view")
def mail_one(mail_id: str) -> ResponseReturnValue:
    """Show one mail as it goes out."""
    row = db.session.get(Mail, mail_id)
    if row is None:
        raise NotFoundError(mail_id)
    return render_template("admin/mail_one.html", mail=row)
