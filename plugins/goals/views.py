"""The performer's page of goals, and the bars that other pages show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from ppvcms.api import PluginBlueprint, Refusal, current_actor, policy

from . import services
from .forms import GoalsForm

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.api import SlotContext

blueprint = PluginBlueprint("goals", __name__, url_prefix="/goals")


def bars_of(context: SlotContext) -> Markup | None:
    """Return the bars of a room's performer; an empty place that a push can fill otherwise."""
    room = context.room
    if room is None or room.seat_id is not None:
        return None
    board = services.shown(room.performer_id)
    return Markup(  # noqa: S704 - rendered by our own template, which escapes
        render_template("goals/bars.html", board=board)
    )


@blueprint.route("", methods=["GET", "POST"])
@policy(who="room.perform")
def mine() -> ResponseReturnValue:
    """Set one's own goals."""
    performer_id = str(current_actor().user_id)
    board = services.shown(performer_id)
    days = board.days if board.reset == "days" else None
    form = GoalsForm(goals=board.text, layout=board.layout, reset=board.reset, days=days)
    form.layout.choices = [
        ("row", _("One after another: what is over flows to the next")),
        ("side", _("Side by side: everything counts for each")),
    ]
    form.reset.choices = [
        ("never", _("Never")),
        ("daily", _("Every day")),
        ("weekly", _("Every Monday")),
        ("days", _("After so many days")),
    ]
    if form.validate_on_submit() and not _days_missing(form):
        goals = services.read_goals(form.goals.data or "")
        if not isinstance(goals, Refusal):
            services.save_board(
                performer_id,
                goals,
                layout=form.layout.data or "row",
                reset=form.reset.data or "never",
                days=form.days.data or 1,
                anew=bool(form.anew.data),
            )
            flash(_("Your goals are saved and stand in your room."), "success")
            return redirect(url_for("goals.mine"), 303)
        form.goals.errors = [str(goals)]
    page = render_template("goals/mine.html", form=form, board=board, most=services.MOST_GOALS)
    return page, 422 if form.is_submitted() else 200


def _days_missing(form: GoalsForm) -> bool:
    """Say beside the field that the number of days is needed, where it is."""
    missing = form.reset.data == "days" and form.days.data is None
    if missing:
        form.days.errors = [_("Say after how many days. Nothing was saved.")]
    return missing
