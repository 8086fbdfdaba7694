"""The whole application: its pages of plugins and themes, headers, errors, safe mode."""

from __future__ import annotations

import io
import re
import shutil
import time
from typing import TYPE_CHECKING, Any

import pyotp
import pytest
from PIL import Image
from sqlalchemy import update

from ppvcms import create_app
from ppvcms.accounts import factors
from ppvcms.accounts.models import SecondFactor
from ppvcms.accounts.roles import ensure_roles
from ppvcms.accounts.services import create_user, find_by_email
from ppvcms.config import ROOT
from ppvcms.db import transaction
from ppvcms.host import lifecycle
from ppvcms.host.finder import find_plugins
from ppvcms.host.fitness import unfit
from ppvcms.host.runtime import load
from ppvcms.host.states import State
from ppvcms.host.worn import PREVIEW
from ppvcms.results import Refusal
from tests.kit import lay_tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from ppvcms.config import Config
    from ppvcms.host.app import Host

PASSWORD = "a long enough one"
EMAIL = "owner@example.org"
FORM = """
from wtforms import Form, IntegerField
from wtforms.validators import NumberRange

class TheForm(Form):
    rate = IntegerField("Rate", [NumberRange(1, 500)])

@hookimpl
def register_settings():
    return SettingsSpec(form=TheForm, defaults={"rate": 200}, title="Rates of SLUG")
"""


PHONES: dict[str, str] = {}


def code_of_phone() -> str:
    """Give the owner a second factor, and return a code that counts."""
    user = find_by_email(EMAIL)
    if user is None:
        return ""
    if user.id not in PHONES:
        setup = factors.set_up(user.id, "Site")
        assert not isinstance(setup, Refusal)
        PHONES[user.id] = setup.secret
        code = pyotp.TOTP(setup.secret).now()
        factors.switch_on(user.id, setup.sealed, code, address="")
    transaction(lambda s: s.execute(update(SecondFactor).values(last_step=0)))
    return pyotp.TOTP(PHONES[user.id]).now()


class Owner:
    """The owner's browser."""

    def __init__(self, app: Host) -> None:
        self.client: FlaskClient = app.test_client()
        with app.app_context():
            code = code_of_phone()
        self.post("/sign-in", email=EMAIL, password=PASSWORD)
        if code:
            self.post("/sign-in/code", code=code)

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def post(self, path: str, **data: Any) -> TestResponse:
        page = self.client.get(path if "/sign-in" in path else "/admin/plugins").text
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        token = found.group(1) if found else ""
        return self.client.post(path, data={"csrf_token": token, **data}, follow_redirects=True)


@pytest.fixture
def site(config: Config) -> Host:
    """The whole application on a site with an owner."""
    lay_tables(config.database_url)
    app = create_app(config, role="command")
    with app.app_context():
        transaction(ensure_roles)
        answer = create_user(
            email=EMAIL,
            display_name="Olga",
            password=PASSWORD,
            roles=("owner",),
            verified=True,
            actor_id=None,
        )
        assert not isinstance(answer, Refusal), str(answer)
    return app


def test_an_owner_installs_and_switches_a_plugin_on_and_off(
    site: Host, write_plugin: Callable[..., str]
) -> None:
    slug = write_plugin("")
    owner = Owner(site)
    assert f"Plugin {slug}" in owner.get("/admin/plugins").text

    # A process that serves loads no code: it installs, and the next one has the plugin.
    assert "is installed" in owner.post(f"/admin/plugins/{slug}/install").text
    with site.app_context():
        load(site, slug)
    assert "is on" in owner.post(f"/admin/plugins/{slug}/activate").text
    assert "is off" in owner.post(f"/admin/plugins/{slug}/deactivate").text


def test_the_plugins_page_is_there_with_every_plugin_and_theme_broken(
    site: Host,
    write_plugin: Callable[..., str],
    write_theme: Callable[..., str],
    config: Config,
) -> None:
    good = write_plugin("@hookimpl\ndef template_slot(name):\n    raise ValueError('oh')\n")
    raising = write_plugin("@hookimpl\ndef plugin_problems(ctx):\n    raise ValueError('oh')\n")
    with site.app_context():
        for slug in (good, raising):
            assert lifecycle.install(slug, actor_id=None) is None
            assert lifecycle.activate(slug, actor_id=None) is None
    write_plugin("raise SystemExit")
    (config.plugin_dirs[0] / "broken").mkdir()
    (config.plugin_dirs[0] / "broken" / "plugin.toml").write_text("slug = ")
    write_theme("stage", **{"layouts/admin.html": "{% if %}", "base.html": "{{ 1 // 0 }}"})
    whole = create_app(config, role="command")

    answer = Owner(whole).get("/admin/plugins")

    assert answer.status_code == 200
    assert "not valid TOML" in answer.text
    assert "ValueError: oh" in answer.text


