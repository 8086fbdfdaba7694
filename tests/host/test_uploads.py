"""Uploading in the browser: who may, what is shown, what is confirmed, and what comes of it."""

from __future__ import annotations

import io
import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ppvcms import create_app
from ppvcms.accounts import roles
from ppvcms.accounts.models import AuditLog, LoginSession, Mail, Role
from ppvcms.db import db, transaction
from ppvcms.host import orders, recovery
from ppvcms.host.models import PluginRow
from ppvcms.host.orders import Order
from ppvcms.jobs.outbox import deliver_due
from ppvcms.notices.models import Notice
from tests.host.packs import SLUG, Part, packed, plain
from tests.host.test_installing import put_in
from tests.host.test_lifecycle import forget_imported
from tests.host.test_pages import Owner, site

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from werkzeug.test import TestResponse

    from ppvcms.config import Config
    from ppvcms.host.app import Host

__all__ = ["site"]
GOOD = packed(plain())
THEME = b"""
slug = "pastel"
name = "Pastel"
version = "1.0.0"
license = "MIT"
authors = ["A. Tester"]
api = ">=1.0,<2"
kind = "data"
parent = "stage"
"""


def sent(owner: Owner, data: bytes, *, kind: str = "plugin", token: str = "") -> TestResponse:
    page = owner.client.get("/admin/plugins", follow_redirects=True).text
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    return owner.client.post(
        f"/admin/upload/{kind}",
        data={
            "csrf_token": token or (found[1] if found else ""),
            "package": (io.BytesIO(data), "a.zip"),
        },
        content_type="multipart/form-data",
    )


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]+)"', page)
    return found[1] if found else ""


def staged(config: Config) -> list[Path]:
    folder = config.instance / "staging"
    return list(folder.iterdir()) if folder.is_dir() else []


def test_an_owner_uploads_sees_confirms_and_gets_it(site: Host, config: Config) -> None:
    owner = Owner(site)
    refused = sent(owner, packed([*plain(), Part("../evil", b"x")]))
    assert refused.status_code == 422
    assert "leads out of the package" in refused.text
    assert staged(config) == []

    place = sent(owner, GOOD).headers["Location"]
    page = owner.get(place).text
    sha256 = hidden(page, "sha256")
    for shown in (
        "Parcel",
        "A. Tester",
        "MIT",
        sha256,
        "all the rights of your site",
        "not signed",
    ):
        assert shown in page
    assert "another word" in owner.post(f"{place}/confirm", sha256=sha256, word="x").text
    assert (
        "not the one that you were shown"
        in owner.post(f"{place}/confirm", sha256="0" * 64, word=SLUG).text
    )

    page = owner.post(f"{place}/confirm", sha256=sha256, word=SLUG).text
    order_id = max(path.name for path in (config.instance / "orders").iterdir() if path.is_dir())
    until = time.monotonic() + 120
    while 'http-equiv="refresh"' in page and time.monotonic() < until:
        time.sleep(0.2)
        page = owner.get(f"/admin/orders/{order_id}").text
    assert "It is installed" in page
    assert staged(config) == []
    with site.app_context():
        row = db.session.get(PluginRow, SLUG)
        assert row is not None
        assert row.desired == "inactive"
        acts = list(db.session.scalars(sa.select(AuditLog.action).order_by(AuditLog.id)))
    assert [act for act in acts if act.startswith("host.")] == [
        *["host.package.received"] * 2,
        "host.package.confirmed",
        "host.plugin.installed",
    ]
    page = owner.get(f"/admin/plugins/{SLUG}").text
    assert "as an upload" in page
    assert "Once more" not in owner.post(f"/admin/plugins/{SLUG}/purge", word="x").text
    assert "Once more" in owner.post(f"/admin/plugins/{SLUG}/purge", word=SLUG).text


