"""PI-01: files come in parts, go on after a broken line, and are what was sent."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from plugins.paid_items.kinds import SLUG
from ppvcms.content import stored, uploads
from ppvcms.content.models import FileRecord, Upload
from ppvcms.content.uploads import UploadView
from ppvcms.db import db, transaction
from ppvcms.errors import NotFoundError
from ppvcms.host.contract import StoredFile
from tests.live import refused, site_at
from tests.plugins.shop import FILM, open_shop
from tests.web.office import browser_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.plugins.shop import Shop

VIDEO = "paid_items.video"


def digest(data: bytes) -> str:
    """Return what a page says of a file: the digest of its parts' digests."""
    parts = range(0, len(data), uploads.PART)
    whole = b"".join(hashlib.sha256(data[at : at + uploads.PART]).digest() for at in parts)
    return hashlib.sha256(whole).hexdigest()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path, SLUG) as site:
        yield open_shop(site)


def begun(shop: Shop, size: int) -> UploadView:
    answer = uploads.begin(shop.anna, kind=VIDEO, name="film.mp4", size=size)
    assert isinstance(answer, UploadView), answer
    return answer


def test_an_upload_goes_on_where_it_stopped(shop: Shop) -> None:
    data = FILM * 90
    assert len(data) > 2 * uploads.PART
    browser = browser_of(shop.site, shop.anna)
    token = {"X-CSRFToken": browser.token()}
    asked = {"kind": VIDEO, "name": "My film.MP4", "size": len(data)}
    upload = browser.send("/uploads.json", asked).json
    path = f"/uploads/{upload['id']}"

    def patch(offset: int, part: bytes) -> Any:
        headers = {**token, "Upload-Offset": str(offset)}
        return browser._ask("patch", path, data=part, headers=headers)

    assert patch(0, data[: uploads.PART]).json == {"offset": uploads.PART}
    wrong = patch(0, data[: uploads.PART])
    assert (wrong.status_code, wrong.json["offset"]) == (409, uploads.PART), "a part came twice"
    assert patch(uploads.PART, data[: uploads.PART + 1]).status_code in {413, 422}
    at = browser.get(f"{path}.json").json["offset"]
    while at < len(data):
        at = patch(at, data[at : at + uploads.PART]).json["offset"]
    done = browser.send(f"{path}/finish.json", {"digest": digest(data)}).json["file"]
    again = browser.send(f"{path}/finish.json", {"digest": digest(data)}).json["file"]
    assert done == again
    assert (done["name"], done["size"], done["kind"]) == ("My film.mp4", len(data), "video")
    with stored.open_file(done["id"]) as file:
        assert file.read() == data


def test_two_tabs_with_one_upload_write_each_part_once(shop: Shop) -> None:
    upload = begun(shop, len(FILM))
    answers = shop.site.together(
        4, lambda _: uploads.add(shop.anna, upload.id, offset=0, part=FILM)
    )
    assert sum(isinstance(answer, UploadView) for answer in answers) == 1
    done = shop.site.together(
        3, lambda _: uploads.finish(shop.anna, upload.id, digest=digest(FILM))
    )
    assert sum(isinstance(one, StoredFile) for one in done) >= 1
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(FileRecord)) == 1


def test_what_arrived_otherwise_is_not_kept(shop: Shop) -> None:
    upload = begun(shop, len(FILM))
    assert refused(uploads.finish(shop.anna, upload.id, digest="")) == "incomplete"
    uploads.add(shop.anna, upload.id, offset=0, part=FILM)
    assert refused(uploads.finish(shop.anna, upload.id, digest=digest(FILM + b"x"))) == "digest"
    with pytest.raises(NotFoundError):
        uploads.look(shop.anna, upload.id)
    assert [path for path in stored.home().rglob("*") if path.is_file()] == []


def test_who_may_not_is_told_before_a_byte(shop: Shop) -> None:
    ben, other = shop.site.person("Ben"), shop.site.person("Otto", "performer")
    ask = uploads.begin
    assert refused(ask(ben, kind=VIDEO, name="x", size=10)) == "forbidden"
    assert refused(ask(shop.anna, kind="tips.video", name="x", size=10)) == "forbidden"
    assert refused(ask(shop.anna, kind=VIDEO, name="x", size=9 * 1024**3)) == "too_large"
    assert refused(ask(shop.anna, kind=VIDEO, name="x", size=0)) == "too_large"
    upload = begun(shop, 10)
    for act in (
        lambda: uploads.look(other, upload.id),
        lambda: uploads.add(other, upload.id, offset=0, part=b"x"),
        lambda: uploads.finish(other, upload.id, digest=""),
        lambda: uploads.cancel(other, upload.id),
    ):
        with pytest.raises(NotFoundError):
            act()
    assert refused(uploads.add(shop.anna, upload.id, offset=0, part=b"x" * 11)) == "offset"
    for _ in range(uploads.MOST_OPEN - 1):
        begun(shop, 10)
    assert refused(ask(shop.anna, kind=VIDEO, name="x", size=10)) == "busy"


def test_a_quota_counts_what_is_kept_and_what_waits(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.file()
    monkeypatch.setattr(uploads, "QUOTA", len(FILM) + 100)
    begun(shop, 60)
    assert refused(uploads.begin(shop.anna, kind=VIDEO, name="x", size=60)) == "quota"


def test_what_nobody_goes_on_with_is_forgotten(shop: Shop) -> None:
    left = begun(shop, len(FILM))
    upload = begun(shop, len(FILM))
    uploads.add(shop.anna, upload.id, offset=0, part=FILM)
    loose = uploads.finish(shop.anna, upload.id, digest=digest(FILM))
    assert isinstance(loose, StoredFile)
    kept = shop.file()
    assert uploads.tidy() == 0
    old = sa.update(Upload).values(touched_at=1), sa.update(FileRecord).values(made_at=1)
    transaction(lambda s: [s.execute(one) for one in old])
    assert uploads.tidy() == 3
    with pytest.raises(NotFoundError):
        uploads.look(shop.anna, left.id)
    with pytest.raises(NotFoundError):
        stored.file_of(loose.id)
    assert stored.file_of(kept.id) == kept
    files = [path.name for path in stored.home().rglob("*") if path.is_file()]
    assert files == [kept.id]


def test_a_dead_check_is_taken_up_again_later(shop: Shop) -> None:
    upload = begun(shop, len(FILM))
    uploads.add(shop.anna, upload.id, offset=0, part=FILM)
    target = stored.path_of(upload.id)
    target.parent.mkdir(parents=True, exist_ok=True)
    (stored.home() / "parts" / upload.id).rename(target)
    assert refused(uploads.finish(shop.anna, upload.id, digest=digest(FILM))) == "busy"
    transaction(lambda s: s.execute(sa.update(Upload).values(touched_at=1)))
    assert isinstance(uploads.finish(shop.anna, upload.id, digest=digest(FILM)), StoredFile)
