"""The forms of chat tools: settings of the site, and how a room keeps its chat."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Form, IntegerField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

DEFAULTS: dict[str, Any] = {"words": "", "kick_min": 10}


class ChatToolsForm(Form):
    """The words of every room, and how long a kick lasts."""

    words = TextAreaField(
        _l("Words to replace"),
        [Optional(), Length(max=20_000)],
        description=_l("One on each line: word = replacement. A word alone becomes ***."),
    )
    kick_min = IntegerField(_l("Minutes of a kick"), [InputRequired(), NumberRange(1, 1440)])


class RoomForm(FlaskForm):
    """How one room keeps its chat."""

    slow_s = IntegerField(
        _l("Slow mode: seconds between two lines of one person"),
        [InputRequired(), NumberRange(0, 600)],
        description=_l("0 is off."),
    )
    words = TextAreaField(
        _l("Words to replace in this room"),
        [Length(max=5000)],
        description=_l("One on each line: word = replacement. A word alone becomes ***."),
    )
