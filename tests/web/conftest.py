"""A whole site with an owner's browser; on both databases where money is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.live import Site, site_at
from tests.web.office import Browser, browser_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """A site on SQLite and on PostgreSQL."""
    with site_at(database_url, tmp_path) as found:
        yield found


@pytest.fixture
def quick_site(tmp_path: Path) -> Iterator[Site]:
    """A site on SQLite alone, for what the database does not change."""
    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path) as found:
        yield found


@pytest.fixture
def owner(quick_site: Site) -> Browser:
    """The owner of the quick site, signed in."""
    return browser_of(quick_site, quick_site.person("Olga", "owner"))
