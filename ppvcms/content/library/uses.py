"""Where something of the library is used: found by its id, in whatever may hold one.

A table that points at the library (a foreign key to ``library_item.id``) is
found by itself, a plugin's too; texts and settings are searched for the id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ColumnElement, String, Table, cast, inspect, or_, select

from ppvcms.content.models import LibraryItem, Page
from ppvcms.db import Base
from ppvcms.host.models import Setting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

MOST = 50
TARGET = "library_item.id"


@dataclass(frozen=True, slots=True)
class Use:
    """A place that uses an item: what it is ("page", "setting" or a table's name), which, its name.

    `owner` is a setting's part: ``core``, ``theme`` or a plugin's slug.
    """

    kind: str
    id: str
    name: str
    owner: str = ""


def uses_of(session: Session, item_id: str) -> list[Use]:
    """Return where an item is used, the first 50 of each kind."""
    pages = select(Page.id, Page.title).where(_mentions(Page.__table__, item_id)).limit(MOST)
    settings = (
        select(Setting.plugin, Setting.key).where(_mentions(Setting.__table__, item_id)).limit(MOST)
    )
    return [
        *(Use("page", page_id, title) for page_id, title in session.execute(pages)),
        *(Use("setting", key, key, part) for part, key in session.execute(settings)),
        *_pointing(session, item_id),
    ]


def _mentions(table: Any, item_id: str) -> ColumnElement[bool]:
    holders = [one for one in table.columns if isinstance(one.type, JSON)]
    return or_(*(cast(one, String).contains(item_id, autoescape=True) for one in holders))


def _pointing(session: Session, item_id: str) -> Iterator[Use]:
    there = set(inspect(session.connection()).get_table_names())
    for table in Base.metadata.sorted_tables:
        columns = [one for one in table.columns if _points(one)]
        # A plugin's models are known to a process before its tables are laid.
        if not columns or table.name == LibraryItem.__tablename__ or table.name not in there:
            continue
        key = _key_of(table)
        rows = select(key).where(or_(*(one == item_id for one in columns))).limit(MOST)
        yield from (Use(table.name, str(row), "") for row in session.scalars(rows))


def _points(column: Any) -> bool:
    return any(key.target_fullname == TARGET for key in column.foreign_keys)


def _key_of(table: Table) -> Any:
    return next(iter(table.primary_key.columns))
