"""Going live and going off, and the private show inside a public one.

A room points at its current show. While a private runs that is the private one,
whose parent is the public show it interrupted; when it ends the public one is
current again and its performer's page publishes anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import select, update

from ppvcms.db import after_commit, db, now_ms, transaction
from ppvcms.events import ShowEnded, ShowStarted
from ppvcms.host import registry
from ppvcms.host.settings import site
from ppvcms.ids import new_id
from ppvcms.ledger import outbox
from ppvcms.media import services as media
from ppvcms.media.contract import EventKind
from ppvcms.media.models import Grant
from ppvcms.realtime import push
from ppvcms.results import Refusal
from ppvcms.rooms import alerts
from ppvcms.rooms.models import Room, Show, ShowPerformer
from ppvcms.rooms.payers import payers_of
from ppvcms.rooms.performing import refusal_of_mode
from ppvcms.rooms.services import not_yours, push_state
from ppvcms.rooms.states import OFFLINE_AFTER_MS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from ppvcms.accounts.actor import Actor
    from ppvcms.media.ingest import Heard

NOTE_EVIDENCE_EVERY_MS = 5_000


def stage_of(show: Show) -> media.Stage:
    """Return where the media of a show flows."""
    return media.Stage(show.id, show.performer_id, show.media_provider, show.media_room)


def go_live(room_id: str, actor: Actor, mode_key: str) -> Show | Refusal:
    """Open a room's public show; again in the same mode gives the same show.

    A performer is live in one room at a time. The list shows the room as soon as
    the first media arrives (RM-05).
    """
    refusal = refusal_of_mode(actor, mode_key)
    if refusal is not None:
        return refusal
    carrier = media.carrier_of(registry.room_modes()[mode_key].base)
    if carrier is None:
        return no_engine(_("You are not live."))

    def act(session: Session) -> Show | Refusal:
        room = session.get(Room, room_id, with_for_update=True)
        if room is None or room.performer_id != actor.user_id:
            return not_yours()
        running = _live_show_of(session, room.performer_id)
        if running is not None:
            return _again(running, room, mode_key)
        show = _new_show(session, room, mode=mode_key, provider=carrier)
        room.show_id, room.evidence_at, room.away_since, room.ready_by = show.id, None, None, None
        after_commit(session, lambda: push_state(room_id))
        return show

    return transaction(act)


def no_engine(outcome: str) -> Refusal:
    """Return the refusal of what needs an engine while none is active; `outcome` is what is so."""
    return Refusal(
        "media",
        _("Live video is switched off on this site. %(outcome)s", outcome=outcome),
        _("Ask the owner to activate a media plugin."),
    )


def _again(running: Show, room: Room, mode_key: str) -> Show | Refusal:
    if running.room_id == room.id and (running.private or running.mode == mode_key):
        return running
    return Refusal(
        "busy",
        _("You are live already. Nothing was changed."),
        _("End that show first; nobody is live in two places at once."),
    )


def go_off(room_id: str, actor: Actor) -> Refusal | None:
    """End a room's public show. A private show that runs is ended by its own button first."""
    room = db.session.get(Room, room_id, populate_existing=True)
    if room is None or room.performer_id != actor.user_id:
        return not_yours()
    show = db.session.get(Show, room.show_id) if room.show_id is not None else None
    if show is not None and show.private and show.state == "live":
        return Refusal("busy", _("A private show is running."), _("End it first, then go off."))
    if show is not None:
        end_public(show.id, reason="went_off", ended_by=actor.user_id)
    return None


def end_public(show_id: str, *, reason: str, ended_by: str | None) -> bool:
    """End a public show and its media; return whether it was live."""

    def act(session: Session) -> Show | None:
        show = session.get(Show, show_id, with_for_update=True)
        if show is None or show.state != "live":
            return None
        _end(session, show, reason=reason, ended_by=ended_by)
        room = session.get(Room, show.room_id, with_for_update=True)
        if room is not None and room.show_id == show_id:
            room.show_id, room.away_since, room.ready_by = None, None, None
        return show

    show = transaction(act)
    if show is None:
        return False
    media.revoke_show(stage_of(show), reason=reason)
    push_state(show.room_id)
    return True


