"""Many rows in one statement: arrays and `unnest` on PostgreSQL, executemany on SQLite.

For the paths that write hundreds of rows at a time; elsewhere the ORM does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Boolean, Integer, text

from ppvcms.errors import PpvcmsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Column, Table
    from sqlalchemy.orm import Session

Columns = dict[str, list[Any]]
_SPECIAL = re.compile(r'["\\]')


class BulkError(PpvcmsError):
    """Rows that cannot be written together, or that were not all there to be changed."""


def insert(session: Session, table: Table, columns: Columns) -> None:
    """Insert one row for each position of the column lists."""
    if not _length(columns):
        return
    names = ", ".join(f'"{name}"' for name in columns)
    if _is_sqlite(session):
        marks = ", ".join("?" * len(columns))
        statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})'  # noqa: S608 - our names
        _many(session, statement, list(zip(*columns.values(), strict=True)))
        return
    statement = f'INSERT INTO "{table.name}" ({names}) SELECT * FROM {_unnest(table, columns)}'  # noqa: S608 - our names
    session.execute(text(statement), _literals(columns))


def update(
    session: Session, table: Table, key: str, columns: Columns, *, where: Mapping[str, str] = {}
) -> int:
    """Set columns of the rows whose `key` is listed; return how many rows were changed.

    `where` maps columns of the table to further lists of `columns` that they
    must still equal, such as a version that was read: a row that has moved on
    is left alone and not counted.

    Raises:
        BulkError: A key is listed twice; the database would apply one of them only.
    """
    if not _length(columns):
        return 0
    if len(set(columns[key])) != len(columns[key]):
        raise BulkError(f"A row of '{table.name}' is changed twice in one statement.")
    fixed = {key: key, **where}
    fresh = [name for name in columns if name not in fixed.values()]
    if _is_sqlite(session):
        sets = ", ".join(f'"{name}" = ?' for name in fresh)
        tests = " AND ".join(f'"{name}" = ?' for name in fixed)
        statement = f'UPDATE "{table.name}" SET {sets} WHERE {tests}'  # noqa: S608 - our names
        order = [*fresh, *fixed.values()]
        return _many(session, statement, list(zip(*(columns[c] for c in order), strict=True)))
    sets = ", ".join(f'"{name}" = v."{name}"' for name in fresh)
    tests = " AND ".join(f't."{name}" = v."{source}"' for name, source in fixed.items())
    kinds = {source: name for name, source in fixed.items()}
    source = _unnest(table, columns, kinds)
    statement = f'UPDATE "{table.name}" t SET {sets} FROM {source} WHERE {tests}'  # noqa: S608 - our names
    result = session.execute(text(statement), _literals(columns))
    return int(result.rowcount)  # type: ignore[attr-defined]


def _length(columns: Columns) -> int:
    lengths = {len(values) for values in columns.values()}
    if len(lengths) != 1:
        raise BulkError(f"The column lists differ in length: {sorted(lengths)}.")
    return lengths.pop()


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _many(session: Session, statement: str, rows: list[tuple[Any, ...]]) -> int:
    return int(session.connection().exec_driver_sql(statement, rows).rowcount)


def _unnest(table: Table, columns: Columns, kinds: Mapping[str, str] = {}) -> str:
    arrays = ", ".join(
        f"CAST(:{name} AS {_kind(table.c[kinds.get(name, name)])}[])" for name in columns
    )
    names = ", ".join(f'"{name}"' for name in columns)
    return f"unnest({arrays}) AS v({names})"


def _literals(columns: Columns) -> dict[str, str]:
    """Return each list as one array literal.

    A list given to the driver becomes ARRAY[...], of which the server makes a node of
    its parse tree for every element: with a thousand rows that took half of the time.
    """
    return {name: _literal(values) for name, values in columns.items()}


def _literal(values: list[Any]) -> str:
    kinds = set(map(type, values))
    if kinds == {int}:
        return "{" + ",".join(map(str, values)) + "}"
    if kinds == {str} and not _SPECIAL.search("".join(values)):
        return '{"' + '","'.join(values) + '"}'
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)


def _kind(column: Column[Any]) -> str:
    if isinstance(column.type, Boolean):
        return "boolean"
    if isinstance(column.type, BigInteger):
        return "bigint"
    return "integer" if isinstance(column.type, Integer) else "text"
