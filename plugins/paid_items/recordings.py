"""The page of somebody's recordings: what is there, what is asked, and items made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from ppvcms.api import Refusal, current_actor, db, file_link, names_of, policy

from . import recorded, recording
from .kinds import SLUG
from .models import Consent, Recording
from .rights import SELL
from .views import tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue

    from ppvcms.api import PluginBlueprint

MOST = 200
PERFORMS = "room.perform"
SHOWN = ("asked", "running", "ended", "fetched", "ready", "lost")
STATES = {
    "asked": (_l("Waits for answers"), "warn"),
    "running": (_l("Recording"), "bad"),
    "ended": (_l("On its way"), "warn"),
    "fetched": (_l("Ready"), "good"),
    "ready": (_l("Ready"), "good"),
    "lost": (_l("Nothing was recorded"), ""),
}
REASONS = {
    "length": _l("It reached the longest time."),
    "size": _l("It reached the most that may be kept."),
    "disk": _l("The disk was full or too slow."),
    "engine_lost": _l("The video service was started anew."),
    "joined": _l("Somebody came in who had not been asked."),
    "refused": _l("Somebody did not want to be in it any more."),
}
ANSWERS = {"yes": _l("agreed"), "no": _l("does not agree"), "waiting": _l("has not answered")}


def add_to(blueprint: PluginBlueprint) -> None:
    """Give the views their addresses."""
    for rule, name, view, methods in (
        ("/recordings", "recordings", recordings, ["GET"]),
        ("/recordings/<recording_id>/answer", "answer_recording", answer, ["POST"]),
        ("/recordings/<recording_id>/item", "recording_item", make_item, ["POST"]),
        ("/recordings/<recording_id>/delete", "delete_recording", delete, ["POST"]),
    ):
        blueprint.add_url_rule(rule, name, view, methods=methods)


@policy(who=PERFORMS)
def recordings() -> ResponseReturnValue:
    """Show somebody's recordings, and those of others that ask for their word."""
    actor = current_actor()
    rows, others = _own(str(actor.user_id)), _of_others(str(actor.user_id))
    said = _said([row.id for row in (*rows, *(row for row, _answer in others))])
    people = {one.user_id for ones in said.values() for one in ones}
    return render_template(
        "paid_items/recordings.html",
        rows=rows,
        others=others,
        said=said,
        names=names_of(people | {row.owner_id for row, _answer in others}),
        links={row.id: file_link(row.file_id, actor) for row in rows if row.file_id},
        ready={row.id for row in rows if all(one.answer == "yes" for one in said[row.id])},
        states=STATES,
        reasons=REASONS,
        answers=ANSWERS,
        me=actor.user_id,
    )


@policy(who=PERFORMS)
def answer(recording_id: str) -> ResponseReturnValue:
    """Agree to be in a recording, or not."""
    yes = request.form.get("answer") == "yes"
    said = recording.answer(recording_id, current_actor(), yes=yes)
    done = _("You agreed.") if yes else _("You said no. Nothing is made of it.")
    tell(said if isinstance(said, Refusal) else None, done)
    return _back()


@policy(who=SELL)
def make_item(recording_id: str) -> ResponseReturnValue:
    """Make a draft of a recording."""
    title = request.form.get("title", "")
    made = recorded.make_item(recording_id, current_actor(), title)
    if isinstance(made, Refusal):
        tell(made, "")
        return _back()
    tell(None, _("It is a draft now. Give it a price and put it on sale."))
    return redirect(url_for(f"{SLUG}.edit", item_id=made.id), 303)


@policy(who=SELL)
def delete(recording_id: str) -> ResponseReturnValue:
    """Delete a recording."""
    tell(recorded.delete(recording_id, current_actor()), _("Deleted."))
    return _back()


def consents_of_item(item_id: str) -> list[tuple[str, int | None]]:
    """Return who agreed to the recording that an item was made of, and when."""
    query = (
        select(Consent)
        .join(Recording, Recording.id == Consent.recording_id)
        .where(Recording.item_id == item_id)
        .order_by(Consent.answered_at)
    )
    found = db.session.scalars(query).all()
    names = names_of([one.user_id for one in found])
    return [(names.get(one.user_id, ""), one.answered_at) for one in found]


def _own(user_id: str) -> Sequence[Recording]:
    query = select(Recording).where(Recording.owner_id == user_id, Recording.state.in_(SHOWN))
    query = query.order_by(Recording.asked_at.desc()).limit(MOST)
    return db.session.scalars(query.execution_options(populate_existing=True)).all()


def _of_others(user_id: str) -> list[tuple[Recording, str]]:
    """Return the recordings of others that show somebody and are no items yet, with the answer."""
    query = (
        select(Recording, Consent.answer)
        .join(Consent, Consent.recording_id == Recording.id)
        .where(
            Consent.user_id == user_id,
            Recording.owner_id != user_id,
            Recording.item_id.is_(None),
            Recording.state.in_(SHOWN[:-1]),
        )
        .order_by(Recording.asked_at.desc())
        .limit(MOST)
    )
    return [(row, said) for row, said in db.session.execute(query)]


def _said(ids: list[str]) -> dict[str, list[Consent]]:
    found: dict[str, list[Consent]] = {one: [] for one in ids}
    query = select(Consent).where(Consent.recording_id.in_(ids)).order_by(Consent.answered_at)
    for one in db.session.scalars(query.execution_options(populate_existing=True)):
        found[one.recording_id].append(one)
    return found


def _back() -> ResponseReturnValue:
    return redirect(url_for(f"{SLUG}.recordings"), 303)
