"""What a client would pay, as an offer that can be clicked: the panel's terms (R-06, R-07).

An offer carries its terms in a signed token. Whoever clicks gets exactly these
terms for 120 s, or while the request waits, whatever changes meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import current_app
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select

from ppvcms.db import db, now_ms
from ppvcms.host import dispatch, registry
from ppvcms.host.settings import site
from ppvcms.ledger.store import wallet_view
from ppvcms.metering.models import Seat
from ppvcms.metering.sharing import sharers_of
from ppvcms.metering.terms import Terms, funds_needed, seconds_for
from ppvcms.results import Refusal
from ppvcms.rooms.prices import facts_of, offered, own_rates, quote_of
from ppvcms.rooms.services import by_id, is_staff_of, state, view_of
from ppvcms.rooms.states import RoomState

if TYPE_CHECKING:
    from ppvcms.accounts.actor import Actor
    from ppvcms.rooms.models import Room
    from ppvcms.rooms.modes import Quote, RoomMode

OFFER_LIVES_MS = 120_000
TEXT_VERSION = "1"
CURRENCY = "CRD"
MOST_MINUTES = 999


@dataclass(frozen=True, slots=True)
class Offer:
    """The terms that a client sees before the click, and whether the money is there."""

    token: str
    room_id: str
    mode: str
    label: str
    terms: Terms
    grace_note: str
    available: int
    expires_at: int

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
        terms = self.terms
        return {
            "token": self.token,
            "mode": self.mode,
            "label": self.label,
            "rate": terms.rate_per_minute,
            "currency": terms.currency,
            "grace_s": terms.grace_s,
            "grace_given": not self.grace_note,
            "grace_note": self.grace_note,
            "minimum_minutes": terms.minimum // terms.rate_per_minute,
            "voyeurs": terms.voyeurs,
            "recording": terms.recording,
            "funds_needed": self.funds_needed,
            "available": self.available,
            "missing": self.missing,
            "minutes": minutes_for(terms, self.available),
            "expires_at": self.expires_at,
            "text_version": terms.text_version,
        }


def quote(room_id: str, mode_key: str, actor: Actor) -> Offer | Refusal:
    """Return the terms for one client in one mode, or why there are none now."""
    mode = registry.room_mode(mode_key)
    if mode is None or not mode.paid or not mode.private:
        return Refusal("not_found", _("This kind of show is not offered here now."))
    room = by_id(room_id)
    refusal = refusal_to_ask(room, actor)
    if refusal is not None or actor.user_id is None:
        return refusal or _sign_in()
    refusal = dispatch.decide("check_room_entry", room=view_of(room), actor=actor)
    if refusal is not None:
        return refusal
    own = own_rates([room.id]).get(room.id, {})
    offer = next(one for one in offered() if one.mode.key == mode_key)
    answer = quote_of(mode, facts_of(room, offer, own), actor.user_id)
    if isinstance(answer, Refusal):
        return answer
    now = now_ms(db.session())
    note = _grace_note(room, mode, actor.user_id, now) if answer.grace_s else ""
    terms = _terms(room, mode, answer, grace_s=0 if note else answer.grace_s, now=now)
    return Offer(
        token=_signer().dumps({"room": room.id, "payer": actor.user_id, "terms": terms.to_json()}),
        room_id=room.id,
        mode=mode.key,
        label=offer.label,
        terms=terms,
        grace_note=note,
        available=wallet_view(db.session(), actor.user_id).available,
        expires_at=now + OFFER_LIVES_MS,
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


def refusal_to_ask(room: Room, actor: Actor) -> Refusal | None:
    """Return why somebody cannot ask for a private show in a room now, or None."""
    if actor.user_id is None:
        return _sign_in()
    if is_staff_of(room, actor):
        return Refusal("forbidden", _("You work in this room, so you are never billed here."))
    if not actor.can("show.request"):
        return Refusal("forbidden", _("Your account is not one that can ask for shows."))
    if room.auto_reject:
        return Refusal(
            "auto_reject",
            room.auto_reject_text or _("No private shows are taken at the moment."),
            _("Nothing was asked and nothing was taken."),
        )
    now = state(room)
    if now in {RoomState.OFFLINE, RoomState.AWAY}:
        return Refusal(
            "offline",
            _("The room is not live right now. Nothing was asked."),
            _("You can be told when it is."),
        )
    return None


def minutes_for(terms: Terms, available: int) -> int:
    """Return the whole minutes, free ones included, that an amount pays for."""
    seconds = seconds_for(available, rate_per_minute=terms.rate_per_minute, grace_s=terms.grace_s)
    return min(MOST_MINUTES, seconds // 60)


def _terms(room: Room, mode: RoomMode, quoted: Quote, *, grace_s: int, now: int) -> Terms:
    settings = site()
    return Terms(
        mode=mode.key,
        role="two_way" if mode.payer_publishes else "viewer",
        rate_per_minute=quoted.rate_per_minute,
        sharers=sharers_of(db.session(), room, mode.share_type),
        grace_s=grace_s,
        minimum=quoted.minimum_minutes * quoted.rate_per_minute,
        currency=CURRENCY,
        resume_window_s=settings.resume_window_s,
        pause_cap_s=settings.pause_cap_s,
        connect_s=settings.connect_time_s,
        evidence_lost_s=settings.evidence_lost_s,
        first_block_s=settings.request_minutes * 60,
        extend_s=settings.wallet_extend_s,
        extend_below_s=settings.extend_below_s,
        warn_s=(settings.warn_1_s, settings.warn_2_s),
        voyeurs=quoted.voyeurs,
        recording=quoted.recording,
        text_version=TEXT_VERSION,
        quoted_at=now,
    )


def _grace_note(room: Room, mode: RoomMode, payer_id: str, now: int) -> str:
    """Say why there is no second grace, or nothing (R-18)."""
    minutes = site().grace_again_after_min
    recent = (
        select(Seat.id)
        .where(
            Seat.payer_id == payer_id,
            Seat.performer_id == room.performer_id,
            Seat.mode == mode.key,
            Seat.counted_ms > 0,
            (Seat.closed_at.is_(None)) | (Seat.closed_at > now - minutes * 60_000),
        )
        .limit(1)
    )
    if db.session.scalar(recent) is None:
        return ""
    text: str = _(
        "Free seconds are given once within %(minutes)s minutes; you had them already.",
        minutes=minutes,
    )
    return text


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="ppvcms.offer")


def _too_old() -> Refusal:
    return Refusal(
        "expired",
        _("This offer has ended. Nothing was asked and nothing was taken."),
        _("Look at the new one and press again."),
    )


def _sign_in() -> Refusal:
    return Refusal("sign_in", _("You are not signed in."), _("Sign in to ask for a private show."))
