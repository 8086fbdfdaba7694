"""A timeline as people type it, one thing that happens on each line, for the simulator (MT-18).

0:00 picture on
0:02 viewer on
1:30 tip 5.00
2:00 role two_way 3.00
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from ppvcms.host.fields import minor_units
from ppvcms.metering.simulate import Moment, What
from ppvcms.metering.terms import Sharer

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_LINES = 200
LONGEST_S = 21_600
PLAIN = {
    "picture on": What.PERFORMER_UP,
    "picture off": What.PERFORMER_DOWN,
    "guest on": What.GUEST_UP,
    "guest off": What.GUEST_DOWN,
    "viewer on": What.PAYER_UP,
    "viewer off": What.PAYER_DOWN,
    "viewer blind": What.PAYER_BLIND,
    "private begins": What.PRIVATE_BEGINS,
    "private ends": What.PRIVATE_ENDS,
    "continue": What.GO_ON,
    "viewer ends": What.PAYER_ENDS,
    "show ends": What.PERFORMER_ENDS,
}
"""What takes no number, as it is typed."""
AMOUNTS = {"money": What.MONEY, "tip": What.TIP, "price": What.PRICE}
ROLES = ("viewer", "two_way", "voyeur")


@dataclass(frozen=True, slots=True)
class Timeline:
    """What was understood, and a sentence for each line that was not."""

    moments: tuple[Moment, ...]
    errors: tuple[str, ...]


class _LineError(ValueError):
    """A line that says nothing the simulator knows."""


def parse(text: str, *, ratio_percent: int) -> Timeline:
    """Read a typed timeline; `ratio_percent` is the performers' side of every part (R-49)."""
    moments: list[Moment] = []
    errors: list[str] = []
    lines = text.splitlines()
    for number, line in enumerate(lines[:MOST_LINES], 1):
        if not line.strip():
            continue
        try:
            moments.append(_moment(line, ratio_percent))
        except _LineError as error:
            errors.append(_("Line %(number)s: %(why)s", number=number, why=str(error)))
    if len(lines) > MOST_LINES:
        errors.append(_("A timeline has at most %(most)s lines.", most=MOST_LINES))
    return Timeline(tuple(sorted(moments, key=lambda one: one.at)), tuple(errors))


def _moment(line: str, ratio_percent: int) -> Moment:
    when, _space, said = " ".join(line.split()).partition(" ")
    at = _milliseconds(when)
    if said in PLAIN:
        return Moment(at, PLAIN[said])
    word, _space, rest = said.partition(" ")
    readers: dict[str, Callable[[], Moment]] = {
        **{
            name: (lambda what=what: Moment(at, what, _amount(rest)))  # type: ignore[misc] # binds now
            for name, what in AMOUNTS.items()
        },
        "role": lambda: _role(at, rest),
        "block": lambda: Moment(at, What.NEXT_BLOCK, _number(rest)),
        "share": lambda: Moment(at, What.SHARERS, sharers=sharers_from(rest, ratio_percent)),
    }
    if word not in readers:
        raise _LineError(_("“%(said)s” is not one of the words below.", said=said[:60]))
    return readers[word]()


def _milliseconds(text: str) -> int:
    parts = text.split(":")
    if len(parts) not in {2, 3} or not all(part.isascii() and part.isdigit() for part in parts):
        raise _LineError(_("begin with a time such as 1:30 or 1:02:03."))
    seconds = 0
    for part in parts:
        seconds = seconds * 60 + int(part[:6])
    if seconds > LONGEST_S:
        raise _LineError(_("a timeline lasts at most six hours."))
    return seconds * 1000


def _amount(text: str) -> int:
    amount = minor_units(text) if text else None
    if amount is None:
        raise _LineError(_("an amount such as 2.50 is missing."))
    return amount


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:4]) <= 100):  # noqa: PLR2004 - blocks
        raise _LineError(_("the number of the block is missing."))
    return int(text[:4])


def _role(at: int, text: str) -> Moment:
    role, _space, rate = text.partition(" ")
    if role not in ROLES:
        raise _LineError(_("a role is one of %(roles)s.", roles=", ".join(ROLES)))
    return Moment(at, What.ROLE, _amount(rate), role=role)


def sharers_from(text: str, ratio_percent: int) -> tuple[Sharer, ...]:
    """Read who shares: names with commas, each with a weight and a studio's percent if wanted.

    Raises:
        ValueError: There is no name, or a number is out of its range.
    """
    parts = [part.split() for part in text.split(",") if part.strip()]
    read = [_part(words) for words in parts[:20]]
    whole = sum(weight for _name, weight, _studio in read)
    if not read:
        raise _LineError(_("who shares? For example: share Ana 2, Ben 1."))
    return tuple(
        Sharer(
            performer_id=name,
            numerator=weight,
            denominator=whole,
            ratio_percent=ratio_percent,
            studio_id=_("House of %(name)s", name=name) if studio else None,
            studio_percent=studio,
        )
        for name, weight, studio in read
    )


def _part(words: list[str]) -> tuple[str, int, int]:
    name, numbers = words[0][:40], words[1:]
    if len(numbers) > 2 or not all(one.isascii() and one.isdigit() for one in numbers):  # noqa: PLR2004 - weight, studio
        raise _LineError(_("after a name come a weight and a percent, whole numbers."))
    weight, studio = (*(int(one[:6]) for one in numbers), *(1, 0)[len(numbers) :])
    if not weight or studio > 100:  # noqa: PLR2004 - percent
        raise _LineError(_("a weight is above 0 and a percent at most 100."))
    return name, weight, studio
