"""A load that can be killed anywhere and goes on where it stood.

Three rooms at once: a private show with a lost line, a tip and a normal end; one
that runs out of money, is topped up and ended by its performer; one whose client
never connects. Each step is safe to repeat, and is acknowledged in a file once
it is done. Moments are seconds after the acceptance, by a clock of the test's.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import select

from ppvcms.accounts.actor import Actor
from ppvcms.db import db, transaction
from ppvcms.faultpoints import faultpoint
from ppvcms.ids import new_id
from ppvcms.jobs.outbox import deliver_due
from ppvcms.ledger.store import charge, wallet_view
from ppvcms.metering import accepting, meter, settle, tell
from ppvcms.metering.evidence import Fact, note
from ppvcms.metering.models import Seat
from ppvcms.metering.state import Reason
from ppvcms.results import Refusal
from ppvcms.rooms.models import Room, Show, ShowRequest
from tests.metering.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy.orm import Session

    from ppvcms.metering.terms import Terms

BEGIN_S = 30
END_S = 108
STEP_S = 3
TERMS = {"grace_s": 5, "connect_s": 75, "first_block_s": 30, "extend_s": 12, "extend_below_s": 10}


@dataclass
class Booth:
    """One room with a client who waits for its private show."""

    stage: Stage
    client_id: str
    request_id: str


def prepare() -> dict[str, object]:
    """Make people, live rooms and waiting requests; return their ids for the children."""
    rooms = []
    for minimum in (0, 0, 150):
        stage = Stage()
        client_id = stage.client(0)
        terms = stage.terms(minimum=minimum, **TERMS)
        request_id = transaction(partial(_request, stage=stage, client_id=client_id, terms=terms))
        rooms.append((stage.performer_id, stage.studio_id, stage.room_id, client_id, request_id))
    return {"zero": stage.zero + 7_200_000, "rooms": rooms}


def _request(session: Session, stage: Stage, client_id: str, terms: Terms) -> str:
    public = Show(
        id=new_id(),
        room_id=stage.room_id,
        performer_id=stage.performer_id,
        mode="free",
        media_provider="none",
        media_room=new_id(),
        started_at=stage.zero,
    )
    session.add(public)
    session.get_one(Room, stage.room_id).show_id = public.id
    row = ShowRequest(
        id=new_id(),
        room_id=stage.room_id,
        client_id=client_id,
        open_for=client_id,
        mode="private",
        terms=terms.to_json(),
        made_at=stage.zero,
        expires_at=stage.zero + 86_400_000,
    )
    session.add(row)
    return row.id


class Load:
    """The steps of a load, in order."""

    def __init__(self, made: dict[str, object]) -> None:
        self.zero = int(str(made["zero"]))
        rooms = made["rooms"]
        assert isinstance(rooms, list)
        self.rooms = [
            Booth(Stage(performer, studio, room, self.zero), client, request)
            for performer, studio, room, client, request in rooms
        ]
        self.steps: list[Callable[[], None]] = []
        self._plan()

    def _plan(self) -> None:
        funds = (900, 180, 500)
        for nr, amount in enumerate(funds):
            self.steps.append(partial(self._fund, nr, amount, "first"))
        self.steps += [partial(self._accept, nr) for nr in range(len(self.rooms))]
        for second in range(BEGIN_S, END_S, STEP_S):
            self.steps.append(partial(self._second, second))
            if second == 66:
                self.steps.append(partial(self._tip, 0, 70))
            if second == 84:
                self.steps.append(partial(self._fund, 1, 90, "top-up"))
            if second == 93:
                self.steps.append(partial(self._end, 0, 93, Reason.PAYER_ENDED))
            if second == 99:
                self.steps.append(partial(self._end, 1, 99, Reason.PERFORMER_ENDED))
        self.steps.append(_deliver)

    def run(self, acks: Path) -> None:
        """Do every step that is not acknowledged yet."""
        done = len(acks.read_bytes()) if acks.exists() else 0
        with acks.open("ab", buffering=0) as file:
            for step in self.steps[done:]:
                step()
                db.session.rollback()
                os.write(file.fileno(), b".")

    def names(self) -> list[str]:
        """Return what each step leaves in the books: a key, ``accept``, ``end`` or nothing."""
        names = []
        for step in self.steps:
            act = getattr(step, "func", None)
            args = getattr(step, "args", ())
            if act == self._fund:
                names.append(f"fund:{args[2]}-{args[0]}")
            elif act == self._tip:
                names.append(f"tip-{args[0]}")
            else:
                kinds = {self._accept: "accept", self._end: "end"}
                names.append(kinds.get(act, "") if act is not None else "")
        return names

    def moment(self, second: float) -> int:
        """Return a moment of the load in epoch milliseconds."""
        return self.zero + round(second * 1000)

    def _fund(self, nr: int, amount: int, key: str) -> None:
        self.rooms[nr].stage.fund(self.rooms[nr].client_id, amount, key=f"{key}-{nr}")

    def _tip(self, nr: int, amount: int) -> None:
        client = self.rooms[nr].client_id
        answer = transaction(
            lambda session: charge(
                session,
                payer_id=client,
                amount=amount,
                sharers=[],
                kind="tip",
                key=f"tip-{nr}",
                source="tips:tip",
                memo="A tip",
                actor_id=client,
            )
        )
        assert not isinstance(answer, Refusal)
        faultpoint("spend.committed")

    def _accept(self, nr: int) -> None:
        room = self.rooms[nr]
        performer = Actor(room.stage.performer_id, "", frozenset(), frozenset())
        accepted = accepting.accept(room.request_id, performer, key=f"accept-{nr}")
        assert not isinstance(accepted, Refusal), accepted

    def seat_id(self, nr: int) -> str | None:
        """Return the seat that a room's request became."""
        query = select(Seat.id).where(Seat.request_id == self.rooms[nr].request_id)
        return db.session.scalar(query)

    def _second(self, second: int) -> None:
        signs: list[tuple[str, Fact, int]] = []
        for nr in (0, 1):
            seat = db.session.get_one(Seat, self.seat_id(nr))
            for moment in (second - 3, second - 1.5, second):
                signs.append((seat.show_id, Fact.PERFORMER_MEDIA, self.moment(moment)))
                here = nr == 1 or not 48 <= moment < 60
                flows = seat.state in {"secured", "live"} and moment * 1000 <= (
                    seat.secured_until - self.zero
                )
                if here:
                    signs.append((seat.id, Fact.PAYER_HERE, self.moment(moment)))
                if here and flows:
                    signs.append((seat.id, Fact.PAYER_MEDIA, self.moment(moment)))
                    signs.append((seat.id, Fact.PAYER_BEAT, self.moment(moment)))
        now = self.moment(second)
        db.session.rollback()
        transaction(lambda session: _note(session, signs, now))
        batch = meter.run_batch(now=now)
        tell.tell(batch.news)
        for seat_id in batch.closing:
            settle.look_at(seat_id, now=now)

    def _end(self, nr: int, second: int, reason: Reason) -> None:
        settle.end(str(self.seat_id(nr)), reason, now=self.moment(second))

    def outcome(self) -> list[object]:
        """Return what everybody has and was charged in the end."""
        db.session.rollback()
        seats = [db.session.get_one(Seat, self.seat_id(nr)) for nr in range(len(self.rooms))]
        found: list[object] = [
            (seat.state, seat.close_reason, seat.due, seat.secured, seat.counted_ms, seat.seq)
            for seat in seats
        ]
        found += [wallet_view(db.session(), room.client_id) for room in self.rooms]
        return found


def _note(session: Session, signs: list[tuple[str, Fact, int]], now: int) -> None:
    note(session, signs, now=now)
    faultpoint("evidence.noted")


def _deliver() -> None:
    while deliver_due():
        pass
