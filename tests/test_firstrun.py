"""A server without a site shows one page, and what comes of it is a whole site or none (BO-11)."""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import importlib
import os
import re
import signal
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from ppvcms import create_app
from ppvcms.accounts import texts
from ppvcms.accounts.fields import parse
from ppvcms.accounts.models import OwnText
from ppvcms.accounts.sessions import Device
from ppvcms.config import Config
from ppvcms.content.models import Page as Written
from ppvcms.content.presets import FOLDER, presets
from ppvcms.content.setup import Beginning, make_site, wanted
from ppvcms.db import db
from ppvcms.errors import PpvcmsError
from ppvcms.firstrun import offer
from ppvcms.firstrun.code import PAUSE_S, TRIES, OneTimeCode
from ppvcms.firstrun.making import NotMadeError, make
from ppvcms.firstrun.page import FirstRun, setup_app
from ppvcms.firstrun.standing import Standing, standing
from ppvcms.host.finder import find_plugins
from ppvcms.host.settings import site
from ppvcms.rooms.models import Category
from tests import kit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient

ROOT = Path(__file__).parent.parent
PASSWORD = "seven blue boats"
GOOD = {
    "site_name": "Ask Ada",
    "preset": "advice",
    "email": "ada@example.com",
    "display_name": "Ada",
    "password": PASSWORD,
    "shop_currency": "EUR",
    "locale": "en",
    "time_zone": "Europe/Vienna",
    "gateway": "",
    "performers": "20",
    "watching": "50",
    "begin": "new",
}
TEXTS_OF_SITE = {"site_tagline", "register_fields", "profile_fields"}
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Page:
    """The page as one browser sees it, on a folder without a site."""

    def __init__(self, instance: Path, host: str = "127.0.0.1") -> None:
        self.config = Config(instance=instance, secret_key="s" * 40, host=host)
        code = OneTimeCode()
        self.code = code.new()
        self.app = setup_app(FirstRun(self.config, code))
        self.client: FlaskClient = self.app.test_client()

    def post(self, **changed: str) -> tuple[int, str]:
        found = TOKEN.search(self.client.get("/setup").text)
        assert found
        said = {"csrf_token": found[1], "code": self.code, **GOOD, **changed}
        answer = self.client.post("/setup", data=said)
        return answer.status_code, answer.text


def test_a_code_opens_until_the_next_and_ten_wrong_ones_shut_the_door_for_a_minute() -> None:
    now = 0.0
    code = OneTimeCode(lambda: now)
    first, second = code.new(), code.new()

    assert code.refusal_of(second.lower().replace("-", " ")) is None
    assert code.refusal_of(first)
    for _number in range(TRIES - 1):
        assert "not the code" in str(code.refusal_of("AAAA-AAAA-AAAA"))
    assert "Wait a minute" in str(code.refusal_of(second))
    now += PAUSE_S
    assert code.refusal_of(second) is None


def test_every_trade_names_a_theme_kinds_of_shows_and_settings_that_there_are() -> None:
    assert {one.theme for one in presets().values()} == {
        "stage",
        "advisory",
        "clinic",
        "classroom",
        "broadcast",
    }
    for one in presets().values():
        assert (ROOT / "themes" / one.theme / "theme.toml").exists()
        assert set(one.settings) <= set(one.modes)
        for slug in one.modes:
            assert (ROOT / "plugins" / slug / "plugin.toml").exists()
        for slug, values in one.settings.items():
            defaults = importlib.import_module(f"plugins.{slug}.forms").DEFAULTS
            assert set(values) <= set(defaults)


def test_the_page_says_what_does_not_fit_keeps_what_was_typed_and_makes_nothing(
    tmp_path: Path,
) -> None:
    page = Page(tmp_path)

    assert page.client.get("/anything").location == "/setup"
    assert page.client.get("/-/ready").status_code == 503
    assert page.client.get("/setup").headers["Cache-Control"] == "no-store"
    for changed, sentence in (
        ({"code": "WRONG"}, "This is not the code"),
        ({"email": "ada"}, "This is not an e-mail address"),
        ({"password": "short"}, "password"),
        ({"site_name": ""}, "Please fill this in"),
        ({"preset": "circus"}, "What happens on it</a>"),
        ({"csrf_token": "no"}, "open for too long"),
    ):
        status, html = page.post(**changed)
        assert (status, sentence in html) == (422, True), changed
        assert 'value="Ada"' in html
        assert PASSWORD not in html
    assert list(tmp_path.iterdir()) == []

    assert 'value="demo"' in page.client.get("/setup").text
    assert 'value="demo"' not in Page(tmp_path, "192.0.2.1").client.get("/setup").text


