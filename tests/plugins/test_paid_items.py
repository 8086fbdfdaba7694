"""PI-01, PI-02, PI-13, PI-15, PI-17, PI-18: what is sold, at which price, and to whom it opens."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from plugins.paid_items import buying, deliveries, items, offers, rights, shelf
from plugins.paid_items.buying import Way
from plugins.paid_items.items import Draft
from plugins.paid_items.kinds import SLUG, State
from plugins.paid_items.models import Code, Delivery
from plugins.paid_items.shelf import Query
from ppvcms.accounts.actor import VISITOR
from ppvcms.accounts.models import AuditLog
from ppvcms.accounts.studio_parts import begin_part
from ppvcms.db import db, transaction
from ppvcms.host import dispatch, lifecycle, settings
from ppvcms.ids import new_id
from ppvcms.ledger.models import Share
from ppvcms.results import Refusal
from ppvcms.sales.access import access_of
from tests import kit
from tests.live import refused, site_at
from tests.plugins.shop import ADDRESS, open_shop
from tests.web.office import browser_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.plugins.shop import Shop


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Shop]:
    with site_at(database_url, tmp_path, SLUG) as site:
        yield open_shop(site)
        assert kit.books_problems() == []


@pytest.fixture
def small_shop(tmp_path: Path) -> Iterator[Shop]:
    url = f"sqlite:///{tmp_path / 'site.sqlite3'}"
    with site_at(url, tmp_path, SLUG) as site:
        yield open_shop(site)
        assert kit.books_problems() == []


def bought(answer: Way | Refusal) -> Way:
    assert isinstance(answer, Way), answer
    return answer


def available(person: object) -> int:
    return kit.available(str(getattr(person, "user_id")))  # noqa: B009 - any person


def test_offers_are_shown_cheapest_first_and_each_opens_the_item(small_shop: Shop) -> None:
    shop = small_shop
    ben, cleo = shop.site.person("Ben", credits=2000), shop.site.person("Cleo", credits=2000)
    film = shop.item("video", ("buy", 900), ("rent", 300))

    assert [(one.kind, one.price) for one in offers.offers_for(film, ben)] == [
        ("rent", 300),
        ("buy", 900),
    ]
    bought(shop.buy(film, ben))
    bought(shop.buy(film, cleo, "rent"))

    assert rights.is_open(access_of(ben.user_id, SLUG, film.id))
    assert not rights.is_open(access_of(cleo.user_id, SLUG, film.id)), "not before the first play"
    shares = Counter[str]()
    for row in db.session.scalars(sa.select(Share)):
        shares[row.party_kind] += row.amount
    assert shares == {"performer": 720 + 240, "site": 180 + 60}


def test_an_items_own_share_wins(shop: Shop) -> None:
    """R-49, CM-02."""
    ben, boss = shop.site.person("Ben", credits=2000), shop.site.person("Boss", "owner")
    film = shop.item("video", ("buy", 1000))
    assert refused(items.set_ratio(shop.anna, film.id, 99)) == "range"
    assert items.set_ratio(boss, film.id, 55) is None
    bought(shop.buy(film, ben))
    shares = {row.party_kind: row.amount for row in db.session.scalars(sa.select(Share))}
    assert shares == {"performer": 550, "site": 450}


def test_a_changed_price_and_a_double_click_take_nothing_more(shop: Shop) -> None:
    ben = shop.site.person("Ben", credits=2000)
    film = shop.item()
    wish, film_id = shop.wish(film, ben, key="one"), film.id
    assert refused(buying.buy(ben, film_id, shop.wish(film, ben, price=1))) == "price"
    clicks = shop.site.together(4, lambda _: buying.buy(ben, film_id, wish))
    assert all(isinstance(click, Way) for click in clicks)
    assert available(ben) == 1500


def test_a_bundle_costs_less_for_who_has_parts_and_buys_once(small_shop: Shop) -> None:
    """PI-13."""
    shop = small_shop
    ben = shop.site.person("Ben", credits=5000)
    one, two = shop.item("video", ("buy", 600)), shop.item("post", ("buy", 300))
    whole = shop.item("bundle", ("buy", 700), on_sale=False)
    assert refused(items.submit(shop.anna, whole.id)) == "missing"
    assert offers.set_parts(shop.anna, whole.id, [one.id, two.id]) is None
    assert items.submit(shop.anna, whole.id) is None
    whole = items.item_of(whole.id)
    bought(shop.buy(one, ben))
    offer = offers.offers_for(whole, ben)[0]
    assert (offer.price, offer.before) == (234, 700), "a third of 700, rounded up"
    wish = shop.wish(whole, ben)
    bought(buying.buy(ben, whole.id, wish))
    bought(buying.buy(ben, whole.id, wish))
    assert available(ben) == 5000 - 600 - 234
    assert rights.is_open(access_of(ben.user_id, SLUG, two.id))


@pytest.mark.parametrize(
    ("price", "owned", "whole", "expected"),
    [(700, 0, 900, 700), (700, 600, 900, 234), (700, 900, 900, 1), (700, 0, 0, 700), (1, 1, 3, 1)],
)
def test_what_is_owned_lowers_the_price(price: int, owned: int, whole: int, expected: int) -> None:
    assert offers.lowered(price, owned, whole) == expected


def test_the_last_article_goes_to_one_buyer_with_an_address(shop: Shop) -> None:
    """PI-15."""
    people = [shop.site.person(f"Buyer{n}", credits=3000) for n in range(4)]
    book = shop.item("goods", ("piece", 2400), stock=1)
    assert refused(shop.buy(book, people[0], "piece", address={})) == "address"

    wishes = [shop.wish(book, one, "piece", address=ADDRESS) for one in people]
    book_id = book.id
    answers = shop.site.together(4, lambda n: buying.buy(people[n], book_id, wishes[n]))

    codes = Counter(a.code if isinstance(a, Refusal) else "bought" for a in answers)
    assert codes == {"bought": 1, "sold_out": 3}
    db.session.rollback()
    order = deliveries.of_seller(str(shop.anna.user_id))[0]
    assert (order.state, order.address["city"]) == ("paid", "Vienna")
    assert refused(deliveries.send(people[0], order.id, "")) == "state"
    assert deliveries.send(shop.anna, order.id, "AT123") is None
    assert refused(deliveries.cancel(shop.anna, order.id, "late")) == "state"
    buyer = next(one for one in people if one.user_id == order.buyer_id)
    assert deliveries.arrived(buyer, order.id) is None


def test_a_cancelled_order_gives_money_and_piece_back(small_shop: Shop) -> None:
    shop = small_shop
    ben = shop.site.person("Ben", credits=3000)
    book = shop.item("goods", ("piece", 2400), stock=1)
    bought(shop.buy(book, ben, "piece", address=ADDRESS))
    order = deliveries.of_seller(str(shop.anna.user_id))[0]
    assert deliveries.cancel(shop.anna, order.id, "The printer broke") is None
    assert available(ben) == 3000
    assert items.stock_of(items.item_of(book.id)) == 1
    bought(shop.buy(book, ben, "piece", address=ADDRESS))


def test_an_order_whose_process_died_counts_from_its_fact_on(small_shop: Shop) -> None:
    shop = small_shop
    ben = shop.site.person("Ben", credits=3000)
    book = shop.item("goods", ("piece", 2400), stock=1)
    bought(shop.buy(book, ben, "piece", address=ADDRESS))
    transaction(lambda s: s.execute(sa.update(Delivery).values(state="draft", sale_id=None)))
    from ppvcms.jobs.outbox import deliver_due

    while deliver_due():
        pass
    db.session.rollback()
    assert db.session.scalars(sa.select(Delivery.state)).one() == "paid"


def test_a_code_opens_as_often_as_it_says(shop: Shop) -> None:
    """PI-17."""
    people = [shop.site.person(f"Tester{n}") for n in range(4)]
    film_id = shop.item().id
    word = buying.make_code(shop.anna, film_id, uses=2, days=7, reason="Press")
    assert isinstance(word, str)

    answers = shop.site.together(4, lambda n: buying.redeem(people[n], film_id, word.lower()))

    assert Counter(a.code if a else "opened" for a in answers) == {"opened": 2, "code": 2}
    assert db.session.scalars(sa.select(Code.uses_left)).one() == 0
    logged = sa.select(AuditLog).where(AuditLog.action == "sales.access.given")
    assert {row.reason for row in db.session.scalars(logged)} == {"Press"}


def test_what_is_given_is_open_until_its_end(small_shop: Shop) -> None:
    shop = small_shop
    ben = shop.site.person("Ben")
    film = shop.item()
    assert refused(buying.give(ben, film.id, name="Ben", days=1, reason="x")) == "forbidden"
    assert refused(buying.give(shop.anna, film.id, name="Nobody", days=1, reason="x")) == "name"
    assert buying.give(shop.anna, film.id, name="ben", days=3, reason="A thank you") is None
    mine = access_of(ben.user_id, SLUG, film.id)
    assert mine is not None
    assert mine.ends_at is not None
    assert mine.given


def test_a_present_is_paid_by_one_and_open_to_the_other(small_shop: Shop) -> None:
    """WL-13."""
    shop = small_shop
    ben, cleo = shop.site.person("Ben", credits=900), shop.site.person("Cleo")
    film = shop.item()
    assert refused(shop.buy(film, ben, to="Nobody")) == "name"
    bought(shop.buy(film, ben, to="Cleo"))
    assert (available(ben), access_of(ben.user_id, SLUG, film.id)) == (400, None)
    assert rights.is_open(access_of(cleo.user_id, SLUG, film.id))


def test_author_studio_and_staff_see_everything_free(small_shop: Shop) -> None:
    """PI-18, R-16."""
    shop = small_shop
    studio, boss = shop.site.person("Stu", "studio"), shop.site.person("Boss", "owner")
    other, ben = shop.site.person("Otto", "performer"), shop.site.person("Ben", credits=900)
    film = shop.item()
    transaction(
        lambda s: begin_part(
            s,
            performer_id=str(shop.anna.user_id),
            studio_id=str(studio.user_id),
            percent=20,
            source="test",
        )
    )
    seen = {
        one.name: rights.may_preview(film, one) for one in (shop.anna, studio, boss, other, ben)
    }
    assert seen == {"Anna": True, "Stu": True, "Boss": True, "Otto": False, "Ben": False}
    assert not rights.may_preview(film, VISITOR)
    assert [refused(shop.buy(film, one)) for one in (shop.anna, boss)] == ["forbidden"] * 2


def test_review_stands_between_a_draft_and_the_shelf(small_shop: Shop) -> None:
    shop = small_shop
    boss = shop.site.person("Boss", "owner")
    transaction(lambda s: settings.save(s, SLUG, "review", value=True))
    film = shop.item()
    assert film.state == State.REVIEW
    assert "Waiting for you Items to look at 1" in browser_of(shop.site, boss).text("/admin/")
    assert shelf.on_sale(Query(), VISITOR).total == 0
    assert refused(items.decide(shop.anna, film.id, approved=True, note="")) == "state"
    assert refused(items.decide(boss, film.id, approved=False, note=" ")) == "note"
    assert items.decide(boss, film.id, approved=False, note="A better picture") is None
    assert items.item_of(film.id).note == "A better picture"
    assert items.submit(shop.anna, film.id) is None
    assert items.decide(boss, film.id, approved=True, note="") is None
    assert shelf.on_sale(Query(), VISITOR).total == 1


def test_what_is_withdrawn_stays_with_its_buyers(small_shop: Shop) -> None:
    """R-69."""
    shop = small_shop
    ben, cleo = shop.site.person("Ben", credits=900), shop.site.person("Cleo", credits=900)
    film = shop.item()
    bought(shop.buy(film, ben))
    assert refused(items.add_file(shop.anna, film.id, shop.file().id)) == "on_sale"
    wish = shop.wish(film, cleo)
    assert items.withdraw(shop.anna, film.id) is None
    assert refused(buying.buy(cleo, film.id, wish)) == "gone"
    assert rights.is_open(access_of(ben.user_id, SLUG, film.id))
    assert refused(items.remove(shop.anna, film.id)) == "sold"


def test_nobody_changes_what_is_not_theirs(small_shop: Shop) -> None:
    shop = small_shop
    other = shop.site.person("Otto", "performer")
    film = shop.item()
    acts = (
        items.edit(other, film.id, Draft("Mine now")),
        items.withdraw(other, film.id),
        offers.add_offer(other, film.id, kind="buy", price=1, hours=None),
        items.set_ratio(other, film.id, 100),
    )
    assert [refused(act) for act in acts] == ["forbidden"] * 4
    theirs = shop.item(on_sale=False)
    assert refused(items.add_file(shop.anna, theirs.id, shop.file(owner=other).id)) == "file"


def test_the_shelf_finds_filters_and_sorts(small_shop: Shop) -> None:
    shop = small_shop
    shop.item("video", ("buy", 900))
    shop.item("post", ("buy", 100))
    shop.item("video", ("buy", 300), on_sale=False)
    prices = lambda **wish: [card.price for card in shelf.on_sale(Query(**wish), VISITOR).cards]  # noqa: E731
    assert prices(sort="cheap") == [100, 900]
    assert prices(kind="video") == [900]
    assert prices(text="ANNA post") == [100]
    assert prices(text="100%_") == []
    assert prices(owner_id=new_id()) == []


def test_the_pages_answer_each_person_as_they_should(small_shop: Shop) -> None:
    shop = small_shop
    ben = shop.site.person("Ben", credits=900)
    film, draft = shop.item("video", ("buy", 500), ("rent", 200)), shop.item(on_sale=False)
    book = shop.item("goods", ("piece", 100), stock=2)
    anna, client = browser_of(shop.site, shop.anna), browser_of(shop.site, ben)
    for path in ("/items/manage", f"/items/{film.id}/edit", f"/items/{film.id}/sales"):
        assert anna.get(path).status_code == 200, path
        assert client.get(path).status_code in {403, 404}, path
    assert client.get(f"/items/{draft.id}").status_code == 404
    page = client.text(f"/items/{film.id}")
    assert page.index("Rent for 2.00") < page.index("Buy for 5.00"), "cheapest first"
    offer = offers.offers_for(film, ben)[1]
    sent = {"offer": offer.id, "price": "500", "key": "k", "way": "wallet"}
    assert client.post(f"/items/{film.id}/buy", **sent).status_code == 303
    assert client.post(f"/items/{film.id}/buy", **sent).status_code == 303
    assert available(ben) == 400
    assert "<video" in client.get(f"/items/{film.id}").text
    assert client.get(f"/items/{film.id}/links.json").json["files"][0]["kind"] == "video"
    assert "A video" in client.text("/items/mine")
    assert "My content All of them 1 item" in client.text("/account")
    piece = offers.offers_for(book, ben)[0]
    wrong = client.post(f"/items/{book.id}/buy", offer=piece.id, price="100", name="Ben", city="X")
    assert wrong.status_code == 422
    assert "Write the whole address" in wrong.text
    assert 'value="Ben"' in wrong.text, "what was typed is kept"


def test_the_plugin_can_go_and_come_back_without_harm(database_url: str, tmp_path: Path) -> None:
    with site_at(database_url, tmp_path, SLUG) as site:
        shop = open_shop(site)
        ben = site.person("Ben", credits=900)
        film = shop.item()
        bought(shop.buy(film, ben))
        assert lifecycle.deactivate(SLUG, actor_id=None) is None
        assert kit.books_problems() == []
        assert browser_of(site, ben).get(f"/items/{film.id}").status_code == 404
        assert not dispatch.permits(SLUG, "check_file", file=None, actor=ben)
        assert lifecycle.activate(SLUG, actor_id=None) is None
        assert rights.is_open(access_of(ben.user_id, SLUG, film.id))
