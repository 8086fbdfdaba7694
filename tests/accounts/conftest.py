"""A whole application on a fresh database, people in it, and browsers that speak to it."""

from __future__ import annotations

import re
from contextvars import Context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from ppvcms import create_app
from ppvcms.accounts import roles, services
from ppvcms.accounts.models import Mail, User
from ppvcms.config import Config
from ppvcms.db import db, transaction
from ppvcms.host.settings import save_site
from tests.kit import lay_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

PASSWORD = "seven green boats"
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Iterator[Flask]:
    """The application, with its roles."""
    yield from _site(tmp_path, database_url)


@pytest.fixture
def quick_site(tmp_path: Path) -> Iterator[Flask]:
    """The same on SQLite alone, for what the database does not change."""
    yield from _site(tmp_path, f"sqlite:///{tmp_path / 'site.sqlite3'}")


def _site(home: Path, url: str) -> Iterator[Flask]:
    lay_tables(url)
    app = create_app(
        Config(
            instance=home,
            database=url,
            secret_key="k" * 40,
            testing=True,
            async_mode="threading",
            demo=True,
        )
    )
    with app.app_context():
        transaction(roles.ensure_roles)
        transaction(lambda session: save_site(session, None, {"per_address_day": 100}))
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def make_person() -> Callable[..., User]:
    """Make people: a name, and roles."""

    def make(name: str = "Ann", *role_keys: str, verified: bool = True) -> User:
        answer = services.create_user(
            email=f"{name.lower()}@example.com",
            display_name=name,
            password=PASSWORD,
            roles=role_keys or ("client",),
            verified=verified,
            actor_id=None,
        )
        assert isinstance(answer, User), answer
        return answer

    return make


@dataclass
class Browser:
    """One browser: its cookies, and the CSRF token of the last page."""

    client: FlaskClient
    csrf: str = ""

    def open(self, path: str, **request: Any) -> TestResponse:
        """Send a request outside of the test's own application context, as browsers do."""
        return Context().run(self.client.open, path, **request)

    def get(self, path: str) -> TestResponse:
        """Open a page."""
        return self._read(self.open(path))

    def post(self, path: str, data: dict[str, str] | None = None, **request: Any) -> TestResponse:
        """Send a form, with the token of the page it came from."""
        typed = {"csrf_token": self.csrf, **(data or {})}
        return self._read(self.open(path, method="POST", data=typed, **request))

    def sign_in(self, user: User, password: str = PASSWORD, **more: str) -> TestResponse:
        """Fill in the sign-in form."""
        self.get("/sign-in")
        return self.post("/sign-in", {"email": user.email, "password": password, **more})

    @property
    def is_in(self) -> bool:
        """Whether the account page opens."""
        return self.get("/account").status_code == 200

    def _read(self, response: TestResponse) -> TestResponse:
        found = TOKEN.search(response.text) if response.mimetype == "text/html" else None
        self.csrf = found.group(1) if found else self.csrf
        return response


@pytest.fixture
def browser(request: pytest.FixtureRequest) -> Callable[[], Browser]:
    """Open a browser of its own on the site of the test."""
    names = request.fixturenames
    app: Flask = request.getfixturevalue("site" if "site" in names else "quick_site")
    return lambda: Browser(app.test_client())


def letters(to: str, template: str) -> list[Mail]:
    """Return the mails of a kind to an address, the oldest first."""
    db.session.rollback()
    found = db.session.scalars(select(Mail).where(Mail.to == to).order_by(Mail.id))
    return [mail for mail in found if mail.data.get("template") == template]


def secret_in(mail: Mail) -> str:
    """Return the secret at the end of a mail's link."""
    return str(mail.data["link"]).rpartition("/")[2]
