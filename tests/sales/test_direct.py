"""WL-06: an item paid at a gateway is credited, charged and opened at once, or stays as credits."""

from __future__ import annotations

import signal
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from plugins.gateway_sandbox import service as sandbox
from ppvcms.accounts import services as accounts
from ppvcms.accounts.actor import actor_of
from ppvcms.accounts.models import User
from ppvcms.db import db, transaction
from ppvcms.host.settings import save_site
from ppvcms.ids import new_id
from ppvcms.ledger.models import Transfer
from ppvcms.payments.services import IntentView, intent_view
from ppvcms.sales import direct, goods
from ppvcms.sales.access import Offer, Right, access_of
from ppvcms.sales.models import Sale
from ppvcms.sales.orders import Order
from tests.children import in_a_child
from tests.live import refused
from tests.payments.till import Till, app_on, lay, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ppvcms.accounts.actor import Actor

SLUG, PRICE = "shelf", 999


@pytest.fixture
def till(database_url: str, tmp_path: Path, free_port: int) -> Iterator[Till]:
    """A shop with a gateway, on both databases."""
    packs = lay(database_url, tmp_path, free_port)
    with served(database_url, tmp_path, free_port, packs) as made:
        yield made
        made.assert_books_hold()


@pytest.fixture
def small_till(tmp_path: Path, free_port: int) -> Iterator[Till]:
    """A shop on SQLite, for what no database makes different."""
    url = f"sqlite:///{tmp_path / 'site.sqlite3'}"
    packs = lay(url, tmp_path, free_port)
    with served(url, tmp_path, free_port, packs) as made:
        yield made
        made.assert_books_hold()


def seller_id() -> str:
    """Return who sells here, made once."""
    known = db.session.scalar(sa.select(User.id).where(User.display_name == "Anna"))
    if known is not None:
        return known
    user = accounts.create_user(
        email="anna@example.org",
        display_name="Anna",
        password="a long enough secret",
        roles=("performer",),
        verified=True,
        actor_id=None,
    )
    assert isinstance(user, User), user
    return user.id


def an_order(buyer: Actor, *, stock: int | None = None) -> Order:
    item_id = new_id()
    transaction(lambda s: goods.put_on_sale(s, SLUG, item_id, stock=stock))
    return Order(
        slug=SLUG,
        item_id=item_id,
        seller_id=seller_id(),
        user_id=str(buyer.user_id),
        offer=Offer("buy", Right.OWN),
        price=PRICE,
        memo="A song",
        source=f"{SLUG}:item:{item_id}",
    )


def begin(buyer: Actor, order: Order, key: str = "k") -> IntentView:
    answer = direct.buy_directly(buyer, order, key=key, return_to="/items/x")
    assert isinstance(answer, IntentView), answer
    return answer


def kinds() -> list[str]:
    db.session.rollback()
    query = sa.select(Transfer.kind).order_by(Transfer.made_at, Transfer.id)
    return list(db.session.scalars(query))


def test_what_is_paid_is_bought_once_on_both_databases(till: Till) -> None:
    is_bought_once(till, "twice")


@pytest.mark.parametrize("script", ["approve", "delay", "timeout"])
def test_whatever_way_the_word_comes_it_is_bought_once(small_till: Till, script: str) -> None:
    is_bought_once(small_till, script)


def is_bought_once(till: Till, script: str) -> None:
    ben = till.client("Ben")
    order = an_order(ben, stock=1)
    intent = begin(ben, order)
    assert (intent.amount, intent.currency, intent.purpose) == (PRICE, "USD", "item")
    assert kinds() == []
    till.choose(intent, script)
    for _ in range(4):
        till.bring()
        till.later()
    assert kinds() == ["deposit", "item"]
    assert till.available(ben) == 0
    mine = access_of(ben.user_id, SLUG, order.item_id)
    assert mine is not None
    seen = intent_view(intent.id, ben)
    assert (seen.state, seen.message, seen.name) == ("credited", "", "A song")
    sale = db.session.scalars(sa.select(Sale)).one()
    assert (sale.intent_id, sale.price) == (intent.id, PRICE)


