"""Many rows in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from ppvcms import bulk
from ppvcms.bulk import BulkError
from ppvcms.db import db, transaction
from ppvcms.jobs.models import TaskLease
from tests import kit

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def site(database_url: str) -> Iterator[None]:
    with kit.site_on(database_url):
        columns = {
            "name": ["a", "b", "c"],
            "owner": [None, "x", None],
            "lease_until": [1, 2, 3],
            "ran_at": [0, 0, 0],
        }
        transaction(lambda session: bulk.insert(session, TaskLease.__table__, columns))
        yield


def rows() -> list[tuple[str, str | None, int]]:
    db.session.rollback()
    found = db.session.execute(
        select(TaskLease.name, TaskLease.owner, TaskLease.lease_until).order_by(TaskLease.name)
    )
    return [tuple(row) for row in found]


def update(columns: bulk.Columns, **where: str) -> int:
    return transaction(
        lambda session: bulk.update(session, TaskLease.__table__, "name", columns, where=where)
    )


def test_rows_are_inserted_as_given() -> None:
    assert rows() == [("a", None, 1), ("b", "x", 2), ("c", None, 3)]


def test_each_row_gets_its_own_values() -> None:
    assert update({"name": ["c", "a"], "lease_until": [30, 10], "owner": ["z", None]}) == 2

    assert rows() == [("a", None, 10), ("b", "x", 2), ("c", "z", 30)]


def test_a_row_that_moved_on_is_left_alone_and_not_counted() -> None:
    columns = {"name": ["a", "b"], "seen": [1, 99], "lease_until": [10, 20]}

    assert update(columns, lease_until="seen") == 1

    assert rows() == [("a", None, 10), ("b", "x", 2), ("c", None, 3)]


def test_a_row_is_not_changed_twice_in_one_statement() -> None:
    """The database would apply one of the two, and not say which."""
    with pytest.raises(BulkError, match="twice"):
        update({"name": ["a", "a"], "lease_until": [10, 20]})


def test_column_lists_are_of_one_length() -> None:
    with pytest.raises(BulkError, match="differ"):
        update({"name": ["a", "b"], "lease_until": [10]})


def test_nothing_is_written_for_no_rows() -> None:
    assert update({"name": [], "lease_until": []}) == 0
