"""What a signature proves, and for how long."""

from __future__ import annotations

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


@given(BODIES, TIMES)
def test_a_site_without_a_secret_believes_nothing(body: bytes, at: int) -> None:
    assert flaw("", body, sign("", body, at=at), now=at) == "no signing secret is set"


@given(st.text(max_size=90), BODIES)
def test_what_is_no_signature_is_told_apart(header: str, body: bytes) -> None:
    assert flaw("secret", body, header, now=0) is not None
