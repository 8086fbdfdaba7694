"""Settings in the file: the core's, the plugins' without their secrets, the theme and its looks."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from packaging.version import Version

from ppvcms.db import after_commit
from ppvcms.host import customise, settings
from ppvcms.host.colours import HEX, PICKED, SCHEMES
from ppvcms.host.core_settings import CORE_DEFAULTS, SettingError, core_value
from ppvcms.host.generation import move_generation
from ppvcms.host.looks import digest, look_from
from ppvcms.host.manifest import HOME_SECTIONS, labels_problem
from ppvcms.host.runtime import runtime
from ppvcms.host.scopes import ALLOWED
from ppvcms.host.snapshot import current, look_again
from ppvcms.rooms.picture import PNG, encode_apart
from ppvcms.web.admin.look_forms import LARGEST_PICTURE, WIDEST
from ppvcms.web.admin.settings import item_text, read_item
from ppvcms.web.admin.settings_texts import groups
from ppvcms.web.admin.siteconfig.document import plain, same, shape, text, unknown_key
from ppvcms.web.admin.siteconfig.parts import Area, Fitted, Left
from ppvcms.web.plugin_forms import typed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session
    from wtforms import Form

    from ppvcms.host.contract import SettingsSpec
    from ppvcms.web.admin.siteconfig.document import Document
    from ppvcms.web.admin.siteconfig.parts import Entries

THEME, WORN, LOOK = "theme", "worn", "look."
ELSEWHERE = frozenset({THEME, "maintenance", "maintenance_text", "maintenance_until_at"})
"""Settings of the core that are no part of the area: the theme's own, and a state of the day."""
PERCENT = 100
SHARED = {key: scope for scope, key in ALLOWED.items()}
"""What rooms and studios may set themselves, beside the values of a plugin."""


def secrets() -> list[str]:
    """Return the names of all secrets of active plugins, which are in no file."""
    specs = current().settings_specs
    return sorted(f"{slug}.{key}" for slug, spec in specs.items() for key in spec.secrets)


def _core() -> dict[str, Any]:
    here = settings.site()
    return {key: plain(getattr(here, key)) for key in CORE_DEFAULTS if key not in ELSEWHERE}


def _core_faults(entries: Entries) -> dict[str, str]:
    items = {item.key: item for group in groups() for item in group.items}
    found: dict[str, str] = {}
    for key, value in entries.items():
        if key in ELSEWHERE or key not in CORE_DEFAULTS:
            found[key] = unknown_key(key, set(CORE_DEFAULTS) - ELSEWHERE)
            continue
        try:
            checked = core_value(key, value)
            if key in items and not same(
                read_item(items[key], item_text(items[key], checked)), value
            ):
                found[key] = _("This value cannot be kept as it is written.")
        except (SettingError, ValueError) as error:
            found[key] = str(error)
    return found | _share_faults(entries)


def _share_faults(entries: Entries) -> dict[str, str]:
    by_type = entries.get("ratio_by_type", {})
    shares = (
        {f"ratio_by_type.{key}": value for key, value in by_type.items()}
        if isinstance(by_type, dict)
        else {}
    )
    shares |= {key: entries[key] for key in ("ratio_default",) if key in entries}
    return {
        path: _("This must be a whole number from 0 to 100.")
        for path, value in shares.items()
        if type(value) is not int or not 0 <= value <= PERCENT
    }


def _write_core(session: Session, entries: Entries, actor_id: str | None) -> None:
    settings.save_site(session, actor_id, entries)


def _of_plugins() -> dict[str, Any]:
    values = {
        f"{slug}.{key}": plain(value)
        for slug in current().settings_specs
        for key, value in settings.without_secrets(slug).items()
    }
    shared = {
        f"{slug}.{ALLOWED[scope]}": sorted(settings.allowed(slug, scope))
        for slug, spec in current().settings_specs.items()
        for scope in ALLOWED
        if settings.offered(spec, scope)
    }
    return values | shared


