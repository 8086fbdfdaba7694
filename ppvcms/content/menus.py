"""What the owner makes of the menus: own lines, and others' lines moved, renamed, hidden."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.dialects import postgresql, sqlite

from ppvcms.accounts import audit
from ppvcms.content.models import MenuEntry
from ppvcms.db import transaction
from ppvcms.ids import new_id
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

# Only what begins so may stand behind a link: no javascript:, no data:.
LINK = re.compile(r"/(?!/)|https?://|mailto:")
OWN = "own:"
FIXED = frozenset({"core:auth.sign_in", "core:admin.overview"})
"""Lines that stay to be seen: without them nobody finds the way in."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How the owner wants a line: an empty label leaves another's line its own words."""

    label: str
    url: str = ""
    hidden: bool = False
    audience: str = "all"


def save_line(menu: str, key: str | None, wish: Wish, *, actor_id: str | None) -> Refusal | None:
    """Change the line of a menu that has this key, or add an own one (None).

    The refusals are "label", "url", "hidden" and "gone": nothing was changed.
    """
    own = key is None or key.startswith(OWN)
    refusal = _wrong(key, wish) if own else _fixed(key, wish)
    if refusal is not None:
        return refusal

    def act(session: Session) -> Refusal | None:
        row = _row(session, menu, key)
        if row is None:
            return Refusal("gone", _("This line is not there any more. Nothing was changed."), "")
        row.label, row.hidden, row.audience = wish.label, wish.hidden, wish.audience
        row.url = wish.url if own else ""
        action = "content.menu.added" if key is None else "content.menu.changed"
        facts = {"line": key or row.id, "label": wish.label, "url": row.url}
        facts |= {"hidden": str(wish.hidden), "audience": wish.audience}
        audit.record(session, actor_id, action, f"menu:{menu}", data=facts)
        return None

    return transaction(act)


def order_lines(menu: str, keys: Sequence[str], *, actor_id: str | None) -> None:
    """Put the lines of a menu into this order."""

    def act(session: Session) -> None:
        for weight, key in enumerate(keys):
            row = _row(session, menu, key)
            if row is not None:
                row.weight = weight
        audit.record(
            session, actor_id, "content.menu.ordered", f"menu:{menu}", data={"lines": list(keys)}
        )

    transaction(act)


def forget_line(menu: str, key: str, *, actor_id: str | None) -> None:
    """Take an own line out of its menu; make another's line as it came, in its place."""

    def act(session: Session) -> None:
        row = session.scalars(_wanted(menu, key)).first()
        if row is None:
            return
        action, facts = "content.menu.removed", {"line": key, "label": row.label}
        if row.source is None:
            session.delete(row)
        else:
            action = "content.menu.reset"
            row.label, row.hidden, row.audience = "", False, "all"
        audit.record(session, actor_id, action, f"menu:{menu}", data=facts)

    transaction(act)


def _wrong(key: str | None, wish: Wish) -> Refusal | None:
    nothing = _("Nothing was added.") if key is None else _("Nothing was changed.")
    if not wish.label:
        return Refusal("label", _("A line of your own needs words."), nothing)
    if not LINK.match(wish.url):
        return Refusal("url", _("A link begins with / or https:// or mailto:."), nothing)
    return None


def _fixed(key: str | None, wish: Wish) -> Refusal | None:
    if key not in FIXED or (not wish.hidden and wish.audience == "all"):
        return None
    return Refusal(
        "hidden",
        _("This line cannot be hidden: without it nobody finds the way in."),
        _("Nothing was changed."),
    )


def _wanted(menu: str, key: str) -> Select[MenuEntry]:
    found = select(MenuEntry).where(MenuEntry.menu == menu)
    if key.startswith(OWN):
        return found.where(MenuEntry.id == key.removeprefix(OWN), MenuEntry.source.is_(None))
    return found.where(MenuEntry.source == key)


def _row(session: Session, menu: str, key: str | None) -> MenuEntry | None:
    """Return the row of a line, made if it may be: an own line that is gone stays gone."""
    if key is not None and (row := session.scalars(_wanted(menu, key)).first()) is not None:
        return row
    if key is not None and key.startswith(OWN):
        return None
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row_id = new_id()
    session.execute(
        # Two clicks at once may make the same one; then its row is taken.
        dialect.insert(MenuEntry.__table__)
        .values(
            id=row_id,
            menu=menu,
            source=key,
            label="",
            url="",
            weight=None,
            hidden=False,
            audience="all",
        )
        .on_conflict_do_nothing()
    )
    return session.scalars(_wanted(menu, key or OWN + row_id)).one()
