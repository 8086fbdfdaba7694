"""The details of an act in the audit log as people read them: names, roles, moments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from ppvcms.accounts.roles import role_list
from ppvcms.web.formats import moment
from ppvcms.web.people import role_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ppvcms.accounts.models import AuditLog

ROLES_IN = frozenset({"role", "roles", "from", "to", "who", "offered_to"})
"""Details that can hold keys of roles."""
MOMENT = "_at"
LONGEST = 300


def role_names() -> dict[str, str]:
    """Return what each role is called, by its key."""
    return {role.key: role_name(role.key, role.name) for role in role_list()}


def facts_of(
    row: AuditLog, named: Mapping[str, str], roles_by_key: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Return the details of a row: what each is, and its value in words.

    `named` has the names of people and rooms by subject such as ``room:<id>``.
    """
    return [
        (name.replace("_", " "), _value(name, value, named, roles_by_key)[:LONGEST])
        for name, value in row.data.items()
    ]


def subjects_in(rows: Iterable[AuditLog]) -> set[str]:
    """Return what rows are about, and what their details may name, as subjects."""
    found = set()
    for row in rows:
        found.add(row.subject)
        for name, value in row.data.items():
            if isinstance(value, str):
                kind = "room" if name == "room" else "user"
                found.add(f"{kind}:{value}")
    return found


def _value(name: str, value: Any, named: Mapping[str, str], roles_by_key: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if value is None or value in ("", [], {}):
        return "-"
    if isinstance(value, dict):
        parts = (
            f"{key.replace('_', ' ')} {_value(key, one, named, roles_by_key)}"
            for key, one in value.items()
        )
        return "; ".join(parts)
    if isinstance(value, list):
        return ", ".join(_value(name, one, named, roles_by_key) for one in value)
    is_moment = isinstance(value, int) and name.endswith(MOMENT)
    return moment(value) if is_moment else _text(name, str(value), named, roles_by_key)


def _text(name: str, text: str, named: Mapping[str, str], roles_by_key: Mapping[str, str]) -> str:
    if name in ROLES_IN and text in roles_by_key:
        return roles_by_key[text]
    return named.get(f"room:{text}" if name == "room" else f"user:{text}", text)
