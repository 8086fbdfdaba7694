"""A whole site for tests: bundled plugins, an engine in memory, people and rooms."""

from __future__ import annotations

import atexit
import contextlib
import shutil
import tempfile
import textwrap
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import event, make_url

from ppvcms import create_app
from ppvcms.accounts import services as accounts
from ppvcms.accounts.actor import actor_of
from ppvcms.accounts.models import User
from ppvcms.accounts.roles import ensure_roles
from ppvcms.config import ROOT, Config
from ppvcms.db import db, now_ms, transaction
from ppvcms.host import lifecycle
from ppvcms.host.snapshot import newest
from ppvcms.media import ingest
from ppvcms.media.contract import EventKind, MediaEvent
from ppvcms.media.models import Grant
from ppvcms.media.services import Holder, grant_for_publisher
from ppvcms.metering import accepting, quotes, requests, running
from ppvcms.metering.accepting import Accepted
from ppvcms.metering.quotes import Offer
from ppvcms.results import Refusal
from ppvcms.rooms import services as rooms
from ppvcms.rooms import shows
from ppvcms.rooms.models import Room, Show, ShowRequest
from ppvcms.testing.engine import ENGINE
from ppvcms.web import guards
from tests import kit

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from ppvcms.accounts.actor import Actor
    from ppvcms.host.app import Host

PLUGINS = ("mode_free", "mode_private", "tips", "media_memory")
MODES = ("mode_group", "mode_exclusive", "mode_two_way", "mode_voyeur")


@dataclass
class Site:
    """What a test does on a site, in the words of people."""

    app: Host
    events: int = 0

    def person(self, name: str, role: str = "client", *, credits: int = 0) -> Actor:  # noqa: A002
        """Make somebody with a role, and give them credits in minor units."""
        user = accounts.create_user(
            email=f"{name.lower()}@example.org",
            display_name=name,
            password="a long enough secret",
            roles=(role,),
            verified=True,
            actor_id=None,
        )
        assert isinstance(user, User), user
        if credits:
            kit.fund(user.id, credits)
        return actor_of(db.session.get_one(User, user.id))

    def room(self, performer: Actor, title: str = "Anna") -> Room:
        """Make a room for somebody."""
        return rooms.make_room(str(performer.user_id), title)

    def go_live(self, room: Room, performer: Actor, mode: str = "free") -> Show:
        """Go live with a camera that sends."""
        show = shows.go_live(room.id, performer, mode)
        assert isinstance(show, Show), show
        self.performer_sends(show)
        return show

    def performer_sends(self, show: Show, *, at: int | None = None) -> None:
        """Let the engine report that the performer's media arrives."""
        grant_for_publisher(shows.stage_of(show), Holder(show.performer_id, "performer-page"))
        grant = db.session.scalars(
            db.select(Grant).where(Grant.show_id == show.id, Grant.role == "publisher")
        ).first()
        assert grant is not None
        now = at or now_ms(db.session())
        self.hear(EventKind.UP, grant.id)
        self.hear(EventKind.EVIDENCE, grant.id, sent_at=now, received_at=None)

    def ready(self, room: Room, performer: Actor) -> None:
        """Be back after a private."""
        answer = running.ready(room.id, performer)
        assert not isinstance(answer, Refusal), answer

    def together(self, count: int, act: Callable[[int], Any]) -> list[Any]:
        """Run something many times at once, each in a thread and context of its own."""
        gate = threading.Barrier(count)

        def run(number: int) -> Any:
            with self.app.test_request_context():
                gate.wait()
                return act(number)

        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(run, range(count)))

    def hear(self, kind: EventKind, grant_id: str | None, **data: Any) -> None:
        """Let the engine say something."""
        self.events += 1
        ingest.take(
            [
                MediaEvent(
                    node="n1",
                    boot="b1",
                    n=self.events,
                    kind=kind,
                    at=now_ms(db.session()),
                    grant_id=grant_id,
                    data=data,
                )
            ]
        )

    def offer(self, room: Room, client: Actor, mode: str = "private") -> Offer:
        """See the panel."""
        offer = quotes.quote(room.id, mode, client)
        assert isinstance(offer, Offer), offer
        return offer

    def ask(self, room: Room, client: Actor, note: str = "") -> ShowRequest:
        """Click on the panel."""
        request = requests.ask(self.offer(room, client).token, note, client, uuid.uuid4().hex)
        assert isinstance(request, ShowRequest), request
        return request

    def begin(self, room: Room, performer: Actor, client: Actor) -> Accepted:
        """Ask and accept."""
        accepted = accepting.accept(self.ask(room, client).id, performer, uuid.uuid4().hex)
        assert isinstance(accepted, Accepted), accepted
        return accepted


def refused(answer: object) -> str:
    """Return the code of a refusal, and fail for anything else."""
    assert isinstance(answer, Refusal), answer
    return answer.code


@contextlib.contextmanager
def site_at(url: str, tmp_path: Path, *plugins: str) -> Iterator[Site]:
    """Lay a site and enter it; `plugins` are switched on beside the usual ones.

    They are installed once in a process; each further site is a copy. The
    application too is one that served a test before, unless the folder already
    holds what an application would read at its start.
    """
    target = make_url(url)
    kind = "sqlite" if target.drivername.startswith("sqlite") else target.set(database="postgres")
    kit.copy_original(url, _original(kind, url, plugins))
    if any((tmp_path / part).exists() for part in ("plugins", "instance")):
        with enter(url, tmp_path) as site:
            yield site
        return
    make = partial(_app_on, url)
    with kept_app((kind, plugins), make, url, tmp_path) as app, _requested(app) as site:
        yield site


