"""What the tests of the back office play on: a whole site, an owner's browser, paid shows."""

from __future__ import annotations

import contextvars
import re
import uuid
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import event, select

from ppvcms.accounts.models import AuditLog
from ppvcms.accounts.sessions import Device, open_session
from ppvcms.db import db, transaction
from ppvcms.ledger.books import Sharer
from ppvcms.ledger.store import charge
from ppvcms.web.guards import TOKEN
from tests.metering.stage import Stage

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from ppvcms.accounts.actor import Actor
    from ppvcms.rooms.models import Room
    from tests.live import Site

CSRF = re.compile(r'name="csrf[-_]token"[^>]*? (?:content|value)="([^"]+)"')


@dataclass
class Browser:
    """A signed-in person's browser that answers forms with their token."""

    client: FlaskClient
    address: str
    any_page: str = "/p/none"

    def get(self, path: str) -> TestResponse:
        """Open a page."""
        return self._ask("get", path)

    def text(self, path: str) -> str:
        """Open a page that must be there, and return what it says, without tags."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return plain(answer.text)

    def post(self, path: str, **fields: Any) -> TestResponse:
        """Send a form."""
        data = {"csrf_token": self.token(), **fields}
        return self._ask("post", path, data=data)

    def send(self, path: str, data: dict[str, Any]) -> TestResponse:
        """Send JSON as a page's script does."""
        headers = {"X-CSRFToken": self.token()}
        return self._ask("post", path, json=data, headers=headers)

    def change(self, method: str, path: str) -> TestResponse:
        """Send PATCH, PUT or DELETE as a page's script does."""
        return self._ask(method.lower(), path, headers={"X-CSRFToken": self.token()})

    def _ask(self, method: str, path: str, **more: Any) -> TestResponse:
        """Ask from a context of its own, as a server does: nothing of the test's is seen."""
        ask = getattr(self.client, method)
        answer: TestResponse = contextvars.Context().run(ask, path, base_url=self.address, **more)
        db.session.rollback()
        return answer

    def token(self) -> str:
        """Return the token of this session."""
        found = CSRF.search(self.get(self.any_page).text)
        assert found is not None
        return found[1]


def plain(html: str) -> str:
    """Return the words of a page."""
    body = re.sub(r"(?s)<(script|style|head).*?</\1>", " ", html)
    return " ".join(re.sub(r"<[^>]+>", " ", body).replace("\N{NO-BREAK SPACE}", " ").split())


def sign_in(actor: Actor) -> str:
    """Sign somebody in and return the token of the session."""
    device = Device("203.0.113.9", "a browser")
    return transaction(lambda session: open_session(session, str(actor.user_id), device))


def browser_of(site: Site, actor: Actor) -> Browser:
    """Return the browser of somebody who signed in."""
    return browser_with(site.app, sign_in(actor))


def browser_with(app: Flask, token: str) -> Browser:
    """Return a browser that has a session."""
    address = app.config["PPVCMS"].public_url
    browser = Browser(app.test_client(), address)
    with browser.client.session_transaction(base_url=address) as kept:
        kept[TOKEN] = token
    return browser


def paid_show(
    room: Room, client_id: str, *, seconds: int = 90, rate: int = 200, **terms: Any
) -> str:
    """Let a client take a private show of so many counted seconds; return the seat."""
    stage = Stage(room.performer_id, "none", room.id)
    seat_id = stage.open(client_id, rate_per_minute=rate, grace_s=30, **terms)
    for moment in range(0, seconds, 5):
        stage.signs(seat_id, moment, min(moment + 5, seconds))
        stage.meter(min(moment + 5, seconds))
    stage.end(seat_id, seconds)
    return seat_id


def tip(room: Room, client_id: str, amount: int) -> None:
    """Let a client tip."""
    transaction(
        lambda session: charge(
            session,
            payer_id=client_id,
            amount=amount,
            sharers=[Sharer(room.performer_id, Fraction(1), Fraction(9, 10))],
            kind="tip",
            key=uuid.uuid4().hex,
            source="tips:tip:test",
            memo="Thank you",
            actor_id=client_id,
        )
    )


def log(action: str) -> list[AuditLog]:
    """Return the audit rows of an action."""
    db.session.rollback()
    return list(db.session.scalars(select(AuditLog).where(AuditLog.action == action)))


class Statements:
    """Counts what is sent to the database."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> Self:
        """Begin."""
        event.listen(db.engine, "before_cursor_execute", self._one)
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop."""
        event.remove(db.engine, "before_cursor_execute", self._one)

    def _one(self, *_about: object) -> None:
        self.count += 1
