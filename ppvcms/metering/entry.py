"""Who may come into what runs in a room: the questions before an offer, a click and a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.db import db
from ppvcms.host import dispatch
from ppvcms.ledger.books import credits_text
from ppvcms.ledger.store import over_limit
from ppvcms.metering.models import Seat
from ppvcms.metering.rows import OPEN_STATES
from ppvcms.metering.terms import funds_needed
from ppvcms.results import Refusal
from ppvcms.rooms import services, ways
from ppvcms.rooms.models import Show
from ppvcms.rooms.modes import Entry
from ppvcms.rooms.states import RoomState

if TYPE_CHECKING:
    from ppvcms.accounts.actor import Actor
    from ppvcms.ledger.store import Wallet
    from ppvcms.metering.terms import Terms
    from ppvcms.rooms.models import Room
    from ppvcms.rooms.modes import RoomMode
    from ppvcms.rooms.ways import Scene


@dataclass(frozen=True, slots=True)
class Place:
    """A room with the shows that run in it: the public one, and the private one inside it."""

    room: Room
    scene: Scene
    public: Show | None
    private: Show | None


class RefusedError(Exception):
    """Undo a transaction and carry out the reason why."""

    def __init__(self, refusal: Refusal) -> None:
        """Keep the reason."""
        super().__init__(refusal.code)
        self.refusal = refusal


def closed() -> Refusal:
    """Return the refusal for a show that cannot be entered at this moment."""
    return Refusal(
        "closed",
        _("This show cannot be entered at this moment. Nothing was taken."),
        _("Look again in a moment."),
    )


def place_of(room: Room) -> Place:
    """Return what runs in a room now."""
    show = services.current_show(room)
    private = show if show is not None and show.private else None
    public = show
    if private is not None:
        public = db.session.get(Show, private.parent_id) if private.parent_id else None
    scene = ways.scene_of(
        room, services.state(room), show=show, parent=public if private is not None else None
    )
    return Place(room, scene, public, private)


def seat_in(show: Show | None, user_id: str | None) -> Seat | None:
    """Return the open seat of a person in one show."""
    if show is None or user_id is None:
        return None
    query = select(Seat).where(
        Seat.payer_id == user_id, Seat.show_id == show.id, Seat.state.in_(OPEN_STATES)
    )
    return db.session.scalar(query.execution_options(populate_existing=True))


def refusal_to_enter(place: Place, mode: RoomMode, actor: Actor) -> Refusal | None:
    """Return why somebody cannot have a mode in a room now, or None."""
    return (
        refusal_of_person(place.room, actor)
        or _refusal_of_watcher(place, mode, actor)
        or refusal_of_moment(place, mode)
        or dispatch.decide("check_room_entry", room=services.view_of(place.room), actor=actor)
    )


def refusal_of_person(room: Room, actor: Actor) -> Refusal | None:
    """Return why somebody cannot pay for a show here at all, or None (R-16)."""
    if actor.user_id is None:
        return Refusal("sign_in", _("You are not signed in."), _("Sign in to go on."))
    if services.is_staff_of(room, actor):
        return Refusal("forbidden", _("You work in this room, so you are never billed here."))
    if not actor.can("show.request"):
        return Refusal("forbidden", _("Your account is not one that can ask for shows."))
    return None


def refusal_of_moment(place: Place, mode: RoomMode) -> Refusal | None:
    """Return why a mode cannot be had in a room at this moment, or None."""
    if mode.entry is Entry.REQUEST and place.room.auto_reject:
        return Refusal(
            "auto_reject",
            place.room.auto_reject_text or _("No private shows are taken at the moment."),
            _("Nothing was asked and nothing was taken."),
        )
    if place.scene.is_open(mode):
        return None
    state = place.scene.state
    if state in {RoomState.OFFLINE, RoomState.AWAY}:
        return Refusal(
            "offline",
            _("The room is not live right now. Nothing was asked."),
            _("You can be told when it is."),
        )
    if mode.entry is Entry.CLICK and not mode.way and state is RoomState.PRIVATE:
        return Refusal("closed", _("The room is in a private show now. Nothing was taken."))
    return Refusal("not_found", _("This kind of show is not offered here now."))


def may_watch(place: Place, actor: Actor) -> Refusal | None:
    """Return why the public show is not for somebody, or None: the mode names who may (MD-03)."""
    mode = place.scene.public
    if mode is None or services.is_staff_of(place.room, actor):
        return None
    return None if ways.may_watch(mode, actor.roles) else _not_for_you()


def voyeurs_watch(place: Place) -> bool:
    """Whether the private show that runs may be watched unseen: its client saw so (R-41)."""
    if place.private is None or not place.scene.voyeurs(private=True):
        return False
    terms = db.session.scalar(
        select(Seat.terms).where(Seat.show_id == place.private.id, Seat.state.in_(OPEN_STATES))
    )
    return bool(terms and terms.get("voyeurs"))


def _refusal_of_watcher(place: Place, mode: RoomMode, actor: Actor) -> Refusal | None:
    led = place.scene.public if mode.way else mode
    if mode.way and (refusal := may_watch(place, actor)) is not None:
        return refusal
    return None if led is None or ways.may_watch(led, actor.roles) else _not_for_you()


def _not_for_you() -> Refusal:
    return Refusal(
        "hidden",
        _("This kind of show is not open to your account. Nothing was taken."),
        _("Look at the other ways in."),
    )


def refusal_to_buy(terms: Terms, actor: Actor) -> Refusal | None:
    """Ask plugins whether somebody may pay for a show, before anything is taken (AC-05)."""
    if not funds_needed(terms):
        return None
    return dispatch.decide(
        "check_purchase",
        actor=actor,
        purpose="show",
        amount=funds_needed(terms),
        currency=terms.currency,
    )


def refusal_of_wallet(wallet: Wallet, needed: int) -> Refusal | None:
    """Return what keeps a wallet from a show that needs so much: a limit, or too little (R-29)."""
    if wallet.available >= needed:
        return None
    if wallet.limit is not None and wallet.balance - wallet.held >= needed:
        return over_limit(wallet.limit)
    return short_of_funds(needed, wallet.available)


def short_of_funds(needed: int, available: int) -> Refusal:
    """Return the refusal of somebody who has too little to ask (PS-02)."""
    missing = needed - available
    return Refusal(
        "funds",
        _(
            "This show needs %(needed)s credits to begin and you have %(available)s available. "
            "Nothing was taken.",
            needed=credits_text(needed),
            available=credits_text(available),
        ),
        _("Add at least %(missing)s to go on.", missing=credits_text(missing)),
        missing=missing,
    )
