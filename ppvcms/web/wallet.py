"""The wallet's statement: what came in, what was spent, and on what."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from ppvcms.ledger.books import credits_text
from ppvcms.web import movements
from ppvcms.web.account import account_nav
from ppvcms.web.guards import current_actor, policy
from ppvcms.web.sheets import csv_file

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("wallet", __name__, url_prefix="/account/wallet")

PAGE = 25
MOST = 20_000


@blueprint.context_processor
def _frame() -> dict[str, Any]:
    return {"nav": account_nav(), "nav_title": _("Your account")}


@blueprint.get("")
@policy(who="signed_in")
def index() -> ResponseReturnValue:
    """Show every movement of the reader's credits, newest first."""
    number = max(1, request.args.get("page", 1, type=int))
    user_id = current_actor().user_id or ""
    lines = movements.lines(user_id, limit=PAGE + 1, offset=(number - 1) * PAGE)
    return render_template(
        "account/wallet.html", lines=lines[:PAGE], page=number, more=len(lines) > PAGE
    )


@blueprint.get("/wallet.csv")
@policy(who="signed_in", rate="20 per minute")
def download() -> ResponseReturnValue:
    """Download every movement."""
    return csv_file(
        "wallet",
        ("time_utc", "what", "kind", "amount"),
        (
            (
                time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(line.at / 1000)),
                line.title,
                line.note,
                credits_text(line.amount),
            )
            for line in movements.lines(current_actor().user_id or "", limit=MOST)
        ),
    )
