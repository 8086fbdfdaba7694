"""The owner's simulator bills a typed timeline by the meter's own clock (MT-18)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from ppvcms.metering.timelines import parse
from ppvcms.web.admin.simulator import EXAMPLES

if TYPE_CHECKING:
    from tests.web.office import Browser

TERMS = {
    "rate": "1.99",
    "grace_s": "0",
    "minimum": "0",
    "funds": "50",
    "block_minutes": "0",
    "block_price": "0",
    "share": "80",
    "who": "Ana",
}


def page(**changes: str) -> str:
    return "/admin/simulator?" + urlencode(TERMS | changes)


def test_the_owner_bills_a_timeline_and_sees_who_earns_what(owner: Browser) -> None:
    """R-20, R-47, R-48; what is refused keeps what was typed."""
    typed = "0:00 picture on\n0:00 viewer on\n1:00 share Ana 1, Ben 1 25\n2:00 show ends"
    text = owner.text(page(timeline=typed))
    refused = owner.get(page(timeline="1:00 dance", funds="0.01"))

    assert "3.98" in text
    assert "House of Ben" in text
    assert refused.status_code == 422
    assert "1:00 dance" in refused.text
    for key in EXAMPLES:
        assert "The bill" in owner.text(f"/admin/simulator?example={key}")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("picture on", "begin with a time"),
        ("0:10 dance", "not one of the words"),
        ("0:10 tip", "an amount such as"),
        ("0:10 role owner 3", "a role is one of"),
        ("0:10 share", "who shares"),
        ("0:10 share Ana 0", "a weight is above 0"),
        ("9:00:00 viewer on", "at most six hours"),
    ],
)
def test_a_line_that_is_not_understood_is_named(line: str, said: str) -> None:
    errors = parse(f"0:00 picture on\n{line}", ratio_percent=80).errors

    assert len(errors) == 1
    assert errors[0].startswith("Line 2: ")
    assert said in errors[0]
