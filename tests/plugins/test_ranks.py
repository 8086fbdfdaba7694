"""AC-15: ranks by what was spent in 30 days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from ppvcms.db import db, transaction
from ppvcms.facade import charge
from ppvcms.ledger.store import reverse_transfer
from ppvcms.metering.requests import queue
from ppvcms.payments import shop
from ppvcms.payments.models import CreditPack
from ppvcms.rooms import chat
from tests import kit
from tests.live import Site, refused, site_at
from tests.web.office import browser_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ppvcms.accounts.actor import Actor
    from ppvcms.rooms.models import Room


@pytest.fixture
def here(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """A site with ranks, on both databases, whose books hold."""
    with site_at(database_url, tmp_path, "ranks") as made:
        yield made
        assert kit.books_problems() == []


def spend(room: Room, actor: Actor, amount: int, key: str) -> str:
    def act(session: Any) -> Any:
        return charge(
            session, payer=actor, room_id=room.id, amount=amount, kind="gift",
            source=f"test:{key}", memo="A gift", key=key,
        )  # fmt: skip

    answer = transaction(act)
    db.session.rollback()
    assert isinstance(answer, str), answer
    return answer


def label_of(actor: Actor) -> str | None:
    from plugins.ranks.services import badges

    db.session.rollback()
    badge = badges([str(actor.user_id)]).get(str(actor.user_id))
    return badge.label if badge else None


def test_a_rank_follows_what_was_spent_and_not_taken_back(here: Site) -> None:
    anna, ben = here.person("Anna", "performer"), here.person("Ben", credits=60_000)
    room = here.room(anna)
    assert label_of(ben) is None
    spend(room, ben, 1_999, "a")
    assert label_of(ben) is None
    spend(room, ben, 1, "b")
    assert label_of(ben) == "Bronze"
    gone = spend(room, ben, 8_000, "c")
    assert label_of(ben) == "Silver"
    transaction(lambda s: reverse_transfer(s, gone, key="back", reason="Back", actor_id=None))
    assert label_of(ben) == "Bronze"


def test_queue_and_chat_show_the_rank_and_never_the_amount(here: Site) -> None:
    anna, ben = here.person("Anna", "performer"), here.person("Ben", credits=60_000)
    carl = here.person("Carl", credits=5_000)
    room = here.room(anna)
    here.go_live(room, anna)
    spend(room, ben, 12_345, "a")
    here.ask(room, ben)
    here.ask(room, carl)
    rows = {row["name"]: row["badge"] for row in queue(room.id)}
    assert rows["Ben"] == {"label": "Silver", "icon": "award-fill", "tone": "info"}
    assert rows["Carl"] is None
    chat.post(room.id, ben, "Hello", key="k")
    line = chat.tail(room.id)[-1]
    assert line["data"]["badge"]["label"] == "Silver"
    assert "123" not in str(line["data"])


def test_a_rank_brings_more_credits_in_a_pack(here: Site) -> None:
    anna, ben = here.person("Anna", "performer"), here.person("Ben", credits=60_000)
    room = here.room(anna)
    pack = CreditPack(id="p", name="Ten", credits=1_000, bonus=50, prices={"USD": 1_000}, weight=0)
    transaction(lambda session: session.add(pack))
    assert [offer.bonus for offer in shop.offers(ben.user_id)] == [50]
    spend(room, ben, 10_000, "a")
    assert [offer.bonus for offer in shop.offers(ben.user_id)] == [50 + 30]
    assert [offer.bonus for offer in shop.offers(None)] == [50]


def test_the_owner_sets_ranks_up(tmp_path: Path) -> None:
    from plugins.ranks.models import Rank

    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path, "ranks") as site:
        anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=60_000)
        spend(site.room(anna), ben, 2_500, "a")
        his = browser_of(site, ben)
        assert "Bronze" in his.text("/account")
        assert "25.00 cr of 100.00 cr" in his.text("/account")
        assert his.get("/ranks/office").status_code == 403
        owner = browser_of(site, site.person("Olga", "owner"))
        new = {"name": "Friend", "bonus_percent": "1", "icon": "gem", "tone": "good"}
        taken = owner.post("/ranks/office/new", threshold="20", **new)
        assert (taken.status_code, "Another rank begins there" in taken.text) == (422, True)
        assert owner.post("/ranks/office/new", threshold="25", **new).status_code == 302
        assert label_of(ben) == "Friend"
        friend = db.session.scalars(sa.select(Rank.id).where(Rank.name == "Friend")).one()
        owner.post(f"/ranks/office/{friend}/remove")
        assert label_of(ben) == "Bronze"
        from plugins.ranks.services import remove

        assert refused(remove("none", actor_id=None)) == "not_found"
