"""The pages of reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ppvcms.api import (
    PluginBlueprint,
    Refusal,
    current_actor,
    names_of,
    policy,
    room_named,
    room_of,
)

from . import services
from .forms import ReplyForm, ReviewForm

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.api import RoomView

blueprint = PluginBlueprint("reviews", __name__, url_prefix="/reviews")


@blueprint.get("/<slug>")
@policy(who="public")
def room(slug: str) -> ResponseReturnValue:
    """Show all reviews of a room, and the form to those who were there."""
    return _room_page(_room(slug), None)


@blueprint.post("/<slug>")
@policy(who="signed_in", rate="30 per hour")
def write(slug: str) -> ResponseReturnValue:
    """Write a review, or change one's own."""
    found, form = _room(slug), ReviewForm()
    if form.validate_on_submit():
        answer = services.write(
            found, current_actor(), stars=int(form.stars.data), text=form.text.data or ""
        )
        if not isinstance(answer, Refusal):
            flash(_("Thank you. Your review is shown."), "success")
            return redirect(url_for("reviews.room", slug=slug))
        flash(str(answer), "error")
    return _room_page(found, form), 422


@blueprint.get("/mine")
@policy(who="room.perform")
def mine() -> ResponseReturnValue:
    """Show the reviews of one's own rooms, with a reply to each."""
    rows = services.written_about(str(current_actor().user_id))
    return render_template(
        "reviews/mine.html", rows=rows, names=services.names(rows), form=ReplyForm(formdata=None)
    )


@blueprint.post("/mine/<review_id>/reply")
@policy(who="room.perform", rate="60 per hour")
def reply(review_id: str) -> ResponseReturnValue:
    """Answer a review, once."""
    form = ReplyForm()
    if not form.validate_on_submit():
        flash(_("Write 1 to 600 characters. Nothing was sent."), "error")
    else:
        _tell(services.reply(review_id, current_actor(), form.reply.data or ""), _("Replied."))
    return redirect(url_for("reviews.mine"))


@blueprint.get("/office")
@policy(who=services.MODERATE)
def office() -> ResponseReturnValue:
    """List reviews for who looks after them."""
    removed = request.args.get("removed") == "1"
    rows = services.latest(removed=removed)
    rooms = {room_id: room_of(room_id) for room_id in {row.room_id for row in rows}}
    return render_template(
        "reviews/office.html",
        rows=rows,
        names=services.names(rows),
        rooms=rooms,
        removed=removed,
        reasons=services.reasons(),
    )


@blueprint.post("/office/<review_id>/remove")
@policy(who=services.MODERATE)
def remove(review_id: str) -> ResponseReturnValue:
    """Take a review off the site for a listed reason."""
    _tell(
        services.remove(review_id, current_actor(), request.form.get("reason", "")),
        _("Removed. Its writer was told why."),
    )
    return redirect(url_for("reviews.office"))


def _room(slug: str) -> RoomView:
    found = room_named(slug)
    if found is None:
        abort(404)
    return found


def _room_page(found: RoomView, form: ReviewForm | None) -> str:
    actor = current_actor()
    refusal = services.refusal_to_write(found, actor)
    own = services.review_of(found.id, actor.user_id) if actor.user_id else None
    if form is None and refusal is None:
        known = {"stars": str(own.stars), "text": own.text} if own else {}
        form = ReviewForm(formdata=None, data=known)
    number = max(1, request.args.get("page", 1, type=int))
    per_page = services.PER_PAGE
    rows = services.reviews_of(found.id, limit=per_page + 1, offset=(number - 1) * per_page)
    return render_template(
        "reviews/room.html",
        room=found,
        name=names_of([found.performer_id]).get(found.performer_id, found.title),
        rating=services.rating_of(found.id),
        rows=rows[:per_page],
        names=services.names(rows),
        form=form if refusal is None else None,
        own=own,
        refusal=refusal,
        number=number,
        more=len(rows) > per_page,
    )


def _tell(refusal: Refusal | None, done: str) -> None:
    flash(str(refusal) if refusal else done, "error" if refusal else "success")
