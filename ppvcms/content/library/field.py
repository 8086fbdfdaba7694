"""A form field that chooses a picture of the library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from wtforms import SelectField
from wtforms.fields.choices import Choice  # type: ignore[attr-defined] # no stub yet
from wtforms.validators import ValidationError

from ppvcms.content.library import items

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class PictureField(SelectField):
    """A picture of the library: `data` is its id, or an empty text for none.

    A plain list of names; where scripts run, a dialog with thumbnails and upload.
    """

    def __init__(self, label: Any = None, validators: Sequence[Any] = (), **kwargs: Any) -> None:
        render = {"data-pv-picture": "", **kwargs.pop("render_kw", {})}
        kwargs.setdefault("default", "")
        super().__init__(label, list(validators), choices=[], render_kw=render, **kwargs)

    def iter_choices(self) -> Iterator[Choice]:
        """Yield what can be chosen: nothing, or one of the newest pictures."""
        chosen = self.data or ""
        yield Choice("", _("No picture"), not chosen, {})
        for picture_id, name, thumb in items.choices(chosen):
            yield Choice(picture_id, name, picture_id == chosen, {"data-thumb": thumb})

    def pre_validate(self, form: Any) -> None:
        """Refuse what is no picture of the library."""
        del form
        if self.data and items.picture(self.data) is None:
            raise ValidationError(_("This picture is not in the library any more. Choose another."))
