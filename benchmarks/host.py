"""What 50 active plugins cost: a request, beside a site without them, and a call of a hook.

Two sites on SQLite in one process, one with 50 plugins made for this. Each of them has
settings, a permission, a page in a menu, a style, a place that it fills, and answers
hooks that pages, lists and chats ask. Each page is asked of both in turn, through the
whole application but the network; medians of the processor's time are compared, which
others on the machine do not disturb, and the worst of the ratios counts. A hook that
all 50 implement is called through the host and through pluggy alone. Last, three
processes of the large site, which nobody asks for a page, follow a switch.
"""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask.testing import FlaskClient

    from ppvcms.config import Config
    from ppvcms.host.app import Host

GOAL = 1.05
PLUGINS, ROOMS, ROUNDS, CALLS = 50, 24, 80, 300
READER = "reader@example.org"
BASE_URL = "http://127.0.0.1:8000"
PAGES = {
    "a visitor": (("rooms", "/"), ("a room", "/rooms/room-3"), ("a plain page", "/sign-in")),
    "signed in": (("rooms", "/"), ("a room", "/rooms/room-3"), ("a plain page", "/account/wallet")),
}
PLACES = ("room.sidebar", "room.below_video", "listing.top", "account.overview", "base.footer")
MENUS = ("admin", "account", "footer", "performer", "studio")
SCOPES = ("room", "live", "dashboard", "admin", "all")

MANIFEST = """
slug = "{slug}"
name = "Plugin {number}"
summary = "One of fifty."
version = "1.0.0"
license = "BSD-3-Clause"
authors = ["benchmark"]
api = ">=1.0,<2"
guards = ["room_entry"]
permissions = ["manage"]
"""
CODE = """
from flask_wtf import FlaskForm
from markupsafe import Markup
from ppvcms.api import (
    Assets, Permission, PluginBlueprint, PluginMenuItem, SettingsSpec, fills, hookimpl
)
from wtforms import IntegerField

blueprint = PluginBlueprint("{slug}", __name__, url_prefix="/{slug}")


@blueprint.get("/")
def page():
    return "{slug}"


class Form(FlaskForm):
    most = IntegerField("Most")


@hookimpl
def register_blueprints():
    return blueprint


@hookimpl
def register_settings():
    return SettingsSpec(form=Form, defaults={{"most": 1}})


@hookimpl
def register_permissions():
    return [Permission("{slug}.manage", "Manage {slug}")]


@hookimpl
def register_menu():
    return [PluginMenuItem("{menu}", "{slug}.page", "Plugin {number}")]


@hookimpl
def register_assets():
    return [Assets("{scope}", styles=("style.css",))]


@hookimpl
@fills("{place}")
def template_slot(context):
    return Markup("<p>{slug}</p>")


@hookimpl
def room_state(room, actor):
    return {{"most": 1}}


@hookimpl
def card_facts(rooms, actor):
    return {{}}


@hookimpl
def client_badges(user_ids):
    return {{}}


@hookimpl
def filter_message(message, room, actor):
    return message


@hookimpl
def check_room_entry(room, actor):
    return None


@hookimpl
def on_event(event):
    return None
"""
PROCESS = """
import sys, time
from benchmarks.host import config_of
from pathlib import Path
from ppvcms import create_app
from ppvcms.host.follow import follow
app = create_app(config_of(Path({home!r})), role="command")
follow(app, "benchmark")
host = app.extensions["ppvcms_host"]
while host.snapshot is None:
    time.sleep(0.01)
print("ready", flush=True)
while "{slug}" in host.snapshot.active:
    time.sleep(0.01)
print(time.time(), flush=True)
"""


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        plain = stack.enter_context(_site(Path(folder) / "plain", 0))
        full = stack.enter_context(_site(Path(folder) / "full", PLUGINS))
        print(f"{'':24}{'none':>10}{f'{PLUGINS} plugins':>14}")
        worst = 0.0
        for reader, pages in PAGES.items():
            clients = [_client(site, reader) for site in (plain, full)]
            for label, path in pages:
                without, among = _medians(clients, path)
                worst = max(worst, among / without)
                name = f"{label}, {reader}"
                print(f"{name:24}{without:8.2f}ms{among:12.2f}ms   {among / without:.3f}")
        _hooks(full)
        _following(full, Path(folder) / "full")
    print(f"ratio {worst:.3f} of {GOAL}")


def _medians(clients: list[FlaskClient], path: str) -> list[float]:
    taken: list[list[float]] = [[] for _ in clients]
    for number in range(ROUNDS + 5):
        for client, times in zip(clients, taken, strict=True):
            began = time.process_time()
            answer = client.get(path, base_url=BASE_URL)
            spent = (time.process_time() - began) * 1000
            if answer.status_code != 200:
                message = f"{path} answered {answer.status_code}"
                raise RuntimeError(message)
            if number >= 5:
                times.append(spent)
    return [statistics.median(times) for times in taken]


