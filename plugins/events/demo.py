"""Invented plans of the demo rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import db, now_ms

from .planning import DAY_MS, HOUR_MS, Draft, plan, save_hours, wish

if TYPE_CHECKING:
    from ppvcms.api import DemoContext

PLANS = (
    ("An evening of requests", 1, 19, 2, 0),
    ("First steps, together", 2, 17, 1, 12),
    ("Slow start of the week", 3, 8, 1, 20),
    ("Late and quiet", 1, 21, 3, 0),
    ("Questions and answers", 5, 18, 2, 30),
)
EVENING = (18 * 60, 21 * 60)


def fill(ctx: DemoContext) -> None:
    """Plan an event in some rooms, and weekly hours in all."""
    people = {one.user_id: one for one in ctx.performers}
    today = now_ms(db.session()) // DAY_MS * DAY_MS
    for place, room in enumerate(ctx.rooms):
        performer = people[room.performer_id]
        days = {(place + step) % 7: EVENING for step in (0, 2, 4)}
        save_hours(room, performer, days, zone="UTC")
        if place >= len(PLANS):
            continue
        title, days_ahead, hour, hours, places = PLANS[place]
        starts = today + days_ahead * DAY_MS + hour * HOUR_MS
        draft = Draft(
            title=title,
            starts_at=starts,
            ends_at=starts + hours * HOUR_MS,
            mode="private",
            places=places,
        )
        made = plan(room, performer, draft, key="demo")
        for client in ctx.clients[: 1 + place % 2]:
            wish(getattr(made, "id", ""), client, on=True)
