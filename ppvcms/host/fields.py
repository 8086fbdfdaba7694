"""Form fields that settings of plugins need beside those of WTForms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _l
from wtforms import Field, ValidationError
from wtforms.widgets import TextInput

if TYPE_CHECKING:
    from collections.abc import Sequence

AMOUNT = re.compile(r"(\d{1,9})(?:[.,](\d{1,2}))?")


class CreditsField(Field):
    """An amount of credits: typed as 2.50, kept as minor units (250)."""

    widget = TextInput()

    def __init__(
        self, label: str = "", validators: Any = None, *, least: int = 0, **kwargs: Any
    ) -> None:
        """Take amounts from `least` minor units on."""
        super().__init__(label, validators, **kwargs)
        self.least = least
        self.render_kw = {"inputmode": "decimal", **(self.render_kw or {})}

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else credits_text(self.data)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read what was typed."""
        if not valuelist:
            return
        self.data = minor_units(valuelist[0])
        if self.data is None:
            raise ValueError(_l("Write an amount such as 2.50."))

    def pre_validate(self, _form: Any) -> None:
        """Refuse what is below the least."""
        if self.data is not None and self.data < self.least:
            least = credits_text(self.least)
            raise ValidationError(_l("The least is %(least)s.", least=least))


class CreditsListField(CreditsField):
    """Several amounts of credits, separated by spaces: ``1 2 5`` is kept as [100, 200, 500]."""

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return " ".join(credits_text(amount).removesuffix(".00") for amount in self.data or ())

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read what was typed."""
        if not valuelist:
            return
        amounts = [minor_units(word) for word in valuelist[0].split()]
        if not amounts or not all(amounts):
            raise ValueError(_l("Write amounts with spaces between them, such as 1 2 5."))
        self.data = amounts

    def pre_validate(self, _form: Any) -> None:
        """Refuse an amount below the least."""
        if self.data and min(self.data) < self.least:
            least = credits_text(self.least)
            raise ValidationError(_l("The least is %(least)s.", least=least))


def credits_text(amount: int) -> str:
    """Return minor units as people write credits: 250 is 2.50."""
    return f"{amount // 100}.{amount % 100:02d}"


def minor_units(text: str) -> int | None:
    """Return what somebody wrote as credits in minor units, or None."""
    found = AMOUNT.fullmatch(text.strip())
    if found is None:
        return None
    return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))
