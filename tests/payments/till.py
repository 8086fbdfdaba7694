"""A shop for tests: a site that sells credits, served for real so that notices can arrive."""

from __future__ import annotations

import contextlib
import json
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from sqlalchemy import func, make_url, select, update
from werkzeug.serving import WSGIRequestHandler, make_server

from plugins.gateway_sandbox import service as sandbox
from plugins.gateway_sandbox.models import SandboxNotice, SandboxPayment
from plugins.gateway_sandbox.signing import HEADER, sign
from ppvcms import create_app
from ppvcms.accounts import services as accounts
from ppvcms.accounts.actor import actor_of
from ppvcms.accounts.models import AuditLog, User
from ppvcms.accounts.roles import ensure_roles
from ppvcms.books_check import check_all
from ppvcms.config import ROOT, Config
from ppvcms.db import db, transaction
from ppvcms.host import lifecycle
from ppvcms.ids import new_id
from ppvcms.ledger.models import Transfer
from ppvcms.payments import services
from ppvcms.payments.attempts import look_up_open, notify_secret
from ppvcms.payments.inbox import read_again
from ppvcms.payments.models import (
    CreditPack,
    PaymentInbox,
    PaymentIntent,
    PaymentOp,
)
from ppvcms.payments.services import IntentView
from tests import kit
from tests.live import kept_app
from tests.services import answering

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ppvcms.accounts.actor import Actor
    from ppvcms.host.app import Host

PLUGIN = "gateway_sandbox"
CREDITS, BONUS, PRICE = 5_000, 250, 4_700
WELCOME = 1_000


class Quiet(WSGIRequestHandler):
    """A handler that prints no line for each request."""

    def log(self, *_args: object, **_kwargs: object) -> None:
        """Print nothing."""


@dataclass
class Till:
    """What a test does at the shop."""

    app: Host
    url: str
    pack_id: str = ""
    welcome_id: str = ""

    def client(self, name: str = "Cleo") -> Actor:
        """Make somebody who buys."""
        user = accounts.create_user(
            email=f"{name.lower()}@example.org",
            display_name=name,
            password="a long enough secret",
            roles=("client",),
            verified=True,
            actor_id=None,
        )
        assert isinstance(user, User), user
        return actor_of(db.session.get_one(User, user.id))

    def start(self, actor: Actor, *, key: str = "", pack_id: str = "") -> IntentView:
        """Begin a purchase, as the button does."""
        answer = services.start_purchase(
            actor, pack_id=pack_id or self.pack_id, key=key or uuid.uuid4().hex
        )
        assert isinstance(answer, IntentView), answer
        return answer

    def op(self, intent: IntentView) -> PaymentOp:
        """Return the attempt of a payment."""
        db.session.rollback()
        query = select(PaymentOp).where(PaymentOp.intent_id == intent.id)
        return db.session.scalars(query.execution_options(populate_existing=True)).one()

    def choose(self, intent: IntentView, script: str) -> SandboxPayment:
        """Choose an outcome on the payment service's page, which tells the site over HTTP."""
        payment = sandbox.play(str(self.op(intent).provider_ref), script)
        assert payment is not None
        return payment

    def state(self, intent: IntentView) -> str:
        """Return how far a payment came."""
        db.session.rollback()
        return db.session.get_one(PaymentIntent, intent.id, populate_existing=True).state

    def available(self, actor: Actor) -> int:
        """Return what somebody can spend."""
        return kit.available(str(actor.user_id))

    def deposits(self) -> int:
        """Return how often anything was credited."""
        db.session.rollback()
        query = select(func.count()).select_from(Transfer).where(Transfer.kind == "deposit")
        return db.session.scalar(query) or 0

    def op_count(self) -> int:
        """Return how many attempts were made."""
        db.session.rollback()
        return db.session.scalar(select(func.count()).select_from(PaymentOp)) or 0

    def audited(self) -> list[str]:
        """Return the acts in the audit log that speak of payments."""
        db.session.rollback()
        query = select(AuditLog.action).where(AuditLog.action.like("payments.%"))
        return list(db.session.scalars(query))

    def notes(self) -> list[PaymentInbox]:
        """Return the kept notifications, the oldest first."""
        db.session.rollback()
        query = select(PaymentInbox).order_by(PaymentInbox.received_at, PaymentInbox.id)
        return list(db.session.scalars(query.execution_options(populate_existing=True)))

    def notices(self) -> int:
        """Return how many notices the payment service still has to bring."""
        db.session.rollback()
        query = select(func.count()).where(SandboxNotice.sent_at.is_(None))
        return db.session.scalar(query) or 0

    def later(self) -> None:
        """Let the time come for everything that waits, and do it."""
        for table, column in ((PaymentOp, "next_try_at"), (PaymentInbox, "next_try_at")):
            due = update(table).where(getattr(table, column).is_not(None)).values({column: 0})
            transaction(lambda session, due=due: session.execute(due))
        look_up_open()
        read_again()

    def bring(self) -> None:
        """Let the payment service bring what it holds back, without the pauses."""
        transaction(lambda session: session.execute(update(SandboxPayment).values(done_at=0)))
        transaction(lambda session: session.execute(update(SandboxNotice).values(due_at=0)))
        sandbox.send_due()

    def facts(self, intent: IntentView, **changes: Any) -> dict[str, Any]:
        """Return what a true notice of a paid payment says, with changes."""
        op = self.op(intent)
        return {
            "id": f"evt_{op.provider_ref}",
            "type": "payment.paid",
            "payment": op.provider_ref,
            "op_id": op.op_id,
            "amount": intent.amount,
            "currency": intent.currency,
            **changes,
        }

    def post(
        self, body: bytes | dict[str, Any], header: str | None = None, **headers: str
    ) -> httpx.Response:
        """Send a notification over HTTP, signed as it should be unless `header` says otherwise."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        header = self.signed(raw) if header is None else header
        proof = {HEADER: header} if header else {}
        return httpx.post(self.notify_url(), content=raw, headers={**proof, **headers})

    def signed(self, raw: bytes, *, secret: str | None = None, at: int | None = None) -> str:
        """Return a signature, the true one of this moment unless told otherwise."""
        db.session.rollback()
        now = int(time.time()) if at is None else at
        return sign(sandbox.secret() if secret is None else secret, raw, at=now)

    def notify_url(self, provider: str = "sandbox") -> str:
        """Return where a gateway sends its notifications."""
        return f"{self.url}/pay/notify/{provider}/{notify_secret(provider)}"

    def together(self, *acts: Callable[[], Any]) -> list[Any]:
        """Do several things at the same moment, each in a thread of its own."""
        gate = threading.Barrier(len(acts))

        def run(act: Callable[[], Any]) -> Any:
            with self.app.test_request_context():
                gate.wait()
                try:
                    return act()
                finally:
                    db.session.remove()

        with ThreadPoolExecutor(len(acts)) as pool:
            return list(pool.map(run, acts))

    def assert_books_hold(self) -> None:
        """Seal what was written and check every invariant, the payments' own among them."""
        assert kit.books_problems() == []
        report = check_all(self.app)
        assert report.ok, report.as_text()


