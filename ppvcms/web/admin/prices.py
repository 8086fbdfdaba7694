"""Prices and shares: the range of each kind of show, and what part of a charge is earned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField
from wtforms.validators import InputRequired, NumberRange

from ppvcms.db import transaction
from ppvcms.host import registry, settings
from ppvcms.web.admin.frame import blueprint, tell
from ppvcms.web.admin.queries.rooms import priced_modes
from ppvcms.web.guards import current_actor, policy

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

TIP = "tip"


class ShareForm(FlaskForm):
    """The usual part of a charge that is earned."""

    ratio_default = IntegerField(
        _l("Usual share, in percent"),
        [InputRequired(), NumberRange(0, 100)],
        description=_l("What is earned of each charge; the rest is the site's commission."),
    )


@blueprint.route("/prices", methods=["GET", "POST"])
@policy(who="settings.manage")
def prices() -> ResponseReturnValue:
    """Show the range of prices of each kind of show, and edit the shares."""
    core = settings.site()
    form = ShareForm(ratio_default=core.ratio_default)
    typed = {key: str(value) for key, value in core.ratio_by_type.items()}
    errors: dict[str, str] = {}
    if request.method == "POST":
        typed = {key: request.form.get(f"type:{key}", "").strip() for key in _types()}
        errors = {key: _("0 to 100, or empty.") for key, text in typed.items() if not _fits(text)}
        if form.validate() and not errors:
            _save(form.ratio_default.data or 0, typed)
            tell(None, _("The shares are saved; they hold from the next show and the next tip."))
            return redirect(url_for("admin.prices"))
    page = render_template(
        "admin/prices.html",
        form=form,
        types=_types(),
        typed=typed,
        errors=errors,
        modes=[(mode, registry.owner_of("room_modes", mode.key) or "") for mode in priced_modes()],
        changes=core.rate_changes_per_day,
    )
    return page, 422 if form.errors or errors else 200


def _types() -> dict[str, str]:
    """Return the kinds of income that can have a share of their own, with their names."""
    paid = [mode for mode in registry.room_modes().values() if mode.paid]
    found = {mode.share_type: str(mode.label) for mode in paid}
    kept = {key: key.replace("_", " ").capitalize() for key in settings.site().ratio_by_type}
    return {TIP: _("Tip"), **kept, **found} | {TIP: _("Tip")}


def _fits(text: str) -> bool:
    return not text or (text.isascii() and text.isdigit() and len(text) < 4 and int(text) <= 100)  # noqa: PLR2004 - percent


def _save(usual: int, typed: dict[str, str]) -> None:
    by_type = {key: int(text) for key, text in typed.items() if text}
    changes = {"ratio_default": usual, "ratio_by_type": by_type}
    transaction(lambda session: settings.save_site(session, current_actor().user_id, changes))
