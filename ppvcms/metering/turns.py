"""What a payer asks of a running seat: another role, the next block, going on.

Each is one transaction: seat, then wallet. A no is a `Refusal`, and then nothing
of it was written. Repeating what is done already changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _

from ppvcms.faultpoints import faultpoint
from ppvcms.ledger.books import credits_text
from ppvcms.metering import settle
from ppvcms.metering.state import GoOn, NextBlock, Rerate, Rest, RestOver, Why
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from ppvcms.metering.state import Denied, Event, Evidence


def rerate(
    seat_id: str, *, role: str, rate_per_minute: int, now: int | None = None
) -> Refusal | None:
    """Change the role and the rate of a seat at this second, after its payer's click (R-09).

    `rate_per_minute` is in minor units; 0 makes the coming seconds free (R-43). A
    dearer rate has to be secured for its first block. No new grace, no new minimum.
    The refusals are "funds", "closed" and "not_now".

    Raises:
        NotFoundError: There is no such seat.
    """
    return _ask(
        seat_id,
        lambda evidence, available: Rerate(role, rate_per_minute, evidence, available),
        now=now,
    )


def next_block(seat_id: str, nr: int, *, now: int | None = None) -> Refusal | None:
    """Take block number `nr` of a seat that is sold in blocks, counted from 1 (R-22, PS-12).

    The number is the key: a block that is taken is not taken again.

    Raises:
        NotFoundError: There is no such seat.
    """
    return _ask(seat_id, lambda evidence, available: NextBlock(nr, evidence, available), now=now)


def go_on(seat_id: str, *, now: int | None = None) -> Refusal | None:
    """Go on after a long wait for the end of a private: same terms, secured anew (R-39).

    Raises:
        NotFoundError: There is no such seat.
    """
    return _ask(seat_id, GoOn, now=now)


def rest(seat_id: str, *, now: int | None = None) -> Refusal | None:
    """Let the performer of a seat take a break, five minutes a seat in all, unbilled (PS-11).

    The refusals are "closed" and "not_now".

    Raises:
        NotFoundError: There is no such seat.
    """
    return _ask(seat_id, Rest, now=now)


def rest_over(seat_id: str, *, now: int | None = None) -> Refusal | None:
    """Go on after a break, as soon as both sides are there.

    Raises:
        NotFoundError: There is no such seat.
    """
    return _ask(seat_id, RestOver, now=now)


def _ask(
    seat_id: str, event: Callable[[Evidence, int], Event], *, now: int | None
) -> Refusal | None:
    faultpoint("turn.begin")
    answer = settle.act_on(seat_id, event, now=now)
    faultpoint("turn.written")
    if answer.denied is not None:
        return _refusal(answer.denied)
    return _over() if answer.over else None


def _over() -> Refusal:
    return Refusal("closed", _("This show is over for you. Nothing was changed."))


def _refusal(denied: Denied) -> Refusal:
    if denied.why is Why.FUNDS:
        return Refusal(
            "funds",
            _(
                "This needs %(needed)s credits more and %(missing)s of them are missing. "
                "Nothing was changed and nothing was taken.",
                needed=credits_text(denied.needed),
                missing=credits_text(denied.missing),
            ),
            _("Add credits, then press again."),
            missing=denied.missing,
            details={"needed": denied.needed},
        )
    sentences = {
        Why.NOT_NOW: _("This can be changed while the show runs. Nothing was changed."),
        Why.NOT_BACK: _("The private show still runs. Nothing was taken."),
        Why.BREAKS: _("The breaks of this show are used up. Nothing was changed."),
        Why.BLOCKS: _("This show is sold in blocks of time. Nothing was changed."),
    }
    return Refusal("not_now", sentences[denied.why])
