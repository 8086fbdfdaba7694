"""A site with a performer and clients, and seats that are fed evidence at chosen moments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.metering.stage import Stage, make_site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def stage(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """A stage on a fresh database; its books are checked when the test is over."""
    app = make_site(database_url, tmp_path)
    with app.app_context():
        ready = Stage()
        yield ready
        ready.end_all()
        ready.check_books()