def start_private(session: Session, room: Room, *, mode: str) -> Show:
    """Open a private show inside the caller's transaction; the room must be locked by it."""
    parent = session.get(Show, room.show_id) if room.show_id is not None else None
    carrier = carrier_inside(parent, mode) if parent is not None else None
    if parent is None or parent.state != "live" or parent.private or carrier is None:
        message = f"room {room.id} has no public show to leave for a private one"
        raise ValueError(message)
    show = _new_show(session, room, mode=mode, provider=carrier, private=True, parent=parent.id)
    room.show_id = show.id
    public_id = parent.id
    after_commit(session, lambda: media.revoke_public(public_id, reason="private"))
    after_commit(session, lambda: push_state(show.room_id))
    return show


def carrier_inside(parent: Show, mode_key: str) -> str | None:
    """Return what carries a private show that begins from a public one, None without an engine."""
    mode = registry.room_mode(mode_key)
    base = mode.base if mode is not None else ""
    return media.carrier_of(base, now=parent.media_provider)


def lock(session: Session, show_id: str) -> None:
    """Lock the room and the row of a show: after its seat, before any wallet."""
    show = session.get(Show, show_id)
    if show is not None:
        session.get(Room, show.room_id, with_for_update=True, populate_existing=True)
        session.get(Show, show_id, with_for_update=True, populate_existing=True)


def end_private(session: Session, show_id: str, *, reason: str, ended_by: str | None) -> bool:
    """End a private show inside the caller's transaction; its public show is current again.

    Repeating it changes nothing. The media of both sides is ended after the commit;
    who knows the seat tells both pages.
    """
    show = session.get(Show, show_id, with_for_update=True)
    if show is None or show.state != "live" or not show.private:
        return False
    _end(session, show, reason=reason, ended_by=ended_by)
    room = session.get(Room, show.room_id, with_for_update=True)
    parent = session.get(Show, show.parent_id) if show.parent_id is not None else None
    if room is not None and room.show_id == show_id:
        goes_on = parent is not None and parent.state == "live"
        room.show_id = parent.id if goes_on and parent is not None else None
        # The performer's page has the usual minute to publish again.
        room.evidence_at = now_ms(session)
        _go_away(session, room, parent if goes_on else None)
    after_commit(session, lambda: _after_private(show, reason))
    return True


def _go_away(session: Session, room: Room, public: Show | None) -> None:
    """Leave the room away until its performer says to be ready (PS-10)."""
    minutes = site().away_after_private_min
    if public is not None and minutes:
        now = now_ms(session)
        room.away_since, room.ready_by = now, now + minutes * 60_000


def _after_private(show: Show, reason: str) -> None:
    media.revoke_show(stage_of(show), reason=reason)
    push_state(show.room_id)
    alerts.fire(show.room_id)


def live_public_show(room: Room) -> Show | None:
    """Return the public show that a room is in, also while a private interrupts it."""
    show = db.session.get(Show, room.show_id) if room.show_id is not None else None
    if show is not None and show.private and show.parent_id is not None:
        show = db.session.get(Show, show.parent_id)
    return show if show is not None and show.state == "live" else None


def heard(batch: Sequence[Heard]) -> None:
    """Take the performer's signs of life into the rooms, and tell pages who came up (RM-05)."""
    latest: dict[str, int] = {}
    for one in batch:
        if one.of_performer and one.sent_at is not None:
            latest[one.show_id] = max(latest.get(one.show_id, 0), one.sent_at)
    if latest:
        for room_id in transaction(lambda session: _note(session, latest)):
            push_state(room_id)
            alerts.fire(room_id)
    for one in batch:
        if one.kind is EventKind.UP and one.of_performer:
            _tell_ready(one.show_id)


