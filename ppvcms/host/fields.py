"""Form fields for amounts, which people type as credits and the core keeps in minor units."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from wtforms import Field
from wtforms.validators import ValidationError
from wtforms.widgets import TextInput

from ppvcms.ledger.books import credits_text

if TYPE_CHECKING:
    from collections.abc import Sequence

MINOR = 100
MOST = 100_000_000


class CreditsField(Field):
    """An amount of credits: typed as ``2.50`` or ``2,50``, `data` is 250."""

    widget = TextInput()
    data: int | None

    def __init__(
        self,
        label: Any = None,
        validators: Sequence[Any] = (),
        *,
        least: int = 0,
        most: int = MOST,
        **kwargs: Any,
    ) -> None:
        self.least = least
        self.most = most
        self.typed: str | None = None
        render = {"inputmode": "decimal", "autocomplete": "off", **kwargs.pop("render_kw", {})}
        super().__init__(label, list(validators), render_kw=render, **kwargs)

    def _value(self) -> str:
        """Return what the input shows: what was typed, as long as it is not accepted."""
        if self.typed is not None:
            return self.typed
        return "" if self.data is None else credits_text(self.data)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was typed."""
        if not valuelist:
            return
        self.typed = str(valuelist[0])
        self.data = None
        text = self.typed.strip().replace(",", ".")
        if not text:
            return
        try:
            amount = Decimal(text) * MINOR
        except InvalidOperation as error:
            raise ValueError(_("Write an amount such as 2.50.")) from error
        if not amount.is_finite() or amount != amount.to_integral_value():
            raise ValueError(_("Write an amount with at most two decimals, such as 2.50."))
        self.data = int(amount)

    def pre_validate(self, form: Any) -> None:
        """Refuse what lies outside the bounds."""
        del form
        if self.data is None:
            return
        if not self.least <= self.data <= self.most:
            least, most = (credits_text(bound) for bound in (self.least, self.most))
            raise ValidationError(
                _("Write an amount from %(least)s to %(most)s.", least=least, most=most)
            )


class CreditsListField(CreditsField):
    """Several amounts with spaces between them: typed as ``1 2 5``, `data` is [100, 200, 500]."""

    data: Any

    def _value(self) -> str:
        """Return what the input shows."""
        if self.typed is not None:
            return self.typed
        return " ".join(credits_text(amount).removesuffix(".00") for amount in self.data or ())

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was typed."""
        if not valuelist:
            return
        whole, amounts = str(valuelist[0]), []
        for word in whole.split():
            super().process_formdata([word])
            amounts.append(self.data)
        self.typed, self.data = whole, amounts

    def pre_validate(self, form: Any) -> None:
        """Refuse an amount that lies outside the bounds."""
        amounts = self.data or []
        try:
            for self.data in amounts:
                super().pre_validate(form)
        finally:
            self.data = amounts


def minor_units(text: str) -> int | None:
    """Return what somebody wrote as credits in minor units, or None when it is no amount."""
    try:
        amount = Decimal(text.strip().replace(",", ".")) * MINOR
    except InvalidOperation:
        return None
    fits = amount.is_finite() and amount == amount.to_integral_value() and 0 <= amount <= MOST
    return int(amount) if fits else None
