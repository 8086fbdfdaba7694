"""One world for a whole file: its questions change nothing that they do not look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.live import site_at
from tests.matrix.world import make_world
from tests.test_architecture import PLUGINS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.matrix.world import World

USUAL = {"mode_free", "mode_private", "tips", "media_embedded"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A site with every bundled plugin, and people who have something on it."""
    folder = tmp_path_factory.mktemp("world")
    more = [path.name for path in PLUGINS if path.name not in USUAL]
    with site_at(f"sqlite:///{folder / 'site.sqlite3'}", folder, *more) as site:
        yield make_world(site)
