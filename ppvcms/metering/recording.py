"""Recording a show: whether its kind allows it, who has to agree, and what its engine is told.

Only what the performer publishes is ever recorded, never a payer's camera (PS-07).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import structlog
from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.db import db
from ppvcms.host import registry
from ppvcms.media import services as media
from ppvcms.media.contract import MediaUnavailableError, RecordingProvider
from ppvcms.metering.models import Seat
from ppvcms.metering.rows import OPEN_STATES
from ppvcms.metering.sharing import present_in
from ppvcms.results import Refusal
from ppvcms.rooms.models import Show
from ppvcms.rooms.modes import PayerRole
from ppvcms.rooms.shows import stage_of

if TYPE_CHECKING:
    from ppvcms.media.contract import RecordingState

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Recordable:
    """A show that may be recorded: whom it shows, and who pays for it where it is private."""

    show_id: str
    provider: str
    performers: tuple[str, ...]
    client_id: str | None


def recordable(show_id: str | None) -> Recordable | Refusal:
    """Return what a recording of a show needs now (ME-07).

    The refusals are "closed", "mode" and "media": it is not live, its kind is not
    recorded on this site, or its engine does not record.
    """
    show = db.session.get(Show, show_id, populate_existing=True) if show_id is not None else None
    if show is None or show.state != "live":
        return Refusal("closed", _("You are not live. Nothing is recorded."))
    mode = registry.room_mode(show.mode)
    if mode is None or mode.base == "text" or not mode.ruled.recording:
        return Refusal("mode", _("Shows of this kind are not recorded here. Nothing is recorded."))
    if _recorder(show.media_provider) is None:
        return Refusal("media", _("The video service of this show does not record."))
    people = tuple(one.performer_id for one in present_in(db.session(), show.id))
    client_id = _client_of(show.id) if show.private else None
    return Recordable(show.id, show.media_provider, people, client_id)


def start_recording(
    recording_id: str, show_id: str, *, most_ms: int, most_bytes: int
) -> Refusal | None:
    """Let the engine record what the performer of a show publishes; repeating it changes nothing.

    Whether all agreed is known to the caller. It ends by itself with the performer's
    connection, at a limit, or on a full disk; the show goes on.
    """
    show = db.session.get_one(Show, show_id)
    source = media.source_of(db.session(), stage_of(show))
    engine = _recorder(show.media_provider)
    if source is None or engine is None:
        return Refusal("media", _("There is no picture yet. Nothing is recorded."))
    try:
        engine.start_recording(
            recording_id, grant_id=source.id, most_ms=most_ms, most_bytes=most_bytes
        )
    except MediaUnavailableError as error:
        log.warning("media_unavailable", act="record", grant=source.id, error=str(error))
        return Refusal("media", _("The video service does not answer. Nothing is recorded."))
    return None


def stop_recording(provider: str, recording_id: str) -> None:
    """End a recording; who must be sure looks at `recordings_at` and repeats it."""
    engine = _recorder(provider)
    if engine is None:
        return
    try:
        engine.stop_recording(recording_id)
    except MediaUnavailableError as error:
        log.warning("media_unavailable", act="stop_recording", error=str(error))


def recordings_at(provider: str) -> dict[str, RecordingState] | None:
    """Return an engine's recordings by their ids, None while it does not answer."""
    engine = _recorder(provider)
    if engine is None:
        return None
    try:
        return {one.recording_id: one for one in engine.recordings()}
    except MediaUnavailableError as error:
        log.warning("media_unavailable", act="recordings", error=str(error))
        return None


def open_recording(provider: str, recording_id: str) -> IO[bytes]:
    """Open the file of a recording that has ended.

    Raises:
        MediaUnavailableError: The engine does not answer, or has no such file.
    """
    engine = _recorder(provider)
    if engine is None:
        raise MediaUnavailableError(provider)
    return engine.open_recording(recording_id)


def forget_recording(provider: str, recording_id: str) -> bool:
    """Delete a recording at its engine, ending it if it runs; tell whether that was done."""
    engine = _recorder(provider)
    if engine is None:
        return False
    try:
        engine.forget_recording(recording_id)
    except MediaUnavailableError as error:
        log.warning("media_unavailable", act="forget_recording", error=str(error))
        return False
    return True


def _recorder(provider: str) -> RecordingProvider | None:
    found = media.provider_of(provider)
    if found is None or not found.capabilities.records:
        return None
    return found if isinstance(found, RecordingProvider) else None


def _client_of(show_id: str) -> str | None:
    query = select(Seat.payer_id).where(
        Seat.show_id == show_id,
        Seat.state.in_(OPEN_STATES),
        Seat.role != PayerRole.VOYEUR.value,
    )
    return db.session.scalar(query.order_by(Seat.opened_at).limit(1))