def test_what_is_gone_meanwhile_stays_as_credits(small_till: Till) -> None:
    till = small_till
    ben, cleo = till.client("Ben"), till.client("Cleo")
    order = an_order(ben, stock=1)
    first, second = begin(ben, order), begin(cleo, _for(order, cleo))
    till.choose(first, "approve")
    till.choose(second, "approve")
    assert [till.state(one) for one in (first, second)] == ["credited", "credited"]
    assert (till.available(ben), till.available(cleo)) == (0, PRICE)
    said = intent_view(second.id, cleo).message
    assert said.startswith("The last one was sold while you paid.")
    assert "in your wallet as credits" in said
    assert access_of(cleo.user_id, SLUG, order.item_id) is None


def test_two_words_at_once_for_the_last_piece_sell_it_once(till: Till) -> None:
    ben, cleo = till.client("Ben"), till.client("Cleo")
    order = an_order(ben, stock=1)
    intents = [begin(ben, order), begin(cleo, _for(order, cleo))]
    till.together(*(lambda one=one: till.choose(one, "approve") for one in intents))
    for _ in range(3):
        till.bring()
        till.later()
    assert sorted(till.available(one) for one in (ben, cleo)) == [0, PRICE]
    assert kinds().count("item") == 1


def test_what_cannot_be_bought_is_not_begun(small_till: Till) -> None:
    till = small_till
    ben = till.client("Ben")
    order = an_order(ben)
    intent = begin(ben, order)
    assert begin(ben, order).id == intent.id, "a double click"
    till.choose(intent, "decline")
    assert (till.state(intent), kinds()) == ("failed", [])
    transaction(lambda s: goods.take_off_sale(s, SLUG, order.item_id))
    assert refused(direct.buy_directly(ben, order, key="l")) == "gone"
    other = an_order(ben)
    till.choose(begin(ben, other, key="m"), "approve")
    assert refused(direct.buy_directly(ben, other, key="n")) == "owned"


def test_a_price_is_rounded_up_to_what_the_currency_has(small_till: Till) -> None:
    assert small_till is not None
    transaction(lambda s: save_site(s, None, {"credit_price": 93}))
    assert direct.direct_price(101) == (94, "USD")
    assert direct.direct_price(1) == (1, "USD")


POINTS = ["sale.charged", "sale.committed"]


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_a_direct_purchase_survives_a_kill(tmp_path: Path, free_port: int, point: str) -> None:
    url = f"sqlite:///{tmp_path / 'site.sqlite3'}"
    packs = lay(url, tmp_path, free_port)
    with app_on(url, tmp_path, free_port).test_request_context():
        ben = Till(None, "").client("Ben")  # type: ignore[arg-type]
        order = an_order(ben, stock=1)
        db.session.remove()
        db.engine.dispose()

    def play() -> None:
        with served(url, tmp_path, free_port, packs) as till:
            pay(till)

    def pay(till: Till) -> None:
        intent = begin(actor_of(db.session.get_one(User, ben.user_id)), order, key="one")
        found = sandbox.find(op_id=till.op(intent).op_id)
        if found is not None and found.state == "open":
            sandbox.play(found.ref, "approve")
        for _ in range(4):
            till.bring()
            till.later()

    assert in_a_child(play, f"{point}=kill") == -signal.SIGKILL
    with served(url, tmp_path, free_port, packs) as till:
        assert till.available(ben) == 0, "never paid and not bought"
        till.assert_books_hold()
    assert in_a_child(play, "") == 0
    with served(url, tmp_path, free_port, packs) as till:
        assert kinds() == ["deposit", "item"]
        assert access_of(ben.user_id, SLUG, order.item_id) is not None
        till.assert_books_hold()


def _for(order: Order, buyer: Actor) -> Order:
    return replace(order, user_id=str(buyer.user_id))
