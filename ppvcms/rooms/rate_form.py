"""The settings that most kinds of shows have: a rate with its range, free seconds, a minimum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Form, IntegerField, SelectField, ValidationError
from wtforms.validators import InputRequired, NumberRange

from ppvcms.host.fields import CreditsField
from ppvcms.rooms.modes import MOST_SLOTS, ModeRules, Quote, RateLimits, Voyeurs

if TYPE_CHECKING:
    from ppvcms.host.settings import Values
    from ppvcms.rooms.modes import RoomFacts


class RateForm(Form):
    """Rates in credits per minute, times as named."""

    rate = CreditsField(
        _l("Credits per minute"),
        [InputRequired()],
        least=1,
        description=_l("Holds for every room without a rate of its own."),
    )
    own_rates = BooleanField(
        _l("Rooms may set their own rate"),
        description=_l("Off: the rate above holds for all; their own are kept but not used."),
    )
    rate_min = CreditsField(_l("Least per minute"), [InputRequired()], least=1)
    rate_max = CreditsField(_l("Most per minute"), [InputRequired()], least=1)
    grace_s = IntegerField(
        _l("Free seconds"),
        [InputRequired(), NumberRange(0, 600)],
        description=_l("The first counted seconds are free, once per person and hour."),
    )
    minimum_minutes = IntegerField(
        _l("Least charge, in minutes"),
        [InputRequired(), NumberRange(0, 60)],
        description=_l("0 switches it off. Shown before, never due inside the free seconds."),
    )

    def validate_rate_max(self, field: CreditsField) -> None:
        """Refuse a range that is empty or does not hold the site's own rate."""
        least, usual, most = self.rate_min.data, self.rate.data, field.data
        if least is None or usual is None or most is None:
            return
        if most < least:
            raise ValidationError(_l("The most is below the least."))
        if not least <= usual <= most:
            raise ValidationError(_l("The rate for all rooms is outside this range."))


def recording_field() -> BooleanField:
    """Return the switch that lets shows of a kind be recorded (ME-07)."""
    return BooleanField(
        _l("May be recorded"),
        description=_l(
            "What the room sends, never the camera of somebody who pays. All who are shown "
            "agree first, and everybody sees that it runs."
        ),
    )


class GuestsForm(Form):
    """Who else may be in a public show, two-way or unseen, and whether it may be recorded."""

    slots = IntegerField(
        _l("Two-way places"),
        [InputRequired(), NumberRange(0, MOST_SLOTS)],
        description=_l("How many people at once may be seen and heard in the show. 0 is none."),
    )
    voyeurs = SelectField(
        _l("Unseen watching"),
        choices=[
            (Voyeurs.NEVER.value, _l("Never")),
            (Voyeurs.PUBLIC.value, _l("In the public show")),
            (Voyeurs.PRIVATE.value, _l("In privates that interrupt it")),
            (Voyeurs.ALWAYS.value, _l("In both")),
        ],
        description=_l("Only in rooms that agreed to it; they always see how many there are."),
    )
    recording = recording_field()


GUESTS: dict[str, Any] = {"slots": 0, "voyeurs": Voyeurs.NEVER.value, "recording": False}


def rate_defaults(rate: int, *, own_rates: bool = True, grace_s: int = 30) -> dict[str, Any]:
    """Return defaults for `RateForm`; the rate is in minor units per minute."""
    return {
        "rate": rate,
        "own_rates": own_rates,
        "rate_min": 50,
        "rate_max": 2000,
        "grace_s": grace_s,
        "minimum_minutes": 0,
    }


def usual_quote(values: Values, room: RoomFacts) -> Quote:
    """Quote the room's own rate, or the site's where it has none (BO-02)."""
    own = room.own_rate if values.own_rates else None
    return Quote(
        rate_per_minute=values.rate if own is None else own,
        grace_s=values.grace_s,
        minimum_minutes=max(values.minimum_minutes, room.own_minimum_minutes),
    )


def usual_limits(values: Values) -> RateLimits:
    """Return the range in which performers may choose (BO-03)."""
    return RateLimits(
        default=values.rate,
        least=values.rate_min,
        most=values.rate_max,
        own_rates=values.own_rates,
    )


def usual_rules(values: Values) -> ModeRules:
    """Return what `GuestsForm` lets happen in a public show."""
    return ModeRules(
        slots=values.slots, voyeurs=Voyeurs(values.voyeurs), recording=values.recording
    )
