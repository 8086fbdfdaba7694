"""Somebody's goals as a block of pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import Form, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from ppvcms.api import PageBlock, room_named

from . import services

if TYPE_CHECKING:
    from ppvcms.api import BlockContext


class RoomForm(Form):
    """Whose goals."""

    room = StringField(
        _l("Address of the room"),
        [InputRequired(_l("Please fill this in.")), Length(max=64)],
        description=_l("What stands behind /rooms/ in its address."),
    )

    def validate_room(self, field: Any) -> None:
        """Refuse a room that is not there."""
        if room_named(field.data or "") is None:
            raise ValidationError(_("There is no room at this address."))


def blocks() -> list[PageBlock]:
    """Return the bars of one room."""
    return [PageBlock("goals.bars", _l("Goals of a room"), bars, RoomForm, icon="bullseye")]


def bars(context: BlockContext) -> Markup | None:
    """Draw the goals of who performs in a room, as they stand now."""
    room = room_named(str(context.values.get("room", "")))
    board = services.shown(room.performer_id) if room is not None else None
    if room is None or board is None or not board.bars:
        return None
    html = render_template("goals/_block.html", room=room, board=board)
    return Markup(html)  # noqa: S704 - our template escapes
