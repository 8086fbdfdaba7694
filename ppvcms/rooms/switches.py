"""The performer's switches of a room, and what the performer agreed to once for a mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.accounts import audit
from ppvcms.db import after_commit, now_ms, transaction
from ppvcms.host import registry
from ppvcms.media import services as media
from ppvcms.realtime import push
from ppvcms.results import Refusal
from ppvcms.rooms import alerts
from ppvcms.rooms.models import Room, VoyeurAgreement
from ppvcms.rooms.payers import payers_of
from ppvcms.rooms.services import by_id, current_show, not_yours, push_state, state

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.accounts.actor import Actor


def switch(
    room_id: str, actor: Actor, name: str, *, on: bool, text: str = ""
) -> dict[str, Any] | Refusal:
    """Turn auto-reject (PS-04), hide (PS-05) or away on or off; return all switches."""

    def act(session: Session) -> dict[str, Any] | Refusal:
        room = session.get(Room, room_id, with_for_update=True)
        if room is None or room.performer_id != actor.user_id:
            return not_yours()
        if name == "auto_reject":
            room.auto_reject = on
            room.auto_reject_text = text.strip()[:200] if text else room.auto_reject_text
        elif name == "hidden":
            room.hidden = on
        elif name == "away":
            if on and room.show_id is not None and payers_of(session, room.show_id).seats:
                return Refusal(
                    "busy",
                    _("People are paying for this show. Nothing was changed."),
                    _("End the show, or take them out first."),
                )
            room.away_since = (room.away_since or now_ms(session)) if on else None
            if not on and room.ready_by is not None:
                # The page has the usual minute to publish again.
                room.ready_by, room.evidence_at = None, now_ms(session)
        after_commit(session, lambda: _switched(room_id, name))
        return switches(room)

    return transaction(act)


def _switched(room_id: str, name: str) -> None:
    """Take the public picture away from who watches, or tell pages that it is back."""
    push_state(room_id)
    room = by_id(room_id)
    show = current_show(room)
    if name == "auto_reject" or show is None or show.private:
        return
    if state(room).public_media:
        push(f"room:{room_id}", "media", {"event": "ready", "show": show.id})
        alerts.fire(room_id)
    else:
        media.revoke_viewers(show.id, reason=name)


def switches(room: Room) -> dict[str, Any]:
    """Return the switches of a room for its performer."""
    return {
        "auto_reject": room.auto_reject,
        "auto_reject_text": room.auto_reject_text,
        "hidden": room.hidden,
        "away": room.away_since is not None,
    }


def agree_voyeurs(room_id: str, actor: Actor, mode: str, *, on: bool) -> list[str] | Refusal:
    """Keep when a performer agreed that shows of a mode may be watched unseen (R-42).

    Return the modes that are agreed to.
    """
    if registry.room_mode(mode) is None:
        return Refusal("not_found", _("This kind of show is not offered here now."))

    def act(session: Session) -> list[str] | Refusal:
        room = session.get(Room, room_id, with_for_update=True)
        if room is None or room.performer_id != actor.user_id:
            return not_yours()
        row, now = session.get(VoyeurAgreement, (room_id, mode)), now_ms(session)
        if row is None:
            row = VoyeurAgreement(room_id=room_id, mode=mode, agreed_at=now, ended_at=now)
            session.add(row)
        if on is not (row.ended_at is None):
            row.agreed_at, row.ended_at = (now, None) if on else (row.agreed_at, now)
            what = "rooms.voyeurs.agreed" if on else "rooms.voyeurs.ended"
            audit.record(session, actor.user_id, what, f"room:{room_id}", data={"mode": mode})
            after_commit(session, lambda: push_state(room_id))
        session.flush()
        return agreed_in(session, room_id)

    return transaction(act)


def agreed_in(session: Session, room_id: str) -> list[str]:
    """Return the modes of which a performer agreed that they may be watched unseen."""
    query = select(VoyeurAgreement.mode).where(
        VoyeurAgreement.room_id == room_id, VoyeurAgreement.ended_at.is_(None)
    )
    return sorted(session.scalars(query))
