"""Writing the file, saying what one would change, and bringing it in whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from ppvcms import __version__
from ppvcms.accounts import audit
from ppvcms.db import db, now_ms, transaction
from ppvcms.host import settings
from ppvcms.host.runtime import runtime
from ppvcms.host.snapshot import current
from ppvcms.web.admin.siteconfig import offer, pictures, words
from ppvcms.web.admin.siteconfig import settings as parts
from ppvcms.web.admin.siteconfig.document import (
    FORMAT,
    Document,
    Fault,
    WrongFileError,
    as_file,
    parse,
    plain,
    same,
)
from ppvcms.web.admin.siteconfig.parts import Left

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.web.admin.siteconfig.parts import Area

AREAS: tuple[Area, ...] = (*parts.AREAS, *offer.AREAS, *words.AREAS)


@dataclass(frozen=True, slots=True)
class Line:
    """One entry that differs: what is here, None where there is nothing, and what the file has."""

    key: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Part:
    """What a file would do to one area; `same` entries and those `only_here` are left alone."""

    key: str
    added: tuple[Line, ...]
    changed: tuple[Line, ...]
    same: int
    only_here: tuple[str, ...]

    @property
    def fresh(self) -> dict[str, Any]:
        """What would be written."""
        return {line.key: line.after for line in (*self.added, *self.changed)}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would change, and what of it cannot be taken here."""

    document: Document
    parts: tuple[Part, ...]
    left: tuple[Left, ...]

    @property
    def changes(self) -> int:
        """How many entries would be written."""
        return sum(len(part.fresh) for part in self.parts)


def labels() -> dict[str, str]:
    """Return what the areas are called."""
    return {
        "settings": _("Settings"),
        "plugin_settings": _("Settings of plugins"),
        "theme": _("Theme and looks"),
        "roles": _("Roles"),
        "categories": _("Categories"),
        "credit_packs": _("Credit packs"),
        "pages": _("Pages"),
        "regions": _("Around the pages"),
        "menus": _("Menus"),
        "texts": _("Mails and notices"),
    }


def export() -> bytes:
    """Return the site's configuration as a file: no people, no money, no papers, no secrets."""
    settings.forget()
    made_at = datetime.fromtimestamp(now_ms(db.session()) // 1000, UTC)
    areas = {area.key: area.read() for area in AREAS}
    return as_file(
        {
            "format": FORMAT,
            "made_at": made_at.isoformat(),
            "made_by": f"ppvcms {__version__}",
            "plugins": _running(),
            "pictures": pictures.named_in(areas),
            "secrets_left_out": parts.secrets(),
            **areas,
        }
    )


def look_at(data: bytes) -> Plan:
    """Return what a file would change; nothing is.

    Raises:
        WrongFileError: It has unknown keys or wrong values, each named with its path.
    """
    document = parse(data, [area.key for area in AREAS])
    settings.forget()
    faults = pictures.faults(document)
    found: list[Part] = []
    left = [*_absent(document), *pictures.missing(document)]
    for area in AREAS:
        entries, not_here = area.fit(document.areas[area.key], document)
        left += [Left(f"{area.key}.{one.path}", one.why) for one in not_here]
        part = _compared(area, entries)
        found.append(part)
        wrong = area.faults(part.fresh) if part.fresh else {}
        faults += [Fault(f"{area.key}.{path}", told) for path, told in sorted(wrong.items())]
    if faults:
        raise WrongFileError(faults)
    return Plan(document, tuple(found), tuple(left))


def bring_in(data: bytes, *, actor_id: str | None, address: str = "") -> Plan:
    """Make the site as a file says, in one transaction, and return what was changed.

    What only this site has stays, secrets too; plugins are not switched. The same
    file again changes nothing.

    Raises:
        WrongFileError: Something in it is wrong or was refused; nothing was changed.
    """
    plan = look_at(data)
    try:
        transaction(lambda session: _write(session, plan, actor_id, address))
    finally:
        settings.forget()
    return plan


def _write(session: Session, plan: Plan, actor_id: str | None, address: str) -> None:
    for area, part in zip(AREAS, plan.parts, strict=True):
        if not part.fresh:
            continue
        refusal = area.write(session, part.fresh, actor_id)
        if refusal is not None:
            raise WrongFileError([Fault(area.key, str(refusal))])
        facts = {
            "added": [line.key for line in part.added],
            "changed": [line.key for line in part.changed],
            "sha256": plan.document.sha256,
        }
        subject = f"config:{area.key}"
        audit.record(
            session, actor_id, "host.config.imported", subject, data=facts, address=address
        )


def _compared(area: Area, entries: dict[str, Any]) -> Part:
    here = {key: plain(value) for key, value in area.read().items()}
    fresh = {key: value for key, value in entries.items() if key not in here}
    other = {key: here[key] for key in entries if key in here and not same(entries[key], here[key])}
    return Part(
        area.key,
        added=tuple(Line(key, None, value) for key, value in sorted(fresh.items())),
        changed=tuple(Line(key, value, entries[key]) for key, value in sorted(other.items())),
        same=len(entries) - len(fresh) - len(other),
        only_here=tuple(sorted(set(here) - set(entries))),
    )


def _running() -> dict[str, str]:
    loaded = runtime().loaded
    return {slug: loaded[slug].manifest.version for slug in current().active}


def _absent(document: Document) -> list[Left]:
    reasons = {slug: parts.why_not(slug, version) for slug, version in document.plugins.items()}
    return [Left(f"plugins.{slug}", why) for slug, why in sorted(reasons.items()) if why]