def lay(url: str, home: Path, port: int) -> dict[str, str]:
    """Make a site that sells credits and return the ids of its packs.

    The plugin is installed once in a process; each further site is a copy.
    """
    (home / "instance").mkdir(exist_ok=True)
    target = make_url(url)
    kind = "sqlite" if target.drivername.startswith("sqlite") else target.set(database="postgres")
    if kind not in _laid:
        original = kit.new_original(url)
        with tempfile.TemporaryDirectory() as folder:
            packs = _lay_first(original, Path(folder), port)
        _laid[kind] = str(make_url(original).database), packs
    original, packs = _laid[kind]
    kit.copy_original(url, original)
    return packs


_laid: dict[object, tuple[str, dict[str, str]]] = {}


def _lay_first(url: str, home: Path, port: int) -> dict[str, str]:
    kit.lay_tables(url)
    (home / "instance").mkdir()
    with app_on(url, home, port).app_context():
        transaction(ensure_roles)
        for act in (lifecycle.install, lifecycle.activate):
            answer = act(PLUGIN, actor_id=None)
            assert answer is None, str(answer)
        packs = {"pack_id": new_id(), "welcome_id": new_id()}
        transaction(
            lambda session: session.add_all(
                [
                    CreditPack(
                        id=packs["pack_id"],
                        name="Fifty",
                        credits=CREDITS,
                        bonus=BONUS,
                        prices={"USD": PRICE},
                    ),
                    CreditPack(
                        id=packs["welcome_id"],
                        name="Welcome",
                        credits=WELCOME,
                        prices={"USD": 100},
                        first_only=True,
                    ),
                ]
            )
        )
        db.session.remove()
        db.engine.dispose()
    return packs


def app_on(url: str, home: Path, port: int) -> Host:
    """Return an application of the site, such as in a second process."""
    config = Config(
        instance=home / "instance",
        database=url,
        secret_key="t" * 48,
        host="127.0.0.1",
        port=port,
        plugin_dirs=(ROOT / "plugins",),
        async_mode="threading",
        testing=True,
    )
    return create_app(config)


@contextlib.contextmanager
def served(url: str, home: Path, port: int, packs: dict[str, str]) -> Iterator[Till]:
    """Open the shop in this process, with a server that answers at its port."""

    def make(folder: Path) -> Host:
        return app_on(url, folder, port)

    key = ("till", make_url(url).drivername)
    with kept_app(key, make, url, home, port=port) as app:
        server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
        with answering(server), app.test_request_context():
            yield Till(app, f"http://127.0.0.1:{port}", **packs)
            db.session.remove()
