"""What a demo site shows of studios: one that is confirmed, with two people."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ppvcms.api import Refusal

from . import contracts, people
from .offers import Wording
from .people import Papers

if TYPE_CHECKING:
    from ppvcms.api import DemoContext

CREW = slice(2, 4)
OFFERED = 4


def fill(ctx: DemoContext) -> None:
    """Confirm the first studio, put two performers under contract, and offer one to a third."""
    if not ctx.studios or len(ctx.performers) <= OFFERED:
        return
    studio = ctx.studios[0]
    papers = Papers("Northlight Lda", "PT 500 000 000", "Rua do Norte 1, Porto", "PT", "Rita Neves")
    people.hand_in(studio, papers)
    people.decide(
        str(studio.user_id), confirmed=True, note="Welcome.", ratio_percent=None, by=ctx.owner
    )
    terms = "Camera, light and a quiet room are ours. Working hours are agreed each week."
    wording = Wording(percent=25, notice_days=14, collects=False, terms=terms)
    for number, performer in enumerate(ctx.performers[CREW]):
        agreed = replace(wording, collects=number > 0)
        offered = contracts.propose(str(studio.user_id), str(performer.user_id), agreed, by=studio)
        if not isinstance(offered, Refusal):
            contracts.accept(offered, performer)
    last = str(ctx.performers[OFFERED].user_id)
    contracts.propose(str(studio.user_id), last, wording, by=studio)
