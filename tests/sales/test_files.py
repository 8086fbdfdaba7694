"""PI-19, T2: a link opens one file for one person for five minutes, and a no sends no byte."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from itsdangerous import URLSafeSerializer
from PIL import Image

from plugins.paid_items import items
from plugins.paid_items.kinds import SLUG
from ppvcms.accounts.actor import VISITOR
from ppvcms.content import sniff, stored
from ppvcms.content.models import FileRecord
from ppvcms.db import db, transaction
from ppvcms.errors import NotFoundError
from ppvcms.host import lifecycle
from ppvcms.sales import orders
from ppvcms.sales.models import Access, Sale
from tests import kit
from tests.live import refused, site_at
from tests.plugins.shop import FILM, LIMITS, open_shop, packed, picture
from tests.web.office import browser_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from werkzeug.test import TestResponse

    from ppvcms.accounts.actor import Actor
    from tests.plugins.shop import Shop


class Stand:
    """A film that Ben bought, with a good link to it, and others who did not."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.ben = shop.site.person("Ben", credits=2000)
        self.cleo = shop.site.person("Cleo", credits=2000)
        film, other = shop.item(), shop.item()
        self.film_id = film.id
        self.file_id = items.media_of(film.id)[0].file_id
        self.other_id = items.media_of(other.id)[0].file_id
        shop.buy(film, self.ben)
        self.link = stored.file_link(self.file_id, self.ben)
        self.browser = browser_of(shop.site, self.ben)

    def forged(self, *parts: object, key: str = "", salt: str = "ppvcms.file") -> str:
        """Return a link with other words, signed as told."""
        secret = key or self.shop.site.app.config["SECRET_KEY"]
        return f"/files/{URLSafeSerializer(secret, salt=salt).dumps(list(parts))}"

    def get(self, path: str, actor: Actor | None = None, **headers: str) -> TestResponse:
        """Ask for a file and read the answer to its end, as a browser does."""
        browser = browser_of(self.shop.site, actor) if actor is not None else self.browser
        return browser._ask("get", path, headers=headers, buffered=True)

    def run(self, statement: sa.Executable) -> str:
        transaction(lambda session: session.execute(statement))
        return self.link


@pytest.fixture(scope="module")
def bought(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """One site for all that is tried with a link and changes nothing."""
    home = tmp_path_factory.mktemp("site")
    with site_at(f"sqlite:///{home / 'site.sqlite3'}", home, SLUG) as site:
        yield Stand(open_shop(site))


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path, SLUG) as site:
        yield Stand(open_shop(site))
        assert kit.books_problems() == []


def test_a_buyer_gets_the_bytes_whole_and_in_parts(bought: Stand) -> None:
    whole = bought.get(bought.link)
    assert (whole.status_code, whole.data) == (200, FILM)
    assert whole.headers["Content-Type"] == "video/mp4"
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    assert whole.headers["Cache-Control"] == "private, no-store"
    assert "sandbox" in whole.headers["Content-Security-Policy"]
    assert whole.headers["Content-Disposition"].startswith("inline")
    for asked, status, data in (
        ("bytes=0-9", 206, FILM[:10]),
        ("bytes=100-", 206, FILM[100:]),
        ("bytes=-7", 206, FILM[-7:]),
        (f"bytes={len(FILM)}-", 416, None),
    ):
        part = bought.get(bought.link, Range=asked)
        assert part.status_code == status, asked
        assert data is None or part.data == data
    known = {"If-None-Match": whole.headers["ETag"]}
    assert bought.get(bought.link, **known).status_code == 304


FAR = 4_102_444_800_000
TRICKS: dict[str, Callable[[Stand], str]] = {
    "one sign changed": lambda s: s.link[:-2] + ("A" if s.link[-2] != "A" else "B") + s.link[-1],
    "cut short": lambda s: s.link[:-6],
    "longer": lambda s: s.link + "A",
    "no signature": lambda s: s.link.rpartition(".")[0],
    "an empty signature": lambda s: s.link.rpartition(".")[0] + ".",
    "an empty key": lambda s: s.forged(s.file_id, s.ben.user_id, FAR, "show", key="\0"),
    "another site's key": lambda s: s.forged(s.file_id, s.ben.user_id, FAR, "show", key="x" * 48),
    "signed for something else": lambda s: s.forged(
        s.file_id, s.ben.user_id, FAR, "show", salt="ppvcms.offer"
    ),
    "words of one, signature of another": lambda s: (
        s.forged(s.other_id, s.ben.user_id, FAR, "show").rpartition(".")[0]
        + "."
        + s.link.rpartition(".")[2]
    ),
    "too old": lambda s: s.forged(s.file_id, s.ben.user_id, 1, "show"),
    "made for another": lambda s: stored.file_link(s.file_id, s.cleo),
    "made for a visitor": lambda s: stored.file_link(s.file_id, VISITOR),
    "a file that was not bought": lambda s: stored.file_link(s.other_id, s.ben),
    "a file that is not there": lambda s: s.forged("01" * 13, s.ben.user_id, FAR, "show"),
    "a path for a file": lambda s: s.forged("../../secret_key", s.ben.user_id, FAR, "show"),
    "too few words": lambda s: s.forged(s.file_id),
    "an object for a word": lambda s: s.forged({"id": s.file_id}, s.ben.user_id, FAR, "show"),
    "a moment as a text": lambda s: s.forged(s.file_id, s.ben.user_id, "later", "show"),
    "the public door": lambda s: f"/files/public/{s.file_id}",
    "a way up": lambda _: "/files/..%2f..%2fsecret_key",
    "the link of plain base64": lambda s: (
        "/files/" + base64.urlsafe_b64encode(f'["{s.file_id}"]'.encode()).decode()
    ),
}
LOST: dict[str, Callable[[Stand], str]] = {
    "access taken back": lambda s: s.run(sa.update(Access).values(revoked=True)),
    "access that ended": lambda s: s.run(sa.update(Access).values(ends_at=1)),
    "a file deleted meanwhile": lambda s: s.run(
        sa.delete(FileRecord).where(FileRecord.id == s.file_id)
    ),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_nothing_bent_or_replayed_plays(bought: Stand, trick: str) -> None:
    answer = bought.get(TRICKS[trick](bought))
    assert answer.status_code == 404
    assert FILM[:64] not in answer.data
    assert bought.get(bought.link).status_code == 200, "the true one still does"


@pytest.mark.parametrize("what", LOST)
def test_a_link_dies_with_what_it_stands_for(tmp_path: Path, what: str) -> None:
    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path, SLUG) as site:
        stand = Stand(open_shop(site))
        assert stand.get(LOST[what](stand)).status_code == 404


