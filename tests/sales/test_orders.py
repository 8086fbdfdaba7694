"""R-65, R-46, I18: an item is paid, shared and opened once, or not at all."""

from __future__ import annotations

import signal
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from ppvcms import faultpoints
from ppvcms.db import db, transaction
from ppvcms.ids import new_id
from ppvcms.ledger.models import Share
from ppvcms.results import Refusal
from ppvcms.sales import access, goods, orders
from ppvcms.sales.access import Offer, Right
from ppvcms.sales.models import Access, Good, Sale
from ppvcms.sales.orders import Order, Sold
from tests import kit
from tests.children import in_a_child
from tests.live import enter, refused, site_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ppvcms.accounts.actor import Actor
    from tests.live import Site

SLUG = "shelf"
BUY = Offer("buy", Right.OWN)
RENT = Offer("rent", Right.RENTAL, hours=48)
PIECE = Offer("piece", Right.GOODS)


@pytest.fixture
def small_site(tmp_path: Path) -> Iterator[Site]:
    """A site on SQLite, for what no database makes different."""
    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path) as made:
        yield made
        assert kit.books_problems() == []


def an_item(stock: int | None = None) -> str:
    item_id = new_id()
    transaction(lambda s: goods.put_on_sale(s, SLUG, item_id, stock=stock))
    return item_id


def order(seller: Actor, payer: Actor, item_id: str, offer: Offer = BUY, price: int = 500) -> Order:
    return Order(
        slug=SLUG,
        item_id=item_id,
        seller_id=str(seller.user_id),
        user_id=str(payer.user_id),
        offer=offer,
        price=price,
        memo="A song",
        source=f"{SLUG}:item:{item_id}",
    )


def count(model: type) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def bought(answer: Sold | Refusal) -> Sold:
    assert isinstance(answer, Sold), answer
    return answer


def test_a_purchase_is_paid_shared_and_open(site: Site) -> None:
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=1000)
    item = an_item()

    sold = bought(orders.buy(ben, order(anna, ben, item), key="k"))

    assert kit.available(str(ben.user_id)) == 500
    shares = {row.party_kind: row.amount for row in db.session.scalars(sa.select(Share))}
    assert shares == {"performer": 400, "site": 100}
    mine = access.access_of(ben.user_id, SLUG, item)
    assert mine is not None
    assert (mine.id, mine.right, mine.ends_at) == (sold.access_id, Right.OWN, None)
    assert access.access_of(anna.user_id, SLUG, item) is None
    assert access.access_of(None, SLUG, item) is None


def test_a_double_click_and_two_tabs_buy_once(site: Site) -> None:
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=5000)
    item = an_item()
    wanted = order(anna, ben, item)

    clicks = site.together(4, lambda _: orders.buy(ben, wanted, key="one"))
    tabs = site.together(4, lambda n: orders.buy(ben, wanted, key=f"tab-{n}"))

    assert len({bought(click).id for click in clicks}) == 1
    assert {refused(tab) for tab in tabs} == {"owned"}
    other = an_item()
    fresh = site.together(4, lambda n: orders.buy(ben, order(anna, ben, other), key=f"t-{n}"))
    codes = Counter(a.code if isinstance(a, Refusal) else "sold" for a in fresh)
    assert codes == {"sold": 1, "owned": 3}
    assert kit.available(str(ben.user_id)) == 4000
    assert (count(Sale), count(Access)) == (2, 2)


def test_the_last_piece_goes_to_one_of_many(site: Site) -> None:
    anna = site.person("Anna", "performer")
    buyers = [site.person(f"Buyer{n}", credits=1000) for n in range(6)]
    item = an_item(stock=2)

    answers = site.together(
        6, lambda n: orders.buy(buyers[n], order(anna, buyers[n], item, PIECE), key="k")
    )

    codes = Counter(a.code if isinstance(a, Refusal) else "sold" for a in answers)
    assert codes == {"sold": 2, "sold_out": 4}
    good = db.session.get_one(Good, (SLUG, item), populate_existing=True)
    assert (good.stock, good.sold) == (0, 2)
    assert sum(kit.available(str(buyer.user_id)) for buyer in buyers) == 5000


def test_many_items_at_once_take_exactly_what_is_there(site: Site) -> None:
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=1000)
    items = [an_item() for _ in range(8)]

    answers = site.together(
        8, lambda n: orders.buy(ben, order(anna, ben, items[n], price=300), key=f"k{n}")
    )

    codes = Counter(a.code if isinstance(a, Refusal) else "sold" for a in answers)
    assert codes == {"sold": 3, "funds": 5}
    assert kit.available(str(ben.user_id)) == 100


def test_what_cannot_be_sold_takes_nothing(small_site: Site) -> None:
    site = small_site
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=400)
    boss = site.person("Boss", "owner", credits=900)
    room = site.room(anna)
    item = an_item()
    in_room = Order(**{**_fields(order(anna, boss, item)), "room_id": room.id})
    assert refused(orders.buy(ben, order(anna, ben, item), key="a")) == "funds"
    assert refused(orders.buy(anna, order(anna, anna, item), key="a")) == "forbidden"
    assert refused(orders.buy(boss, in_room, key="a")) == "forbidden", "R-16"
    assert refused(orders.buy(ben, order(anna, ben, new_id()), key="b")) == "gone"
    transaction(lambda s: goods.take_off_sale(s, SLUG, item))
    assert refused(orders.buy(ben, order(anna, ben, item, price=100), key="c")) == "gone"
    assert kit.available(str(ben.user_id)) == 400
    assert (count(Sale), count(Access)) == (0, 0)