def _note(session: Session, latest: dict[str, int]) -> list[str]:
    """Write the newest evidence, at most every five seconds a room; return who appeared."""
    query = select(Show).where(Show.id.in_(latest), Show.state == "live")
    shows = {show.room_id: show for show in session.scalars(query)}
    rooms = select(Room).where(Room.id.in_(shows)).order_by(Room.id).with_for_update()
    appeared = []
    for room in session.scalars(rooms):
        before, at = room.evidence_at, latest[shows[room.id].id]
        if before is not None and at - before < NOTE_EVIDENCE_EVERY_MS:
            continue
        room.evidence_at = at
        if before is None or at - before > OFFLINE_AFTER_MS:
            appeared.append(room.id)
    return appeared


def _tell_ready(show_id: str) -> None:
    show = db.session.get(Show, show_id)
    if show is not None and not show.private:
        push(f"room:{show.room_id}", "media", {"event": "ready", "show": show_id})


def sweep() -> int:
    """End public shows whose performer has been silent too long; return how many.

    That is a minute (RM-05), the window of R-26 while somebody pays, or the time to
    be ready after a private (PS-10).

    Media of shows that are not their room's current one is ended too: the word that
    should have done it may have died with its process.
    """
    stray = (
        select(Grant.show_id)
        .join(Show, Show.id == Grant.show_id)
        .join(Room, Room.id == Show.room_id)
        .where(Grant.state == "active", Room.show_id.is_distinct_from(Show.id))
        .distinct()
    )
    for show_id in db.session.scalars(stray).all():
        media.revoke_public(show_id, reason="ended")
    now = now_ms(db.session())
    query = (
        select(Show.id, Show.started_at, Room.evidence_at, Room.ready_by)
        .join(Room, Room.show_id == Show.id)
        .where(Show.state == "live", Show.private.is_(False))
    )
    silent = [
        show_id
        for show_id, started_at, evidence_at, ready_by in db.session.execute(query).all()
        if _is_over(show_id, max(started_at, evidence_at or 0), ready_by, now)
    ]
    db.session.rollback()
    return sum(end_public(show_id, reason="no_media", ended_by=None) for show_id in silent)


def _is_over(show_id: str, last: int, ready_by: int | None, now: int) -> bool:
    if ready_by is not None:
        return now >= ready_by
    if now - last <= OFFLINE_AFTER_MS:
        return False
    window_ms = site().resume_window_s * 1000
    return now - last > window_ms or not payers_of(db.session(), show_id).seats


def _live_show_of(session: Session, performer_id: str) -> Show | None:
    query = (
        select(Show)
        .where(Show.performer_id == performer_id, Show.state == "live")
        .order_by(Show.private.desc())
        .limit(1)
    )
    return session.scalar(query)


def _new_show(
    session: Session,
    room: Room,
    *,
    mode: str,
    provider: str,
    private: bool = False,
    parent: str | None = None,
) -> Show:
    now, offered = now_ms(session), registry.room_mode(mode)
    show = Show(
        id=new_id(),
        room_id=room.id,
        performer_id=room.performer_id,
        mode=mode,
        private=private,
        paid=offered is not None and offered.paid,
        parent_id=parent,
        state="live",
        media_provider=provider,
        media_room=new_id(),
        started_at=now,
    )
    session.add(show)
    session.flush()
    fact = ShowStarted(
        id=new_id(), at=now, show_id=show.id, room_id=room.id, mode=mode, private=private
    )
    outbox.write_event(session, fact)
    return show


def _end(session: Session, show: Show, *, reason: str, ended_by: str | None) -> None:
    show.state, show.ended_at = "ended", now_ms(session)
    show.end_reason, show.ended_by = reason[:32], ended_by
    session.execute(
        update(ShowPerformer)
        .where(ShowPerformer.show_id == show.id, ShowPerformer.until_at.is_(None))
        .values(until_at=show.ended_at, present=None, left_reason="ended")
    )
    fact = ShowEnded(
        id=new_id(),
        at=show.ended_at,
        actor_id=ended_by,
        show_id=show.id,
        room_id=show.room_id,
        reason=reason,
    )
    outbox.write_event(session, fact)
