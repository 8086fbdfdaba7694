"""The main job on PostgreSQL, Redis and several server processes, some of which die in it."""

from __future__ import annotations

import shutil
from collections import Counter
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from playwright.sync_api import expect

from tests.browser import play
from tests.browser.site import Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import WebSocket

    from tests.browser.conftest import PersonFactory
    from tests.browser.person import Person
    from tests.services import PostgresServer

GRACE_S = 3
RATE = 600
ENGINE_SAYS = ('42/live,["media",{"event":"signal"', '42/live,["media",{"event":"cut"')


class Line:
    """What a person's page hears from the server, over one socket after the other."""

    def __init__(self, person: Person) -> None:
        self.sockets = 0
        self.heard: list[str] = []
        person.page.on("websocket", self._opened)

    def _opened(self, socket: WebSocket) -> None:
        self.sockets += 1
        socket.on("framereceived", lambda frame: self.heard.append(str(frame)))

    def count(self, event: str) -> int:
        """Return how many pushes of a name were heard."""
        return sum(frame.startswith(f'42/live,["{event}"') for frame in self.heard)

    def doubled(self) -> list[str]:
        """Return the engine's words to this page alone that came more than once."""
        words = Counter(frame for frame in self.heard if frame.startswith(ENGINE_SAYS))
        return [frame for frame, times in words.items() if times > 1]


@pytest.fixture(scope="module")
def original(
    postgresql: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, str]]:
    """The folder and the database of a demo site on PostgreSQL, to be copied."""
    folder, url = tmp_path_factory.mktemp("original"), postgresql.create_database()
    made = Site(folder, 0, extra={"PPVCMS_DATABASE": url}).command("init", "--demo")
    assert made.returncode == 0, made.stdout + made.stderr
    yield folder, url
    postgresql.drop_database(url)


@pytest.fixture
def larger_site(
    original: tuple[Path, str],
    postgresql: PostgresServer,
    redis_url: str,
    tmp_path: Path,
    free_port: int,
) -> Iterator[Site]:
    """A demo site with two servers, a meter and the jobs, each a process of its own."""
    folder, url = tmp_path / "instance", postgresql.create_database(like=original[1])
    shutil.copytree(original[0], folder)
    extra = {"PPVCMS_DATABASE": url, "PPVCMS_REDIS": redis_url}
    site = Site(folder, free_port, workers=2, extra=extra)
    site.set_setting("mode_private", "grace_private", GRACE_S)
    site.change("UPDATE room_price SET rate = ? WHERE mode = 'private'", RATE)
    site.start()
    yield site
    site.stop()
    postgresql.drop_database(url)


def counted(site: Site, seat: str) -> int:
    """Return how much of a seat is counted, in milliseconds."""
    return int(site.value("SELECT counted_ms FROM seat WHERE id = ?", seat))


def goes_on(site: Site, seat: str, *, within_s: float) -> None:
    """Wait until two more seconds of a seat are counted."""
    before = counted(site, seat)
    play.until(
        lambda: counted(site, seat) > before + 2_000, within_s=within_s, why="time is counted on"
    )


def replaced(site: Site, word: str, dead: psutil.Process) -> None:
    """Kill a process and wait until the supervisor has started another in its place."""
    many = len(site.processes(word))
    dead.kill()

    def back() -> Any:
        running = [p for p in site.processes(word) if p.pid != dead.pid]
        return len(running) == many

    play.until(back, within_s=20, why=f"{word} is started again")


def hears(person: Person, line: Line, event: str, *, within_ms: int) -> None:
    """Wait until a page hears another push of a name."""
    before, waited = line.count(event), 0
    while line.count(event) == before:
        assert waited < within_ms, f"{person.name} hears no '{event}'."
        person.page.wait_for_timeout(200)
        waited += 200


def test_a_show_outlives_its_meter_and_every_server(
    larger_site: Site, person: PersonFactory
) -> None:
    """Design section 5: any process may be killed at any moment; pushes cross processes."""
    site = larger_site
    mara, alex = person("mara"), person("alex")
    lines = {mara: Line(mara), alex: Line(alex)}
    play.go_live(mara, site)
    play.enter_room(alex, site, "alex@demo.invalid")
    play.ask(alex)
    play.accept(mara)
    seat = play.private_begins(alex, mara)
    play.until(
        lambda: site.value("SELECT due FROM seat WHERE id = ?", seat) > 0,
        within_s=30,
        why="time is charged past the free seconds",
    )
    hears(alex, lines[alex], "seat", within_ms=15_000)

    replaced(site, "meter", site.processes("meter")[0])
    goes_on(site, seat, within_s=30)
    hears(alex, lines[alex], "seat", within_ms=15_000)

    sockets = {one: line.sockets for one, line in lines.items()}
    for server in site.processes("ppvcms.server"):
        replaced(site, "ppvcms.server", server)
        goes_on(site, seat, within_s=30)
    for one, line in lines.items():
        hears(one, line, "seat", within_ms=20_000)
        assert line.sockets > sockets[one]
    play.sees_video(alex, "#private [data-pv-video]")
    play.sees_video(mara, "#perform [data-pv-other]")
    assert site.value("SELECT state FROM seat WHERE id = ?", seat) == "live"

    alex.page.locator("[data-pv-end]").click()
    alex.page.locator("dialog [value=yes]").click()
    alex.page.wait_for_url(f"**/account/sessions/{seat}", timeout=20_000)
    due, total = site.rows("SELECT due, counted_ms FROM seat WHERE id = ?", seat)[0]
    assert due == RATE * (total // 1000 - GRACE_S) // 60
    assert site.rows("SELECT amount FROM receipt WHERE seat_id = ?", seat) == [(due,)]
    assert site.value("SELECT count(*) FROM hold WHERE state = 'open'") == 0
    expect(mara.page.locator("#perform")).to_have_attribute("data-in-private", "no")
    assert [line.doubled() for line in lines.values()] == [[], []]
    play.books_hold(site)


def test_every_process_follows_what_the_owner_switches(larger_site: Site) -> None:
    """Each process finds a new generation by itself, and all of them end with the supervisor."""
    site = larger_site
    answer = site.command("plugins", "deactivate", "tips")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    generation = site.value("SELECT generation FROM host_state")

    def reached() -> bool:
        query = "SELECT kind FROM host_process WHERE generation = ?"
        return sorted(site.rows(query, generation)) == [
            ("jobs",),
            ("meter",),
            ("server",),
            ("server",),
        ]

    play.until(reached, within_s=30, why="all four have reached the generation")
    assert site.process is not None
    family = psutil.Process(site.process.pid).children(recursive=True)
    site.stop()
    assert not any(process.is_running() for process in family)
