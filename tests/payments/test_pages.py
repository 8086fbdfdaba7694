"""WL-01, WL-02, WL-08: the shop's pages, as a browser without scripts sees them."""

from __future__ import annotations

import html
import re
import uuid
from typing import TYPE_CHECKING

import httpx
import pytest

from plugins.gateway_sandbox.gateway import REAL
from ppvcms.accounts.models import User
from ppvcms.db import db, transaction
from ppvcms.host import registry
from ppvcms.host.settings import save_site
from ppvcms.payments.contract import Outcome, Redirect, Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ppvcms.accounts.actor import Actor
    from tests.payments.till import Till

PASSWORD = "a long enough secret"


class Browser(httpx.Client):
    """Somebody who is signed in and fills in forms."""

    def send_form(self, page: httpx.Response, path: str, **fields: str) -> httpx.Response:
        """Send the form of a page, with its hidden fields."""
        tags = re.findall(r'<input[^>]*type="hidden"[^>]*>', page.text)
        hidden = {_of(tag, "name"): _of(tag, "value") for tag in tags}
        return self.post(path, data={**hidden, **fields}, headers={"Origin": str(self.base_url)})


@pytest.fixture
def buyer(small_till: Till) -> Actor:
    return small_till.client()


@pytest.fixture
def browser(small_till: Till, buyer: Actor) -> Iterator[Browser]:
    with Browser(base_url=small_till.url, follow_redirects=True) as made:
        email = db.session.get_one(User, buyer.user_id).email
        page = made.get("/sign-in")
        answer = made.send_form(page, "/sign-in", email=email, password=PASSWORD)
        assert answer.status_code == 200
        yield made


def chip(page: httpx.Response) -> str:
    """Return what the header says is available."""
    found = re.search(r"data-pv-available[^>]*>([^<]+)<", page.text)
    assert found is not None
    return found[1].replace("\N{NO-BREAK SPACE}", " ")


def test_the_shop_offers_packs_with_one_chosen(browser: Browser, small_till: Till) -> None:
    page = browser.get("/credits")
    assert page.text.count('name="pack"') == 2
    assert page.text.count(" checked") == 1
    asked = browser.get("/credits", params={"pack": small_till.welcome_id})
    assert re.search(rf'value="{small_till.welcome_id}" checked', asked.text)


def test_a_purchase_from_the_shop_to_the_wallet(browser: Browser, small_till: Till) -> None:
    page = browser.get("/credits", params={"return_to": "/account"})
    assert chip(page).startswith("0.00")
    paying = browser.send_form(page, "/credits", pack=small_till.pack_id)
    assert "/sandbox/pay/" in str(paying.url)
    assert "$47.00" in paying.text
    done = browser.send_form(paying, paying.url.path, script="approve")
    assert "/pay/return/" in str(done.url)
    assert "Thank you" in done.text
    assert 'href="/account"' in done.text
    assert chip(browser.get("/account")).startswith("52.50")


def test_a_declined_purchase_offers_another_try(browser: Browser, small_till: Till) -> None:
    page = browser.get("/credits")
    paying = browser.send_form(page, "/credits", pack=small_till.pack_id)
    done = browser.send_form(paying, paying.url.path, script="decline")
    assert "The payment was declined. Nothing was taken." in done.text
    assert "Try again" in done.text


def test_who_left_the_payment_page_finds_the_way_back(browser: Browser, small_till: Till) -> None:
    page = browser.get("/credits")
    paying = browser.send_form(page, "/credits", pack=small_till.pack_id)
    intent = small_till.start(small_till.client("Dora"), key="theirs")
    mine = re.search(r"/pay/return/(\w+)", _return_url(paying, small_till))
    assert mine is not None
    waiting = browser.get(f"/pay/return/{mine[1]}")
    assert "Waiting for the payment service" in waiting.text
    assert browser.get(f"/pay/checkout/{mine[1]}").url == paying.url
    assert browser.get(f"/pay/return/{intent.id}").status_code == 404


