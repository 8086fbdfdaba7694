"""Invented reviews of the demo rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import new_id, now_ms, transaction

from .models import Review

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.api import DemoContext

DAY_MS = 86_400_000
TEXTS = (
    (5, "Warm, patient and funny. The half hour went by like five minutes.", "Come again soon!"),
    (4, "Good picture and good advice. The sound was a little low.", ""),
    (5, "Exactly what I hoped for.", "Thank you, that means a lot."),
    (3, "Fine, though it began a few minutes late.", ""),
    (5, "I learned more here than in a month of videos.", ""),
    (4, "Kind, clear and well prepared.", ""),
)


def fill(ctx: DemoContext) -> None:
    """Let clients and colleagues review most of the rooms."""
    writers = [*ctx.clients, *ctx.performers]

    def act(session: Session) -> None:
        now = now_ms(session)
        for place, room in enumerate(ctx.rooms[:9]):
            others = [one for one in writers if one.user_id != room.performer_id]
            for number in range(2 + place * 2 % 4):
                stars, text, reply = TEXTS[(place + number) % len(TEXTS)]
                at = now - (1 + place + 3 * number) * DAY_MS
                session.add(
                    Review(
                        id=new_id(),
                        room_id=room.id,
                        performer_id=room.performer_id,
                        user_id=str(others[number % len(others)].user_id),
                        stars=stars,
                        text=text,
                        reply=reply,
                        made_at=at,
                        changed_at=at,
                        replied_at=at + DAY_MS // 3 if reply else None,
                    )
                )

    transaction(act)
