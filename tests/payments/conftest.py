"""A shop on both databases, whose books hold at the end of every test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.payments.till import Till, lay, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def till(database_url: str, tmp_path: Path, free_port: int) -> Iterator[Till]:
    """A shop that is open, on both databases."""
    packs = lay(database_url, tmp_path, free_port)
    with served(database_url, tmp_path, free_port, packs) as made:
        yield made
        made.assert_books_hold()


@pytest.fixture
def small_till(tmp_path: Path, free_port: int) -> Iterator[Till]:
    """A shop on SQLite, for what no database makes different."""
    url = f"sqlite:///{tmp_path / 'site.sqlite3'}"
    packs = lay(url, tmp_path, free_port)
    with served(url, tmp_path, free_port, packs) as made:
        yield made
        made.assert_books_hold()


@pytest.fixture
def till_to_spoil(database_url: str, tmp_path: Path, free_port: int) -> Iterator[Till]:
    """A shop whose books may be broken in the end."""
    packs = lay(database_url, tmp_path, free_port)
    with served(database_url, tmp_path, free_port, packs) as made:
        yield made
