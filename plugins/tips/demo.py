"""Looks, sounds and tip menus on a demo site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .choices import Line, Look, options, save_menus, save_option

if TYPE_CHECKING:
    from ppvcms.api import DemoContext

LOOKS = {
    500: ("Lovely", "chime", "sky"),
    1000: ("Bravo", "bell", "rose"),
    2000: ("Encore!", "fanfare", "gold"),
}
MENU = (
    Line(200, "Say hello by name"),
    Line(500, "Play your wish"),
    Line(1500, "Learn a line by heart for you"),
)
PRIVATE = (Line(1000, "Record the last song for you"),)


def fill(ctx: DemoContext) -> None:
    """Dress the larger amounts, and write menus for those who sign in."""
    for option in options():
        if option.amount in LOOKS:
            label, sound, colour = LOOKS[option.amount]
            look = Look(option.amount, label, sound, colour)
            save_option(option.id, look=look, picture=None, drop_picture=False)
    for performer in ctx.performers[:4]:
        save_menus(str(performer.user_id), {"public": MENU, "private": PRIVATE})
