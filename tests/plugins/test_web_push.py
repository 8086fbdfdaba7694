"""MS-08: push to browsers, through a service that checks our signature and reads our message."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from plugins.web_push import keys
from plugins.web_push.crypto import LONGEST, RECORD, encrypted, from_text, point_of, to_text
from plugins.web_push.forms import SERVICES, WebPushForm
from plugins.web_push.models import Device, Key
from plugins.web_push.sender import is_allowed, judged
from plugins.web_push.services import MOST_DEVICES, payload
from ppvcms.api import Carried, NoticeMessage
from ppvcms.db import db, transaction
from ppvcms.host import settings
from ppvcms.jobs.carrying import carry_due
from ppvcms.notices import services as notices
from ppvcms.notices.models import NoticeDelivery, NoticeReach, NoticeThread
from tests.live import site_at
from tests.services import answering
from tests.web.office import browser_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ppvcms.accounts.actor import Actor
    from tests.live import Site

CURVE = ec.SECP256R1()
PLAIN = b"When I grow up, I want to be a watermelon"
DAY_S = 86_400


@dataclass
class Subscriber:
    """A browser at a push service: its address, its keys, and what it was brought."""

    address: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(CURVE))
    auth: bytes = b"0123456789abcdef"

    def hand_over(self) -> dict[str, Any]:
        """Return what the browser's script gets to send."""
        own = {"p256dh": to_text(point_of(self.key)), "auth": to_text(self.auth)}
        return {"endpoint": self.address, "expirationTime": None, "keys": own}

    def read(self, body: bytes) -> bytes:
        """Decrypt a message as RFC 8188 and 8291 say, from their text and not from our code."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        assert (size, length) == (4096, 65)
        assert len(sealed) <= size
        shared = self.key.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, sender)
        )
        info = b"WebPush: info\0" + point_of(self.key) + sender
        ikm = HKDF(SHA256(), 32, salt=self.auth, info=info).derive(shared)
        key = HKDF(SHA256(), 16, salt=salt, info=b"Content-Encoding: aes128gcm\0").derive(ikm)
        nonce = HKDF(SHA256(), 12, salt=salt, info=b"Content-Encoding: nonce\0").derive(ikm)
        plain = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
        assert plain[-1:] == b"\2", "the last record"
        return plain[:-1]


class Service(ThreadingHTTPServer):
    """A push service that takes what is signed, and fails as it is told, by address."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server_port}"
        self.taken: list[tuple[str, bytes, str]] = []
        self.script: dict[str, int] = {}
        self.signer = ""

    def subscriber(self, name: str) -> Subscriber:
        """Return a browser that asked this service for an address."""
        return Subscriber(f"{self.origin}/push/{name}")


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.server.script.get(self.path) or self._judged()
        if status == 201:
            self.server.taken.append((self.path, body, self.headers["Topic"]))
        self.send_response(status)
        self.send_header("Location", f"{self.server.origin}/inside")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _judged(self) -> int:
        """Check sender and form as RFC 8030 and 8292 say."""
        scheme, _space, rest = self.headers["Authorization"].partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        head, claims, proof = parts["t"].split(".")
        signer = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, from_text(parts["k"]))
        raw = from_text(proof)
        r, s = (int.from_bytes(half, "big") for half in (raw[:32], raw[32:]))
        signer.verify(encode_dss_signature(r, s), f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))
        said = json.loads(from_text(claims))
        ages = 0 < said["exp"] - time.time() < DAY_S
        contact = said["sub"].startswith(("mailto:", "https://"))
        known = json.loads(from_text(head))["alg"] == "ES256" and parts["k"] == self.server.signer
        if scheme != "vapid" or not (ages and contact and known):
            return 403
        if said["aud"] != self.server.origin or self.headers["Content-Encoding"] != "aes128gcm":
            return 400
        return 201 if int(self.headers["TTL"]) > 0 else 400

    def log_message(self, *_args: object) -> None:
        """Print nothing."""


@pytest.fixture
def service() -> Iterator[Service]:
    with answering(Service()) as made:
        yield made


@pytest.fixture
def pushing(tmp_path: Path, service: Service) -> Iterator[Site]:
    """A site whose owner trusts the stand-in alone."""
    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path, "web_push") as site:
        own = {"services": service.origin, "contact": "mailto:owner@example.org"}
        for key, value in own.items():
            transaction(lambda s, k=key, v=value: settings.save(s, "web_push", k, v))
        service.signer = keys.public_text()
        yield site


def tell(actor: Actor, kind: str = "core.receipt") -> None:
    values = {"with": "Anna", "amount": 650}
    transaction(lambda s: notices.send_notice(s, str(actor.user_id), kind, values=values))
    carry_due()


def hurry() -> None:
    transaction(lambda s: s.execute(sa.update(NoticeThread).values(due_at=0)))
    transaction(lambda s: s.execute(sa.update(NoticeDelivery).values(due_at=0)))


def states() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(NoticeDelivery.state).order_by(NoticeDelivery.id)))


def devices() -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(Device)) or 0


