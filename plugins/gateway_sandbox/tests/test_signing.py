"""What a signature proves, and for how long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.gateway_sandbox.signing import TOLERANCE_S, flaw, sign

BODIES = st.binary(max_size=200)
TIMES = st.integers(min_value=0, max_value=10**11)


@given(BODIES, TIMES, st.integers(min_value=-TOLERANCE_S, max_value=TOLERANCE_S))
def test_a_true_signature_proves_its_body_for_five_minutes(
    body: bytes, at: int, later: int
) -> None:
    assert flaw("secret", body, sign("secret", body, at=at), now=at + later) is None


@given(BODIES, BODIES, TIMES)
def test_a_signature_proves_no_other_body(body: bytes, other: bytes, at: int) -> None:
    proved = flaw("secret", other, sign("secret", body, at=at), now=at) is None
    assert proved == (body == other)


WRONG = {
    "without values": lambda _at, _mac: "t=,v1=",
    "no time": lambda _at, mac: f"v1={mac}",
    "two proofs": lambda at, mac: f"t={at},v1={mac},v1={mac}",
    "two times": lambda at, mac: f"t={at},t={at},v1={mac}",
    "upper case": lambda at, mac: f"t={at},v1={mac.upper()}",
    "spaces": lambda at, mac: f"t={at}, v1={mac}",
    "weaker algorithm": lambda at, mac: f"t={at},v0={mac}",
    "time changed": lambda at, mac: f"t={at + 1},v1={mac}",
    "negative time": lambda at, mac: f"t=-{at},v1={mac}",
    "endless time": lambda _at, mac: f"t={'9' * 40},v1={mac}",
}


@pytest.mark.parametrize("name", WRONG)
def test_one_form_of_the_header_alone_is_read(name: str) -> None:
    at, body = 1_700_000_000, b"{}"
    mac = sign("secret", body, at=at).partition("v1=")[2]
    assert flaw("secret", body, WRONG[name](at, mac), now=at) is not None
    assert flaw("secret", body, f"t={at},v1={mac}", now=at) is None


@given(BODIES, TIMES)
def test_a_site_without_a_secret_believes_nothing(body: bytes, at: int) -> None:
    assert flaw("", body, sign("", body, at=at), now=at) == "no signing secret is set"


@given(st.text(max_size=90), BODIES)
def test_what_is_no_signature_is_told_apart(header: str, body: bytes) -> None:
    assert flaw("secret", body, header, now=0) is not None
