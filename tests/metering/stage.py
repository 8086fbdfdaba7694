"""What the tests of the meter play on: people, a room, a show, and a clock to choose."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask_babel import Babel
from sqlalchemy import select

from ppvcms.accounts.models import Role, User, UserRole
from ppvcms.books_check import check_all
from ppvcms.config import Config
from ppvcms.db import db, init_db, transaction
from ppvcms.host import runtime
from ppvcms.host.app import Host
from ppvcms.ids import new_id
from ppvcms.ledger.models import Hold
from ppvcms.ledger.store import buy_credits, wallet_view
from ppvcms.metering import lines, meter, seats, settle
from ppvcms.metering.evidence import Fact, note
from ppvcms.metering.models import Receipt, Seat
from ppvcms.metering.terms import Sharer, Terms
from ppvcms.realtime import init_emitter
from ppvcms.rooms.models import Room, Show
from tests import kit

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask
    from sqlalchemy.orm import Session

    from ppvcms.ledger.store import Wallet
    from ppvcms.results import Refusal

SIGN_S = 2


def make_site(url: str, home: Path) -> Flask:
    """Make the tables and return an application that stands on them."""
    kit.lay_tables(url)
    return open_site(url, home)


def open_site(url: str, home: Path) -> Flask:
    """Return an application of everything below the web, on a database that has its tables."""
    config = Config(
        instance=home, database=url, secret_key="k" * 40, testing=True, async_mode="threading"
    )
    app = Host("ppvcms")
    app.config.update(PPVCMS=config, SECRET_KEY=config.secret_key, TESTING=True)
    init_db(app, config.database_url)
    Babel(app)
    runtime.boot(app, config)
    with app.app_context():
        lines.link()
    init_emitter(app, config)
    return app


@dataclass
class Stage:
    """One performer with a room and a private show at a time; clients as many as wanted.

    Moments are seconds after `zero`, which lies hours ago, so that signs of any
    moment of a test are in the past.
    """

    performer_id: str = ""
    studio_id: str = ""
    room_id: str = ""
    zero: int = field(default_factory=lambda: time.time_ns() // 1_000_000 - 7_200_000)

    def __post_init__(self) -> None:
        """Make the performer, the studio and the room."""
        if not self.performer_id:
            transaction(self._make)

    def _make(self, session: Session) -> None:
        self.performer_id = _person(session, "Mara")
        self.studio_id = _person(session, "Studio North")
        self.room_id = new_id()
        session.add(
            Room(
                id=self.room_id,
                slug=f"mara-{self.room_id[-6:].lower()}",
                performer_id=self.performer_id,
                title="Mara",
                created_at=self.zero,
            )
        )

    def at(self, seconds: float) -> int:
        """Return a moment of the test in epoch milliseconds."""
        return self.zero + round(seconds * 1000)

    def client(self, credits: int = 0, *, role: str | None = None) -> str:  # noqa: A002
        """Make a client who owns credits, in minor units."""

        def act(session: Session) -> str:
            user_id = _person(session, f"Client {new_id()[-8:]}")
            if role is not None:
                key = Role(id=new_id(), key=role, name=role, permissions={})
                session.add(key)
                session.flush()
                session.add(UserRole(user_id=user_id, role_id=key.id))
            return user_id

        user_id = transaction(act)
        if credits:
            self.fund(user_id, credits)
        return user_id

    def fund(self, user_id: str, credits: int, key: str = "") -> None:  # noqa: A002
        """Give somebody credits, in minor units."""
        transaction(
            lambda session: buy_credits(
                session,
                user_id=user_id,
                credits=credits,
                bonus=0,
                price=0,
                price_currency="USD",
                provider="test",
                key=f"fund:{key or new_id()}",
                source="test",
                memo="credits for a test",
                actor_id=None,
                kind="grant",
            )
        )

    def show(self) -> str:
        """Open a private show."""

        def act(session: Session) -> str:
            show = Show(
                id=new_id(),
                room_id=self.room_id,
                performer_id=self.performer_id,
                mode="private",
                private=True,
                media_provider="none",
                media_room=new_id(),
                started_at=self.zero,
            )
            session.add(show)
            session.get_one(Room, self.room_id).show_id = show.id
            return show.id

        return transaction(act)

    def terms(self, **changes: Any) -> Terms:
        """Return terms of 2.00 a minute for the performer alone."""
        values = {"mode": "private", "role": "two_way", "rate_per_minute": 200}
        return Terms(**({"sharers": (Sharer(self.performer_id),)} | values | changes))

    def open(
        self,
        payer_id: str,
        *,
        at: float = 0,
        show_id: str = "",
        key: str = "",
        **changes: Any,
    ) -> str:
        """Open a seat; it must succeed."""
        seat = self.try_open(payer_id, at=at, show_id=show_id, key=key, **changes)
        assert isinstance(seat, Seat), seat
        return seat.id

    def try_open(
        self,
        payer_id: str,
        *,
        at: float = 0,
        show_id: str = "",
        key: str = "",
        **changes: Any,
    ) -> Seat | Refusal:
        """Open a seat or return why not."""
        show_id = show_id or self.show()

        def act(session: Session) -> Seat | Refusal:
            return seats.open_seat(
                session,
                show=session.get_one(Show, show_id),
                payer_id=payer_id,
                terms=self.terms(**changes),
                request_id=None,
                key=key or new_id(),
                now=self.at(at),
            )

        return transaction(act)

    def signs(
        self, seat_id: str, start: float, end: float, *, performer: bool = True, payer: bool = True
    ) -> None:
        """Note the signs of both sides, every two seconds and at the end."""
        seat = db.session.get_one(Seat, seat_id)
        moments = [start + SIGN_S * n for n in range(int((end - start) // SIGN_S) + 1)]
        found: list[tuple[str, Fact, int]] = []
        for moment in sorted({*moments, end}):
            if performer:
                found.append((seat.show_id, Fact.PERFORMER_MEDIA, self.at(moment)))
            if payer:
                facts = (Fact.PAYER_MEDIA, Fact.PAYER_BEAT, Fact.PAYER_HERE)
                found += [(seat_id, fact, self.at(moment)) for fact in facts]
        transaction(lambda session: note(session, found))

    def meter(self, at: float) -> meter.Batch:
        """Let the meter look at a moment, and settle what is over."""
        batch = meter.run_batch(now=self.at(at))
        for seat_id in batch.closing:
            settle.look_at(seat_id, now=self.at(at))
        return batch

    def play(self, seat_id: str, start: float, end: float, **sides: bool) -> None:
        """Let time pass with evidence of both sides (or one), the meter looking each second."""
        moment = start
        while moment < end:
            ahead = min(moment + 1, end)
            self.signs(seat_id, moment, ahead, **sides)
            self.meter(ahead)
            moment = ahead

    def end(self, seat_id: str, at: float, reason: seats.Reason = seats.Reason.PAYER_ENDED) -> bool:
        """End a seat at a moment."""
        return settle.end(seat_id, reason, now=self.at(at))

    def seat(self, seat_id: str) -> Seat:
        """Return a seat as it is stored now."""
        db.session.rollback()
        return db.session.get_one(Seat, seat_id, populate_existing=True)

    def wallet(self, user_id: str) -> Wallet:
        """Return what somebody owns now."""
        db.session.rollback()
        return wallet_view(db.session(), user_id)

    def receipt(self, seat_id: str) -> Receipt:
        """Return the receipt of a settled seat."""
        db.session.rollback()
        return db.session.get_one(Receipt, seat_id)

    def open_holds(self) -> int:
        """Return how many holds have not ended."""
        db.session.rollback()
        return len(list(db.session.scalars(select(Hold.id).where(Hold.state == "open"))))

    def end_all(self) -> None:
        """End what a test left open; no hold may be left behind."""
        db.session.rollback()
        for seat_id in list(db.session.scalars(select(Seat.id).where(Seat.closed_at.is_(None)))):
            settle.end(seat_id, seats.Reason.STAFF)
        assert self.open_holds() == 0

    def check_books(self) -> None:
        """Prove that the books hold."""
        db.session.rollback()
        from flask import current_app

        report = check_all(current_app._get_current_object())  # type: ignore[attr-defined]
        assert report.ok, report.as_text()


def _person(session: Session, name: str) -> str:
    user_id = new_id()
    session.add(
        User(
            id=user_id,
            email=f"{user_id.lower()}@test.invalid",
            password_hash="-",
            display_name=name,
            name_key=user_id,
            created_at=0,
        )
    )
    session.flush()
    return user_id
