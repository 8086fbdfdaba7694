"""A stranger's path: begin a plugin, bring it in, use it, break it, mend it, and be rid of it."""

from __future__ import annotations

import http.client
import shutil
import threading
import zipfile
from collections import Counter
from typing import TYPE_CHECKING, Self

import pytest
from playwright.sync_api import expect

from tests.browser import play
from tests.browser.site import Site

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.conftest import PersonFactory
    from tests.browser.person import Person

SLUG, ROOM = "night", "mara-lind"
ORDER_MS = 180_000
STRIKES = 5
HOOKS = '''

@hookimpl
def template_slot(name: str, context: SlotContext) -> Markup | None:
    """Put the programme beside the picture."""
    if name != "room.sidebar" or context.room is None:
        return None
    from .views import tab

    return tab(context.room)


@hookimpl
def register_blueprints() -> PluginBlueprint:
    """Serve the whole programme."""
    from .views import blueprint

    return blueprint
'''
VIEWS = '''"""The programme of the night."""

from __future__ import annotations

from flask import render_template
from markupsafe import Markup

from ppvcms.api import PluginBlueprint, RoomView, policy

blueprint = PluginBlueprint("night", __name__, url_prefix="/night")


@blueprint.get("/programme")
@policy(who="public")
def programme() -> str:
    """Show the whole programme."""
    return render_template("night/programme.html")


def tab(room: RoomView) -> Markup:
    """Return the programme of a room."""
    return Markup(render_template("night/tab.html", room=room))
'''
PROGRAMME = """{% extends "base.html" %}
{% block main %}<h1>{% trans %}Tonight{% endtrans %}</h1>{% endblock %}
"""
TAB = """<details class="pv-card" id="night-tab">
<summary>{% trans %}Programme{% endtrans %}</summary>
<p>{% trans title=room.title %}Tonight in {{ title }}{% endtrans %}</p></details>
"""
FAULT = "raise RuntimeError('the stage fell in')"


class Author:
    """Somebody who writes a plugin on a machine of their own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        made = Site(home / "instance", 0).command("plugins", "new", SLUG, "--kind", "mode")
        assert made.returncode == 0, made.stdout + made.stderr
        self.folder = home / "instance" / "plugins" / SLUG
        with (self.folder / "plugin.py").open("a") as code:
            code.write(HOOKS)
        self.write("views.py", VIEWS)
        self.write(f"templates/{SLUG}/programme.html", PROGRAMME)
        self.write(f"templates/{SLUG}/tab.html", TAB)

    def write(self, name: str, text: str) -> None:
        """Write a file of the plugin."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def change(self, name: str, old: str, new: str) -> None:
        """Change a file of the plugin."""
        text = (self.folder / name).read_text()
        assert old in text, (name, old)
        self.write(name, text.replace(old, new))

    def pack(self, version: str) -> Path:
        """Zip a version."""
        before = (self.folder / "plugin.toml").read_text().split('version = "')[1].split('"')[0]
        self.change("plugin.toml", f'version = "{before}"', f'version = "{version}"')
        shutil.rmtree(self.folder / "__pycache__", ignore_errors=True)
        archive = self.home / f"{SLUG}-{version}.zip"
        with zipfile.ZipFile(archive, "w") as packed:
            for path in sorted(self.folder.rglob("*")):
                if path.is_file():
                    packed.write(path, path.relative_to(self.folder.parent))
        return archive


class Passer:
    """Somebody who looks at the first page again and again, and notes what comes."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.seen: Counter[int] = Counter()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.5):
            self.seen[ask(self.site, "/")] += 1


def ask(site: Site, path: str) -> int:
    """Return the status of a page, or 0 where nothing answers."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def bring_in(owner: Person, site: Site, package: Path, *, works: str = "") -> None:
    """Upload a package, confirm it, and wait for what comes of it."""
    page, before = owner.page, site.server().pid
    page.goto(f"{site.url}/admin/upload/plugin")
    page.locator("#package").set_input_files(package)
    page.get_by_role("button", name="Look into it").click()
    expect(page.locator("main")).to_contain_text("SHA-256")
    page.locator("#word").fill(SLUG)
    page.locator("form:has(#word) .btn-primary").click()
    main = page.locator("main")
    expect(main).to_contain_text(works or "It is installed", timeout=ORDER_MS)
    if not works:
        play.until(
            lambda: (
                [one.pid for one in site.processes("ppvcms.server")] not in ([], [before])
                and site.answers()
            ),
            within_s=120,
            why="the server has the new code",
        )


def stands(owner: Person, site: Site, state: str) -> None:
    """Look at the plugin's page until it says a state."""
    page = owner.page

    def says() -> bool:
        page.goto(f"{site.url}/admin/plugins/{SLUG}")
        return page.locator(".pv-plugin__end .pv-badge").first.inner_text() == state

    play.until(says, within_s=60, why=f"the plugin is {state}")


