"""Forms that plugins declare for their settings, filled and shown by the core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from wtforms import Form

    from ppvcms.host.contract import SettingsSpec


def typed(form: Form) -> MultiDict[str, str]:
    """Return what a browser would send for a filled form."""
    return MultiDict((field.name, word) for field in form for word in _words_of(field))


def filled(spec: SettingsSpec, values: Mapping[str, Any]) -> Form:
    """Return a plugin's form with values in it."""
    return spec.form(data=dict(values))


def partly(
    spec: SettingsSpec,
    values: Mapping[str, Any],
    sent: MultiDict[str, str],
    keys: Collection[str],
) -> Form:
    """Return a plugin's form as if all had been typed, of which only `keys` really were."""
    words = typed(filled(spec, values))
    for key in keys:
        words.setlist(key, sent.getlist(key))
    return spec.form(words)


def texts(spec: SettingsSpec, values: Mapping[str, Any]) -> dict[str, str]:
    """Return each value that is no secret as a person reads it, by key."""
    form = filled(spec, values)
    return {key: _text_of(form[key]) for key in spec.defaults if key not in spec.secrets}


def _text_of(field: Any) -> str:
    if isinstance(field.data, bool):
        return str(_("on") if field.data else _("off"))
    if hasattr(field, "iter_choices"):
        chosen = set(_words_of(field))
        labels = [str(choice[1]) for choice in field.iter_choices() if str(choice[0]) in chosen]
        return ", ".join(labels) or "-"
    return " ".join(_words_of(field)) or "-"


def _words_of(field: Any) -> list[str]:
    if isinstance(field.data, bool):
        return ["y"] if field.data else []
    if hasattr(field, "iter_choices"):
        chosen = field.data if isinstance(field.data, (list, tuple)) else [field.data]
        return [str(each) for each in chosen if each is not None]
    return [str(field._value())]  # noqa: SLF001 - WTForms' own name for what an input shows