def _hooks(site: Host) -> None:
    """Compare a call of a hook by the host with pluggy's own."""
    import pluggy

    from ppvcms import hookspecs
    from ppvcms.accounts.actor import VISITOR
    from ppvcms.host.contract import SlotContext
    from ppvcms.host.dispatch import collect

    with site.test_request_context(base_url=BASE_URL):
        host = site.extensions["ppvcms_host"]
        bare = pluggy.PluginManager(hookspecs.PROJECT)
        bare.add_hookspecs(hookspecs)
        for slug in host.snapshot.active:
            bare.register(host.loaded[slug].module, name=slug)
        told = {"name": PLACES[0], "context": SlotContext(actor=VISITOR, room=None, values={})}
        for hook, arguments in (
            ("template_slot", told),
            ("card_facts", {"rooms": (), "actor": VISITOR}),
        ):
            ours = _each(lambda: collect(hook, **arguments))  # noqa: B023 - called at once
            theirs = _each(lambda: getattr(bare.hook, hook)(**arguments))  # noqa: B023
            print(f"{hook:24}{theirs:8.2f}us{ours:12.2f}us   by pluggy alone, by the host")


def _each(call: Callable[[], object]) -> float:
    """Return the microseconds of one plugin's part in a call."""
    taken = []
    for _number in range(CALLS):
        began = time.process_time_ns()
        call()
        taken.append(time.process_time_ns() - began)
    return statistics.median(taken) / 1000 / PLUGINS


def _following(site: Host, home: Path) -> None:
    """Switch a plugin off, and print when the last of three processes knew."""
    from ppvcms.host import lifecycle

    slug = f"fifty_{PLUGINS - 1:02d}"
    command = [sys.executable, "-c", PROCESS.format(home=str(home), slug=slug)]
    processes = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    try:
        for process in processes:
            _line(process)
        with site.app_context():
            refusal = lifecycle.deactivate(slug, actor_id=None)
            if refusal is not None:
                raise RuntimeError(str(refusal))
        switched = time.time()
        last = max(float(_line(process)) for process in processes)
    finally:
        for process in processes:
            process.kill()
    print(f"three processes followed a switch within {last - switched:.2f} s of 2")


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def _client(site: Host, reader: str) -> FlaskClient:
    from ppvcms.accounts.models import User
    from ppvcms.accounts.sessions import Device, open_session
    from ppvcms.db import db, transaction
    from ppvcms.web.guards import TOKEN

    client = site.test_client()
    if reader == "signed in":
        with site.app_context():
            user = db.session.scalars(db.select(User).where(User.email == READER)).one()
            token = transaction(lambda session: open_session(session, user.id, Device()))
        with client.session_transaction(base_url=BASE_URL) as session:
            session[TOKEN] = token
    return client


def config_of(home: Path) -> Config:
    """Return the configuration of a site in a folder."""
    from ppvcms.config import Config

    return Config(
        instance=home,
        database=f"sqlite:///{home / 'site.sqlite3'}",
        secret_key="b" * 48,
        plugin_dirs=(home / "plugins", ROOT / "plugins"),
        async_mode="threading",
    )


@contextlib.contextmanager
def _site(home: Path, plugins: int) -> Iterator[Host]:
    from ppvcms import create_app
    from ppvcms.accounts.roles import ensure_roles
    from ppvcms.db import db, transaction
    from ppvcms.host import lifecycle
    from tests import kit

    slugs = [_write_plugin(home / "plugins", number) for number in range(plugins)]
    home.mkdir(exist_ok=True)
    config = config_of(home)
    kit.lay_tables(config.database_url)
    app = create_app(config)
    with app.app_context():
        transaction(ensure_roles)
        for slug in ("mode_free", "mode_private", *slugs):
            for act in (lifecycle.install, lifecycle.activate):
                answer = act(slug, actor_id=None)
                if answer is not None:
                    raise RuntimeError(str(answer))
        _fill()
        db.session.remove()
    yield app
    with app.app_context():
        db.engine.dispose()


def _write_plugin(folder: Path, number: int) -> str:
    slug, kind = f"fifty_{number:02d}", number % len(PLACES)
    home = folder / slug
    (home / "static").mkdir(parents=True)
    (home / "static" / "style.css").write_text(f".{slug} {{ color: red }}\n")
    (home / "plugin.toml").write_text(MANIFEST.format(slug=slug, number=number))
    code = CODE.format(
        slug=slug, number=number, place=PLACES[kind], menu=MENUS[kind], scope=SCOPES[kind]
    )
    (home / "plugin.py").write_text(code)
    return slug


def _fill() -> None:
    """Make people with rooms, and one who looks at them."""
    from ppvcms.accounts import services as accounts
    from ppvcms.rooms import services as rooms

    def person(name: str, role: str) -> str:
        made = accounts.create_user(
            email=f"{name.lower()}@example.org",
            display_name=name,
            password="a long enough secret",  # noqa: S106 - nobody else sees this site
            roles=(role,),
            verified=True,
            actor_id=None,
        )
        return made.id  # type: ignore[union-attr] # a user

    person("Reader", "client")
    for number in range(ROOMS):
        rooms.make_room(person(f"Person{number}", "performer"), f"Room {number}")


if __name__ == "__main__":
    main()