def _fit_plugins(entries: Entries, document: Document) -> Fitted:
    reasons = {slug: why_not(slug, version) for slug, version in document.plugins.items()}
    kept = {key: value for key, value in entries.items() if not reasons.get(key.partition(".")[0])}
    slugs = {key.partition(".")[0] for key in entries if key not in kept}
    return Fitted(kept, [Left(slug, reasons[slug]) for slug in sorted(slugs)])


def why_not(slug: str, version: str) -> str:
    """Return why a plugin's part of a file cannot be taken, or an empty text."""
    found = runtime().found.get(slug)
    if found is None or found.manifest is None:
        return str(_("This plugin is not here. Install it, switch it on, then import again."))
    if Version(found.manifest.version) < Version(version):
        mine = found.manifest.version
        words = _(
            "The file is from %(new)s and here is %(old)s. Upgrade it, then import again.",
            new=version,
            old=mine,
        )
        return str(words)
    if slug not in runtime().loaded or slug not in current().active:
        return str(_("This plugin is off. Switch it on under Plugins, then import again."))
    return ""


def _plugin_faults(entries: Entries) -> dict[str, str]:
    found: dict[str, str] = {}
    by_slug: dict[str, dict[str, Any]] = {}
    for path, value in entries.items():
        slug, _dot, key = path.partition(".")
        spec = current().settings_specs.get(slug)
        if spec is None:
            found[path] = _("The file does not name this plugin, or it has no settings.")
        elif key in SHARED:
            if unfit := _shared_fault(settings.offered(spec, SHARED[key]), value):
                found[path] = unfit
        elif key in spec.secrets:
            found[path] = _("This is a secret. Secrets are never taken out of a file.")
        elif key not in spec.defaults:
            found[path] = unknown_key(key, set(spec.defaults) - spec.secrets)
        else:
            by_slug.setdefault(slug, {})[key] = value
    for slug, changes in by_slug.items():
        wrong = _form_faults(slug, settings.spec_of(slug), changes)
        found |= {f"{slug}.{key}": words for key, words in wrong.items()}
    return found


def _shared_fault(offered: frozenset[str], value: Any) -> str:
    good = isinstance(value, list) and all(key in offered for key in value)
    names = ", ".join(sorted(offered)) or "-"
    return "" if good else str(_("This must be a list of some of: %(names)s.", names=names))


def _form_faults(slug: str, spec: SettingsSpec, changes: dict[str, Any]) -> dict[str, str]:
    """Return what the plugin's own form says against values, by key."""
    here = settings.without_secrets(slug)
    try:
        before, form = _filled(spec, here), _filled(spec, {**here, **changes})
    except (TypeError, ValueError, AttributeError, ArithmeticError):
        return dict.fromkeys(changes, _("This has another type than the setting."))
    kept = _("This value cannot be kept as it is written.")
    found = {key: kept for key, value in changes.items() if not same(plain(form[key].data), value)}
    # A change may be wrong beside a value that stays; that one is named then.
    return found | {
        key: str(next(iter(told)))
        for key, told in form.errors.items()
        if key in changes or (key in here and key not in before.errors)
    }


def _filled(spec: SettingsSpec, values: Mapping[str, Any]) -> Form:
    """Return the form as if these values had been typed, judged."""
    form = spec.form(typed(spec.form(data=values)))
    form.validate()
    return form


def _write_plugins(session: Session, entries: Entries, actor_id: str | None) -> None:
    for path, value in entries.items():
        slug, _dot, key = path.partition(".")
        if key in SHARED:
            settings.allow(session, slug, SHARED[key], value, actor_id=actor_id)
        else:
            settings.save(session, slug, key, value, actor_id=actor_id)


def _theme() -> dict[str, Any]:
    found = {f"{LOOK}{slug}": _look(slug) for slug in runtime().themes}
    return {WORN: settings.site().theme, **found}


def _look(slug: str) -> dict[str, Any]:
    look = customise.look_of(slug)
    pictures = {name: customise.picture(name) for name in (look.logo, look.icon) if name}
    data = {name: base64.b64encode(kept[0]).decode() for name, kept in pictures.items() if kept}
    shown: dict[str, Any] = plain({**look.as_json(), "pictures": data})
    return shown