@contextlib.contextmanager
def kept_app(
    key: Hashable, make: Callable[[Path], Host], url: str, tmp_path: Path, **settings: object
) -> Iterator[Host]:
    """Enter an application of that key which no other test is using; `make` makes the first.

    `settings` are those of its configuration that differ from test to test.
    """
    idle = _idle.setdefault(key, [])
    if not idle:
        home = Path(tempfile.mkdtemp(prefix="ppvcms-site-"))
        atexit.register(shutil.rmtree, home, ignore_errors=True)
        idle.append(KeptApp(make(home)))
    kept = idle.pop()
    with kept.on(url, instance=tmp_path / "instance", database=url, **settings) as app:
        yield app
    # After an error in there it is not used again.
    idle.append(kept)


class KeptApp:
    """An application that serves one test after another, each on a database of its own.

    Making one costs more than most tests do. What a test leaves in it is taken back.
    """

    def __init__(self, app: Host) -> None:
        self.app = app
        with app.app_context():
            self._snapshot = newest()
            self._engine = db.engine
            self._engine.dispose()
        event.listen(self._engine, "do_connect", self._connect)
        self._config = dict(app.config)
        self._extensions = dict(app.extensions)
        self._inner = {
            key: copy(value)
            for key, value in app.extensions.items()
            if isinstance(value, (dict, list, set))
        }

    @contextlib.contextmanager
    def on(self, url: str, **settings: object) -> Iterator[Host]:
        """Serve the site at `url` for one test, under these settings."""
        config = self._config["PPVCMS"]
        for name, value in settings.items():
            # Frozen for the product; all its parts hold this one object.
            object.__setattr__(config, name, value)
        config.instance.mkdir(exist_ok=True)
        self._config["SERVER_NAME"] = urlsplit(config.public_url).netloc
        self._engine.url = make_url(url)
        self._restore()
        try:
            yield self.app
        finally:
            self._engine.dispose()

    def _restore(self) -> None:
        self.app.config.clear()
        self.app.config.update(self._config, SQLALCHEMY_DATABASE_URI=str(self._engine.url))
        self.app.extensions.clear()
        self.app.extensions.update(self._extensions)
        self.app.extensions.update({key: copy(value) for key, value in self._inner.items()})
        self.app.extensions[guards.OWN_LIMITER].storage.reset()
        host = self.app.extensions["ppvcms_host"]
        host.snapshot, host.checked = self._snapshot, float("-inf")

    def _connect(
        self, dialect: Any, _record: object, args: list[Any], more: dict[str, Any]
    ) -> None:
        now, with_these = dialect.create_connect_args(self._engine.url)
        args[:] = now
        more.update(with_these)


_idle: dict[Hashable, list[KeptApp]] = {}
_originals: dict[tuple[object, ...], str] = {}


def _original(server: object, like: str, plugins: tuple[str, ...]) -> str:
    """Return the database of a site with these plugins, to be copied."""
    if (server, plugins) not in _originals:
        url = kit.new_original(like)
        kit.lay_tables(url)
        with (
            tempfile.TemporaryDirectory() as folder,
            enter(url, Path(folder), first=True, plugins=plugins),
        ):
            pass
        _originals[server, plugins] = str(make_url(url).database)
    return _originals[server, plugins]


@contextlib.contextmanager
def enter(
    url: str, tmp_path: Path, *, first: bool = False, plugins: Sequence[str] = ()
) -> Iterator[Site]:
    """Enter a site, in this process or in another one."""
    app = _app_on(url, tmp_path)
    with app.app_context():
        if first:
            transaction(ensure_roles)
            for slug in (*PLUGINS, *plugins):
                for act in (lifecycle.install, lifecycle.activate):
                    answer = act(slug, actor_id=None)
                    assert answer is None, str(answer)
    with _requested(app) as site:
        yield site
    with app.app_context():
        db.engine.dispose()


@contextlib.contextmanager
def _requested(app: Host) -> Iterator[Site]:
    ENGINE.clear()
    with app.test_request_context():
        try:
            yield Site(app)
        finally:
            db.session.remove()


def _app_on(url: str, home: Path) -> Host:
    _write_engine_plugin(home)
    config = Config(
        instance=home / "instance",
        database=url,
        secret_key="t" * 48,
        plugin_dirs=(home / "plugins", ROOT / "plugins"),
        async_mode="threading",
        testing=True,
    )
    (home / "instance").mkdir(exist_ok=True)
    return create_app(config)


def _write_engine_plugin(tmp_path: Path) -> None:
    folder = tmp_path / "plugins" / "media_memory"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plugin.toml").write_text(
        textwrap.dedent(
            """\
            slug = "media_memory"
            name = "Engine in memory"
            summary = "For tests."
            version = "1.0.0"
            license = "BSD-3-Clause"
            authors = ["tests"]
            api = ">=1.0,<2"
            category = "media"
            """
        )
    )
    (folder / "plugin.py").write_text(
        textwrap.dedent(
            """\
            from ppvcms.api import hookimpl
            from ppvcms.testing.engine import ENGINE


            @hookimpl
            def register_media_providers():
                return [ENGINE]
            """
        )
    )