def test_the_page_speaks_the_readers_language_and_offers_it_to_the_site(tmp_path: Path) -> None:
    page = Page(tmp_path)
    german = page.client.get("/setup", headers={"Accept-Language": "de-AT,de;q=0.9"}).text
    assert '<html lang="de" dir="ltr"' in german
    assert "Ihre Website anlegen" in german
    assert "Medizin und Therapie" in german
    assert '<option selected value="de">' in german
    assert "العربية" in german
    assert "Make your site" in page.client.get("/setup?language=xx").text


def test_each_language_says_what_english_says_and_nothing_else() -> None:
    folders = sorted(path for path in FOLDER.iterdir() if path.is_dir())
    assert [path.name for path in folders] == ["ar", "de", "es"]
    for folder in folders:
        for slug, english in presets().items():
            said = tomllib.loads((folder / f"{slug}.toml").read_text())
            assert {"name", "summary", "site", "categories", "pages", "notices"} == set(said), slug
            assert set(said["site"]) == set(english.site) & TEXTS_OF_SITE
            for key in ("register_fields", "profile_fields"):
                asked, mine = (
                    [(one.key, one.kind, len(one.choices)) for one in parse(site.get(key, ()))]
                    for site in (english.site, said["site"])
                )
                assert asked == mine, (folder, slug, key)
            assert set(said["categories"]) == set(english.categories)
            for kind, words in english.notices.items():
                mine = said["notices"][kind]
                assert texts.places(*words.values()) == texts.places(*mine.values()), (folder, kind)
            spoken = presets(folder.name)[slug]
            assert spoken.pages.keys() == english.pages.keys()
            assert spoken.modes == english.modes


def test_a_site_is_made_in_its_language(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'site.sqlite3'}"
    kit.lay_tables(url)
    # Without plugins it is quick, and they have no part in it.
    config = Config(instance=tmp_path, database=url, secret_key="s" * 40, plugin_dirs=(tmp_path,))
    wish = Beginning(
        "ada@example.com",
        PASSWORD,
        "Ada",
        site={"locale": "de", "locales": ("de",)},
        preset=presets("de")["clinic"],
    )
    with create_app(config, role="command").app_context():
        make_site(wish)
        titles = dict(db.session.execute(sa.select(Written.slug, Written.title)).all())
        assert titles["how-it-works"] == "So geht es"
        assert "Seele und Stimmung" in set(db.session.scalars(sa.select(Category.name)))
        own = db.session.get(OwnText, ("core.receipt", "de"))
        assert own is not None
        assert "Termin" in own.body
        assert (site().site_tagline, site().theme) == ("Hilfe, wo Sie sind.", "clinic")
        db.session.remove()
        db.engine.dispose()


def test_the_owners_ways_to_earn_go_before_the_trades_and_leave_the_rest() -> None:
    plugins = {slug: found.manifest for slug, found in find_plugins([ROOT / "plugins"]).items()}
    assert {"tips", "paid_items", "questions"} < {way.slug for way in offer.ways()}
    assert [way.slug for way in offer.gateways()] == ["gateway_sandbox"]

    def on(**wishes: object) -> set[str]:
        wish = Beginning("ada@example.com", PASSWORD, preset=presets()["clinic"], **wishes)  # type: ignore[arg-type] # as it is asked
        return {slug for slug, one in plugins.items() if one is not None and wanted(one, wish)}

    everything = set(plugins)
    other_shows = {"mode_free", "mode_group", "mode_two_way", "mode_voyeur", "mode_editor"}
    assert on() == everything - other_shows
    mine = on(ways=frozenset({"mode_group", "tips"}), gateway="")
    earning = {way.slug for way in offer.ways()}
    assert mine == everything - earning - {"gateway_sandbox"} | {"mode_group", "tips"}


def test_where_a_site_stands_already_the_code_opens_nothing(tmp_path: Path) -> None:
    page = Page(tmp_path)
    kit.lay_tables(page.config.database_url)
    before = (tmp_path / "ppvcms.sqlite3").read_bytes()

    status, html = page.post()

    assert (status, "there is a site" in html) == (422, True)
    assert (tmp_path / "ppvcms.sqlite3").read_bytes() == before


