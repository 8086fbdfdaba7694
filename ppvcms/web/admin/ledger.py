"""The books for reading: accounts, transfers, and the check that proves them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ppvcms.books_check import check_all, note
from ppvcms.sales import reversals
from ppvcms.web.admin.frame import blueprint, page_number, page_url, tell
from ppvcms.web.admin.queries import ledger as read
from ppvcms.web.guards import current_actor, policy

if TYPE_CHECKING:
    from typing import Any

    from flask.typing import ResponseReturnValue

    from ppvcms.ledger.check import Report


@blueprint.get("/ledger")
@policy(who="ledger.view")
def ledger() -> ResponseReturnValue:
    """Show what is on all accounts, and the sums that must be 0."""
    return _overview(None)


@blueprint.post("/ledger/check")
@policy(who="ledger.view", rate="6 per minute")
def ledger_check() -> ResponseReturnValue:
    """Check the books and show what was found; nothing is changed."""
    app: Any = current_app
    report = check_all(app._get_current_object())  # noqa: SLF001 - Werkzeug's way to the object
    note(report, actor_id=current_actor().user_id)
    return _overview(report)


@blueprint.get("/ledger/accounts")
@policy(who="ledger.view")
def accounts() -> ResponseReturnValue:
    """List accounts with their balances."""
    asked = {name: request.args.get(name, "").strip()[:80] for name in ("q", "kind", "currency")}
    return render_template(
        "admin/accounts.html",
        page=read.accounts(
            words=asked["q"], kind=asked["kind"], currency=asked["currency"], page=page_number()
        ),
        url=page_url,
        asked=asked,
        kinds=read.kinds(),
    )


@blueprint.get("/ledger/accounts/<account_id>")
@policy(who="ledger.view")
def account(account_id: str) -> ResponseReturnValue:
    """Show one account with every movement on it."""
    return render_template(
        "admin/account.html",
        account=read.account(account_id),
        page=read.entries_of_account(account_id, page_number()),
        url=page_url,
    )


@blueprint.get("/ledger/transfers")
@policy(who="ledger.view")
def transfers() -> ResponseReturnValue:
    """List transfers."""
    asked = {name: request.args.get(name, "").strip()[:120] for name in ("q", "kind")}
    return render_template(
        "admin/transfers.html",
        page=read.transfers(words=asked["q"], kind=asked["kind"], page=page_number()),
        url=page_url,
        asked=asked,
        kinds=read.transfer_kinds(),
    )


@blueprint.get("/ledger/transfers/<transfer_id>")
@policy(who="ledger.view")
def transfer(transfer_id: str) -> ResponseReturnValue:
    """Show a transfer: entries, shares, where it came from, what took it back."""
    return render_template(
        "admin/transfer.html", transfer=read.transfer(transfer_id), may_go_back=reversals.KINDS
    )


@blueprint.post("/ledger/transfers/<transfer_id>/take-back")
@policy(who="ledger.manage")
def transfer_take_back(transfer_id: str) -> ResponseReturnValue:
    """Give a tip or a gift back to who paid it (R-46)."""
    refusal = reversals.take_back(
        transfer_id, reason=request.form.get("reason", ""), actor_id=current_actor().user_id
    )
    tell(refusal, _("It is given back."))
    return redirect(url_for("admin.transfer", transfer_id=transfer_id), 303)


def _overview(report: Report | None) -> str:
    sums = read.sums_by_kind()
    totals: dict[str, int] = {}
    for one in sums:
        totals[one.currency] = totals.get(one.currency, 0) + one.balance
    return render_template(
        "admin/ledger.html",
        sums=sums,
        totals=sorted(totals.items()),
        holds=read.open_holds(),
        report=report,
        latest=read.transfers(page=1).items[:10],
        title=_("Ledger"),
    )
