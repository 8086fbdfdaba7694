"""Fixtures for pytest: write ``pytest_plugins = ["ppvcms.testing.fixtures"]`` in a test file.

Each test has a site of its own, a SQLite file, with nothing switched on
but what it asks for by `with_plugins`. The plugin whose folder the tests lie in can be
named like a bundled one.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import pytest

from ppvcms.config import ROOT
from ppvcms.db import db, transaction
from ppvcms.host import lifecycle
from ppvcms.host.runtime import runtime
from ppvcms.ids import new_id
from ppvcms.payments import services
from ppvcms.payments.attempts import look_up_open
from ppvcms.payments.models import CreditPack, PaymentIntent, PaymentOp
from ppvcms.testing.engine import ENGINE
from ppvcms.testing.shows import Books, LiveShow, Wallet, live_in, new_person
from ppvcms.testing.sites import MEDIA, STAGE, empty_site, lay_tables, require, switch_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient

    from ppvcms.accounts.actor import Actor

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@pytest.fixture
def migrated_db(tmp_path: Path) -> str:
    """The URL of a SQLite database with the core's tables."""
    url = f"sqlite:///{tmp_path / 'migrated.sqlite3'}"
    lay_tables(url)
    return url


@pytest.fixture
def app(request: pytest.FixtureRequest) -> Iterator[Flask]:
    """A new site's application, with a request around the test; no plugin is on."""
    homes = [folder.parent for folder in request.path.parents if (folder / "plugin.toml").exists()]
    with empty_site(*homes) as made, made.test_request_context():
        yield made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor's browser."""
    return app.test_client()


class Host:
    """The plugins of the site."""

    def state(self, slug: str) -> str:
        """Return what a plugin is now: ``active``, ``quarantined``, ``blocked`` and so on."""
        return self._info(slug).state.value

    def problems(self, slug: str) -> tuple[str, ...]:
        """Return what the plugins page says is wrong with it."""
        return self._info(slug).problems

    def switch_off(self, slug: str) -> None:
        """Switch a plugin off; what speaks against it is raised."""
        require(lifecycle.deactivate(slug, actor_id=None))

    def _info(self, slug: str) -> lifecycle.PluginInfo:
        return next(each for each in lifecycle.overview() if each.slug == slug)


@pytest.fixture
def host(app: Flask) -> Host:
    """The plugins of the site."""
    del app
    return Host()


class WithPlugins(Protocol):
    """How plugins are switched on."""

    def __call__(self, *slugs: str) -> None:
        """Switch plugins on by slug, with what they require."""


@pytest.fixture
def with_plugins(app: Flask) -> WithPlugins:
    """Call it with slugs: ``with_plugins("tips")`` installs and activates."""
    del app
    return switch_on


@pytest.fixture
def wallet(app: Flask) -> Wallet:
    """The wallet of a client, Cleo; give her credits with ``wallet.fund(1_000)``."""
    del app
    return Wallet(new_person("Cleo"))


@pytest.fixture
def books(app: Flask) -> Iterator[Books]:
    """The ledger; its invariants are also checked when the test is over."""
    ledger = Books(app)
    yield ledger
    assert ledger.problems() == []


class Goes(Protocol):
    """How somebody goes live."""

    def __call__(self, mode: str = STAGE, *, performer: str = "Mara") -> LiveShow:
        """Let a performer go live in a mode; without one, in an open show at no charge."""


@pytest.fixture
def live_show(app: Flask) -> Goes:
    """Call it for a performer who is live: ``live_show("night").enter(client, mode)``."""
    del app
    ENGINE.clear()
    switch_on(MEDIA, STAGE)

    def go(mode: str = STAGE, *, performer: str = "Mara") -> LiveShow:
        return live_in(mode, performer=performer)

    return go


@dataclass
class Till:
    """A shop with one pack of credits, and a payment service that does as it is told."""

    client: FlaskClient
    pack_id: str

    def buy(self, payer: Actor, choice: str = "approve") -> str:
        """Buy the pack and choose what the service does; return how far the payment came."""
        view: Any = services.start_purchase(payer, pack_id=self.pack_id, key=uuid.uuid4().hex)
        require(view)
        path = urlsplit(view.redirect.url).path
        found = TOKEN.search(self.client.get(path).text)
        self.client.post(path, data={"script": choice, "csrf_token": found[1] if found else ""})
        due = db.update(PaymentOp).where(PaymentOp.intent_id == view.id).values(next_try_at=0)
        transaction(lambda session: session.execute(due))
        look_up_open()
        db.session.rollback()
        return db.session.get_one(PaymentIntent, view.id).state


@pytest.fixture
def sandbox_gateway(app: Flask, client: FlaskClient) -> Till:
    """The bundled payment service for trying things out, with 50 credits for 47 dollars."""
    bundled = runtime().found.values()
    switch_on(
        *(
            found.path.name
            for found in bundled
            if found.manifest
            and found.manifest.category == "payment"
            and found.path.parent == ROOT / "plugins"
        )
    )
    del app
    pack = CreditPack(id=new_id(), name="Fifty", credits=5_000, bonus=0, prices={"USD": 4_700})
    transaction(lambda session: session.add(pack))
    return Till(client, pack.id)
