"""What can be chosen for a tip: the owner's ready amounts, and each performer's menus.

Amounts are minor units of credits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.api import (
    FileLimits,
    Refusal,
    db,
    delete_file,
    minor_units,
    new_id,
    public_link,
    publish_file,
    save_file,
    settings,
    transaction,
)

from .models import TipMenu, TipOption

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

SLUG = "tips"
FIRST = (100, 200, 500, 1000, 2000)
MOST_OPTIONS = 8
MOST_LINES = 25
LONGEST_LINE = 80
PICTURE = FileLimits(most_bytes=2 * 1024 * 1024, kinds=("image",), widest=256)
SOUNDS = ("", "chime", "bell", "fanfare", "drum")
COLOURS = ("", "gold", "rose", "sky", "leaf", "violet")
PLACES = ("public", "private")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a tip menu: so many minor units, and what is done for them."""

    amount: int
    text: str


@dataclass(frozen=True, slots=True)
class Look:
    """How a ready amount looks and sounds."""

    amount: int
    label: str = ""
    sound: str = ""
    colour: str = ""
    image: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return what pages show."""
        return {name: getattr(self, name) for name in self.__slots__}


def seed(session: Session) -> None:
    """Lay the first ready amounts."""
    for amount in FIRST:
        session.add(TipOption(id=new_id(), amount=amount))


def options() -> list[TipOption]:
    """Return the ready amounts, the least first."""
    return list(db.session.scalars(select(TipOption).order_by(TipOption.amount)))


def looks() -> list[Look]:
    """Return how the ready amounts look and sound, the least first."""
    return [
        Look(
            row.amount,
            row.label,
            row.sound,
            row.colour,
            public_link(row.image_id) if row.image_id else "",
        )
        for row in options()
    ]


def look_of(amount: int) -> Look:
    """Return how a tip looks: that of the largest ready amount it reaches."""
    reached = [look for look in looks() if look.amount <= amount]
    return reached[-1] if reached else Look(amount)


def save_option(
    option_id: str | None,
    *,
    look: Look,
    picture: IO[bytes] | None,
    drop_picture: bool,
) -> Refusal | None:
    """Make a ready amount or change one; a picture is written anew before it is kept."""
    image_id = None
    if picture is not None:
        kept = save_file(picture, slug=SLUG, owner_id=None, name="tip", limits=PICTURE)
        if isinstance(kept, Refusal):
            return kept
        image_id = kept.id

    def act(session: Session) -> Refusal | None:
        rows = {row.id: row for row in session.scalars(select(TipOption).with_for_update())}
        row = rows.get(option_id or "")
        others = [other for other in rows.values() if other is not row]
        if any(other.amount == look.amount for other in others):
            return Refusal("amount", _("This amount is there already. Nothing was saved."))
        if row is None and len(rows) >= MOST_OPTIONS:
            return Refusal(
                "full",
                _("At most %(most)s amounts fit. Nothing was saved.", most=MOST_OPTIONS),
            )
        if row is None:
            row = TipOption(id=new_id())
            session.add(row)
        row.amount, row.label = look.amount, look.label
        row.sound = look.sound if look.sound in SOUNDS else ""
        row.colour = look.colour if look.colour in COLOURS else ""
        _picture(session, row, image_id, drop=drop_picture)
        return None

    answer = transaction(act)
    if answer is not None and image_id is not None:
        transaction(lambda session: delete_file(session, image_id))
    return answer


def _picture(session: Session, row: TipOption, image_id: str | None, *, drop: bool) -> None:
    if (image_id is not None or drop) and row.image_id is not None:
        delete_file(session, row.image_id)
        row.image_id = None
    if image_id is not None:
        publish_file(session, image_id, public=True)
        row.image_id = image_id


def remove_option(option_id: str) -> None:
    """Take a ready amount away; tips that were sent stay as they are."""

    def act(session: Session) -> None:
        row = session.get(TipOption, option_id)
        if row is not None:
            if row.image_id is not None:
                delete_file(session, row.image_id)
            session.delete(row)

    transaction(act)


def menu_of(performer_id: str, place: str) -> list[Line]:
    """Return somebody's tip menu for public or private shows."""
    row = db.session.get(TipMenu, (performer_id, place))
    return [Line(**line) for line in row.lines.get("all", ())] if row is not None else []


def read_menu(text: str) -> list[Line] | Refusal:
    """Read lines such as ``5 Sing your song``; pure but for the range of tips."""
    values, lines = settings(SLUG), []
    for number, written in enumerate(filter(None, map(str.strip, text.splitlines())), 1):
        first, _space, words = written.partition(" ")
        amount, said = minor_units(first), " ".join(words.split())
        if amount is None or not values.least <= amount <= values.most or not said:
            return Refusal(
                "line",
                _(
                    "Line %(number)s is not an amount and words: %(line)s",
                    number=number,
                    line=written,
                ),
                _("Write it such as: 5 Sing your song. Nothing was saved."),
            )
        lines.append(Line(amount, said[:LONGEST_LINE]))
    if len(lines) > MOST_LINES:
        return Refusal(
            "lines", _("A menu has at most %(most)s lines. Nothing was saved.", most=MOST_LINES)
        )
    return lines


def save_menus(performer_id: str, menus: Mapping[str, Sequence[Line]]) -> None:
    """Keep somebody's tip menus."""

    def act(session: Session) -> None:
        for place, lines in menus.items():
            plain = [{"amount": line.amount, "text": line.text} for line in lines]
            session.merge(TipMenu(performer_id=performer_id, place=place, lines={"all": plain}))

    transaction(act)
