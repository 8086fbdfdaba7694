"""The media library: pictures written anew, private files apart, where each is used."""

from __future__ import annotations

import contextvars
import io
import re
from typing import TYPE_CHECKING, Any

from PIL import Image
from sqlalchemy import Column, ForeignKey, Integer, String, Table
from werkzeug.datastructures import MultiDict
from wtforms import Form

from ppvcms.accounts.models import SecondFactor
from ppvcms.accounts.services import people
from ppvcms.content import stored
from ppvcms.content.library import files, items, keeping
from ppvcms.content.library.field import PictureField
from ppvcms.content.models import FileRecord
from ppvcms.content.services import render_text
from ppvcms.db import Base, db, transaction
from ppvcms.host.models import Setting
from ppvcms.ids import new_id
from ppvcms.results import Refusal
from ppvcms.web.admin.siteconfig.plan import bring_in, export, look_at
from tests.web.office import browser_of, log

if TYPE_CHECKING:
    from typing import IO

    from werkzeug.test import TestResponse

    from ppvcms.accounts.models import AuditLog
    from tests.live import Site
    from tests.web.office import Browser

SITE = {"site_name": "Harbour", "locale": "en", "locales": "en", "time_zone": "UTC"}
PDF = b"%PDF-1.7\n% rules of the house\n%%EOF\n"


