"""T5: forged notifications, each with the answer it gets; none of them moves anything."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from plugins.gateway_sandbox import service as sandbox
from plugins.gateway_sandbox.signing import HEADER, TOLERANCE_S, sign
from ppvcms.db import db, transaction
from ppvcms.host.facts import signing_secret
from ppvcms.host.settings import save_site
from tests.payments.till import BONUS, CREDITS, PRICE

if TYPE_CHECKING:
    from collections.abc import Callable

    from ppvcms.payments.services import IntentView
    from tests.payments.till import Till

ALL = CREDITS + BONUS
Send = "Callable[[Till, bytes], httpx.Response]"


@dataclass(frozen=True)
class Proof:
    """A way to prove the true body's origin wrongly."""

    name: str
    header: Callable[[Till, bytes], str]
    body: Callable[[bytes], bytes] = bytes


def now() -> int:
    return int(time.time())


def _hex(till: Till, raw: bytes) -> str:
    return till.signed(raw).partition("v1=")[2]


PROOFS = [
    Proof("missing", lambda _till, _raw: ""),
    Proof("without_values", lambda _till, _raw: "t=,v1="),
    Proof("no_time", lambda till, raw: f"v1={_hex(till, raw)}"),
    Proof("empty_key", lambda till, raw: till.signed(raw, secret="")),
    Proof("wrong_key", lambda till, raw: till.signed(raw, secret="wrong")),
    Proof("old_key", lambda till, raw: till.signed(raw, secret=f"{sandbox.secret()}0")),
    Proof("key_of_another_gateway", lambda till, raw: till.signed(raw, secret=signing_secret("x"))),
    Proof("key_of_another_site", lambda till, raw: till.signed(raw, secret="ab" * 32)),
    Proof("cut_short", lambda till, raw: till.signed(raw)[:-1]),
    Proof("too_long", lambda till, raw: till.signed(raw) + "0"),
    Proof("two_proofs", lambda till, raw: f"{till.signed(raw)},v1={_hex(till, raw)}"),
    Proof("true_and_false_proof", lambda till, raw: f"{till.signed(raw)},{till.signed(raw)}"),
    Proof("upper_case", lambda till, raw: f"t={now()},v1={_hex(till, raw).upper()}"),
    Proof("spaces", lambda till, raw: till.signed(raw).replace(",", ", ")),
    Proof("weaker_algorithm", lambda till, raw: till.signed(raw).replace("v1=", "v0=")),
    Proof("body_written_anew", lambda till, raw: till.signed(raw), lambda raw: raw + b" "),
    Proof(
        "body_in_another_encoding",
        lambda till, raw: till.signed(raw),
        lambda raw: raw.decode().encode("utf-16"),
    ),
    Proof("too_old", lambda till, raw: till.signed(raw, at=now() - TOLERANCE_S - 5)),
    Proof("from_the_future", lambda till, raw: till.signed(raw, at=now() + TOLERANCE_S + 60)),
    Proof("time_changed", lambda till, raw: f"t={now() + 1},v1={_hex(till, raw)}"),
    Proof("two_times", lambda till, raw: f"t={now()},{till.signed(raw)}"),
    Proof("negative_time", lambda till, raw: till.signed(raw).replace("t=", "t=-")),
    Proof("endless_time", lambda till, raw: f"t={'9' * 40},v1={_hex(till, raw)}"),
    Proof("nothing_but_commas", lambda _till, _raw: ",,,,"),
]


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: proof.name)
def test_a_notice_without_its_proof_is_kept_and_changes_nothing(
    forging: Forging, proof: Proof
) -> None:
    till, raw = forging.till, forging.raw
    before = forging.standing()
    answer = till.post(proof.body(raw), proof.header(till, raw))
    assert (answer.status_code, answer.text) == (403, "not accepted")
    assert forging.standing() == before
    note = till.notes()[-1]
    assert (note.state, note.trust, note.body) == ("forged", None, proof.body(raw))
    assert till.audited()[-1] == "payments.notification.forged"
    assert len(till.audited()) == forging.count(before)


def test_an_address_in_a_header_proves_nothing(forging: Forging) -> None:
    spoofed = {"X-Forwarded-For": "203.0.113.7", "X-Real-IP": "203.0.113.7"}
    assert forging.till.post(forging.raw, "", **spoofed).status_code == 403
    assert forging.till.notes()[-1].address == "127.0.0.1"


@dataclass(frozen=True)
class Content:
    """A change of what a well proved notice says, and what becomes of it."""

    name: str
    change: dict[str, Any]
    kept: str
    state: str = "awaiting"


CONTENTS = [
    Content("amount_up", {"amount": PRICE + 1}, "review", "review"),
    Content("amount_down", {"amount": 1}, "review", "review"),
    Content("amount_of_nothing", {"amount": 0}, "review", "review"),
    Content("amount_negative", {"amount": -PRICE}, "review", "review"),
    Content("amount_beyond_all", {"amount": 10**30}, "review", "review"),
    Content("amount_as_fraction", {"amount": 4700.0}, "review", "review"),
    Content("amount_as_exponent", {"amount": 4.7e3}, "review", "review"),
    Content("amount_as_text", {"amount": "4700"}, "review", "review"),
    Content("amount_in_other_digits", {"amount": "٤٧٠٠"}, "review", "review"),
    Content("amount_as_truth", {"amount": True}, "review", "review"),
    Content("amount_missing", {"amount": None}, "review", "review"),
    Content("amount_as_list", {"amount": [PRICE]}, "review", "review"),
    Content("other_currency", {"currency": "EUR"}, "review", "review"),
    Content("currency_in_small_letters", {"currency": "usd"}, "review", "review"),
    Content("currency_missing", {"currency": None}, "review", "review"),
    Content("reference_of_another_payment", {"payment": "sb_other"}, "review"),
    Content("attempt_that_is_not_ours", {"op_id": "00000000"}, "parked"),
    Content("attempt_missing", {"op_id": None}, "parked"),
    Content("type_unknown", {"type": "payment.maybe"}, "ignored"),
    Content("type_simulated", {"type": "test"}, "ignored"),
]


@pytest.mark.parametrize("content", CONTENTS, ids=lambda content: content.name)
def test_a_proved_notice_that_does_not_match_credits_nothing(
    forging: Forging, content: Content
) -> None:
    till = forging.till
    intent = till.start(forging.client)
    facts = till.facts(intent, id=f"evt_{content.name}", **content.change)
    assert till.post(facts).status_code == 200
    assert till.notes()[-1].state == content.kept
    assert till.state(intent) == content.state
    assert (till.available(forging.client), till.deposits()) == (0, 0)
    # The true notice, that comes after it, is booked, once.
    assert till.post(till.facts(intent)).status_code == 200
    assert till.post(till.facts(intent)).status_code == 200
    assert (till.state(intent), till.available(forging.client)) == ("credited", ALL)


BODIES = {
    "nothing": b"",
    "no_json": b"paid=yes",
    "a_list": b"[]",
    "a_number": b"4700",
    "not_a_number": b'{"amount": NaN}',
    "zero_bytes": b"\x00" * 40,
    "cut_off": b'{"id": "evt_1", "type"',
    "too_deep": b"[" * 30_000,
    "wrong_letters": b'{"id": "\xff\xfe"}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_proved_body_that_says_nothing_is_kept_and_ignored(forging: Forging, body: bytes) -> None:
    before = forging.standing()
    assert forging.till.post(body).status_code == 200
    assert forging.till.notes()[-1].state == "ignored"
    assert forging.standing() == before


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