def test_a_key_means_one_order(small_site: Site) -> None:
    site = small_site
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=900)
    item = an_item()
    bought(orders.buy(ben, order(anna, ben, item, price=100), key="k"))
    assert refused(orders.buy(ben, order(anna, ben, item, price=200), key="k")) == "key_reused"
    assert kit.available(str(ben.user_id)) == 800


def test_a_rental_runs_from_its_first_play_and_a_better_right_wins(small_site: Site) -> None:
    """R-65, R-66, R-67."""
    site = small_site
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=5000)
    item = an_item()
    rental = bought(orders.buy(ben, order(anna, ben, item, RENT, 200), key="r"))
    assert refused(orders.buy(ben, order(anna, ben, item, RENT, 200), key="r2")) == "owned"
    unstarted = access.access_of(ben.user_id, SLUG, item)
    assert unstarted is not None
    assert unstarted.started_at is None
    begun = transaction(lambda s: access.begin(s, rental.access_id))
    assert begun.started_at is not None
    assert begun.ends_at == begun.started_at + 48 * access.HOUR_MS
    assert transaction(lambda s: access.begin(s, rental.access_id)) == begun

    own = bought(orders.buy(ben, order(anna, ben, item, BUY, 900), key="o"))

    best = access.access_of(ben.user_id, SLUG, item)
    assert best is not None
    assert (best.id, best.right) == (own.access_id, Right.OWN)
    ended = sa.update(Access).where(Access.id == rental.access_id).values(ends_at=1)
    transaction(lambda s: s.execute(ended))
    assert len(transaction(lambda s: access.of_person(s, str(ben.user_id), SLUG))) == 1


def test_a_bundle_opens_its_parts_and_ends_them_together(site: Site) -> None:
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=900)
    whole, parts = an_item(), (new_id(), new_id())
    wanted = Order(**{**_fields(order(anna, ben, whole)), "parts": parts})
    sold = bought(orders.buy(ben, wanted, key="k"))
    assert all(access.access_of(ben.user_id, SLUG, part) for part in parts)
    assert kit.books_problems() == []

    assert orders.undo(sold.id, actor_id=anna.user_id, reason="Wrong file") is None

    assert not any(access.access_of(ben.user_id, SLUG, one) for one in (whole, *parts))
    assert kit.available(str(ben.user_id)) == 900
    assert refused(orders.undo(sold.id, actor_id=anna.user_id, reason="Again")) == "undone"


def test_an_undone_sale_gives_the_piece_back(small_site: Site) -> None:
    site = small_site
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=900)
    item = an_item(stock=1)
    sold = bought(orders.buy(ben, order(anna, ben, item, PIECE), key="k"))
    assert refused(orders.buy(ben, order(anna, ben, item, PIECE, 100), key="l")) == "sold_out"
    orders.undo(sold.id, actor_id=anna.user_id, reason="Lost in the post")
    bought(orders.buy(ben, order(anna, ben, item, PIECE), key="m"))


def test_a_gift_is_paid_by_one_and_open_to_the_other(small_site: Site) -> None:
    """WL-13: the receiver never pays on."""
    site = small_site
    anna, ben, cleo = (
        site.person("Anna", "performer"),
        site.person("Ben", credits=900),
        site.person("Cleo", credits=900),
    )
    item = an_item()
    bought(orders.buy(ben, order(anna, cleo, item), key="k"))
    assert access.access_of(cleo.user_id, SLUG, item) is not None
    assert access.access_of(ben.user_id, SLUG, item) is None
    assert [kit.available(str(one.user_id)) for one in (ben, cleo)] == [400, 900]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE access SET revoked = true",
        "DELETE FROM access",
        "UPDATE sale SET undone_at = 1",
        "UPDATE sale SET transfer_id = NULL",
    ],
)
def test_i18_finds_access_and_debit_that_do_not_belong_together(
    tmp_path: Path, statement: str
) -> None:
    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path) as site:
        anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=900)
        bought(orders.buy(ben, order(anna, ben, an_item()), key="k"))
        assert kit.books_problems() == []
        transaction(lambda s: s.execute(sa.text(statement)))
        assert [line[:3] for line in kit.books_problems()] == ["I18"]


def test_a_sale_survives_a_kill_at_every_point(
    site: Site, database_url: str, tmp_path: Path
) -> None:
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=5_000)
    points = [name for name in faultpoints.POINTS if name.startswith("sale.")]
    wanted = [order(anna, ben, an_item(stock=1)) for _ in points]

    def play(number: int) -> Sold | Refusal:
        with enter(database_url, tmp_path):
            return orders.buy(ben, wanted[number], key=f"k{number}")

    for number, point in enumerate(points):
        db.session.rollback()
        died = in_a_child(partial(play, number), f"{point}=kill")
        assert died == -signal.SIGKILL, point
        left = number + (point == "sale.committed")
        assert (count(Sale), count(Access)) == (left, left), point
        assert kit.books_problems() == [], point
        bought(orders.buy(ben, wanted[number], key=f"k{number}"))
        assert count(Sale) == number + 1, point
        assert kit.available(str(ben.user_id)) == 5_000 - 500 * (number + 1), point


def _fields(one: Order) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__slots__}
