"""What becomes of recordings: watched while they run, fetched, made into items, deleted."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import structlog
from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.api import (
    FileLimits,
    MediaUnavailableError,
    Refusal,
    audit,
    db,
    delete_file,
    forget_recording,
    keep_file,
    names_of,
    new_id,
    now_ms,
    open_recording,
    private_folder,
    recordable,
    recordings_at,
    save_file,
    send_notice,
    settings,
    stop_recording,
    transaction,
)

from . import items
from .items import Draft
from .kinds import SLUG
from .models import Consent, Item, Media, Recording
from .recording import (
    ASK_MS,
    GB,
    MOST_BYTES,
    OPEN,
    agreed,
    ask_later,
    change,
    end,
    engage,
    tell,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.api import Actor, RecordingState, StoredFile

DAY_MS = 86_400_000
UNDER_WAY = ("asked", "running", "ended", "fetched")
KEEP_FREE = GB // 2
log = structlog.get_logger(__name__)

Known = dict[str, "RecordingState"] | None


def tick() -> None:
    """Look after every recording that is under way, and delete those that are too old."""
    query = select(Recording).where(Recording.state.in_(UNDER_WAY)).order_by(Recording.asked_at)
    rows = db.session.scalars(query.execution_options(populate_existing=True)).all()
    known = {provider: recordings_at(provider) for provider in {row.provider for row in rows}}
    for row in rows:
        if row.state == "asked":
            _look_at_question(row)
        elif row.state == "running":
            _look_at_running(row, known[row.provider])
        elif row.state == "ended":
            _look_at_ended(row, known[row.provider])
        elif forget_recording(row.provider, row.id):
            change(row.id, _is_ready)
    _delete_old()


def _look_at_question(row: Recording) -> None:
    over = isinstance(recordable(row.show_id), Refusal)
    if over or now_ms(db.session()) >= row.asked_at + ASK_MS:
        change(row.id, lambda session, row: end(session, row, "refused", "expired"))


def _look_at_running(row: Recording, known: Known) -> None:
    show = recordable(row.show_id)
    if isinstance(show, Refusal):
        _end_at_engine(row, "ended")
    elif new := _newcomers(row.id, show.performers):
        change(row.id, lambda session, row: _joined(session, row, new))
        stop_recording(row.provider, row.id)
    elif known is not None and row.id not in known:
        # The word that should have begun it died with its process.
        engage(row.id)
    elif known is not None and known[row.id].reason:
        _end_at_engine(row, known[row.id].reason)


def _end_at_engine(row: Recording, reason: str) -> None:
    change(row.id, lambda session, row: end(session, row, "ended", reason))
    stop_recording(row.provider, row.id)


def _newcomers(recording_id: str, performers: tuple[str, ...]) -> list[str]:
    query = select(Consent.user_id).where(Consent.recording_id == recording_id)
    asked = set(db.session.scalars(query))
    return [one for one in performers if one not in asked]


def _joined(session: Session, row: Recording, people: list[str]) -> None:
    """End what somebody came into who was not asked; they may still agree to what there is."""
    name = names_of([row.owner_id]).get(row.owner_id, "")
    for user_id in people:
        session.add(Consent(recording_id=row.id, user_id=user_id))
        ask_later(session, user_id, name)
    session.flush()
    end(session, row, "ended", "joined")


def _look_at_ended(row: Recording, known: Known) -> None:
    """Take the file over once the engine has closed it."""
    if known is None:
        return
    found = known.get(row.id)
    if found is not None and found.running:
        stop_recording(row.provider, row.id)
    elif found is None or not found.size:
        if forget_recording(row.provider, row.id):
            change(row.id, _is_lost)
    elif shutil.disk_usage(private_folder(SLUG)).free > found.size + KEEP_FREE:
        try:
            _fetch(row, found)
        except (MediaUnavailableError, OSError) as error:
            log.warning("recording_not_fetched", recording=row.id, error=str(error))


def _fetch(row: Recording, found: RecordingState) -> None:
    """Copy the file, then say so, then let the engine forget its own; each may be repeated."""
    with open_recording(row.provider, row.id) as stream:
        saved = save_file(
            stream,
            slug=SLUG,
            owner_id=row.owner_id,
            name=_("Recording"),
            limits=FileLimits(2 * MOST_BYTES, ("video",)),
            kept=False,
        )
    change(row.id, lambda session, row: _fetched(session, row, found, saved))
    if forget_recording(row.provider, row.id):
        change(row.id, _is_ready)


def _fetched(
    session: Session, row: Recording, found: RecordingState, saved: StoredFile | Refusal
) -> None:
    if row.state != "ended":
        return
    if isinstance(saved, Refusal):
        row.state, row.reason = "lost", saved.code
        return
    keep_file(session, saved.id, slug=SLUG, owner_id=row.owner_id)
    row.state, row.file_id = "fetched", saved.id
    row.size, row.length_ms = saved.size, found.length_ms
    minutes = max(1, round(found.length_ms / 60_000))
    send_notice(
        session,
        row.owner_id,
        f"{SLUG}.recorded",
        values={"minutes": str(minutes)},
        link="/items/recordings",
    )
    tell(session, row)


def _is_ready(_session: Session, row: Recording) -> None:
    row.state = "ready" if row.state == "fetched" else row.state


def _is_lost(session: Session, row: Recording) -> None:
    if row.state == "ended":
        row.state = "lost"
        tell(session, row)


def make_item(recording_id: str, actor: Actor, title: str) -> Item | Refusal:
    """Make a draft of a recording to which all who are in it agreed (PI-14); repeating finds it."""
    refusal = _refusal_to_use(recording_id, actor)
    if refusal is not None:
        return refusal
    row = db.session.get_one(Recording, recording_id, populate_existing=True)
    if row.item_id is not None:
        return items.item_of(row.item_id)
    made = items.make(actor, "video", Draft(title=title, room_id=row.room_id))
    if isinstance(made, Refusal):
        return made

    def act(session: Session) -> str | Refusal:
        row = session.get_one(Recording, recording_id, with_for_update=True, populate_existing=True)
        if row.item_id is not None or row.file_id is None or not agreed(session, row.id):
            return row.item_id or _not_agreed()
        session.add(Media(id=new_id(), item_id=made.id, file_id=row.file_id, nr=1))
        row.item_id = made.id
        audit(session, actor.user_id, f"{SLUG}.recording.item", f"recording:{row.id}")
        return made.id

    item_id = transaction(act)
    if item_id != made.id:
        items.remove(actor, made.id)
    return item_id if isinstance(item_id, Refusal) else items.item_of(item_id)


def _refusal_to_use(recording_id: str, actor: Actor) -> Refusal | None:
    row = db.session.get(Recording, recording_id, populate_existing=True)
    if row is None or row.owner_id != actor.user_id:
        return Refusal("forbidden", _("This is not yours. Nothing was changed."))
    if row.file_id is None or row.state not in {"fetched", "ready"}:
        return Refusal("state", _("This recording is not here yet. Nothing was made."))
    return None if agreed(db.session(), recording_id) else _not_agreed()


def delete(recording_id: str, actor: Actor) -> Refusal | None:
    """Delete a recording that is no item."""

    def act(session: Session) -> Refusal | None:
        row = session.get(Recording, recording_id, with_for_update=True, populate_existing=True)
        if row is None or row.owner_id != actor.user_id or row.state != "ready":
            return Refusal("state", _("This is not here, or not yours. Nothing was deleted."))
        if row.item_id is not None:
            return Refusal("used", _("An item was made of it. Delete that one instead."))
        _drop(session, row)
        audit(session, actor.user_id, f"{SLUG}.recording.deleted", f"recording:{row.id}")
        return None

    return transaction(act)


def _drop(session: Session, row: Recording) -> None:
    if row.file_id is not None:
        delete_file(session, row.file_id)
    row.state, row.file_id, row.size = "deleted", None, 0


def _delete_old() -> None:
    days = settings(SLUG).record_days
    if not days:
        return
    query = select(Recording.id).where(
        Recording.state == "ready",
        Recording.item_id.is_(None),
        Recording.ended_at < now_ms(db.session()) - days * DAY_MS,
    )
    for recording_id in db.session.scalars(query.limit(20)).all():
        change(recording_id, _drop)


def end_all() -> None:
    """End everything that runs, because nobody would look after it any more."""
    query = select(Recording).where(Recording.state.in_(OPEN))
    for row in db.session.scalars(query.execution_options(populate_existing=True)).all():
        _end_at_engine(row, "ended")


def _not_agreed() -> Refusal:
    return Refusal(
        "consent",
        _("Not everybody in this recording has agreed. Nothing was made of it."),
        _("They find the question under Recordings in their dashboard."),
    )