def test_the_return_page_credits_nothing(browser: Browser, small_till: Till, buyer: Actor) -> None:
    page = browser.get("/credits")
    paying = browser.send_form(page, "/credits", pack=small_till.pack_id)
    for extra in ("?state=credited", "?success=1", "?amount=1"):
        browser.get(_return_url(paying, small_till) + extra)
    assert small_till.available(buyer) == 0


def test_the_overlay_starts_a_payment_and_follows_it(browser: Browser, small_till: Till) -> None:
    shop = browser.get("/credits/packs.json").json()
    assert [way["key"] for way in shop["ways"]] == ["sandbox"]
    page = browser.get("/credits")
    start = browser.send_form(
        page, "/credits/start.json", pack=small_till.pack_id, key=shop["key"]
    ).json()
    seen = browser.get(f"/pay/intents/{start['intent']}.json").json()
    assert (seen["state"], seen["waiting"], seen["available"]) == ("awaiting", True, 0)
    paying = browser.get(start["redirect"])
    browser.send_form(paying, paying.url.path, script="approve")
    seen = browser.get(f"/pay/intents/{start['intent']}.json").json()
    assert (seen["state"], seen["waiting"], seen["available"]) == ("credited", False, 5_250)


def test_a_pack_that_is_not_on_sale_is_refused_in_words(browser: Browser) -> None:
    page = browser.get("/credits")
    answer = browser.send_form(page, "/credits", pack=uuid.uuid4().hex)
    assert answer.status_code == 422
    assert "This pack is not on sale, or not for you any more." in answer.text


def test_nobody_buys_who_is_not_verified_or_signed_in(
    browser: Browser, small_till: Till, buyer: Actor
) -> None:
    with httpx.Client(base_url=small_till.url) as stranger:
        assert stranger.get("/credits").status_code == 302
    page = browser.get("/credits")

    def unverify(session: object) -> None:
        session.get_one(User, buyer.user_id).email_verified_at = None  # type: ignore[attr-defined]

    transaction(unverify)
    browser.send_form(page, "/credits", pack=small_till.pack_id)
    json_answer = browser.send_form(page, "/credits/start.json", pack=small_till.pack_id)
    assert "sandbox" not in str(json_answer.url)
    assert small_till.op_count() == 0


def test_a_gateway_that_wants_a_form_gets_one(
    browser: Browser, small_till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = Redirect("https://pay.example.org/start", "POST", {"order": '"7"'})
    kind = type(registry.gateways()["sandbox"])
    answer = Result(Outcome.REDIRECT, provider_ref="r1", redirect=target)
    monkeypatch.setattr(kind, "execute", lambda *_: answer)
    page = browser.get("/credits")
    leaving = browser.send_form(page, "/credits", pack=small_till.pack_id)
    assert 'action="https://pay.example.org/start"' in leaving.text
    assert 'name="order" value="&#34;7&#34;"' in leaving.text


def test_the_sandbox_page_is_shut_on_a_site_that_takes_real_money(
    browser: Browser, small_till: Till
) -> None:
    page = browser.get("/credits")
    paying = browser.send_form(page, "/credits", pack=small_till.pack_id)
    transaction(lambda session: save_site(session, None, {"test_mode": False}))
    again = browser.get(paying.url)
    assert again.status_code == 403
    assert REAL in again.text
    assert "Nothing to buy at the moment" in browser.get("/credits").text


def _of(tag: str, attribute: str) -> str:
    found = re.search(rf'{attribute}="([^"]*)"', tag)
    return html.unescape(found[1]) if found else ""


def _return_url(paying: httpx.Response, till: Till) -> str:
    from plugins.gateway_sandbox import service as sandbox

    db.session.rollback()
    payment = sandbox.find(ref=paying.url.path.rpartition("/")[2])
    assert payment is not None
    return payment.return_url.removeprefix(till.url)