def drawn(width: int = 40, height: int = 24, form: str = "PNG", **how: object) -> bytes:
    """Return a picture of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), (10, 90, 160)).save(out, form, **how)
    return out.getvalue()


def sent(data: bytes, name: str = "sea.png") -> tuple[IO[bytes], str]:
    """Return a file as a form sends it."""
    return io.BytesIO(data), name


def kept(data: bytes, name: str = "sea.png", *, private: bool = False) -> items.Item:
    """Put a file into the library."""
    answer = keeping.add(io.BytesIO(data), name=name, private=private, actor_id=None)
    assert not isinstance(answer, Refusal), answer
    return answer.item


def sending(browser: Browser, path: str, **more: Any) -> TestResponse:
    """Send something from a context of its own, as a server does."""
    ask = browser.client.post
    answer: TestResponse = contextvars.Context().run(ask, path, base_url=browser.address, **more)
    return answer


def loaded(browser: Browser, path: str) -> TestResponse:
    """Return a file whose bytes were read and whose place is closed."""
    answer = browser.get(path)
    answer.get_data()
    answer.close()
    return answer


def shown(item_id: str) -> items.LibraryPicture:
    """Return the picture of an item for everybody."""
    found = items.picture(item_id)
    assert found is not None
    return found


def newest() -> items.Item:
    """Return what was added last."""
    return items.items().items[0]


def test_a_picture_is_written_anew_shown_in_a_text_replaced_and_deleted(owner: Browser) -> None:
    turned = Image.Exif()
    turned[0x0112], turned[0x010E] = 6, "a place nobody should know"
    photo = drawn(1600, 400, "JPEG", exif=turned)
    drawing = sent(b"<?xml?><svg onload=alert(1)/>", "x.svg")

    page = owner.post("/admin/library", files=[sent(photo, "photos/sea side.jpg"), drawing])
    told = owner.text("/admin/library")

    item = newest()
    assert page.status_code == 302
    assert (item.name, item.alt, items.items().total) == ("sea side.jpg", "", 1)
    assert "SVG drawings can hold programs" in told
    assert item.picture is not None
    assert item.picture.widths == ((80, 320), (160, 640), (320, 1280), (400, 1600))
    answer = loaded(owner, item.picture.url(9999))
    assert b"nobody should know" not in answer.data
    with Image.open(io.BytesIO(answer.data)) as opened:
        assert (opened.size, dict(opened.getexif())) == ((400, 1600), {})
    assert (answer.cache_control.max_age, answer.cache_control.immutable) == (31_536_000, True)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    _is_shown_and_found(owner, item)
    _is_replaced_everywhere(owner, item)


def _is_shown_and_found(owner: Browser, item: items.Item) -> None:
    path = f"/admin/library/{item.id}"
    owner.post(path, name="Harbour", alt="Boats at <dusk>")
    html = render_text(f"Look: ![](media:{item.id}) ![ours](media:{new_id()}) ![x](//evil/a.png)")

    assert 'alt="Boats at &lt;dusk&gt;"' in html
    assert re.findall(r' src="([^"]+)"', html) == [shown(item.id).src]
    assert "ours" in html
    assert [one.id for one in items.items("harb dusk").items] == [item.id]
    assert items.items("100%").total == 0
    assert items.uses(item.id) == []
    _put_above_the_pages(f"![](media:{item.id})")
    assert [(one.owner, one.name) for one in items.uses(item.id)] == [("regions", "top")]
    owner.post(f"{path}/delete")
    told = owner.text(path)
    assert "It is used in 1 places. Nothing was deleted." in told
    assert "Blocks around the pages: top" in told
    _put_above_the_pages("")


def _put_above_the_pages(text: str) -> None:
    row = Setting(
        scope="site", scope_id="", plugin="regions", key="top", value=[{"text": text}], changed_at=1
    )
    transaction(lambda session: session.merge(row))


def _is_replaced_everywhere(owner: Browser, item: items.Item) -> None:
    text, before = f"![](media:{item.id})", shown(item.id)
    path = f"/admin/library/{item.id}"
    owner.post(f"{path}/replace", file=sent(PDF, "rules.pdf"))
    assert "replaced by a picture" in owner.text(path)
    owner.post(f"{path}/replace", file=sent(drawn(30, 30), "other.png"))

    after = shown(item.id)
    assert after.name == "Harbour"
    assert after.digest in render_text(text)
    assert owner.get(before.src).status_code == 404
    assert loaded(owner, after.src).status_code == 200
    owner.post(f"{path}/delete")
    assert owner.get(after.src).status_code == 404
    assert render_text(text) == "<p></p>\n"
    assert [one.action.rpartition(".")[2] for one in audited()] == [
        *("added", "changed", "replaced", "deleted")
    ]


def audited() -> list[AuditLog]:
    """Return what the audit log says of the library."""
    names = ("added", "changed", "replaced", "deleted")
    return [row for name in names for row in log(f"content.library.{name}")]


def test_what_is_no_picture_too_large_or_moves_is_said(quick_site: Site) -> None:
    del quick_site
    frames = [Image.new("RGB", (20, 20), (shade, 0, 0)) for shade in (0, 90, 200)]
    moving, clear = io.BytesIO(), io.BytesIO()
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:])
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(clear, "PNG")
    wrong = {
        "svg": b"<!-- x -->\n<SVG xmlns='http://www.w3.org/2000/svg'/>",
        "kind": b"#!/bin/sh\n",
        "invalid": b"\x89PNG\r\n\x1a\n" + bytes(90),
        "too_large": b"\xff\xd8\xff" + bytes(keeping.LARGEST_PICTURE),
    }

    for code, data in wrong.items():
        answer = keeping.add(io.BytesIO(data), name="x", private=False, actor_id=None)
        assert isinstance(answer, Refusal)
        assert answer.code == code
    moving.seek(0)
    clear.seek(0)
    first = keeping.add(moving, name="wave.gif", private=False, actor_id=None)
    seen = keeping.add(clear, name="mark.png", private=False, actor_id=None)

    assert not isinstance(first, Refusal)
    assert not isinstance(seen, Refusal)
    assert (first.moving, seen.moving) == (True, False)
    assert seen.item.picture is not None
    assert seen.item.picture.suffix == "webp"
    assert items.totals().items == 2
    loose = files.home() / "ab" / ("ab" * 32)
    loose.mkdir(parents=True)
    assert keeping.tidy() == 0
    files.LEFT_BEHIND_S, before = -60, files.LEFT_BEHIND_S
    try:
        assert keeping.tidy() == 1
    finally:
        files.LEFT_BEHIND_S = before
    assert not loose.exists()
    assert files.folder_of(seen.item.picture.digest).is_dir()


def test_a_table_that_points_at_a_picture_keeps_it(quick_site: Site) -> None:
    del quick_site
    sea = kept(drawn(), "sea.png")
    points = ForeignKey("library_item.id")
    table = Table("probe__shelf", Base.metadata, Column("id", Integer, primary_key=True))
    table.append_column(Column("cover", String(26), points))
    try:
        assert items.uses(sea.id) == []
        transaction(lambda session: table.create(session.connection()))
        transaction(lambda session: session.execute(table.insert().values(id=7, cover=sea.id)))

        assert [(one.kind, one.id) for one in items.uses(sea.id)] == [("probe__shelf", "7")]
        refusal = keeping.delete(sea.id, actor_id=None)
        assert refusal is not None
        assert refusal.code == "used"
    finally:
        Base.metadata.remove(table)


def test_private_files_are_opened_by_a_link_for_whom_they_are_meant(
    quick_site: Site, owner: Browser
) -> None:
    ben = browser_of(quick_site, quick_site.person("Ben", "client"))
    mara = browser_of(quick_site, quick_site.person("Mara", "performer"))
    owner.post("/admin/library", files=[sent(PDF, "rules.pdf")])
    owner.post("/admin/library", files=[sent(drawn(100, 80), "plan.png")], private="1")
    plan, rules = items.items(kind="private").items
    assert (plan.kind, rules.kind, plan.picture) == ("image", "document", None)
    assert items.picture(plan.id) is None
    assert "plan.png" not in str(items.choices())
    assert render_text(f"[The rules](media:{rules.id})") == (
        f'<p><a href="/media/open/{rules.id}" rel="noopener noreferrer">The rules</a></p>\n'
    )

    door = f"/media/open/{rules.id}"
    assert [one.get(door).status_code for one in (owner, ben, mara)] == [302, 403, 403]
    owner.post(f"/admin/library/{rules.id}", name="House rules", audience="role:client")
    assert [one.get(door).status_code for one in (owner, ben, mara)] == [302, 302, 403]
    visitor = quick_site.app.test_client().get(door, base_url=owner.address)
    assert "/sign-in" in visitor.headers["Location"]
    link = ben.get(door).headers["Location"]
    opened = loaded(ben, link)
    assert (opened.data, opened.headers["Cache-Control"]) == (PDF, "private, no-store")
    assert opened.headers["Content-Disposition"].startswith("attachment")
    assert [one.get(link).status_code for one in (owner, mara)] == [404, 404]
    owner.post(f"/admin/library/{rules.id}", name="House rules", audience="")
    assert ben.get(link).status_code == 404

    owner.post(f"/admin/library/{rules.id}/delete")
    db.session.rollback()
    left = db.session.query(FileRecord.slug, FileRecord.kept).all()
    assert left == [(stored.LIBRARY, True)]


def test_a_form_chooses_a_picture_and_the_dialog_brings_one(
    quick_site: Site, owner: Browser
) -> None:
    class Choice(Form):
        picture = PictureField("Picture")

    token = {"X-CSRFToken": owner.token()}
    path = "/admin/library/pictures.json"
    brought = sending(owner, path, data={"file": sent(drawn())}, headers=token)
    refused = sending(owner, path, data={"file": sent(b"no")}, headers=token)
    found = owner.get(f"{path}?q=sea").get_json()
    picture = brought.get_json()["picture"]

    assert (brought.status_code, refused.status_code) == (201, 422)
    assert found == {"pictures": [picture], "page": 1, "pages": 1}
    chosen, none = (Choice(MultiDict({"picture": value})) for value in (picture["id"], ""))
    gone = Choice(MultiDict({"picture": new_id()}))
    assert (chosen.validate(), none.validate(), gone.validate()) == (True, True, False)
    assert f'<option data-thumb="{picture["thumb"]}" selected' in str(chosen.picture())
    others = [quick_site.person(name, name) for name in ("client", "performer", "moderator")]
    for browser in [browser_of(quick_site, one) for one in others]:
        assert browser.get("/admin/library").status_code == 403
        assert browser.get(path).status_code == 403


def test_a_package_may_be_as_large_as_one_unpacked_and_nothing_else_may(
    quick_site: Site, owner: Browser
) -> None:
    (olga,) = people(role="owner")
    factor = SecondFactor(user_id=olga.id, secret="", codes=[], on_at=1)
    transaction(lambda session: session.merge(factor))
    package = [io.BytesIO(b"PK\x03\x04" + bytes(13 * 1024 * 1024)), "a.zip"]
    answer = owner.post("/admin/upload/plugin", package=tuple(package))
    answer.request.environ["wsgi.input"].close()
    assert (answer.status_code, "Nothing of it was kept" in answer.text) == (422, True)

    ben = browser_of(quick_site, quick_site.person("Ben", "client"))
    said = [
        sending(
            browser,
            path,
            content_type="multipart/form-data; boundary=x",
            environ_overrides={"CONTENT_LENGTH": str(size * 1024 * 1024)},
        )
        for browser, size, path in (
            (owner, 60, "/admin/upload/plugin"),
            (ben, 13, "/admin/upload/plugin"),
            (owner, 13, "/admin/library/none/delete"),
        )
    ]
    assert [one.status_code for one in said] == [413, 413, 413]
    assert "At most 51 MB can be sent here at once. Nothing of it was kept." in said[0].text


def test_a_picture_stands_for_links_becomes_the_logo_and_is_named_in_the_configuration(
    owner: Browser,
) -> None:
    sea = kept(drawn(1300, 700), "sea.png")
    owner.post("/admin/settings", group="site", **SITE, social_picture=sea.id)
    owner.post("/admin/themes/stage/look", **{"library.logo": sea.id})

    home = owner.get("/").text
    logo = re.search(r'src="(/looks/[0-9a-f]+)"', home)
    assert f'property="og:image" content="{owner.address}{shown(sea.id).src}"' in home
    assert logo is not None
    with Image.open(io.BytesIO(owner.get(logo[1]).data)) as opened:
        assert (opened.format, opened.size[0]) == ("PNG", 480)
    assert [(one.owner, one.name) for one in items.uses(sea.id)] == [("core", "social_picture")]

    data = export()
    assert look_at(data).left == ()
    owner.post("/admin/settings", group="site", **SITE, social_picture="")
    assert keeping.delete(sea.id, actor_id=None) is None
    plan = bring_in(data, actor_id=None)
    assert [one.path for one in plan.left] == [f"pictures.{sea.id}"]
    assert "“sea.png” is not in this site's library" in plan.left[0].why
    assert "og:image" in owner.get("/").text
