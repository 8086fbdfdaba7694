"""Roles: the shipped ones with what they give, and what owners make of them (AC-01)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import func, select

from ppvcms.accounts import audit
from ppvcms.accounts.models import Role, UserRole
from ppvcms.db import db, transaction
from ppvcms.ids import new_id
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sqlalchemy.orm import Session

KEY = re.compile(r"[a-z][a-z0-9_]{1,31}")
EVERYBODY = ("room.enter", "message.send")
PERMISSIONS: dict[str, tuple[str, ...]] = {
    "admin.view": ("moderator", "back_office"),
    "plugins.manage": (),
    "code.manage": (),
    "themes.manage": (),
    "settings.manage": (),
    "roles.manage": (),
    "packs.manage": (),
    "pages.manage": (),
    "library.manage": (),
    "people.manage": ("moderator",),
    "people.view": ("moderator", "back_office"),
    "rooms.manage": ("moderator",),
    "shows.manage": ("moderator",),
    "ledger.view": ("back_office",),
    "ledger.manage": (),
    "audit.view": ("moderator", "back_office"),
    "mail.view": ("back_office",),
    "health.view": (),
    "studio.manage": ("studio",),
    "room.perform": ("performer",),
    "room.enter": ("moderator", "studio", "performer", "client"),
    "message.send": ("moderator", "studio", "performer", "client"),
    "show.request": ("client",),
    "tip.send": ("client",),
    "credits.buy": ("client",),
    "item.buy": ("client",),
}
"""Every permission of the core with the shipped roles that give it; the owner's gives all."""
OUTSIDE = frozenset({"studio", "performer", "client"})
RUNS_THE_SITE = frozenset(name for name, given in PERMISSIONS.items() if not OUTSIDE & set(given))
"""What only the people who run a site have; a role that gives it is never open."""
OWNERS_ALONE = frozenset({"code.manage"})
"""What no other role can be given: to bring programs onto the server."""

SHIPPED: tuple[tuple[str, str, bool], ...] = (
    ("owner", "Owner", False),
    ("moderator", "Moderator", False),
    ("back_office", "Back office", False),
    ("studio", "Studio", True),
    ("performer", "Performer", True),
    ("client", "Client", True),
)


def ensure_roles(session: Session) -> None:
    """Make the shipped roles that are missing and put new permissions of the core to all."""
    known = {role.key: role for role in session.scalars(select(Role))}
    for key, name, is_open in SHIPPED:
        if key not in known:
            role = Role(id=new_id(), key=key, name=name, builtin=True, open=is_open, permissions={})
            session.add(role)
    session.flush()
    grant_defaults(session, PERMISSIONS)


def grant_defaults(session: Session, offers: Mapping[str, Collection[str]]) -> None:
    """Put permissions to the roles, once each: a name stands for the roles that get it at first.

    What an owner took away stays away, and the owner's own role gets everything.
    The host calls it with the `default_roles` of a plugin that is switched on.
    """
    for role in session.scalars(select(Role)):
        offered = set(role.permissions.get("offered", ()))
        granted = set(role.granted)
        fresh = set(offers) - offered
        granted |= {name for name in fresh if role.key == "owner" or role.key in offers[name]}
        if fresh:
            _set(role, granted, offered | fresh)


def role_list() -> list[Role]:
    """Return all roles, the shipped ones first, in their order."""
    order = {key: place for place, (key, _name, _open) in enumerate(SHIPPED)}
    rows = db.session.scalars(select(Role))
    return sorted(rows, key=lambda role: (order.get(role.key, len(order)), role.name))


def open_roles() -> list[Role]:
    """Return the roles that the register form offers."""
    return [role for role in role_list() if role.open and role.key != "owner"]


def find_role(key: str) -> Role | None:
    """Return the role of a key."""
    return db.session.scalars(select(Role).where(Role.key == key)).one_or_none()


def counts() -> dict[str, int]:
    """Return how many people have each role, by key."""
    query = select(Role.key, func.count()).join(UserRole).group_by(Role.key)
    return dict(db.session.execute(query).all())


def save_role(
    *,
    key: str,
    name: str,
    is_open: bool,
    permissions: Iterable[str],
    actor_id: str | None,
) -> Role | Refusal:
    """Make a role, or change the one of that key; cloning is making one with another's permissions.

    The owner's role keeps all its permissions and is never open; nor is a role
    that gives what only the people who run a site have.
    """
    if not KEY.fullmatch(key) or not name.strip():
        return Refusal(
            "role",
            _("A role needs a name and a key of small letters, digits and underscores."),
            _("Nothing was saved."),
        )

    def act(session: Session) -> Role:
        role = session.scalars(select(Role).where(Role.key == key).with_for_update()).first()
        if role is None:
            role = Role(id=new_id(), key=key, name=name, builtin=False, open=False, permissions={})
            session.add(role)
        before = {"open": role.open, "permissions": role.granted}
        role.name = role.name if role.builtin else name.strip()[:64]
        if key != "owner":
            wanted = set(permissions) - OWNERS_ALONE
            role.open = is_open and not wanted & RUNS_THE_SITE
            _set(role, wanted, wanted | set(role.permissions.get("offered", PERMISSIONS)))
        audit.record(
            session,
            actor_id,
            "accounts.role.saved",
            f"role:{key}",
            data={"open": role.open, "permissions": role.granted, "before": before},
        )
        return role

    return transaction(act)


def delete_role(key: str, *, actor_id: str | None) -> Refusal | None:
    """Delete a role that the owner made and that nobody has."""

    def act(session: Session) -> Refusal | None:
        role = session.scalars(select(Role).where(Role.key == key).with_for_update()).first()
        if role is None:
            return None
        if role.builtin:
            return Refusal("shipped", _("This role belongs to the site. Nothing was deleted."))
        if session.scalar(select(UserRole.user_id).where(UserRole.role_id == role.id).limit(1)):
            return Refusal(
                "used",
                _("People have this role. Nothing was deleted."),
                _("Give them another one first."),
            )
        session.delete(role)
        audit.record(
            session, actor_id, "accounts.role.deleted", f"role:{key}", data={"name": role.name}
        )
        return None

    return transaction(act)


def free_key(name: str) -> str:
    """Return a key for a new role of this name that no other role has."""
    letters = re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")[:24]
    key = letters if KEY.fullmatch(letters) else f"role_{letters}".strip("_")
    known = {role.key for role in role_list()}
    tries = (key, *(f"{key}_{number}" for number in range(2, len(known) + 2)))
    return next(one for one in tries if one not in known)


def _set(role: Role, granted: set[str], offered: set[str]) -> None:
    role.permissions = {"granted": sorted(granted), "offered": sorted(offered)}
