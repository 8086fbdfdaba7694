"""What the site's staff see: all items, those that wait, and their shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _

from ppvcms.api import Refusal, current_actor, names_of, policy, undo_sale

from . import deliveries, items, shelf
from .forms import RatioForm
from .kinds import KINDS, STATES, TONES
from .rights import MANAGE
from .views import page_number, page_url, shown_link, tell

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.api import PluginBlueprint


def add_to(blueprint: PluginBlueprint) -> None:
    """Give the views their addresses."""
    for rule, name, view, methods in (
        ("/office", "office", office, ["GET"]),
        ("/office/<item_id>/decide", "decide", decide, ["POST"]),
        ("/office/<item_id>/withdraw", "office_withdraw", withdraw, ["POST"]),
        ("/office/<item_id>/ratio", "ratio", ratio, ["POST"]),
        ("/office/sales/<sale_id>/undo", "undo", undo, ["POST"]),
    ):
        blueprint.add_url_rule(rule, name, view, methods=methods)


@policy(who=MANAGE)
def office() -> ResponseReturnValue:
    """Show all items, those in review first."""
    state, text = request.args.get("state", ""), request.args.get("q", "")[:60]
    rows, total = shelf.of_site(state=state, text=text, page=page_number())
    return render_template(
        "paid_items/office.html",
        rows=rows,
        total=total,
        pages=max(1, -(-total // shelf.PER_PAGE)),
        number=page_number(),
        url=page_url,
        state=state,
        text=text,
        waiting=shelf.in_review(),
        kinds=KINDS,
        states=STATES,
        tones=TONES,
        names=names_of({row.owner_id for row in rows}),
        posters={row.id: shown_link(row, row.poster_id) for row in rows},
    )


@policy(who=MANAGE)
def decide(item_id: str) -> ResponseReturnValue:
    """Approve an item, or send it back."""
    approved, note = request.form.get("do") == "approve", request.form.get("note", "")
    refusal = items.decide(current_actor(), item_id, approved=approved, note=note)
    tell(refusal, _("It is on sale.") if approved else _("Its author knows what to change."))
    return redirect(url_for(".office"), 303)


@policy(who=MANAGE)
def withdraw(item_id: str) -> ResponseReturnValue:
    """Take an item off the shelf."""
    tell(items.withdraw(current_actor(), item_id), _("It is off the shelf. Its buyers keep it."))
    return redirect(url_for(".office"), 303)


@policy(who=MANAGE)
def ratio(item_id: str) -> ResponseReturnValue:
    """Set an item's own share, or none."""
    form = RatioForm()
    refusal: Refusal | None = Refusal("range", _("A share is 0 to 100 %. Nothing was changed."))
    if form.validate():
        refusal = items.set_ratio(current_actor(), item_id, form.percent.data)
    tell(refusal, _("Saved. It holds from the next sale on."))
    return redirect(url_for(".office"), 303)


@policy(who=MANAGE)
def undo(sale_id: str) -> ResponseReturnValue:
    """Give the price of a sale back and end what it opened."""
    reason = request.form.get("reason", "").strip()
    refusal: Refusal | None = Refusal("reason", _("Say why. Nothing was moved."))
    if reason:
        refusal = undo_sale(sale_id, actor_id=current_actor().user_id, reason=reason[:200])
    if refusal is None:
        deliveries.undone(sale_id)
    tell(refusal, _("The buyer has the money back, and it is closed for them."))
    return redirect(url_for(".sales", item_id=request.form.get("item", "")[:26]), 303)
