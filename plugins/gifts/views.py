"""The pages of gifts: the owner's shop, and credits for somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ppvcms.api import (
    PluginBlueprint,
    Refusal,
    current_actor,
    new_id,
    policy,
    public_link,
    settings,
    wallet,
)

from . import credits as giving
from . import shop as store
from .forms import CreditsForm, GiftForm
from .shop import SLUG

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from .models import Gift

MANAGE = "gifts.manage"
blueprint = PluginBlueprint(SLUG, __name__, url_prefix="/gifts")


@blueprint.get("/shop")
@policy(who=MANAGE)
def shop() -> ResponseReturnValue:
    """List the gifts."""
    return render_template("gifts/shop.html", gifts=store.every_gift(), picture=public_link)


@blueprint.route("/shop/new", methods=["GET", "POST"])
@policy(who=MANAGE)
def gift_new() -> ResponseReturnValue:
    """Add a gift."""
    return _edit(None)


@blueprint.route("/shop/<gift_id>", methods=["GET", "POST"])
@policy(who=MANAGE)
def gift(gift_id: str) -> ResponseReturnValue:
    """Change a gift."""
    found = next((one for one in store.every_gift() if one.id == gift_id), None)
    if found is None:
        abort(404)
    return _edit(found)


@blueprint.route("/credits", methods=["GET", "POST"])
@policy(who="tip.send", rate="60 per hour")
def give() -> ResponseReturnValue:
    """Give credits to somebody."""
    form, actor = CreditsForm(), current_actor()
    if request.method == "GET":
        form.key.data = new_id()
    elif form.validate_on_submit():
        answer = giving.give(
            actor,
            name=form.name.data or "",
            amount=form.amount.data or 0,
            note=form.note.data or "",
            key=form.key.data or "",
        )
        if not isinstance(answer, Refusal):
            flash(_("%(name)s has the credits now.", name=answer), "success")
            return redirect(url_for("gifts.give"), 303)
        if answer.code in {"name", "amount"}:
            form[answer.code].errors = [str(answer)]
        else:
            flash(str(answer), "error")
    page = render_template(
        "gifts/credits.html",
        form=form,
        values=settings(SLUG),
        money=wallet(str(actor.user_id)),
    )
    return page, 422 if request.method == "POST" else 200


def _edit(found: Gift | None) -> ResponseReturnValue:
    form = GiftForm(obj=found)
    form.animation.choices = [
        ("", _("Only in chat")),
        ("rise", _("Rises over the picture")),
        ("burst", _("Bursts over the picture")),
        ("glow", _("Glows around the picture")),
    ]
    if form.validate_on_submit():
        draft = store.Draft(
            (form.name.data or "").strip(),
            form.price.data or 0,
            form.stock.data,
            form.animation.data or "",
            bool(form.on_sale.data),
            form.weight.data or 0,
        )
        picture = request.files.get("image")
        answer = store.save_gift(
            found.id if found is not None else None,
            draft,
            picture=picture.stream if picture else None,
            actor=current_actor(),
        )
        if not isinstance(answer, Refusal):
            flash(_("The gift is saved."), "success")
            return redirect(url_for("gifts.shop"), 303)
        form.image.errors = [str(answer)]
    image = public_link(found.image_id) if found is not None and found.image_id else ""
    page = render_template("gifts/gift.html", form=form, gift=found, image=image)
    return page, 422 if form.is_submitted() else 200