def test_a_theme_of_data_alone_needs_no_word(site: Host, config: Config) -> None:
    owner = Owner(site)
    bad = sent(owner, packed([Part("pastel/theme.toml", THEME), Part("pastel/a.js")]), kind="theme")
    assert "data alone" in bad.text
    good = packed([Part("pastel/theme.toml", THEME), Part("pastel/static/theme.css", b"p {}")])
    place = sent(owner, good, kind="theme").headers["Location"]
    page = owner.get(place).text
    assert 'name="word"' not in page
    package_id, sha256 = place.rpartition("/")[2], hidden(page, "sha256")

    with site.app_context():
        home = config.instance / "orders" / "1"
        home.mkdir(parents=True)
        order = Order(orders.INSTALL_THEME, "pastel", None, package_id, sha256)
        (home / "order.json").write_text(orders.written(order))
        assert orders.carry_out("1") is None
    found = create_app(config, role="command").extensions["ppvcms_host"].themes["pastel"]

    assert found.manifest is not None
    assert found.path.parent.parent == config.theme_dirs[0]


def test_who_may_not_bring_code_in_leaves_nothing_on_the_disk(site: Host, config: Config) -> None:
    owner = Owner(site)
    with site.app_context():
        role = roles.save_role(
            key="helper",
            name="Helper",
            is_open=False,
            permissions=[*roles.PERMISSIONS],
            actor_id=None,
        )
        assert isinstance(role, Role)
        assert "code.manage" not in role.granted, "no other role can be given it"
        owners = db.session.scalars(sa.select(Role).where(Role.key == "owner")).one()
        assert "code.manage" in owners.granted
    assert sent(owner, GOOD, token="forged").status_code == 400

    with site.app_context():
        transaction(lambda s: s.execute(sa.update(LoginSession).values(confirmed_at=0)))
    stale = sent(owner, GOOD)
    assert "/confirm" in stale.headers["Location"]
    assert "/sign-in" in sent(Visitor(site), GOOD).headers["Location"]

    closed = create_app(replace(config, file_mods=False), role="command")
    shut = Owner(closed)
    for path in ("/admin/upload/plugin", f"/admin/plugins/{SLUG}/purge"):
        answer = shut.get(path)
        assert answer.status_code == 403
        assert "ppvcms plugins" in answer.text
    assert 'href="/admin/upload/plugin"' not in shut.get("/admin/plugins").text
    assert staged(config) == []


class Visitor(Owner):
    """Somebody who has no account."""

    def __init__(self, app: Host) -> None:
        self.client = app.test_client()


def test_a_recovery_link_leads_an_owner_into_safe_mode_once(
    site: Host, config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    for _start in range(2):
        recovery.offer(site)
    with site.app_context():
        (mail,) = db.session.scalars(sa.select(Mail)).all()
    printed = re.findall(r"/admin/recovery/\S+", capsys.readouterr().err)
    mailed = printed[0]
    assert mailed in mail.body
    assert mailed.rpartition("/")[2] not in (config.instance / "boot" / "recovery").read_text()
    assert site.test_client().get(mailed).status_code == 302, "signing in comes first"

    owner = Owner(site)
    assert "can be used once" in owner.get(mailed).text
    assert not (config.instance / "SAFE_MODE").exists(), "opening it changes nothing"
    assert owner.get("/admin/recovery/nonsense").status_code == 410
    assert "Start normally" in owner.post(mailed).text
    assert (config.instance / "SAFE_MODE").exists()
    assert owner.post(mailed).status_code == 410
    path = config.instance / "boot" / "recovery"
    path.write_text(re.sub(r"\d+\.\d+", "1.0", path.read_text()))
    assert owner.get(printed[1]).status_code == 410, "a day has passed"


def test_safe_mode_goes_on_and_off_in_the_back_office(site: Host, config: Config) -> None:
    owner = Owner(site)

    assert "Safe mode is on" in owner.post("/admin/safe-mode", state="on").text
    assert (config.instance / "SAFE_MODE").exists()
    assert owner.get("/").status_code == 503
    assert "Start normally" in owner.get("/admin/plugins").text
    assert "Safe mode is off" in owner.post("/admin/safe-mode", state="off").text
    assert owner.get("/").status_code == 200
    assert "Something is badly wrong" in owner.get("/admin/plugins?q=nothing+fits").text


def test_the_other_owners_are_told_when_code_comes_in(site: Host, tmp_path: Path) -> None:
    with site.app_context():
        assert put_in(GOOD, tmp_path, tried=True) is None
        assert put_in(packed(plain("2.0.0")), tmp_path, tried=True) is None
        deliver_due()
        told = db.session.scalars(sa.select(Notice.title).order_by(Notice.id))
        assert list(told) == ["parcel 1.0.0 was installed", "parcel 2.0.0 was upgraded"]
    forget_imported(SLUG)
