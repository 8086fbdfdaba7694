"""A site's books for the tests of the ledger, checked after every one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ppvcms.db import transaction
from tests import kit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask


@pytest.fixture
def site(database_url: str) -> Iterator[Flask]:
    """A site on SQLite, then on PostgreSQL; its books must hold when the test is over."""
    with kit.site_on(database_url) as app:
        yield app
        assert kit.books_problems() == []


@pytest.fixture
def broken_site(database_url: str) -> Iterator[Flask]:
    """A site whose books the test is going to break."""
    with kit.site_on(database_url) as app:
        yield app


@pytest.fixture
def do() -> Callable[..., object]:
    """Call a function of the store in a transaction of its own."""

    def call(function: Callable[..., object], *args: object, **kwargs: object) -> object:
        return transaction(lambda session: function(session, *args, **kwargs))

    return call
