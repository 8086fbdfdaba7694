"""The settings of tips."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Form, IntegerField, ValidationError
from wtforms.validators import InputRequired, NumberRange

from ppvcms.api import CreditsField, CreditsListField

DEFAULTS: dict[str, Any] = {
    "options": [100, 200, 500, 1000, 2000],
    "least": 100,
    "most": 50_000,
    "gap_s": 3,
}


class TipsForm(Form):
    """Amounts in credits, the gap in seconds."""

    options = CreditsListField(
        _l("Ready amounts"),
        [InputRequired()],
        least=1,
        description=_l("Credits, with spaces between them: 1 2 5 10 20."),
    )
    least = CreditsField(_l("Least own amount"), [InputRequired()], least=1)
    most = CreditsField(_l("Most own amount"), [InputRequired()], least=1)
    gap_s = IntegerField(
        _l("Seconds between two tips of one person"), [InputRequired(), NumberRange(0, 600)]
    )

    def validate_most(self, field: CreditsField) -> None:
        """Refuse an empty range."""
        least, most = self.least.data, field.data
        if least is not None and most is not None and most < least:
            raise ValidationError(_l("The most is below the least."))

    def validate_options(self, field: CreditsListField) -> None:
        """Refuse more buttons than fit on a phone."""
        if len(field.data or ()) > 8:  # noqa: PLR2004
            raise ValidationError(_l("At most 8 amounts fit beside each other."))
