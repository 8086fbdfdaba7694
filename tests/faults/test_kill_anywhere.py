"""kill -9 at every fault point: nothing acknowledged lost, nothing twice, no hold left behind.

A child plays the load and is killed at a point; what it had acknowledged must be
in the books then, and the books must hold. A second child goes on, and in the end
everybody has exactly what they have after a run that nobody disturbed.
"""

from __future__ import annotations

import shutil
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, make_url, select

from ppvcms.books_check import check_all
from ppvcms.db import db, wall_ms
from ppvcms.faultpoints import POINTS
from ppvcms.ledger.models import Hold, Transfer
from ppvcms.metering.models import Receipt, Seat
from tests import children, kit
from tests.faults.load import Load, prepare
from tests.metering.stage import make_site, open_site

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.services import PostgresServer

# What only a payment, an escrow, a sale or a turn of a seat passes; their own tests kill there.
OTHERS = ("pay.", "escrow.", "release.", "sale.", "wait.", "turn.", "period.", "hour.")
# What only the host passes, when code changes.
OTHERS += ("install.", "purge.")
ELSEWHERE = frozenset(name for name in POINTS if name.startswith(OTHERS))
HERE = sorted(set(POINTS) - ELSEWHERE)
# The first batch only starts the seats; this one posts and extends.
LATER = dict.fromkeys([name for name in HERE if name.startswith("meter.")], 5)


@dataclass
class Play:
    """A prepared site, the outcome of an undisturbed run, and a way to copy the site."""

    made: dict[str, object]
    copy: Callable[[], str]
    expected: list[object]


def in_a_child(url: str, home: Path, made: dict[str, object], fault: str = "") -> int:
    """Play the load in a process of its own; return its exit code, below 0 for a signal."""

    def play() -> None:
        with open_site(url, home).app_context():
            Load(made).run(home / "acks")

    return children.in_a_child(play, fault)


def outcome(url: str, made: dict[str, object]) -> list[object]:
    """Return what everybody has, after checking that the site is at rest and the books hold."""
    with kit.open_on(url) as app:
        still_open = select(func.count()).select_from(Seat).where(Seat.closed_at.is_(None))
        assert db.session.scalar(still_open) == 0
        held = select(func.count()).select_from(Hold).where(Hold.state == "open")
        assert db.session.scalar(held) == 0
        report = check_all(app)
        assert report.ok, report.as_text()
        return Load(made).outcome()


def assert_acknowledged(url: str, acks: Path, made: dict[str, object]) -> None:
    """Everything that was acknowledged before the crash is in the books, and they hold."""
    done = len(acks.read_bytes()) if acks.exists() else 0
    with kit.open_on(url) as app:
        report = check_all(app)
        assert report.ok, report.as_text()
        names = Load(made).names()[:done]
        keys = set(db.session.scalars(select(Transfer.key)))
        assert {name for name in names if name.startswith(("fund:", "tip-"))} <= keys
        opened = db.session.scalar(select(func.count()).select_from(Seat)) or 0
        assert sum(name == "accept" for name in names) <= opened
        settled = db.session.scalar(select(func.count()).select_from(Receipt)) or 0
        assert sum(name == "end" for name in names) <= settled


BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


def fresh(made: dict[str, object]) -> dict[str, object]:
    """Return what a load needs, with its clock set to begin now."""
    return made | {"zero": wall_ms()}


@pytest.fixture(scope="module", params=BOTH)
def play(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Play:
    """A site to copy for each kill."""
    home = tmp_path_factory.mktemp("original")
    copy: Callable[[], str]
    if request.param == "sqlite":
        url = f"sqlite:///{home / 'site.sqlite3'}"

        def copy() -> str:
            folder = tmp_path_factory.mktemp("copy")
            shutil.copyfile(str(make_url(url).database), folder / "site.sqlite3")
            return f"sqlite:///{folder / 'site.sqlite3'}"
    else:
        server: PostgresServer = request.getfixturevalue("postgresql")
        url = server.create_database()

        def copy() -> str:
            return server.create_database(like=url)

    app = make_site(url, home)
    with app.app_context():
        made = prepare()
        db.session.remove()
        if request.param == "sqlite":
            with db.engine.begin() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()
    first = copy()
    undisturbed = tmp_path_factory.mktemp("first")
    assert in_a_child(first, undisturbed, fresh(made)) == 0
    return Play(made, copy, outcome(first, made))


def test_the_load_is_what_it_says(play: Play) -> None:
    """One ended by its payer, one by its performer after a top-up, one void."""
    states = [row[:2] for row in play.expected[:3] if isinstance(row, tuple)]

    assert states == [
        ("settled", "payer_ended"),
        ("settled", "performer_ended"),
        ("void", "not_connected"),
    ]


@pytest.mark.parametrize("point", HERE)
def test_a_kill_changes_nothing_but_the_time(play: Play, tmp_path: Path, point: str) -> None:
    url, made = play.copy(), fresh(play.made)

    ended = in_a_child(url, tmp_path, made, fault=f"{point}:{LATER.get(point, 1)}=kill")

    assert ended == -signal.SIGKILL, f"the load never came to {point}"
    assert_acknowledged(url, tmp_path / "acks", made)
    assert in_a_child(url, tmp_path, made) == 0
    assert outcome(url, made) == play.expected