def test_a_good_link_is_useless_to_everybody_else(bought: Stand) -> None:
    nobody = bought.shop.site.app.test_client()
    address = bought.shop.site.app.config["PPVCMS"].public_url
    assert nobody.get(bought.link, base_url=address).status_code == 404
    assert bought.get(bought.link, bought.cleo).status_code == 404
    boss = bought.shop.site.person("Boss", "owner")
    assert bought.get(bought.link, boss).status_code == 404, "made for Ben"


def test_access_is_asked_again_at_each_request(stand: Stand) -> None:
    assert stand.get(stand.link).status_code == 200
    sale = db.session.scalars(sa.select(Sale.id)).one()
    assert orders.undo(sale, actor_id=stand.shop.anna.user_id, reason="Broken") is None
    assert stand.get(stand.link).status_code == 404


def test_a_plugin_that_is_off_or_fails_sends_nothing(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_args: object) -> bool:
        raise RuntimeError

    monkeypatch.setattr("plugins.paid_items.rights.may_preview", fails)
    assert stand.get(stand.link).status_code == 404
    monkeypatch.undo()
    lifecycle.deactivate(SLUG, actor_id=None)
    assert stand.get(stand.link).status_code == 404


def test_what_is_not_for_showing_is_saved_never_opened(bought: Stand) -> None:
    anna, kept = bought.shop.anna, bought.shop.file(packed())
    answer = bought.get(stored.file_link(kept.id, anna), anna)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert kept.name == "film.zip", "named by what it is, not by what its sender says"


@pytest.mark.parametrize(
    "data",
    [
        b"<html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"#!/bin/sh\necho",
        b"MZ\x90\0",
        b"<?php system($_GET[0]);",
        b"GIF89a<script>",
        b"\x7fELF",
        b"",
        b"\xff\xd8\xff<?php not a picture ?>",
    ],
)
@pytest.mark.usefixtures("bought")
def test_what_could_run_is_not_kept(data: bytes) -> None:
    before = len(list(stored.home().rglob("*")))
    answer = stored.save_file(
        io.BytesIO(data), slug=SLUG, owner_id=None, name="song.mp4", limits=LIMITS
    )
    assert refused(answer) in {"kind", "invalid"}
    assert sum(path.is_file() for path in stored.home().rglob("*")) <= before


def test_a_picture_is_written_anew_and_a_large_file_is_refused(bought: Stand) -> None:
    kept = bought.shop.file(picture() + b"<script>alert(1)</script>")
    with stored.open_file(kept.id) as file:
        data = file.read()
    assert b"script" not in data
    assert b"secret place" not in data
    assert Image.open(io.BytesIO(data)).size == (120, 120)
    small = type(LIMITS)(10)
    answer = stored.save_file(io.BytesIO(FILM), slug=SLUG, owner_id=None, name="x", limits=small)
    assert refused(answer) == "too_large"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n", "image"),
        (b"RIFF1234WEBP", "image"),
        (b"RIFF1234WAVE", "audio"),
        (b"RIFF1234AVI ", None),
        (b"ID3\x04", "audio"),
        (b"\xff\xfb\x90\x44", "audio"),
        (b"\xff\xff\xff\xff", "audio"),
        (b"\0\0\0\x18ftypM4A ", "audio"),
        (b"\0\0\0\x18ftypevil", None),
        (b"%PDF-1.7", "document"),
        (b"\x1aE\xdf\xa3", "video"),
        (b"OggS", "audio"),
        (b"plain words", None),
    ],
)
def test_a_kind_is_told_from_the_first_bytes(head: bytes, kind: str | None) -> None:
    found = sniff.kind_of(head)
    assert (found.kind if found else None) == kind


@pytest.mark.usefixtures("bought")
def test_a_path_is_never_made_of_what_somebody_says() -> None:
    for name in ("../../etc/passwd", "a/b", "", "ü" * 26, "a" * 5 + "."):
        with pytest.raises(NotFoundError):
            stored.file_of(name)
        if name:
            with pytest.raises(NotFoundError):
                stored.path_of(name)
