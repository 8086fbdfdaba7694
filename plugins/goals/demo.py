"""Goals on a demo site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .services import save_board

if TYPE_CHECKING:
    from ppvcms.api import DemoContext

GOALS = (
    ((2500, "A song nobody has heard"), (6000, "A second hour tonight")),
    ((4000, "New strings for the old guitar"),),
)


def fill(ctx: DemoContext) -> None:
    """Set goals for the first two performers."""
    for performer, goals in zip(ctx.performers, GOALS, strict=False):
        save_board(str(performer.user_id), goals, layout="row", reset="weekly")