def test_only_who_may_manages_plugins(site: Host, write_plugin: Callable[..., str]) -> None:
    slug = write_plugin("")
    visitor = site.test_client()

    assert visitor.get("/admin/plugins").status_code == 302
    assert visitor.post(f"/admin/plugins/{slug}/install").status_code == 400
    with site.app_context():
        found = next(each for each in lifecycle.overview() if each.slug == slug)
        assert found.state is State.DISCOVERED


def test_settings_keep_what_was_typed_and_say_what_is_wrong(
    site: Host, write_plugin: Callable[..., str]
) -> None:
    slug = write_plugin(FORM)
    with site.app_context():
        lifecycle.install(slug, actor_id=None)
        lifecycle.activate(slug, actor_id=None)
    owner, url = Owner(site), f"/admin/plugins/{slug}/settings"
    assert f"Rates of {slug}" in owner.get(url).text

    wrong = owner.post(url, rate="999")
    assert wrong.status_code == 422
    assert 'value="999"' in wrong.text

    assert "Saved" in owner.post(url, rate="300").text
    changed = owner.get(url).text
    assert 'value="300"' in changed
    assert "Changed on" in changed
    assert "first value again" in owner.post(url, reset="rate").text
    assert 'value="200"' in owner.get(url).text
    owner.post(url, rate="300")
    assert "first values again" in owner.post(url, reset="*").text
    assert 'value="200"' in owner.get(url).text


def test_a_theme_is_previewed_by_the_owner_alone_and_then_used(
    site: Host, write_theme: Callable[..., str]
) -> None:
    write_theme("stage")
    words = '[labels.en.performer]\none = "Teacher"\nother = "Teachers"\n'
    write_theme("classroom", words, **{"../static/theme.css": "p {}"})
    owner, visitor = Owner(site), site.test_client()
    mark = "/assets/theme.classroom/"
    assert "Teachers" in owner.get("/admin/themes").text

    owner.post("/admin/themes/classroom/preview")
    seen = owner.get("/").text
    assert mark in seen
    assert "You alone see the theme" in seen
    assert "Sign in" in seen, "as a visitor would"
    assert "Sign out" in owner.get("/admin/themes").text
    assert "Sign out" in owner.get("/account").text, "a page of one's own"
    assert mark not in visitor.get("/").text
    with owner.client.session_transaction() as browser:
        browser[PREVIEW] = {**browser[PREVIEW], "ends_at": int(time.time()) - 1}
    assert mark not in owner.get("/").text, "it ends by itself"
    owner.post("/admin/themes/classroom/preview")
    assert mark in owner.get("/").text

    owner.post("/admin/themes/preview/end")
    assert mark not in owner.get("/").text
    owner.post("/admin/themes/classroom/use")
    assert mark in visitor.get("/").text


def test_an_owner_customises_in_a_draft_and_publishes_it(
    site: Host, write_theme: Callable[..., str]
) -> None:
    write_theme("stage", **{"../static/theme.css": ":root {\n  --pv-ink: #111111;\n}\n"})
    owner, visitor = Owner(site), site.test_client()
    framed = {"Sec-Fetch-Dest": "iframe"}
    assert "Customise" in owner.get("/admin/themes/customise").text

    told = owner.post(
        "/admin/themes/stage/look.json",
        **{"light.ink": "#CCCCCC", "dark.ink": "red; } body { display: none", "font.text": "nope"},
        **{"home": "list", "shown.list": "1", "label.en.client.one": "<b>Fan</b>"},
        logo=(io.BytesIO(png((40, 20))), "logo.png"),
    )

    assert told.json is not None
    assert "contrast" in told.json["warnings"][0]
    sheet = visitor.get(told.json["sheet"]).text
    assert "--pv-ink: #cccccc;" in sheet
    assert "display" not in sheet
    assert told.json["sheet"] not in visitor.get("/", headers=framed).text
    seen = owner.client.get("/", headers=framed)
    assert told.json["sheet"] in seen.text
    assert "Sign out" not in seen.text, "the frame shows what a visitor sees"
    assert "frame-ancestors 'self'" in seen.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in owner.get("/").headers["Content-Security-Policy"]

    refused = owner.post(
        "/admin/themes/stage/look.json", icon=(io.BytesIO(b"<svg onload='x'>"), "icon.png")
    )
    assert refused.status_code == 422

    published = owner.post("/admin/themes/stage/look", **{"light.ink": "#222222"})
    assert "Published" in published.text
    page = visitor.get("/").text
    logo = re.search(r'src="(/looks/\w+)"', page)
    assert logo is not None
    assert Image.open(io.BytesIO(visitor.get(logo.group(1)).data)).format == "PNG"
    assert "before" in owner.post("/admin/themes/stage/look/undo").text
    assert "/looks/" not in visitor.get("/").text
    assert owner.post("/admin/themes/nowhere/look/reset").status_code == 404


