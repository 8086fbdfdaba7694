"""A live site on both databases, whose books hold at the end of every test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import kit
from tests.live import Site, site_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """A site whose books hold at the end of every test."""
    with site_at(database_url, tmp_path) as made:
        yield made
        assert kit.books_problems() == []
