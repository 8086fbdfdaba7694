"""Fixtures for the tests of the core and of the plugins: databases, Redis, ports.

A server is started when the first test asks for it, once for each process of
pytest-xdist, and stopped when that process ends.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import argon2
import hypothesis
import pytest
import redis
from xdist.scheduler import LoadScopeScheduling

from ppvcms.accounts import passwords
from tests import services

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOM_IN_MEMORY = 8 * 1024**3
WITH_BROWSERS = ("tests/browser/", "tests/media_embedded/test_browser")

hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)


def pytest_configure() -> None:
    """Keep the tests away from the site that the developer runs, and off the disk."""
    _write_to_memory()
    hypothesis.settings.load_profile("ci" if os.environ.get("CI") == "true" else "default")
    for name in list(os.environ):
        ours = name.startswith("PPVCMS_") or name == "PORT"
        if ours and not name.startswith("PPVCMS_TEST_") and name != "PPVCMS_CHROMIUM":
            del os.environ[name]


def _write_to_memory() -> None:
    """Let temporary files lie in memory where it has room: each commit waits for a disk else."""
    memory = Path("/dev/shm")  # noqa: S108 - only a parent, the names below it are new
    if "TMPDIR" in os.environ or not os.access(memory, os.W_OK):
        return
    if shutil.disk_usage(memory).free >= ROOM_IN_MEMORY:
        os.environ["TMPDIR"] = str(memory)
        tempfile.tempdir = None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need PostgreSQL."""
    for item in items:
        if "postgresql" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.postgres)


class ByFile(LoadScopeScheduling):
    """Keeps the tests of one file together, and those with browsers all on one worker.

    Two stories with four browsers at once would starve each other's video.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::", 1)[0]
        return "browsers" if path.startswith(WITH_BROWSERS) else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """Deal the tests out by our own rule, whatever ``--dist`` says."""
    return ByFile(config, log)


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> None:
    """Hash passwords at the least cost: they are many, and few tests are about them."""
    passwords.hasher = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[services.PostgresServer]:
    """The PostgreSQL server of this process, or the one that PPVCMS_TEST_DATABASE names."""
    named = os.environ.get("PPVCMS_TEST_DATABASE")
    if named:
        yield services.PostgresServer(named)
        return
    with services.running("postgresql") as url:
        yield services.PostgresServer(url)


@pytest.fixture
def pg_url(postgresql: services.PostgresServer) -> Iterator[str]:
    """The URL of a fresh and empty PostgreSQL database, reachable from other processes too."""
    url = postgresql.create_database()
    yield url
    postgresql.drop_database(url)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL for a database that the test makes, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'site.sqlite3'}"
    server: services.PostgresServer = request.getfixturevalue("postgresql")
    url = server.name_database()
    request.addfinalizer(lambda: server.drop_database(url))  # noqa: PT021 - only one of the two
    return url


@pytest.fixture(scope="session")
def redis_server_url() -> Iterator[str]:
    """The Redis of this process, or its own part of the one that PPVCMS_TEST_REDIS names."""
    named = os.environ.get("PPVCMS_TEST_REDIS")
    if named:
        number = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
        yield urlsplit(named)._replace(path=f"/{number}").geturl()
        return
    with services.running("redis") as url:
        yield url


@pytest.fixture
def redis_url(redis_server_url: str) -> str:
    """The URL of an empty Redis."""
    with redis.Redis.from_url(redis_server_url) as client:
        client.flushdb()
    return redis_server_url


@pytest.fixture
def free_port() -> int:
    """A TCP port of the loopback that nobody listens on."""
    return services.free_port()
