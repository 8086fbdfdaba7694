"""Another kind of show while live: the same broadcast goes on under other terms (MD-04)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _

from ppvcms.db import after_commit, now_ms, transaction
from ppvcms.events import ModeChanged
from ppvcms.host import registry
from ppvcms.ids import new_id
from ppvcms.ledger import outbox
from ppvcms.media import seating
from ppvcms.media import services as media
from ppvcms.realtime import push
from ppvcms.results import Refusal
from ppvcms.rooms.listing import card_of
from ppvcms.rooms.models import Room, Show
from ppvcms.rooms.performing import refusal_of_mode
from ppvcms.rooms.services import not_yours, push_state
from ppvcms.rooms.shows import no_engine

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.accounts.actor import Actor
    from ppvcms.rooms.modes import RoomMode

FREE_AFTER_MS = 10_000


def change_mode(room_id: str, actor: Actor, mode_key: str) -> Show | Refusal:
    """Make a running public show one of another kind.

    What was agreed for the kind before ends with it. Who watched goes on for ten
    seconds without being billed; after them only who clicked on the new price.
    """
    refusal = refusal_of_mode(actor, mode_key)
    if refusal is not None:
        return refusal

    def act(session: Session) -> Show | Refusal:
        room = session.get(Room, room_id, with_for_update=True)
        if room is None or room.performer_id != actor.user_id:
            return not_yours()
        show = session.get(Show, room.show_id, with_for_update=True) if room.show_id else None
        if show is None or show.state != "live":
            return Refusal("offline", _("You are not live."), _("Press Go live first."))
        if show.private:
            return Refusal("busy", _("A private show is running."), _("End it first."))
        return _change(session, show, registry.room_modes()[mode_key], actor)

    return transaction(act)


def _change(session: Session, show: Show, mode: RoomMode, actor: Actor) -> Show | Refusal:
    if show.mode == mode.key:
        return show
    carrier = media.carrier_of(mode.base, now=show.media_provider)
    if carrier is None:
        return no_engine(_("Nothing was changed."))
    if carrier != show.media_provider:
        # The pages come back on the other line by themselves.
        show.media_provider = carrier
        after_commit(session, lambda: media.revoke_public(show.id, reason="mode"))
    now = now_ms(session)
    show.mode, show.paid, show.changed_at = mode.key, mode.paid, now
    show.free_until = now + FREE_AFTER_MS if mode.paid else None
    fact = ModeChanged(
        id=new_id(),
        at=now,
        actor_id=actor.user_id,
        show_id=show.id,
        room_id=show.room_id,
        mode=mode.key,
    )
    outbox.write_event(session, fact)
    seating.limit_viewers(session, show.id, until=show.free_until)
    after_commit(session, lambda: _tell(show))
    return show


def _tell(show: Show) -> None:
    seating.tell_limits(show.id)
    push_state(show.room_id)
    card = card_of(show.room_id)
    price = next((one for one in card.prices if one.mode == show.mode), None) if card else None
    data = {
        "room": card.slug if card is not None else "",
        "mode": show.mode,
        "label": price.label if price is not None else show.mode,
        "price": price.as_json() if price is not None else None,
        "free_until": show.free_until,
    }
    push(f"room:{show.room_id}", "mode", data)
