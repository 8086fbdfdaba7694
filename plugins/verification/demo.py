"""The demo's people are verified; one has a paper that shows how a look at it is logged."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from ppvcms.api import now_ms, transaction

from .review import decide
from .services import Details, State, add_paper, day_of, save_details

if TYPE_CHECKING:
    from datetime import date

    from ppvcms.api import Actor, DemoContext


def verify(ctx: DemoContext) -> None:
    """Approve everybody, with invented papers for the first."""
    for number, performer in enumerate(ctx.performers):
        if number == 0:
            _papers(performer)
        decide(ctx.owner, str(performer.user_id), State.APPROVED, "A person of the demo")
    for company in ctx.studios:
        decide(ctx.owner, str(company.user_id), State.APPROVED, "A company of the demo")


def _papers(performer: Actor) -> None:
    today: date = transaction(lambda session: day_of(now_ms(session)))
    save_details(
        performer,
        Details(performer.name, "", "1990-05-17", "1 Demo Street, Example", {"country": "SE"}),
    )
    add_paper(performer, "identity", _drawn("DEMO ID"), today.replace(year=today.year + 3, day=1))
    add_paper(performer, "selfie", _drawn("DEMO PICTURE"), None)


def _drawn(text: str) -> bytes:
    picture = Image.new("RGB", (800, 500), "#e8e4da")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((30, 30, 770, 470), outline="#554f44", width=4)
    pen.text((70, 70), text, fill="#332f28", font_size=56)
    pen.text((70, 160), "Invented for the demo", fill="#554f44", font_size=32)
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()
