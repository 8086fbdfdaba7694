"""T5: what a forged or replayed notification gets beside the contract of all gateways."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest

from plugins.gateway_sandbox.signing import HEADER, sign
from ppvcms.db import db, transaction
from ppvcms.host.settings import save_site
from tests.payments.till import BONUS, CREDITS

if TYPE_CHECKING:
    from ppvcms.payments.services import IntentView
    from tests.payments.till import Till

ALL = CREDITS + BONUS


def test_a_name_that_stands_there_twice_is_not_read(forging: Forging) -> None:
    raw = forging.raw.replace(b'{"id"', b'{"amount": 1, "id"')
    assert forging.till.post(raw).status_code == 200
    assert forging.till.notes()[-1].state == "ignored"
    assert forging.till.deposits() == 0


def test_a_true_notice_that_is_replayed_changes_nothing(forging: Forging) -> None:
    till = forging.till
    header = till.signed(forging.raw)
    for _ in range(3):
        assert till.post(forging.raw, header).status_code == 200
    assert (till.deposits(), till.available(forging.client)) == (1, ALL)
    assert till.audited() == []


def test_a_payment_of_another_person_is_not_credited_by_mine(forging: Forging) -> None:
    till = forging.till
    other = till.client("Dora")
    theirs = till.start(other)
    facts = till.facts(forging.intent, op_id=till.op(theirs).op_id)
    assert till.post(facts).status_code == 200
    assert till.notes()[-1].state == "review"
    assert (till.available(other), till.deposits()) == (0, 0)


def test_a_test_notice_on_a_site_that_takes_real_money_credits_nothing(forging: Forging) -> None:
    till = forging.till
    transaction(lambda session: save_site(session, None, {"test_mode": False}))
    assert till.post(forging.raw).status_code == 200
    assert till.notes()[-1].state == "review"
    assert (till.state(forging.intent), till.deposits()) == ("review", 0)


def test_the_address_of_another_gateway_is_not_there(forging: Forging) -> None:
    till = forging.till
    url = till.notify_url("other")
    header = {HEADER: till.signed(forging.raw)}
    assert httpx.post(url, content=forging.raw, headers=header).status_code == 503
    assert till.deposits() == 0


def test_an_address_without_its_secret_part_is_not_there(forging: Forging) -> None:
    url = f"{forging.till.url}/pay/notify/sandbox/{'0' * 32}"
    before = len(forging.till.notes())
    assert httpx.post(url, content=forging.raw).status_code == 404
    assert len(forging.till.notes()) == before


def test_a_notification_is_not_read_from_a_link(forging: Forging) -> None:
    assert httpx.get(forging.till.notify_url()).status_code == 405


def test_ten_megabytes_are_turned_away_unread(forging: Forging) -> None:
    body = b"x" * 10_000_000
    try:
        status = httpx.post(forging.till.notify_url(), content=body).status_code
    except httpx.TransportError:
        status = 413  # The server hung up while we were still sending.
    assert status == 413
    assert forging.till.notes() == []


def test_keys_of_two_sites_differ() -> None:
    assert sign("a", b"x", at=1) != sign("b", b"x", at=1)


def test_what_proves_a_notice_is_kept_but_no_credentials(forging: Forging) -> None:
    headers = {"Authorization": "Basic c2VjcmV0", "Cookie": "ppvcms=secret"}
    assert forging.till.post(forging.raw, **headers).status_code == 200
    kept = json.dumps(forging.till.notes()[-1].headers)
    assert "secret" not in kept
    assert "c2VjcmV0" not in kept


class Forging:
    """A payment that awaits its notice, and what a forger can see of it."""

    def __init__(self, till: Till) -> None:
        """Begin a purchase."""
        self.till = till
        self.client = till.client()
        self.intent: IntentView = till.start(self.client)
        self.raw = json.dumps(till.facts(self.intent)).encode()

    def standing(self) -> tuple[object, ...]:
        """Return what no forged notice may change."""
        till = self.till
        states = till.state(self.intent), till.op(self.intent).state
        return (*states, till.available(self.client), till.deposits(), db.session.info.copy())

    def count(self, _before: object) -> int:
        """Return how many audit rows there should be."""
        return sum(note.state == "forged" for note in self.till.notes())


@pytest.fixture
def forging(small_till: Till) -> Forging:
    return Forging(small_till)
