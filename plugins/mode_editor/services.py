"""Making, changing, deleting and bringing back own modes."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.api import (
    Refusal,
    audit,
    db,
    new_id,
    now_ms,
    registrations_changed,
    transaction,
)

from .models import OwnMode

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

SLUG = "mode_editor"


@dataclass(frozen=True, slots=True)
class Draft:
    """What the owner typed; amounts are minor units of credits per minute."""

    name: str
    summary: str
    icon: str
    base: str
    rate: int = 0
    rate_least: int = 0
    rate_most: int = 0
    own_rates: bool = False
    rate_two_way: int | None = None
    rate_voyeur: int | None = None
    grace_s: int = 0
    minimum_minutes: int = 0
    voyeurs: str = "never"
    slots: int = 0
    recording: bool = False
    blocks: dict[str, int] = field(default_factory=dict)
    watch_roles: dict[str, list[str]] = field(default_factory=dict)
    use_roles: dict[str, list[str]] = field(default_factory=dict)
    weight: int = 0


def all_modes() -> list[OwnMode]:
    """Return all own modes, those that are offered first."""
    query = select(OwnMode).order_by(OwnMode.weight, OwnMode.made_at)
    rows = db.session.scalars(query.execution_options(populate_existing=True))
    return sorted(rows, key=lambda row: row.retired_at is not None)


def find(mode_id: str) -> OwnMode | None:
    """Return one own mode."""
    return db.session.get(OwnMode, mode_id, populate_existing=True)


def make(draft: Draft, *, actor_id: str | None) -> OwnMode:
    """Make a mode; every process offers it within a second."""

    def act(session: Session) -> OwnMode:
        now = now_ms(session)
        row = OwnMode(
            id=new_id(),
            key=_free_key(session, draft.name),
            made_at=now,
            changed_at=now,
            retired_at=None,
            **asdict(draft),
        )
        session.add(row)
        _tell(session, row, "made", actor_id)
        return row

    return transaction(act)


def change(mode_id: str, draft: Draft, *, actor_id: str | None) -> OwnMode | Refusal:
    """Change a mode. Seats that are open keep their terms (R-06), and its base stays."""

    def act(session: Session) -> OwnMode | Refusal:
        row = session.get(OwnMode, mode_id, with_for_update=True)
        if row is None:
            return _gone()
        wanted = asdict(draft) | {"base": row.base}
        for name, value in wanted.items():
            setattr(row, name, value)
        row.changed_at = now_ms(session)
        _tell(session, row, "changed", actor_id)
        return row

    return transaction(act)


def switch(mode_id: str, *, offered: bool, actor_id: str | None) -> OwnMode | Refusal:
    """Delete a mode or bring it back.

    A deleted one starts no show any more; shows that run in it go on, and old
    receipts keep its name.
    """

    def act(session: Session) -> OwnMode | Refusal:
        row = session.get(OwnMode, mode_id, with_for_update=True)
        if row is None:
            return _gone()
        if (row.retired_at is None) is not offered:
            row.retired_at = None if offered else now_ms(session)
            _tell(session, row, "restored" if offered else "deleted", actor_id)
        return row

    return transaction(act)


def _tell(session: Session, row: OwnMode, what: str, actor_id: str | None) -> None:
    session.flush()
    registrations_changed(session)
    data: dict[str, Any] = {"name": row.name, "base": row.base, "rate": row.rate}
    audit(session, actor_id, f"{SLUG}.mode.{what}", f"mode:{row.key}", data=data)


def _free_key(session: Session, name: str) -> str:
    """Return a key that no mode ever had; receipts of a mode carry it for good."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = "own_" + (re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:28] or "mode")
    known = set(session.scalars(select(OwnMode.key)))
    tries = (stem, *(f"{stem}_{number}" for number in range(2, len(known) + 2)))
    return next(key for key in tries if key not in known)


def _gone() -> Refusal:
    return Refusal("gone", _("This mode is not there. Nothing was changed."))
