"""What a client would pay, as an offer that can be clicked: the panel's terms (R-06, R-07).

An offer carries its terms in a signed token. Whoever clicks gets exactly these
terms for 120 s, or while the request waits, whatever changes meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flask import current_app
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select

from ppvcms.db import db, now_ms
from ppvcms.host import dispatch, registry
from ppvcms.host.settings import site
from ppvcms.ledger.store import wallet_view
from ppvcms.metering.entry import Place, place_of, refusal_to_enter, seat_in
from ppvcms.metering.models import Seat
from ppvcms.metering.sharing import sharers_of
from ppvcms.metering.terms import Terms, funds_needed, seconds_more
from ppvcms.results import Refusal
from ppvcms.rooms.modes import Entry
from ppvcms.rooms.prices import offered, own_rates, quote_in
from ppvcms.rooms.services import by_id, view_of

if TYPE_CHECKING:
    from ppvcms.accounts.actor import Actor
    from ppvcms.rooms.modes import Block, Quote, RoomMode

OFFER_LIVES_MS = 120_000
TEXT_VERSION = "1"
CURRENCY = "CRD"
MOST_MINUTES = 999


@dataclass(frozen=True, slots=True)
class Offer:
    """The terms that a client sees before the click, and whether the money is there.

    `changes` is the seat whose role the click changes, if it opens none (R-09).
    """

    token: str
    room_id: str
    mode: RoomMode
    label: str
    terms: Terms
    grace_note: str
    available: int
    expires_at: int
    block: Block | None = None
    changes: str | None = None

    @property
    def funds_needed(self) -> int:
        """What must be available to ask, in minor units (PS-02)."""
        return funds_needed(self.terms)

    @property
    def missing(self) -> int:
        """What lacks, in minor units."""
        return max(0, self.funds_needed - self.available)

    def as_json(self) -> dict[str, Any]:
        """Return the shape `Offer` of docs/realtime.md."""
        terms, block = self.terms, self.block
        return {
            "token": self.token,
            "mode": self.mode.key,
            "label": self.label,
            "role": terms.role,
            "entry": self.mode.entry,
            "change": self.changes is not None,
            "block": {"minutes": block.minutes, "price": block.price} if block else None,
            "rate": terms.rate_per_minute,
            "currency": terms.currency,
            "grace_s": terms.grace_s,
            "grace_given": not self.grace_note,
            "grace_note": self.grace_note,
            "minimum_minutes": terms.minimum // max(1, terms.rate_per_minute),
            "covered": terms.rate_per_minute == 0 and not terms.block_s,
            "voyeurs": terms.voyeurs,
            "recording": terms.recording,
            "funds_needed": self.funds_needed,
            "available": self.available,
            "missing": self.missing,
            "minutes": minutes_for(terms, self.available),
            "expires_at": self.expires_at,
            "text_version": terms.text_version,
        }


def quote(
    room_id: str, mode_key: str, actor: Actor, *, block: int | None = None
) -> Offer | Refusal:
    """Return the terms for one client in one mode, or why there are none now.

    `block` is the length in minutes of one of the mode's fixed blocks (R-22).
    """
    offered_now = next((one for one in offered() if one.mode.key == mode_key), None)
    if offered_now is None or not offered_now.mode.paid:
        return _not_offered()
    mode, room = offered_now.mode, by_id(room_id)
    place = place_of(room)
    refusal = refusal_to_enter(place, mode, actor)
    if refusal is not None:
        return refusal
    own = own_rates([room.id]).get(room.id, {})
    answer = quote_in(offered_now, room, own, place.scene, actor.user_id)
    if isinstance(answer, Refusal):
        return answer
    if _covered(place, mode, actor):
        answer = replace(answer, rate_per_minute=0, grace_s=0, minimum_minutes=0, blocks=())
    chosen = next((one for one in answer.blocks if one.minutes == block), None)
    if block is not None and chosen is None:
        return _not_offered()
    return _offer(place, mode, offered_now.label, answer, str(actor.user_id), chosen)


def _covered(place: Place, mode: RoomMode, actor: Actor) -> bool:
    """Whether what was paid at the door covers the minutes of the public show (RM-13)."""
    if mode.entry is not Entry.CLICK or mode.way or not dispatch.anybody("covers_minutes"):
        return False
    answers = dispatch.collect("covers_minutes", room=view_of(place.room), actor=actor)
    return any(covers for _slug, covers in answers)


def _offer(
    place: Place, mode: RoomMode, label: str, quoted: Quote, payer_id: str, block: Block | None
) -> Offer | Refusal:
    now = now_ms(db.session())
    seat = seat_in(place.public, payer_id) if mode.entry is not Entry.REQUEST else None
    if seat is not None and seat.role == mode.role:
        return Refusal("busy", _("You are in this show already. Nothing was taken."))
    note = _grace_note(place, mode, payer_id, now) if quoted.grace_s else ""
    terms = _terms(place, mode, quoted, block, now=now, given=not note and seat is None)
    token = {"room": place.room.id, "payer": payer_id, "terms": terms.to_json()}
    return Offer(
        token=_signer().dumps(token),
        room_id=place.room.id,
        mode=mode,
        label=label,
        terms=terms,
        grace_note=note,
        available=wallet_view(db.session(), payer_id).available,
        expires_at=now + OFFER_LIVES_MS,
        block=block,
        changes=seat.id if seat is not None else None,
    )


def terms_of(token: str, actor: Actor) -> tuple[str, Terms] | Refusal:
    """Return the room and the terms of an offer that its own client clicks in time."""
    try:
        offer = _signer().loads(token)
        terms = Terms.from_json(offer["terms"])
    except (BadSignature, KeyError, TypeError):
        return _too_old()
    if offer["payer"] != actor.user_id:
        return _too_old()
    if now_ms(db.session()) - terms.quoted_at > OFFER_LIVES_MS:
        return _too_old()
    return offer["room"], terms


def _recorded(place: Place, mode: RoomMode) -> bool:
    """Whether a show of this kind, or what a way leads into, may be recorded (ME-07)."""
    entered = (place.scene.public, place.scene.private) if mode.way else (mode,)
    return any(one is not None and one.ruled.recording for one in entered)


def mode_of(terms: Terms) -> RoomMode | Refusal:
    """Return the mode of clicked terms, or that it is not offered any more."""
    return registry.room_mode(terms.mode) or _not_offered()


def minutes_for(terms: Terms, available: int) -> int:
    """Return the whole minutes, free ones included, that an amount pays for."""
    seconds = seconds_more(terms, available, rate_per_minute=terms.rate_per_minute, counted=())
    return min(MOST_MINUTES, seconds // 60)


def _terms(
    place: Place, mode: RoomMode, quoted: Quote, block: Block | None, *, now: int, given: bool
) -> Terms:
    """Return the terms of a quote, with its grace where one is `given` (R-09, R-18)."""
    settings, minimum = site(), quoted.minimum_minutes * quoted.rate_per_minute
    return Terms(
        mode=mode.key,
        role=mode.role.value,
        rate_per_minute=quoted.rate_per_minute,
        sharers=sharers_of(db.session(), place.room, mode.share_type),
        grace_s=quoted.grace_s if given else 0,
        minimum=0 if block is not None else minimum,
        currency=CURRENCY,
        resume_window_s=settings.resume_window_s,
        pause_cap_s=settings.pause_cap_s,
        connect_s=settings.connect_time_s,
        evidence_lost_s=settings.evidence_lost_s,
        first_block_s=settings.request_minutes * 60,
        extend_s=settings.wallet_extend_s,
        extend_below_s=settings.extend_below_s,
        warn_s=(settings.warn_1_s, settings.warn_2_s),
        voyeurs=mode.private and not mode.exclusive and place.scene.voyeurs(private=True),
        recording=quoted.recording or _recorded(place, mode),
        text_version=TEXT_VERSION,
        quoted_at=now,
        block_s=block.minutes * 60 if block is not None else 0,
        block_price=block.price if block is not None else 0,
        share_type=mode.share_type,
    )


def _grace_note(place: Place, mode: RoomMode, payer_id: str, now: int) -> str:
    """Say why there is no second grace, or nothing: same show, or same kind lately (R-18)."""
    minutes = site().grace_again_after_min
    lately = (Seat.closed_at.is_(None)) | (Seat.closed_at > now - minutes * 60_000)
    again = (Seat.performer_id == place.room.performer_id) & (Seat.mode == mode.key) & lately
    if place.public is not None and not mode.private:
        again |= Seat.show_id == place.public.id
    recent = select(Seat.id).where(Seat.payer_id == payer_id, Seat.counted_ms > 0, again).limit(1)
    if db.session.scalar(recent) is None:
        return ""
    text: str = _(
        "Free seconds are given once within %(minutes)s minutes; you had them already.",
        minutes=minutes,
    )
    return text


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="ppvcms.offer")


def _not_offered() -> Refusal:
    return Refusal("not_found", _("This kind of show is not offered here now."))


def _too_old() -> Refusal:
    return Refusal(
        "expired",
        _("This offer has ended. Nothing was asked and nothing was taken."),
        _("Look at the new one and press again."),
    )
