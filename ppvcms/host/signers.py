"""The keys that the owner knows: whose packages need no typed word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.accounts import audit
from ppvcms.db import db, now_ms, transaction
from ppvcms.host.models import PackageKey, PluginRow
from ppvcms.host.signing import SignatureError, fingerprint, raw_key
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed a package; without a name, somebody whom this site does not know."""

    key: str
    name: str = ""
    added_at: int = 0

    @property
    def fingerprint(self) -> str:
        """What two people can compare by telephone."""
        return fingerprint(self.key)


def known() -> list[Signer]:
    """Return the keys that the owner knows, by name."""
    rows = db.session.scalars(select(PackageKey).order_by(PackageKey.name))
    return [Signer(row.key, row.name, row.added_at) for row in rows]


def who(key: str) -> Signer | None:
    """Return whom a key belongs to as far as this site knows, or None for no key."""
    if not key:
        return None
    row = db.session.get(PackageKey, key)
    return Signer(key, row.name, row.added_at) if row is not None else Signer(key)


def add(key: str, name: str, *, actor_id: str | None) -> Refusal | None:
    """Trust a key under a name, or give one that is known another name."""
    key, name = key.strip(), " ".join(name.split())
    try:
        raw_key(key)
    except SignatureError as error:
        return Refusal("key", str(error), _("Nothing was changed."))
    if not 0 < len(name) <= LONGEST_NAME:
        return Refusal("name", _("Say whose key it is, in at most 80 letters."))

    def act(session: Session) -> None:
        row = session.get(PackageKey, key, with_for_update=True)
        what = "added" if row is None else "renamed"
        if row is None:
            session.add(PackageKey(key=key, name=name, added_at=now_ms(session)))
        else:
            row.name = name
        audit.record(session, actor_id, f"host.signer.{what}", f"key:{key}", data={"name": name})

    transaction(act)
    return None


def remove(key: str, *, actor_id: str | None) -> Refusal | None:
    """Trust a key no more; what it signed goes on running and can be uninstalled."""

    def act(session: Session) -> Refusal | None:
        row = session.get(PackageKey, key.strip(), with_for_update=True)
        if row is None:
            return Refusal("unknown", _("There is no such key."), _("Nothing was changed."))
        session.delete(row)
        data = {"name": row.name}
        audit.record(session, actor_id, "host.signer.removed", f"key:{row.key}", data=data)
        return None

    return transaction(act)


def installed_of(slug: str) -> str:
    """Return the key with which an installed plugin was signed, or an empty text."""
    row = db.session.get(PluginRow, slug)
    return row.signer or "" if row is not None else ""
