"""The follow button as a block of pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import Form, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from ppvcms.api import PageBlock, names_of, room_named

from . import services

if TYPE_CHECKING:
    from ppvcms.api import BlockContext


class RoomForm(Form):
    """Whom to follow."""

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
    """Return the button for one room."""
    return [PageBlock("follow.button", _l("Follow button"), button, RoomForm, icon="heart")]


def button(context: BlockContext) -> Markup | None:
    """Draw the button; who performs there sees none."""
    room = room_named(str(context.values.get("room", "")))
    if room is None or context.actor.user_id == room.performer_id:
        return None
    html = render_template(
        "follow/_block.html",
        room=room,
        name=names_of([room.performer_id]).get(room.performer_id, room.title),
        followed=services.follows(context.actor, room.performer_id),
    )
    return Markup(html)  # noqa: S704 - our template escapes
