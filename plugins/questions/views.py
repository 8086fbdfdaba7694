"""The pages of questions: asking, both inboxes, one question, and what somebody takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ppvcms.api import (
    PluginBlueprint,
    Refusal,
    current_actor,
    db,
    file_link,
    names_of,
    new_id,
    now_ms,
    policy,
    room_named,
    room_of,
    settings,
    wallet,
)

from . import inbox, offers, services
from .files import Incoming, attachment_of
from .forms import AskForm, OfferForm, RefuseForm, ReplyForm
from .offers import SLUG

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from werkzeug.datastructures import FileStorage

    from ppvcms.api import RoomView

PERFORMS = "room.perform"
blueprint = PluginBlueprint(SLUG, __name__, url_prefix="/questions")


@blueprint.get("")
@policy(who="signed_in")
def mine() -> ResponseReturnValue:
    """List what the reader asked, the next deadline first."""
    return _list(asked=False)


@blueprint.get("/inbox")
@policy(who=PERFORMS)
def received() -> ResponseReturnValue:
    """List what the reader was asked, the next deadline first."""
    return _list(asked=True)


@blueprint.route("/ask/<slug>", methods=["GET", "POST"])
@policy(who="signed_in", rate="120 per hour")
def ask(slug: str) -> ResponseReturnValue:
    """Show the price and send a question."""
    room = room_named(slug)
    if room is None:
        abort(404)
    form = AskForm()
    form.kind.choices = [(kind, inbox.kind_name(kind)) for kind in offers.KINDS]
    if request.method == "GET":
        form.key.data = new_id()
    elif form.validate_on_submit():
        kind = str(form.kind.data)
        shown = request.form.get(f"price_{kind}", "")
        draft = services.Draft(
            kind, form.text.data or "", int(shown) if shown.isdecimal() else -1, form.key.data or ""
        )
        answer = services.ask(room, current_actor(), draft, _incoming())
        if not isinstance(answer, Refusal):
            flash(_("Your question is on its way."), "success")
            return redirect(url_for("questions.thread", question_id=answer), 303)
        flash(str(answer), "error")
    return _ask_page(room, form), 422 if request.method == "POST" else 200


@blueprint.get("/<question_id>")
@policy(who="signed_in")
def thread(question_id: str) -> ResponseReturnValue:
    """Show a question to one of its two sides; seeing it marks it as read."""
    found = inbox.thread(question_id, current_actor())
    if found is None:
        abort(404)
    if found.asked_me and found.question.read_at is None:
        services.mark_read(question_id, current_actor())
    return _thread_page(found, ReplyForm(key=new_id()))


@blueprint.post("/<question_id>/reply")
@policy(who="signed_in", rate="240 per hour")
def reply(question_id: str) -> ResponseReturnValue:
    """Send an answer."""
    form = ReplyForm()
    found = inbox.thread(question_id, current_actor())
    if found is None:
        abort(404)
    if form.validate_on_submit():
        refusal = services.reply(
            question_id,
            current_actor(),
            form.text.data or "",
            key=form.key.data or "",
            incoming=_incoming(),
        )
        if refusal is None:
            flash(_("Your answer is sent."), "success")
            return redirect(url_for("questions.thread", question_id=question_id), 303)
        flash(str(refusal), "error")
    return _thread_page(found, form), 422


@blueprint.post("/<question_id>/refuse")
@policy(who="signed_in")
def refuse(question_id: str) -> ResponseReturnValue:
    """Refuse a question; its price goes back."""
    form = RefuseForm()
    said = form.reason.data or request.form.get("ready", "")
    refusal = services.refuse(question_id, current_actor(), said)
    _tell(refusal, _("The question is refused and the credits are back with who asked."))
    return redirect(url_for("questions.thread", question_id=question_id), 303)


@blueprint.post("/<question_id>/withdraw")
@policy(who="signed_in")
def withdraw(question_id: str) -> ResponseReturnValue:
    """Take an unread question back."""
    refusal = services.withdraw(question_id, current_actor())
    _tell(refusal, _("The question is taken back and the credits are yours again."))
    return redirect(url_for("questions.thread", question_id=question_id), 303)


@blueprint.get("/files/<attachment_id>")
@policy(who="signed_in")
def attachment(attachment_id: str) -> ResponseReturnValue:
    """Lead to a file of one's own question by a link that lives five minutes."""
    row = attachment_of(attachment_id, current_actor())
    if row is None:
        abort(404)
    link = file_link(row.file_id, current_actor(), download=request.args.get("save") == "1")
    answer = redirect(link)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.route("/offer", methods=["GET", "POST"])
@policy(who=PERFORMS)
def offer() -> ResponseReturnValue:
    """Set what an answer costs, and whether questions are taken."""
    performer_id = str(current_actor().user_id)
    now = offers.offer_of(performer_id)
    form = OfferForm(
        open=now.open,
        daily_cap=now.daily_cap,
        refusals="\n".join(now.refusals),
        **now.prices,
    )
    if form.validate_on_submit():
        refusal = offers.save_offer(
            performer_id,
            is_open=bool(form.open.data),
            prices={kind: form[kind].data for kind in offers.KINDS},
            daily_cap=form.daily_cap.data or 0,
            refusals=(form.refusals.data or "").splitlines(),
        )
        if _tell(refusal, _("Saved. It holds for the next question.")):
            return redirect(url_for("questions.received"), 303)
    page = render_template("questions/offer.html", form=form, most=settings(SLUG).price_max)
    return page, 422 if form.is_submitted() else 200


def _list(*, asked: bool) -> ResponseReturnValue:
    user_id = str(current_actor().user_id)
    return render_template(
        "questions/list.html",
        asked=asked,
        waiting=inbox.open_rows(user_id, asked=asked),
        ended=inbox.ended_rows(user_id, asked=asked),
        offer=offers.offer_of(user_id) if asked else None,
        state_name=inbox.state_name,
        kind_name=inbox.kind_name,
        now=now_ms(db.session()),
    )


def _ask_page(room: RoomView, form: AskForm) -> str:
    return render_template(
        "questions/ask.html",
        form=form,
        room=room,
        name=names_of((room.performer_id,)).get(room.performer_id, room.title),
        offer=offers.offer_of(room.performer_id),
        kind_name=inbox.kind_name,
        values=settings(SLUG),
        money=wallet(str(current_actor().user_id)),
    )


def _thread_page(found: inbox.Thread, form: ReplyForm) -> str:
    return render_template(
        "questions/thread.html",
        thread=found,
        form=form,
        refuse_form=RefuseForm(),
        room=room_of(found.question.room_id),
        offer=offers.offer_of(found.question.performer_id) if found.asked_me else None,
        state_name=inbox.state_name,
        kind_name=inbox.kind_name,
        values=settings(SLUG),
        now=now_ms(db.session()),
    )


def _incoming() -> list[Incoming]:
    """Return the files of a form: chosen ones, and what the page recorded."""
    found = [Incoming(one.stream, _name(one)) for one in request.files.getlist("files") if one]
    for kind in ("audio", "video"):
        recorded = request.files.get(f"recorded_{kind}")
        if recorded:
            found.append(Incoming(recorded.stream, _name(recorded), kind))
    return found


def _name(file: FileStorage) -> str:
    return file.filename or "file"


def _tell(refusal: Refusal | None, done: str) -> bool:
    flash(done if refusal is None else str(refusal), "success" if refusal is None else "error")
    return refusal is None