def _fit_theme(entries: Entries, _document: Document) -> Fitted:
    left, kept = [], {}
    for key, value in entries.items():
        slug = value if key == WORN else key.removeprefix(LOOK)
        found = runtime().themes.get(slug) if isinstance(slug, str) else None
        named = key == WORN or key.startswith(LOOK)
        if named and isinstance(slug, str) and (found is None or found.problems):
            left.append(Left(key, _("This theme is not here. Install it, then import again.")))
        else:
            kept[key] = value
    return Fitted(kept, left)


def _theme_faults(entries: Entries) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in entries.items():
        if key == WORN:
            found |= {} if isinstance(value, str) else {key: _("This must be the name of a theme.")}
        elif key.startswith(LOOK):
            wrong = _look_faults(value)
            found |= {f"{key}.{part}".rstrip("."): words for part, words in wrong.items()}
        else:
            found[key] = unknown_key(key, (WORN, *(f"{LOOK}{slug}" for slug in runtime().themes)))
    return found


def _look_faults(value: Any) -> dict[str, str]:
    short = text(64)
    parts = {
        "colours": _colours_fault,
        "text": _font_fault,
        "display": _font_fault,
        "logo": short,
        "icon": short,
        "labels": labels_problem,
        "home": _home_fault,
        "pictures": _pictures_fault,
    }
    found = shape(value, parts)
    if not found:
        missing = {value["logo"], value["icon"]} - {""} - set(value["pictures"])
        found = {"pictures": _("A picture is missing here.")} if missing else {}
    return found


def _colours_fault(value: Any) -> str:
    good = isinstance(value, dict) and all(
        scheme in SCHEMES
        and isinstance(tokens, dict)
        and all(
            token in PICKED and isinstance(colour, str) and HEX.fullmatch(colour)
            for token, colour in tokens.items()
        )
        for scheme, tokens in value.items()
    )
    return "" if good else str(_("These must be colours such as #1a2b3c by scheme and name."))


def _font_fault(value: Any) -> str:
    good = isinstance(value, str) and (not value or value in customise.fonts())
    return "" if good else str(_("There is no such font here."))


def _home_fault(value: Any) -> str:
    good = isinstance(value, list) and all(part in HOME_SECTIONS for part in value)
    good = good and len(set(value)) == len(value) and (not value or "list" in value)
    names = ", ".join(HOME_SECTIONS)
    return (
        "" if good else str(_("This must be some of %(names)s, each once, with list.", names=names))
    )


def _pictures_fault(value: Any) -> str:
    good = isinstance(value, dict) and all(_is_picture(name, data) for name, data in value.items())
    return "" if good else str(_("Only PNG pictures of at most 1 MB under their own digest."))


def _is_picture(name: str, data: Any) -> bool:
    try:
        raw = base64.b64decode(data, validate=True)
    except (binascii.Error, TypeError, ValueError):
        return False
    if len(raw) > LARGEST_PICTURE or digest(raw) != name or not raw.startswith(b"\x89PNG"):
        return False
    return encode_apart(raw, max(WIDEST.values()), PNG) is not None


def _write_theme(session: Session, entries: Entries, actor_id: str | None) -> None:
    for key, value in entries.items():
        if key == WORN:
            settings.save_site(session, actor_id, {THEME: value})
            move_generation(session)
            after_commit(session, look_again)
            continue
        for data in value["pictures"].values():
            customise.add_picture(base64.b64decode(data), "image/png")
        look = {part: one for part, one in value.items() if part != "pictures"}
        customise.publish(key.removeprefix(LOOK), look_from(look), actor_id=actor_id)


AREAS = (
    Area("settings", _core, _core_faults, _write_core),
    Area("plugin_settings", _of_plugins, _plugin_faults, _write_plugins, _fit_plugins),
    Area("theme", _theme, _theme_faults, _write_theme, _fit_theme),
)
