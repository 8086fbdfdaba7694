"""Questions on a demo site: one that waits, one that is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .services import Draft, ask, reply

if TYPE_CHECKING:
    from ppvcms.api import DemoContext

ASKED = (
    (
        "Which song would you give somebody who has never sung before anybody?",
        "Begin with one that sits low and has few leaps. I would take an old lullaby.",
    ),
    ("I can practise twenty minutes a day. What shall I do with them?", ""),
)


def fill(ctx: DemoContext) -> None:
    """Let the first client ask, and the first performer answer once."""
    if not (ctx.clients and ctx.rooms):
        return
    room = ctx.rooms[0]
    performer = next(one for one in ctx.performers if one.user_id == room.performer_id)
    for number, (question, answer) in enumerate(ASKED):
        asked = ask(room, ctx.clients[0], Draft("text", question, 500, f"demo-{number}"))
        if isinstance(asked, str) and answer:
            reply(asked, performer, answer, key=f"demo-{number}")
