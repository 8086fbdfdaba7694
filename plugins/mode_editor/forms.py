"""The form of a mode: every rule of MD-03, in the owner's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # no stub yet
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from ppvcms.api import CreditsField, credits_text, role_names

from .bases import BASES
from .services import Draft

if TYPE_CHECKING:
    from collections.abc import Mapping

ICONS = {
    "broadcast": _l("Broadcast"),
    "people": _l("People"),
    "person-video2": _l("Two persons"),
    "gem": _l("Gem"),
    "mic": _l("Microphone"),
    "telephone": _l("Telephone"),
    "chat-text": _l("Written"),
    "music-note-beamed": _l("Music"),
    "mortarboard": _l("Lesson"),
    "heart-pulse": _l("Health"),
    "chat-heart": _l("Talk"),
    "cup-hot": _l("Coffee"),
    "stars": _l("Stars"),
    "moon-stars": _l("Evening"),
    "palette": _l("Art"),
}
VOYEURS = {
    "never": _l("Never"),
    "public": _l("In the public show"),
    "private": _l("In private shows that begin from it"),
    "always": _l("In both"),
}
MOST_BLOCKS = 6


def _choices(labels: Mapping[str, Any]) -> list[SelectChoice]:
    return [SelectChoice(value, text) for value, text in labels.items()]


def _roles(label: Any, description: Any) -> SelectMultipleField:
    """Return a field with the site's roles to tick; none ticked is everybody."""
    return SelectMultipleField(
        label,
        # Asked at every form: the owner's roles change.
        choices=lambda: _choices(role_names()),
        description=description,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


class BlocksField(TextAreaField):
    """Fixed times at one price, a line each: ``10 18.00``; `data` is {"10": 1800}."""

    data: Any

    def _value(self) -> str:
        if isinstance(self.data, dict):
            lines = sorted((int(minutes), price) for minutes, price in self.data.items())
            return "\n".join(f"{minutes} {credits_text(price)}" for minutes, price in lines)
        return self.raw_data[0] if self.raw_data else ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the lines."""
        if not valuelist:
            return
        found: dict[str, int] = {}
        self.data = None
        for line in filter(None, (line.strip() for line in str(valuelist[0]).splitlines())):
            minutes, _space, price = line.partition(" ")
            amount = _amount(price)
            if not (minutes.isascii() and minutes.isdigit() and 1 <= int(minutes) <= 240):  # noqa: PLR2004 - minutes
                raise ValueError(_("Write minutes and a price in each line, such as: 10 18.00"))
            if amount is None:
                raise ValueError(_("'%(line)s' has no price such as 18.00.", line=line[:40]))
            found[str(int(minutes))] = amount
        if len(found) > MOST_BLOCKS:
            raise ValueError(_("At most %(most)s blocks fit on a panel.", most=MOST_BLOCKS))
        self.data = found


class ModeForm(FlaskForm):
    """One kind of show; amounts in credits per minute."""

    name = StringField(_l("Name"), [InputRequired(), Length(min=2, max=60)])
    summary = StringField(
        _l("In one sentence"), [Length(max=300)], description=_l("People read it beside the price.")
    )
    icon = SelectField(_l("Picture"), choices=_choices(ICONS))
    base = SelectField(
        _l("Made from"), choices=_choices({key: base.label for key, base in BASES.items()})
    )
    rate = CreditsField(_l("Credits per minute"), [Optional()], least=1)
    own_rates = BooleanField(_l("Rooms may set their own rate"))
    rate_least = CreditsField(_l("Least per minute"), [Optional()], least=1)
    rate_most = CreditsField(_l("Most per minute"), [Optional()], least=1)
    grace_s = IntegerField(_l("Free seconds"), [Optional(), NumberRange(0, 600)])
    minimum_minutes = IntegerField(
        _l("Least charge, in minutes"),
        [Optional(), NumberRange(0, 60)],
        description=_l("0 switches it off. Shown before, never due inside the free seconds."),
    )
    blocks = BlocksField(
        _l("Fixed times at one price"),
        [Optional()],
        description=_l("A line each: minutes and price, such as 10 18.00. Empty: by the minute."),
    )
    slots = IntegerField(
        _l("Places with their own camera"),
        [Optional(), NumberRange(0, 8)],
        description=_l("Asked for and admitted one by one. 0 switches it off."),
    )
    rate_two_way = CreditsField(
        _l("Per minute in such a place"),
        [Optional()],
        least=1,
        description=_l("Empty: the site's usual rate."),
    )
    voyeurs = SelectField(_l("Unseen watching"), choices=_choices(VOYEURS))
    rate_voyeur = CreditsField(
        _l("Per minute for watching unseen"),
        [Optional()],
        least=1,
        description=_l("Empty: the site's usual rate."),
    )
    recording = BooleanField(
        _l("May be recorded"), description=_l("Said on the panel; only where both agree.")
    )
    use_roles = _roles(_l("Who may offer it"), _l("Nobody ticked: everybody who has a room."))
    watch_roles = _roles(_l("Who may watch it"), _l("Nobody ticked: everybody."))
    weight = IntegerField(
        _l("Place in lists"), [Optional(), NumberRange(0, 99)], description=_l("Small ones first.")
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask for a rate where somebody pays, and for a range that holds it."""
        fits = bool(super().validate(extra_validators))
        if not fits or not BASES[self.base.data].paid:
            return fits
        least, usual, most = self.rate_least.data, self.rate.data, self.rate_most.data
        if usual is None:
            self.rate.errors = [_("A paid kind of show needs a rate.")]
            return False
        if self.own_rates.data and not (least or usual) <= usual <= (most or usual):
            self.rate_most.errors = [_("The usual rate is outside the range from least to most.")]
            return False
        return True

    def draft(self) -> Draft:
        """Return what was typed, without what its base cannot have."""
        key = self.base.data if self.base.data in BASES else "group"
        base = BASES[key]
        rate = (self.rate.data or 0) if base.paid else 0
        public = not base.private
        slots = (self.slots.data or 0) if public and base.carries == "video" else 0
        voyeurs = self.voyeurs.data if public and base.carries != "text" else "never"
        return Draft(
            name=" ".join((self.name.data or "").split()),
            summary=(self.summary.data or "").strip(),
            icon=self.icon.data,
            base=key,
            rate=rate,
            rate_least=(self.rate_least.data or rate) if base.paid else 0,
            rate_most=(self.rate_most.data or rate) if base.paid else 0,
            own_rates=base.paid and bool(self.own_rates.data),
            rate_two_way=self.rate_two_way.data if slots else None,
            rate_voyeur=self.rate_voyeur.data if voyeurs != "never" else None,
            grace_s=(self.grace_s.data or 0) if base.paid else 0,
            minimum_minutes=(self.minimum_minutes.data or 0) if base.paid else 0,
            voyeurs=voyeurs,
            slots=slots,
            blocks=(self.blocks.data or {}) if base.private else {},
            **self._rest(),
        )

    def _rest(self) -> dict[str, Any]:
        """Return what every base can have."""
        return {
            "recording": bool(self.recording.data),
            "watch_roles": _only(self.watch_roles.data),
            "use_roles": _only(self.use_roles.data),
            "weight": self.weight.data or 0,
        }


def _only(roles: list[str] | None) -> dict[str, list[str]]:
    return {"only": sorted(roles)} if roles else {}


def _amount(text: str) -> int | None:
    """Read a price above 0 as people write it, in minor units."""
    whole, _point, cents = text.strip().replace(",", ".").partition(".")
    plain = whole.isascii() and whole.isdigit() and len(whole) < 7 and len(cents) < 3  # noqa: PLR2004 - digits
    if not plain or (cents and not (cents.isascii() and cents.isdigit())):
        return None
    amount = int(whole) * 100 + int(cents.ljust(2, "0"))
    return amount or None
