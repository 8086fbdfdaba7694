"""The core's settings, in groups, each with what it means and what it was at first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _

from ppvcms.accounts.fields import FieldError, parse
from ppvcms.db import transaction
from ppvcms.host import maintenance
from ppvcms.host import settings as store
from ppvcms.host.core_settings import CORE, CORE_DEFAULTS
from ppvcms.web.admin.frame import blueprint, tell
from ppvcms.web.admin.settings_items import Group, Item, Kind
from ppvcms.web.admin.settings_texts import groups
from ppvcms.web.guards import current_actor, policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue


@dataclass(frozen=True, slots=True)
class Field:
    """A setting as the form shows it; `value` is what stands in the control."""

    item: Item
    value: str
    default: str
    changed_at: int | None
    error: str = ""


@blueprint.get("/settings")
@policy(who="settings.manage")
def settings() -> ResponseReturnValue:
    """Show every setting of the core."""
    return _page({}, {})


@blueprint.post("/settings")
@policy(who="settings.manage")
def settings_save() -> ResponseReturnValue:
    """Save one group; what does not fit is said beside its field, and nothing is saved."""
    group = next((one for one in groups() if one.key == request.form.get("group")), None)
    if group is None:
        return redirect(url_for("admin.settings"))
    typed = {item.key: request.form.get(item.key, "").strip()[:1000] for item in group.items}
    changes: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for item in group.items:
        try:
            changes[item.key] = read_item(item, typed[item.key])
        except ValueError as error:
            errors[item.key] = str(error)
    if errors:
        return _page(typed, errors), 422
    _save(changes)
    tell(None, _("Saved. The change holds within a second, in every process."))
    return redirect(url_for("admin.settings", _anchor=group.key))


@blueprint.post("/settings/<key>/reset")
@policy(who="settings.manage")
def settings_reset(key: str) -> ResponseReturnValue:
    """Give a setting its first value again."""
    group = next((one for one in groups() if any(item.key == key for item in one.items)), None)
    if group is not None:
        actor_id = current_actor().user_id
        transaction(lambda session: store.reset(session, CORE, key, actor_id=actor_id))
        tell(None, _("This setting is as at first again."))
    return redirect(url_for("admin.settings", _anchor=group.key if group else None))


def _page(typed: Mapping[str, str], errors: Mapping[str, str]) -> str:
    current, changed = store.site(), store.changed_at(CORE)
    shown: list[tuple[Group, list[Field]]] = []
    for group in groups():
        rows = []
        for item in group.items:
            default = CORE_DEFAULTS[item.key]
            value = getattr(current, item.key)
            kept = changed.get(item.key) if value != default else None
            text = typed.get(item.key, item_text(item, value))
            rows.append(Field(item, text, item_text(item, default), kept, errors.get(item.key, "")))
        shown.append((group, rows))
    return render_template(
        "admin/settings.html", groups=shown, zones=sorted(available_timezones()), errors=errors
    )


def _save(changes: Mapping[str, Any]) -> None:
    current = store.site()
    fresh = {key: value for key, value in changes.items() if getattr(current, key) != value}
    if fresh:
        transaction(lambda session: store.save_site(session, current_actor().user_id, fresh))


def item_text(item: Item, value: Any) -> str:
    """Return what stands in the control of a setting."""
    if item.kind is Kind.MOMENT:
        return maintenance.moment_text(value)
    if isinstance(value, bool):
        return "1" if value else ""
    if item.kind is Kind.FIELDS:
        return "\n".join(value)
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def read_item(item: Item, text: str) -> Any:
    """Return a value from what was typed.

    Raises:
        ValueError: It does not fit; the message stands beside the field.
    """
    if item.kind is Kind.SWITCH:
        return text == "1"
    if item.kind is Kind.NUMBER:
        return _read_number(item, text)
    if item.kind is Kind.MOMENT:
        return _read_moment(text)
    if item.kind is Kind.WORDS:
        return tuple(word.strip() for word in text.split(",") if word.strip())
    if item.kind is Kind.FIELDS:
        return _read_fields(text)
    if item.kind is Kind.ZONE and text not in available_timezones():
        raise ValueError(_("There is no such time zone. One is Europe/Vienna."))
    if item.needed and not text:
        raise ValueError(_("This cannot be empty."))
    if item.pattern and not item.pattern.fullmatch(text):
        raise ValueError(item.help)
    return text


def _read_number(item: Item, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 8):  # noqa: PLR2004 - digits
        raise ValueError(_("Write a whole number."))
    if not item.least <= int(text) <= item.most:
        raise ValueError(
            _("Choose between %(least)s and %(most)s.", least=item.least, most=item.most)
        )
    return int(text)


def _read_fields(text: str) -> tuple[str, ...]:
    lines = tuple(" ".join(line.split()) for line in text.splitlines() if line.strip())
    try:
        parse(lines)
    except FieldError as error:
        raise ValueError(str(error)) from None
    return lines


def _read_moment(text: str) -> int:
    try:
        return maintenance.moment_at(text) if text else 0
    except ValueError:
        raise ValueError(_("Write a day and a time such as 2026-11-22 08:00.")) from None
