"""People, money and shows for tests: real accounts and seats, a clock that the test moves."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest import mock

from ppvcms.accounts import services as accounts
from ppvcms.accounts.actor import actor_of
from ppvcms.accounts.models import User
from ppvcms.books_check import check_all
from ppvcms.db import db, now_ms, transaction
from ppvcms.ledger.store import buy_credits, seal, wallet_view
from ppvcms.media import ingest
from ppvcms.media.contract import EventKind, MediaEvent
from ppvcms.media.models import Grant
from ppvcms.media.services import Holder, grant_for_publisher
from ppvcms.metering import accepting, admission, meter, quotes, requests, settle
from ppvcms.metering.evidence import Fact, note
from ppvcms.metering.models import Receipt, Seat
from ppvcms.metering.state import Reason
from ppvcms.rooms import services as rooms
from ppvcms.rooms import shows
from ppvcms.rooms.modes import Entry
from ppvcms.testing.sites import require

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from ppvcms.accounts.actor import Actor
    from ppvcms.metering.quotes import Offer
    from ppvcms.rooms.models import Room, Show
    from ppvcms.rooms.modes import RoomMode

OF_PAYER = (Fact.PAYER_MEDIA, Fact.PAYER_BEAT, Fact.PAYER_HERE)
SIGN_S = 4
"""How often the signs of both sides come; after five seconds without one a side is away."""


def new_person(name: str, role: str = "client") -> Actor:
    """Make somebody with a role and a verified address."""
    user: Any = accounts.create_user(
        email=f"{name.lower()}-{uuid.uuid4().hex[:6]}@example.org",
        display_name=name,
        password=uuid.uuid4().hex,
        roles=(role,),
        verified=True,
        actor_id=None,
    )
    require(user)
    return actor_of(db.session.get_one(User, user.id))


@dataclass(frozen=True)
class Wallet:
    """Somebody's credits, in minor units: 100 is one credit."""

    owner: Actor

    @property
    def available(self) -> int:
        """What can be spent now."""
        db.session.rollback()
        return wallet_view(db.session(), str(self.owner.user_id)).available

    def fund(self, amount: int) -> None:
        """Add credits, paid from nowhere."""
        transaction(
            lambda session: buy_credits(
                session,
                user_id=str(self.owner.user_id),
                credits=amount,
                bonus=0,
                price=amount,
                price_currency="USD",
                provider="test",
                key=f"fund:{uuid.uuid4().hex}",
                source="test:fund",
                memo="Credits for a test",
                actor_id=None,
                kind="test",
            )
        )


@dataclass(frozen=True)
class Books:
    """The ledger of a site, to be checked at the end of a test."""

    app: Flask

    def problems(self) -> list[str]:
        """Seal what was written and return a line for each broken invariant; none when all hold."""
        while transaction(seal):
            pass
        return [str(problem) for problem in check_all(self.app).problems]


@dataclass
class LiveShow:
    """A performer live in a room, and whoever comes."""

    room: Room
    performer: Actor
    show: Show
    heard: int = 0

    def hear_performer(self) -> None:
        """Let the engine report that the performer's media arrives."""
        grant_for_publisher(shows.stage_of(self.show), Holder(self.show.performer_id, "page"))
        query = db.select(Grant).where(Grant.show_id == self.show.id, Grant.role == "publisher")
        grant = db.session.scalars(query).one()
        now = now_ms(db.session())
        for kind in (EventKind.UP, EventKind.EVIDENCE):
            self.heard += 1
            data = {"sent_at": now} if kind is EventKind.EVIDENCE else {}
            event = MediaEvent(
                "n", self.show.id, self.heard, kind, now, grant_id=grant.id, data=data
            )
            ingest.take([event])

    def offer(self, client: Actor, mode: str) -> Offer:
        """Show somebody the panel with the terms of a mode."""
        offer: Any = quotes.quote(self.room.id, mode, client)
        require(offer)
        return offer  # type: ignore[no-any-return] # a Refusal was raised

    def enter(self, client: Actor, mode: RoomMode) -> str:
        """Come in as the mode wants it, by a click or asked and accepted; return the seat."""
        offer, key = self.offer(client, mode.key), uuid.uuid4().hex
        if mode.entry is Entry.CLICK:
            view: Any = admission.enter_show(client, offer.token, key)
            require(view)
            return str(view.id)
        request: Any = requests.ask(offer.token, "", client, key)
        require(request)
        accepted: Any = accepting.accept(request.id, self.performer, uuid.uuid4().hex)
        require(accepted)
        return str(accepted.seat_id)


def live_in(mode: str, *, performer: str = "Mara") -> LiveShow:
    """Let a performer make a room and go live in it."""
    actor = new_person(performer, "performer")
    room = rooms.make_room(str(actor.user_id), performer)
    show: Any = shows.go_live(room.id, actor, mode)
    require(show)
    live = LiveShow(room, actor, show)
    live.hear_performer()
    return live


def watch(seat_id: str, seconds: int) -> Receipt:
    """Let so many delivered seconds pass in a seat, then leave; return the receipt."""
    db.session.rollback()
    seat = db.session.get_one(Seat, seat_id)
    start, show_id = seat.opened_at, seat.show_id
    # Nothing counts that lies in the future, so the machine's clock goes ahead meanwhile.
    with mock.patch("time.time_ns") as clock:
        for moment in range(0, seconds + SIGN_S, SIGN_S):
            at = start + min(moment, seconds) * 1_000
            clock.return_value = at * 1_000_000
            signs = [(seat_id, fact, at) for fact in OF_PAYER]
            signs.append((show_id, Fact.PERFORMER_MEDIA, at))
            transaction(partial(_note, signs))
            meter.run_batch()
        settle.end(seat_id, Reason.PAYER_ENDED)
    db.session.rollback()
    return db.session.get_one(Receipt, seat_id)


def _note(signs: list[tuple[str, Fact, int]], session: Session) -> None:
    note(session, signs)
