"""WL-12, WL-13, R-46: gifts of the shop, and credits from person to person."""

from __future__ import annotations

import io
import uuid
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from PIL import Image

from ppvcms.db import db, transaction
from ppvcms.host import registry
from ppvcms.jobs.outbox import deliver_due
from ppvcms.ledger.models import Share, Transfer
from ppvcms.ledger.store import reverse_transfer
from ppvcms.results import Refusal
from ppvcms.rooms import chat, services
from tests import kit
from tests.live import refused, site_at
from tests.web.office import browser_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ppvcms.accounts.actor import Actor
    from ppvcms.rooms.models import Room
    from tests.live import Site


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    with site_at(database_url, tmp_path, "gifts") as made:
        yield made
        assert kit.books_problems() == []


@pytest.fixture(scope="module")
def small_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("gifts")
    with site_at(f"sqlite:///{home / 'site.sqlite3'}", home, "gifts") as made:
        yield made
        assert kit.books_problems() == []


def a_gift(owner: Actor, *, price: int = 200, stock: int | None = None, **more: Any) -> str:
    from plugins.gifts.shop import Draft, save_gift

    made = save_gift(None, Draft("Rose", price, stock), picture=more.get("picture"), actor=owner)
    assert isinstance(made, str), made
    return made


def send(room: Room, actor: Actor, gift: str, key: str = "", **more: Any) -> Any:
    db.session.rollback()
    view = services.view_of(services.by_id(room.id))
    data = {"gift": gift, "key": key or uuid.uuid4().hex, **more}
    return registry.room_actions()["gifts.send"](view, actor, data)


def shelf(performer: Actor) -> list[tuple[str, int, tuple[str, ...]]]:
    from plugins.gifts.services import shelf_of

    db.session.rollback()
    return [(one.name, one.count, one.latest) for one in shelf_of(str(performer.user_id))]


def test_the_last_one_goes_to_one_buyer_and_stands_on_the_shelf(site: Site) -> None:
    anna, owner = site.person("Anna", "performer"), site.person("Olga", "owner")
    buyers = [site.person(f"Ben{nr}", credits=500) for nr in range(6)]
    room, rose = site.room(anna), a_gift(owner, stock=1)
    site.go_live(room, anna)

    answers = site.together(6, lambda nr: send(room, buyers[nr], rose, key="one"))

    codes = Counter(one.code if isinstance(one, Refusal) else "sent" for one in answers)
    assert codes == {"sent": 1, "sold_out": 5}
    winner = next(nr for nr, one in enumerate(answers) if not isinstance(one, Refusal))
    assert [kit.available(str(one.user_id)) for one in buyers].count(500) == 5
    assert send(room, buyers[winner], rose, key="one")["sent"] == answers[winner]["sent"]
    assert shelf(anna) == [("Rose", 1, (f"Ben{winner}",))]
    assert chat.tail(room.id)[-1]["text"] == "sends Rose"
    shares = {row.party_kind: row.amount for row in db.session.scalars(sa.select(Share))}
    assert shares == {"performer": 160, "site": 40}
    gift = db.session.scalar(sa.select(Transfer.id).where(Transfer.kind == "gift"))
    transaction(lambda s: reverse_transfer(s, str(gift), key="x", reason="x", actor_id=None))
    while deliver_due():
        pass
    assert shelf(anna) == []


def test_nothing_is_taken_for_what_cannot_be_sent(small_site: Site) -> None:
    anna, owner = small_site.person("Anna", "performer"), small_site.person("Olga", "owner")
    ben, room = small_site.person("Ben", credits=500), small_site.room(anna)
    rose, dear = a_gift(owner), a_gift(owner, price=600, stock=3)
    assert refused(send(room, ben, rose)) == "closed"
    small_site.go_live(room, anna)
    assert refused(send(room, ben, dear)) == "funds"
    assert refused(send(room, ben, "none")) == "gone"
    assert refused(send(room, anna, rose)) == "forbidden"
    assert refused(send(room, ben, rose, key="k" * 65)) == "bad_request"
    assert kit.available(str(ben.user_id)) == 500
    assert send(room, ben, rose)["left"] is None
    kit.fund(str(ben.user_id), 300)
    assert send(room, ben, dear, key="d")["left"] == 2
    assert refused(send(room, ben, rose, key="d")) == "key_reused"


def test_credits_go_from_one_to_another_once(small_site: Site) -> None:
    from plugins.gifts.credits import give

    cara, dan = small_site.person("Cara", credits=500), small_site.person("Dan")
    eva = small_site.person("Eva", "performer")

    answers = small_site.together(
        4, lambda _: give(cara, name="dan", amount=300, note="For you", key="k")
    )

    assert answers == ["Dan"] * 4
    assert (kit.available(str(cara.user_id)), kit.available(str(dan.user_id))) == (200, 300)
    assert refused(give(cara, name="Dan", amount=300, note="", key="l")) == "funds"
    assert refused(give(cara, name="Dan", amount=99, note="", key="l")) == "amount"
    for name in ("Cara", "Nobody", eva.name):
        assert refused(give(cara, name=name, amount=100, note="", key="l")) == "name"
    assert kit.available(str(cara.user_id)) == 200


def test_credits_that_cross_and_more_than_there_is_take_what_is_there(site: Site) -> None:
    """R-03: four gifts of all that somebody has, and one that comes the other way."""
    from plugins.gifts.credits import give

    ann, bob = site.person("Ann", credits=500), site.person("Bob", credits=500)
    acts = [(ann, "Bob")] * 4 + [(bob, "Ann")]

    answers = site.together(
        5, lambda nr: give(acts[nr][0], name=acts[nr][1], amount=500, note="", key=f"k{nr}")
    )

    given = sum(answer == "Bob" for answer in answers)
    assert answers[4] == "Ann"
    assert given in {1, 2}
    left = kit.available(str(ann.user_id)), kit.available(str(bob.user_id))
    assert left == (1_000 - 500 * given, 500 * given)


def test_the_shop_is_kept_in_the_back_office_and_seen_on_the_profile(small_site: Site) -> None:
    owner = browser_of(small_site, small_site.person("Oleg", "owner"))
    fay, gus = small_site.person("Fay", "performer"), small_site.person("Gus", credits=500)
    room = small_site.room(fay, "Fay")
    picture = io.BytesIO()
    Image.new("RGB", (200, 200), "#335577").save(picture, "PNG")
    picture.seek(0)

    sent = owner.post(
        "/gifts/shop/new",
        name="Tulip",
        price="3.00",
        stock="5",
        animation="rise",
        on_sale="1",
        image=(picture, "tulip.png"),
    )

    assert sent.status_code == 303
    assert "Tulip 3.00 cr 5 on sale" in owner.text("/gifts/shop")
    tulip = next(one for one in offered() if one["name"] == "Tulip")
    small_site.go_live(room, fay)
    assert send(room, gus, tulip["id"])["left"] == 4
    page = browser_of(small_site, gus)
    assert "Tulip Gus" in page.text(f"/profile/{room.slug}")
    with page.get(tulip["image"]) as answer:
        assert answer.data[:3] == b"\xff\xd8\xff"
    assert "You have 2.00 cr available." in page.text("/gifts/credits")


def offered() -> list[dict[str, Any]]:
    """Return what room pages are offered."""
    from plugins.gifts.shop import on_sale

    db.session.rollback()
    return on_sale()
