"""WL-14, R-60: goals that real money fills."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from ppvcms.db import db, transaction
from ppvcms.host import registry
from ppvcms.jobs.outbox import deliver_due
from ppvcms.ledger.models import Transfer
from ppvcms.ledger.store import reverse_transfer
from ppvcms.rooms import chat, services
from tests import kit
from tests.live import site_at
from tests.web.office import browser_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ppvcms.accounts.actor import Actor
    from ppvcms.rooms.models import Room
    from tests.live import Site


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    with site_at(database_url, tmp_path, "goals") as made:
        yield made
        assert kit.books_problems() == []


def tip(room: Room, actor: Actor, amount: int, key: str) -> str:
    from ppvcms.host import settings

    transaction(lambda session: settings.save(session, "tips", "gap_s", 0))
    db.session.rollback()
    view = services.view_of(services.by_id(room.id))
    data = {"amount": amount, "note": "", "key": key, "confirm": True}
    answer: Any = registry.room_actions()["tips.send"](view, actor, data)
    while deliver_due():
        pass
    db.session.rollback()
    return str(
        db.session.scalar(sa.select(Transfer.id).where(Transfer.source.like(f"%{answer['tip']}")))
    )


def take_back(transfer_id: str) -> None:
    transaction(
        lambda s: reverse_transfer(s, transfer_id, key=f"r{transfer_id}", reason="x", actor_id=None)
    )
    while deliver_due():
        pass


def has(performer: Actor) -> list[tuple[int, bool]]:
    from plugins.goals.services import shown

    db.session.rollback()
    return [(bar.has, bar.reached) for bar in shown(str(performer.user_id)).bars]


def test_tips_fill_the_goals_and_what_is_given_back_counts_no_more(site: Site) -> None:
    from plugins.goals.services import save_board

    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=5000)
    room, own = site.room(anna), str(anna.user_id)
    site.go_live(room, anna)
    save_board(own, [(500, "A song"), (1000, "A dance")], layout="row", reset="never")
    first = tip(room, ben, 300, "a")
    assert has(anna) == [(300, False), (0, False)]
    take_back(first)
    assert has(anna) == [(0, False), (0, False)]
    second = tip(room, ben, 700, "b")
    assert has(anna) == [(500, True), (200, False)]
    take_back(second)
    assert has(anna) == [(500, True), (200, False)], "a reached goal changes no more"
    third = tip(room, ben, 100, "c")
    assert has(anna) == [(500, True), (300, False)]
    take_back(third)
    assert has(anna) == [(500, True), (200, False)]
    said = [line["text"] for line in chat.tail(room.id) if line["kind"] == "system"]
    assert said == ["Goal reached: A song (5)"]
    save_board(own, [(500, "A song"), (1000, "A dance")], layout="side", reset="never", anew=True)
    tip(room, ben, 600, "d")
    assert has(anna) == [(500, True), (600, False)]
    page = browser_of(site, anna)
    assert "6.00 cr of 10.00 cr" in page.text("/goals")
    sent = page.post("/goals", goals="5 A song\nno", layout="row", reset="daily")
    assert sent.status_code == 422
    assert "after how many days" in page.post("/goals", goals="", layout="row", reset="days").text
    kept = {"goals": "5 A song\n10 A dance", "layout": "side", "reset": "days", "days": "3"}
    assert page.post("/goals", **kept).status_code == 303
    assert 'value="3"' in page.get("/goals").text
    assert "6.00 cr of 10.00 cr" in browser_of(site, ben).text(f"/rooms/{room.slug}")


def test_bars_are_a_function_of_what_was_paid() -> None:
    from plugins.goals.bars import DAY_MS, Aim, Payment, bars, period_began

    aims = [Aim("a", "A", 100), Aim("b", "B", 100)]
    paid = [Payment(150, at=10), Payment(30, at=20, back_at=30)]

    row = bars(aims, paid, {}, layout="row")
    assert [(bar.has, bar.reached) for bar in row] == [(100, True), (50, False)]
    assert [bar.now for bar in row] == [False, True]
    side = bars(aims, paid, {}, layout="side")
    assert [bar.has for bar in side] == [100, 100]
    kept = bars(aims, [Payment(150, at=10, back_at=12)], {"a": 10}, layout="row")
    assert [bar.has for bar in kept] == [100, 50]
    before = [Payment(70, at=5, back_at=8), Payment(150, at=10), Payment(20, at=11, back_at=12)]
    assert [bar.has for bar in bars(aims, before, {"a": 10}, layout="row")] == [100, 50]
    noon = 20 * DAY_MS + DAY_MS // 2
    assert period_began("never", 5, noon) == 5
    assert period_began("daily", 5, noon) == 20 * DAY_MS
    assert period_began("weekly", 5, noon) == 18 * DAY_MS
    assert period_began("daily", noon - 1, noon) == noon - 1
    began = 5 * DAY_MS + 7
    periods = [period_began("days", began, day * DAY_MS, days=3) for day in (6, 7, 8, 10, 11)]
    assert periods == [began, began, 8 * DAY_MS, 8 * DAY_MS, 11 * DAY_MS]