def test_a_browser_is_let_in_reads_what_comes_and_is_let_out(
    pushing: Site, service: Service
) -> None:
    ben = pushing.person("Ben")
    page, phone, laptop = browser_of(pushing, ben), *map(service.subscriber, ("phone", "laptop"))
    tell(ben)
    assert f'data-key="{service.signer}"' in page.get("/account/notices/settings").text
    assert page.get("/web-push/worker.js").mimetype == "text/javascript"
    for one in (phone, laptop):
        assert page.send("/web-push/in", one.hand_over()).status_code == 200
    assert "Mail Browser" in page.text("/account/notices/settings")

    tell(ben, "core.earned")
    tell(ben)
    tell(ben)
    assert states() == ["sent", "waiting"], "kinds that are mailed, not too often"
    read = {
        path: json.loads((phone if "phone" in path else laptop).read(body))
        for path, body, _ in service.taken
    }
    assert set(read) == {"/push/phone", "/push/laptop"}
    said = read["/push/phone"]
    assert said["title"] == "Your receipt: 6.50 cr"
    assert urlsplit(said["url"]).path.startswith("/account/notices/")
    assert {topic for _path, _body, topic in service.taken} == {said["id"]}
    sealed = db.session.scalars(sa.select(Key.sealed)).one()
    key = keys.private_key().private_numbers().private_value
    assert to_text(key.to_bytes(32, "big")) not in sealed

    service.script["/push/phone"] = 410
    hurry()
    carry_due()
    assert (states(), devices()) == (["sent", "sent"], 1), "a browser that is gone is forgotten"
    assert json.loads(laptop.read(service.taken[-1][1]))["title"].startswith("Your receipt")
    page.post("/account/notices/settings", site=["core.receipt"])
    tell(ben)
    assert len(states()) == 2, "nothing comes that was not ticked"
    assert page.send("/web-push/out", {"endpoint": laptop.address}).json == {"devices": 0}
    assert db.session.scalars(sa.select(NoticeReach)).all() == []


def test_services_that_fail_and_addresses_that_nobody_may_name(
    pushing: Site, service: Service
) -> None:
    ben, eve = pushing.person("Ben"), pushing.person("Eve")
    mine, hers = browser_of(pushing, ben), browser_of(pushing, eve)
    home = service.subscriber("home")
    good = home.hand_over()
    for wrong in (
        None,
        [],
        {"endpoint": good["endpoint"]},
        {**good, "keys": {**good["keys"], "auth": "c2hvcnQ"}},
        {**good, "keys": {**good["keys"], "p256dh": to_text(b"\x04" + b"1" * 64)}},
        {**good, "endpoint": 7},
        {**good, "endpoint": "http://127.0.0.1:1/push/home"},
        {**good, "endpoint": "https://169.254.169.254/latest"},
    ):
        assert mine.send("/web-push/in", wrong).status_code == 422, wrong
    assert devices() == 0
    mine.send("/web-push/in", good)
    for status in (503, 429, 302):
        service.script["/push/home"] = status
        hurry()
        if status == 503:
            tell(ben)
        carry_due()
    row = db.session.scalars(sa.select(NoticeDelivery)).one()
    assert (row.state, row.last_error, row.attempts) == ("waiting", "302", 3)
    assert service.taken == [], "a redirect is not followed"

    hers.send("/web-push/in", good)
    assert devices() == 1, "a browser belongs to who used it last"
    service.script.clear()
    hurry()
    carry_due()
    assert (states(), service.taken) == (["failed"], [])
    for number in range(MOST_DEVICES + 2):
        hers.send("/web-push/in", service.subscriber(str(number)).hand_over())
    assert devices() == MOST_DEVICES
    assert hers.send("/web-push/out", {}).json == {"devices": 0}


def test_the_message_is_the_example_of_rfc_8291() -> None:
    number = int.from_bytes(from_text("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
    body = encrypted(
        PLAIN,
        receiver=from_text(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
        ),
        auth=from_text("BTBZMqHH6r4Tts7J_aSIgg"),
        sender=ec.derive_private_key(number, CURVE),
        salt=from_text("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert to_text(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmY"
        "WAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSg"
        "Sxsj_Qulcy4a-fN"
    )


def test_a_message_fits_into_one_record() -> None:
    reader = Subscriber("https://fcm.googleapis.com/1")
    message = NoticeMessage(
        "01" * 13, "u", "ж" * 200, "😀" * 5_000, "https://example.org/" + "a" * 60
    )
    raw = payload(message)
    assert len(raw) <= LONGEST
    assert json.loads(raw)["title"] == message.title
    sent = encrypted(b"x" * LONGEST, receiver=point_of(reader.key), auth=reader.auth)
    assert len(sent) == RECORD
    assert reader.read(sent) == b"x" * LONGEST


@pytest.mark.parametrize(
    "address",
    [
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://evil.example/fcm.googleapis.com",
        "https://fcm.googleapis.com@evil.example/x",
        "https://evil.example#fcm.googleapis.com",
        "https://evil.example\\@fcm.googleapis.com/x",
        "https://push.services.mozilla.com/x",
        "https://evilpush.services.mozilla.com/x",
        "https://[::1]/x",
        "https://2130706433/x",
        "https://fcm.googleapis.com:99999/x",
        "file:///etc/passwd",
        "",
    ],
)
def test_only_services_on_the_list_are_called(address: str) -> None:
    assert not is_allowed(address, SERVICES)
    assert is_allowed("https://updates.push.services.mozilla.com/wpush/v2/g", SERVICES)
    assert is_allowed("https://fcm.googleapis.com/fcm/send/d", SERVICES)


def test_answers_and_settings_are_read_strictly() -> None:
    outcome = {status: judged(status).outcome for status in (201, 400, 404, 410, 413, 429, 502)}
    again, never = Carried.LATER, Carried.NEVER
    assert list(outcome.values()) == [Carried.SENT, never, never, never, never, again, again]
    assert WebPushForm(data={"services": "\n".join(SERVICES), "contact": ""}).validate()
    for bad in ("http://push.example.org", "https://a.example/path", "fcm.googleapis.com"):
        assert not WebPushForm(data={"services": bad, "contact": ""}).validate()
    assert not WebPushForm(data={"services": "", "contact": "me@example.org"}).validate()
