"""Credit packs: what is sold, with a price in each currency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from ppvcms.host import registry
from ppvcms.host.fields import CreditsField
from ppvcms.host.settings import site
from ppvcms.payments import packs as store
from ppvcms.web.admin.frame import blueprint, tell
from ppvcms.web.amounts import amount_text, read_amount
from ppvcms.web.guards import current_actor, policy

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


class PackForm(FlaskForm):
    """A pack of credits."""

    name = StringField(_l("Name"), [InputRequired(), Length(max=64)])
    credits = CreditsField(_l("Credits"), [InputRequired()], least=1)
    bonus = CreditsField(
        _l("On top, free"), [Optional()], description=_l("Credits that the site gives away.")
    )
    prices = TextAreaField(
        _l("Prices"),
        [InputRequired(), Length(max=400)],
        description=_l("One line for each currency, such as: USD 25.00"),
    )
    first_only = BooleanField(
        _l("Only for the first purchase"), description=_l("People who bought before do not see it.")
    )
    active = BooleanField(_l("On sale"), default=True)
    weight = IntegerField(
        _l("Place"),
        [Optional(), NumberRange(0, 999)],
        description=_l("Small numbers come first."),
        default=0,
    )

    def validate_prices(self, field: TextAreaField) -> None:
        """Refuse a line that is not a currency and an amount."""
        for line in _lines(field.data):
            code, _space, amount = line.partition(" ")
            if read_amount(amount, code.upper()) is None:
                words = _("'%(line)s' is not a currency and a price such as: USD 25.00", line=line)
                raise ValidationError(words)

    def by_currency(self) -> dict[str, int]:
        """Return the prices in minor units, by currency."""
        found = {}
        for line in _lines(self.prices.data):
            code, _space, amount = line.partition(" ")
            found[code.upper()] = read_amount(amount, code.upper()) or 0
        return found


@blueprint.get("/packs")
@policy(who="packs.manage")
def packs() -> ResponseReturnValue:
    """List the packs."""
    return render_template(
        "admin/packs.html",
        packs=store.all_packs(),
        shop=site().shop_currency,
        ways=[gateway.label for gateway in registry.gateways().values()],
    )


@blueprint.route("/packs/new", methods=["GET", "POST"])
@policy(who="packs.manage")
def pack_new() -> ResponseReturnValue:
    """Make a pack."""
    return _edit(None, PackForm())


@blueprint.route("/packs/<pack_id>", methods=["GET", "POST"])
@policy(who="packs.manage")
def pack(pack_id: str) -> ResponseReturnValue:
    """Change a pack; purchases that have begun keep their price."""
    found = store.get_pack(pack_id)
    prices = "\n".join(f"{code} {amount_text(price, code)}" for code, price in found.prices.items())
    return _edit(
        pack_id,
        PackForm(
            name=found.name,
            credits=found.credits,
            bonus=found.bonus,
            prices=prices,
            first_only=found.first_only,
            active=found.active,
            weight=found.weight,
        ),
    )


@blueprint.post("/packs/<pack_id>/switch")
@policy(who="packs.manage")
def pack_switch(pack_id: str) -> ResponseReturnValue:
    """Put a pack on sale or take it off."""
    wanted = request.form.get("on") == "1"
    refusal = store.switch_pack(pack_id, on=wanted, actor_id=current_actor().user_id)
    tell(refusal, _("The pack is on sale.") if wanted else _("The pack is off sale."))
    return redirect(url_for("admin.packs"))


def _edit(pack_id: str | None, form: PackForm) -> ResponseReturnValue:
    if form.validate_on_submit():
        draft = store.PackDraft(
            name=form.name.data or "",
            credits=form.credits.data or 0,
            bonus=form.bonus.data or 0,
            prices=form.by_currency(),
            first_only=bool(form.first_only.data),
            active=bool(form.active.data),
            weight=form.weight.data or 0,
        )
        refusal = store.save_pack(pack_id, draft, actor_id=current_actor().user_id)
        if tell(refusal, _("The pack is saved.")):
            return redirect(url_for("admin.packs"))
    page = render_template("admin/pack.html", form=form, pack_id=pack_id)
    return page, 422 if form.is_submitted() else 200


def _lines(text: str | None) -> list[str]:
    return [" ".join(line.split()) for line in (text or "").splitlines() if line.strip()]
