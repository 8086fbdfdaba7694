"""The pages of limits: one's own, and those for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms.validators import Optional

from ppvcms.api import (
    CreditsField,
    PluginBlueprint,
    SpendPeriod,
    audit,
    current_actor,
    policy,
    set_site_limit,
    set_spend_limit,
    site_limits,
    spend_limits,
    transaction,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from ppvcms.api import LimitView, SlotContext

blueprint = PluginBlueprint("limits", __name__, url_prefix="/limits")


class LimitsForm(FlaskForm):
    """A limit for each period; empty is none."""

    day = CreditsField(_l("In 24 hours"), [Optional()])
    week = CreditsField(_l("In 7 days"), [Optional()])
    month = CreditsField(_l("In 30 days"), [Optional()])


@blueprint.route("/", methods=["GET", "POST"])
@policy(who="tip.send", rate="30 per hour")
def mine() -> ResponseReturnValue:
    """Show and change one's own limits."""
    user_id = str(current_actor().user_id)
    limits = spend_limits(user_id)
    form = LimitsForm(data=_wanted(limits))
    if form.validate_on_submit():
        _save_own(user_id, limits, form)
        return redirect(url_for("limits.mine"))
    page = render_template(
        "limits/mine.html", form=form, limits=_by_period(limits), bounds=_by_period(site_limits())
    )
    return page, 422 if form.errors else 200


@blueprint.route("/everybody", methods=["GET", "POST"])
@policy(who="limits.manage")
def everybody() -> ResponseReturnValue:
    """Show and change what the site allows each person."""
    limits = site_limits()
    form = LimitsForm(data={limit.period.value: limit.amount for limit in limits})
    if form.validate_on_submit():
        actor = current_actor()
        wanted = {period: form[period.value].data for period in SpendPeriod}

        def act(session: Session) -> None:
            for period, amount in wanted.items():
                set_site_limit(session, period, amount)
            said = {period.value: amount for period, amount in wanted.items()}
            audit(session, actor.user_id, "limits.site.changed", "site:limits", data=said)

        transaction(act)
        flash(_("The limits are saved; they count at once, for everybody."), "success")
        return redirect(url_for("limits.everybody"))
    return render_template("limits/everybody.html", form=form), 422 if form.errors else 200


def overview(context: SlotContext) -> Markup | None:
    """Return how far one's limits are used, for who has any."""
    actor = context.actor
    if actor.user_id is None or not actor.can("tip.send"):
        return None
    limits = [limit for limit in spend_limits(actor.user_id) if limit.amount is not None]
    if not limits:
        return None
    html = render_template("limits/overview.html", limits=limits)
    return Markup(html)  # noqa: S704 - rendered by our own template, which escapes


def _save_own(user_id: str, limits: Sequence[LimitView], form: LimitsForm) -> None:
    waits = False
    for limit in limits:
        amount = form[limit.period.value].data
        if amount == _wanted([limit])[limit.period.value]:
            continue
        set_spend_limit(user_id, limit.period, amount)
        waits = waits or (limit.amount is not None and (amount is None or amount > limit.amount))
    if waits:
        flash(_("Saved. A higher limit counts after 24 hours, a lower one now."), "info")
    else:
        flash(_("Saved. The limits count from now on."), "success")


def _wanted(limits: Sequence[LimitView]) -> dict[str, int | None]:
    """Return what a person asked for last: a raise that waits, or what is in force."""
    return {
        limit.period.value: limit.amount if limit.next_at is None else limit.next_amount
        for limit in limits
    }


def _by_period(limits: Sequence[LimitView]) -> dict[str, LimitView]:
    return {limit.period.value: limit for limit in limits}
