"""The settings of activation."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Form, SelectMultipleField
from wtforms.validators import NumberRange
from wtforms.widgets import CheckboxInput, ListWidget

from ppvcms.api import CreditsField, activation_checks

DEFAULTS: dict[str, Any] = {"needed": [], "card_amount": 100}
LEAST, MOST = 1, 1_000


def offered() -> list[tuple[str, str]]:
    """Return every check that active plugins offer, by key."""
    return [(key, str(one.label)) for key, one in activation_checks().items()]


class ShopMoneyField(CreditsField):
    """An amount typed as credits are, of the shop's real currency."""


class ActivationForm(Form):
    """Which checks are needed before the first paid act."""

    needed = SelectMultipleField(
        _l("Needed before the first paid act, beside the verified e-mail address"),
        choices=offered,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    card_amount = ShopMoneyField(
        _l("Held on a card and given back, in the shop's currency"),
        [NumberRange(min=LEAST, max=MOST)],
    )
