"""Roles, categories and credit packs in the file, by key, address and name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.accounts import roles
from ppvcms.accounts.models import Role
from ppvcms.db import db
from ppvcms.host import registry
from ppvcms.payments import packs
from ppvcms.payments.models import CreditPack
from ppvcms.results import Refusal
from ppvcms.rooms import office
from ppvcms.rooms.models import Category
from ppvcms.web.admin.siteconfig.document import shape, switch, text, whole, words
from ppvcms.web.admin.siteconfig.parts import Area, Fitted, Left
from ppvcms.web.admin.siteconfig.settings import why_not

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from ppvcms.web.admin.siteconfig.document import Check, Document
    from ppvcms.web.admin.siteconfig.parts import Entries

OWNER = "owner"
LARGEST = 2**31 - 1
SHIPPED = frozenset(key for key, _name, _open in roles.SHIPPED)
PLACE = whole(-LARGEST, LARGEST)
CATEGORY: Mapping[str, Check] = {"name": text(64, 1), "weight": PLACE}


def _grantable() -> set[str]:
    return (set(roles.PERMISSIONS) | set(registry.permissions())) - roles.OWNERS_ALONE


def _roles() -> dict[str, Any]:
    rows = db.session.execute(select(Role.key, Role.name, Role.open, Role.permissions))
    known = _grantable()
    return {
        row.key: {
            **({} if row.key in SHIPPED else {"name": row.name}),
            "open": row.open,
            "gives": sorted(known & set(row.permissions.get("granted", ()))),
        }
        for row in rows
        if row.key != OWNER
    }


def _fit_roles(entries: Entries, document: Document) -> Fitted:
    """Leave out what plugins of the file give that do not run here."""
    kept, left, known = dict(entries), [], _grantable()
    absent = {slug for slug, version in document.plugins.items() if why_not(slug, version)}
    for key, value in entries.items():
        if not isinstance(value, dict) or words(value.get("gives")):
            continue
        gone = [
            name
            for name in value["gives"]
            if name not in known and name.partition(".")[0] in absent
        ]
        left += [Left(f"{key}.{name}", _("Its plugin does not run here.")) for name in gone]
        kept[key] = {**value, "gives": [name for name in value["gives"] if name not in gone]}
    return Fitted(kept, left)


def _role_faults(entries: Entries) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in entries.items():
        if key == OWNER or not roles.KEY.fullmatch(key):
            found[key] = _("A file cannot hold this role.")
            continue
        own: dict[str, Check] = {} if key in SHIPPED else {"name": text(64, 1)}
        wrong = shape(value, {**own, "open": switch, "gives": words})
        wrong = wrong or _giving_faults(value)
        found |= {f"{key}.{part}".rstrip("."): told for part, told in wrong.items()}
    return found


def _giving_faults(value: Mapping[str, Any]) -> dict[str, str]:
    given, offers = set(value["gives"]), registry.permissions()
    if len(given) != len(value["gives"]):
        return {"gives": _("Something stands here twice.")}
    unknown = sorted(given - _grantable())
    if unknown:
        return {f"gives.{name}": _("No role can be given this here.") for name in unknown}
    staff = roles.RUNS_THE_SITE | {
        name for name, one in offers.items() if not roles.OUTSIDE & set(one.default_roles)
    }
    shut = sorted(given & staff) if value["open"] else []
    return {f"gives.{name}": _("A role that anybody can have cannot give this.") for name in shut}


def _write_roles(session: Session, entries: Entries, actor_id: str | None) -> Refusal | None:
    known = _grantable()
    rows = {row.key: row for row in session.scalars(select(Role))}
    for key, value in entries.items():
        # What plugins that are off gave stays given.
        kept = set(rows[key].granted) - known if key in rows else set()
        answer = roles.save_role(
            key=key,
            name=rows[key].name if key in SHIPPED else value["name"],
            is_open=value["open"],
            permissions=kept | set(value["gives"]),
            actor_id=actor_id,
        )
        if isinstance(answer, Refusal):
            return answer
    return None


def _categories() -> dict[str, Any]:
    rows = db.session.execute(select(Category.slug, Category.name, Category.weight))
    return {row.slug: {"name": row.name, "weight": row.weight} for row in rows}


def _category_faults(entries: Entries) -> dict[str, str]:
    found = {
        key: _("The address may have small letters, digits and hyphens.")
        for key in entries
        if not office.SLUG.fullmatch(key) or text(48, 1)(key)
    }
    return found | {
        f"{key}.{part}".rstrip("."): told
        for key, value in entries.items()
        for part, told in shape(value, CATEGORY).items()
    }


def _write_categories(session: Session, entries: Entries, actor_id: str | None) -> Refusal | None:
    ids = {row.slug: row.id for row in session.execute(select(Category.slug, Category.id))}
    answers = (
        office.save_category(
            category_id=ids.get(slug),
            name=value["name"],
            slug=slug,
            weight=value["weight"],
            actor_id=actor_id,
        )
        for slug, value in entries.items()
    )
    return next(filter(None, answers), None)


def _named() -> dict[str, CreditPack]:
    """Return the packs by name; the second of a name is called ``name #2``."""
    found: dict[str, CreditPack] = {}
    query = select(CreditPack).order_by(CreditPack.id).execution_options(populate_existing=True)
    for row in db.session.scalars(query):
        name = row.name
        number = 1
        while name in found:
            number += 1
            name = f"{row.name} #{number}"
        found[name] = row
    return found


def _packs() -> dict[str, Any]:
    return {
        name: {
            "name": row.name,
            "credits": row.credits,
            "bonus": row.bonus,
            "prices": dict(row.prices),
            "first_only": row.first_only,
            "active": row.active,
            "weight": row.weight,
        }
        for name, row in _named().items()
    }


def _prices(value: Any) -> str:
    good = (
        isinstance(value, dict)
        and value
        and all(
            packs.CURRENCY.fullmatch(code)
            and code != packs.CREDITS
            and type(price) is int
            and 0 < price <= packs.MOST
            for code, price in value.items()
        )
    )
    return "" if good else str(_("These must be prices in minor units by currency, such as USD."))


PACK: Mapping[str, Check] = {
    "name": text(64, 1),
    "credits": whole(1, packs.MOST),
    "bonus": whole(0, packs.MOST),
    "prices": _prices,
    "first_only": switch,
    "active": switch,
    "weight": PLACE,
}


def _pack_faults(entries: Entries) -> dict[str, str]:
    found = {
        f"{key}.{part}".rstrip("."): told
        for key, value in entries.items()
        for part, told in shape(value, PACK).items()
    }
    return found or {
        f"{key}.name": _("The name differs from the key that it stands under.")
        for key, value in entries.items()
        if key != value["name"] and not key.startswith(f"{value['name']} #")
    }


def _write_packs(_session: Session, entries: Entries, actor_id: str | None) -> Refusal | None:
    here = {name: row.id for name, row in _named().items()}
    answers = (
        packs.save_pack(here.get(key), packs.PackDraft(**entries[key]), actor_id=actor_id)
        for key in sorted(entries)
    )
    return next(filter(None, answers), None)


AREAS = (
    Area("roles", _roles, _role_faults, _write_roles, _fit_roles),
    Area("categories", _categories, _category_faults, _write_categories),
    Area("credit_packs", _packs, _pack_faults, _write_packs),
)