def others(site: Site) -> list[tuple[object, ...]]:
    """Return every other plugin as its row is."""
    return site.rows(
        "SELECT slug, desired, version, quarantined_at FROM plugin WHERE slug != ? ORDER BY slug",
        SLUG,
    )


def ledger(site: Site) -> list[tuple[object, ...]]:
    """Return what was posted, and the receipts."""
    receipts = site.rows("SELECT seat_id, amount FROM receipt ORDER BY seat_id")
    return receipts + site.rows("SELECT id, kind, source FROM transfer ORDER BY id")


@pytest.mark.timeout(600)
def test_a_stranger_brings_breaks_and_mends_a_plugin(
    site: Site, person: PersonFactory, tmp_path: Path
) -> None:
    author, before = Author(tmp_path / "author"), others(site)
    owner = person("olga", camera=False)
    play.sign_in(owner, site, "owner@demo.invalid", then="/admin/plugins")
    with Passer(site) as passer:
        bring_in(owner, site, author.pack("1.0.0"))
        stands(owner, site, "Off")
        owner.page.get_by_role("button", name="Activate").click()
        stands(owner, site, "On")
        use(person, site)
        posted = ledger(site)
        break_it(owner, site, author)
        mend(owner, site, author)
        purge(owner, site)
    assert set(passer.seen) <= {200, 0}, passer.seen
    assert others(site) == before
    assert posted
    assert ledger(site) == posted
    play.books_hold(site)


def use(person: PersonFactory, site: Site) -> None:
    """Go live in the new kind of show, let somebody in who pays, and see the programme."""
    mara, alex = person("mara"), person("alex", camera=False)
    play.go_live(mara, site, mode=SLUG)
    play.enter(alex, site, "alex@demo.invalid", SLUG, slug=ROOM)
    alex.page.locator("#night-tab summary").click()
    expect(alex.page.locator("#night-tab")).to_contain_text("Tonight in")
    alex.screenshot("used")
    mara.page.locator("[data-pv-off]").click()
    mara.page.locator("dialog [value=yes]").click()
    play.until(
        lambda: site.value("SELECT count(*) FROM seat WHERE mode = ? AND state = 'settled'", SLUG),
        within_s=60,
        why="the seat is settled",
    )
    for one in (mara, alex):
        one.close()


def break_it(owner: Person, site: Site, author: Author) -> None:
    """Break a view and a hook: the page alone fails, and the plugin is put aside and named."""
    author.change("views.py", "return render_template", f"{FAULT}\n    return render_template")
    author.change("views.py", "return Markup(", f"{FAULT}\n    return Markup(")
    bring_in(owner, site, author.pack("1.1.0"))
    assert ask(site, "/night/programme") == 500
    for _ in range(STRIKES):
        assert ask(site, f"/rooms/{ROOM}") == 200
    stands(owner, site, "Put aside")
    expect(owner.page.locator("main")).to_contain_text("the stage fell in")
    owner.screenshot("named", full_page=True)
    assert ask(site, "/night/programme") == 404

    author.change("plugin.py", "from ppvcms.api import hookimpl", "1 / 0")
    bring_in(owner, site, author.pack("1.2.0"), works="ZeroDivisionError")
    owner.screenshot("not-taken")
    author.change("plugin.py", "1 / 0", "from ppvcms.api import hookimpl")


def mend(owner: Person, site: Site, author: Author) -> None:
    """Bring in a version that works, and try it again."""
    author.write("views.py", VIEWS)
    bring_in(owner, site, author.pack("1.3.0"))
    owner.page.goto(f"{site.url}/admin/plugins/{SLUG}")
    again = owner.page.get_by_role("button", name="Try again")
    if again.count():
        again.click()
    stands(owner, site, "On")
    play.until(lambda: ask(site, "/night/programme") == 200, within_s=20, why="it is back")


def purge(owner: Person, site: Site) -> None:
    """Switch it off and delete everything of it, asked twice."""
    page = owner.page
    page.get_by_role("button", name="Deactivate").click()
    page.locator("dialog [value=yes]").click()
    stands(owner, site, "Off")
    page.get_by_role("link", name="Delete everything").click()
    page.locator("#word").fill(SLUG)
    page.get_by_role("button", name="Delete everything").click()
    page.get_by_role("button", name="Delete it now").click()
    expect(page.locator("main")).to_contain_text("It is deleted", timeout=ORDER_MS)
    owner.screenshot("deleted")
    assert ask(site, "/night/programme") == 404
    assert ask(site, f"/rooms/{ROOM}") == 200