@pytest.mark.parametrize("on_server", [False, True], ids=["sqlite", "postgresql"])
def test_what_breaks_off_is_no_site_and_in_nobodys_way(
    request: pytest.FixtureRequest, tmp_path: Path, *, on_server: bool
) -> None:
    url = request.getfixturevalue("pg_url") if on_server else ""
    config = Config(instance=tmp_path, secret_key="s" * 40, database=url)
    wish = Beginning("ada@example.com", "short", "Ada")

    with held_by_another(config), pytest.raises(NotMadeError, match="another process"):
        make(config, wish, demo=False)
    assert standing(config) is Standing.NONE
    for _attempt in range(2):
        # The tables and the first pages stand when the owner is refused.
        with pytest.raises(PpvcmsError, match="password"):
            make(config, wish, demo=False, device=Device("127.0.0.1", "tests"))
        left = Standing.UNFINISHED if url else Standing.NONE
        assert standing(config) is left


def test_a_database_of_something_else_is_left_alone(pg_url: str, tmp_path: Path) -> None:
    engine = sa.create_engine(pg_url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE bills (id int)"))
    config = Config(instance=tmp_path, secret_key="s" * 40, database=pg_url)

    with pytest.raises(NotMadeError, match="not a site's"):
        make(config, Beginning("ada@example.com", PASSWORD), demo=False)

    assert sa.inspect(engine).get_table_names() == ["bills"]
    engine.dispose()


def test_one_command_and_one_page_make_a_site_that_its_owner_is_in(
    tmp_path: Path, free_port: int
) -> None:
    with running(tmp_path, free_port) as (process, lines):
        code = next(line for line in lines if "code:" in line).split()[-1]
        cookies, html = ask(free_port, "GET", "/setup")[1:]
        found = TOKEN.search(html)
        assert found
        body = urlencode({"csrf_token": found[1], "code": code, **GOOD})
        with ThreadPoolExecutor(2) as tabs:
            answers = list(
                tabs.map(lambda _tab: ask(free_port, "POST", "/setup", cookies, body), range(2))
            )

        (went, owner, _html), other = sorted(answers, key=lambda answer: answer[0])
        assert (went, other[0]) == ("/admin/", "/sign-in?next=/admin/")
        # Waits in the queue of the socket until the site itself answers.
        assert "Next steps" in ask(free_port, "GET", "/admin/", owner)[2]
        assert "Ask Ada" in ask(free_port, "GET", "/")[2]
        assert ask(free_port, "GET", "/setup")[0] == "404"
        assert process.poll() is None


def ask(
    port: int, verb: str, path: str, cookies: str = "", body: str | None = None
) -> tuple[str, str, str]:
    """Return where an answer leads (or its status), the cookies it leaves, its text."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    kind = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    with contextlib.closing(connection):
        connection.request(verb, path, body, {"Cookie": cookies, **kind})
        answer = connection.getresponse()
        left = SimpleCookie(answer.headers.get("Set-Cookie", ""))
        kept = "; ".join(f"{one.key}={one.value}" for one in left.values())
        where = answer.headers.get("Location") or str(answer.status)
        return where, kept or cookies, answer.read().decode()


@contextlib.contextmanager
def running(instance: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Run the real command on an empty folder; yield what it said until it had said the code."""
    few = {"mode_free", "mode_private"}
    others = sorted(path.parent.name for path in ROOT.glob("plugins/*/plugin.toml"))
    given = {"PPVCMS_INSTANCE": str(instance), "PORT": str(port), "PYTHONPATH": str(ROOT)}
    # All of them would be switched on here as well, and take their time.
    given["PPVCMS_DISABLE"] = ",".join(slug for slug in others if slug not in few)
    with subprocess.Popen(
        [sys.executable, "-m", "ppvcms", "run"],
        env={**os.environ, **given},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if "code:" in line:
                break
        try:
            yield process, lines
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


@contextlib.contextmanager
def held_by_another(config: Config) -> Iterator[None]:
    """Hold what a process holds that is making the site."""
    if config.is_sqlite:
        descriptor = os.open(config.instance, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
        os.close(descriptor)
        return
    engine = sa.create_engine(config.database_url)
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT pg_advisory_lock(1886418547)"))
        yield
    engine.dispose()