def png(size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGBA", size, (200, 30, 60, 90)).save(out, "PNG")
    return out.getvalue()


def test_safe_mode_shuts_the_public_site_and_leaves_the_back_office(
    site: Host, config: Config
) -> None:
    owner = Owner(site)
    (config.instance / "SAFE_MODE").touch()

    assert owner.get("/").status_code == 503
    page = owner.get("/admin/plugins")
    assert page.status_code == 200
    assert "Safe mode: no plugin runs" in page.text


@pytest.mark.parametrize("path", ["/", "/sign-in", "/nowhere", "/admin/plugins"])
def test_every_answer_carries_the_headers(site: Host, path: str) -> None:
    headers = site.test_client().get(path).headers

    rules = headers["Content-Security-Policy"]
    assert "default-src 'self'" in rules
    assert "frame-ancestors 'none'" in rules
    assert "unsafe" not in rules
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_pages_of_who_is_signed_in_are_not_kept(site: Host) -> None:
    assert "no-store" in Owner(site).get("/account").headers["Cache-Control"]


def test_an_error_is_a_page_with_a_number_and_no_trace(site: Host) -> None:
    site.config["PROPAGATE_EXCEPTIONS"] = False
    site.view_functions["files.ready"] = breaks

    answer = site.test_client().get("/-/ready")

    assert answer.status_code == 500
    assert "ZeroDivisionError" not in answer.text
    assert "<code>" in answer.text


def breaks() -> str:
    return str(1 // 0)


breaks.policy = object()  # type: ignore[attr-defined]


def test_an_error_of_a_json_address_is_json(site: Host) -> None:
    answer = site.test_client().get("/rooms/nobody/state.json")

    assert answer.status_code == 404
    assert answer.json is not None
    assert answer.json["error"]["code"] == "not_found"


def test_no_view_is_without_a_declared_policy(site: Host) -> None:
    missing = [
        endpoint
        for endpoint, view in site.view_functions.items()
        if endpoint != "static" and getattr(view, "policy", None) is None
    ]

    assert missing == []


def test_the_bundled_plugins_are_all_fit(site: Host) -> None:
    del site
    found = {slug: unfit(each) for slug, each in find_plugins([ROOT / "plugins"]).items()}
    assert found
    assert {slug: each.problems for slug, each in found.items() if each.problems} == {}


ASSETS = """
@hookimpl
def register_assets():
    return [
        Assets("all", styles=("all.css",), modules=("all.js",)),
        Assets("dashboard", styles=("work.css",), modules=("work.js",)),
        Assets("room", styles=("room.css",), modules=("room.js",)),
    ]
"""


def test_each_page_loads_the_plugins_files_of_its_scope(
    site: Host, write_plugin: Callable[..., str]
) -> None:
    slug = write_plugin(ASSETS, static__all_dot_css="p {}")
    with site.app_context():
        lifecycle.install(slug, actor_id=None)
        lifecycle.activate(slug, actor_id=None)
    owner = Owner(site)

    def loaded(path: str) -> set[str]:
        page = owner.get(path).text
        return set(re.findall(rf"/assets/{slug}/\w+/(\w+\.\w+)", page))

    assert loaded("/") == {"all.css", "all.js"}
    assert loaded("/account") == {"all.css", "all.js", "work.css", "work.js"}


def test_a_site_whose_plugin_folders_are_deleted_still_answers(
    site: Host, write_plugin: Callable[..., str], config: Config
) -> None:
    slug = write_plugin(ASSETS)
    with site.app_context():
        lifecycle.install(slug, actor_id=None)
        lifecycle.activate(slug, actor_id=None)
    shutil.rmtree(config.plugin_dirs[0])
    owner = Owner(create_app(config, role="command"))

    for path in ("/", "/account", "/credits", "/admin/", "/admin/plugins", "/admin/ledger"):
        assert owner.get(path).status_code == 200, path
    assert "is gone" in owner.get("/admin/plugins").text
