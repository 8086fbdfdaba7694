"""Fixtures for browser tests: persons, each with a Chromium process of their own."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright

from tests.browser.person import Looks, Person, file_name, launch
from tests.browser.site import Site, copy_of, make_demo

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from playwright.sync_api import Playwright

    from tests.browser.person import ColorScheme

HERE = Path(__file__).parent
SCREENSHOTS = HERE.parent.parent / "build" / "screenshots"
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note whether a test failed, for the screenshots at its end."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


class PersonFactory(Protocol):
    """What the fixture `person` is."""

    def __call__(
        self,
        name: str,
        *,
        width: int = 1280,
        height: int = 800,
        color_scheme: ColorScheme = "light",
        camera: bool = True,
    ) -> Person:
        """Give a person a browser."""


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The path of the system's Chromium; without one, tests are skipped, or fail in CI."""
    for name in (os.environ.get("PPVCMS_CHROMIUM"), *CHROMIUMS):
        path = shutil.which(name) if name else None
        if path:
            return path
    message = "No Chromium found; install it or set PPVCMS_CHROMIUM to its path."
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


# Playwright keeps an event loop in this thread, in which other tests could not have
# theirs, so it leaves with the file.
@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """The driver of the browsers."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture
def person(
    request: pytest.FixtureRequest, chromium_path: str, playwright: Playwright, tmp_path: Path
) -> Iterator[PersonFactory]:
    """Make persons, each with a browser process of their own; all are closed at the end."""
    persons: list[Person] = []
    shots = SCREENSHOTS / file_name(request.node.name)

    def make(
        name: str,
        *,
        width: int = 1280,
        height: int = 800,
        color_scheme: ColorScheme = "light",
        camera: bool = True,
    ) -> Person:
        looks = Looks(width=width, height=height, color_scheme=color_scheme)
        context, group = launch(
            playwright.chromium,
            name,
            executable=chromium_path,
            looks=looks,
            camera=camera,
            folder=tmp_path,
        )
        persons.append(Person(name, context, group=group, shots=shots))
        return persons[-1]

    yield make
    failed = request.node.stash.get(FAILED, False)
    for one in persons:
        if failed:
            save_last_sight(one)
        one.close()


def save_last_sight(person: Person) -> None:
    """Save what a person saw when their test failed, if their browser can still tell."""
    with contextlib.suppress(PlaywrightError):
        if person.alive:
            person.cont()
            person.page.set_default_timeout(5_000)
            person.screenshot("failed")


@pytest.fixture(scope="session")
def demo_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo site that was made once, for copying."""
    folder = tmp_path_factory.mktemp("demo") / "instance"
    make_demo(folder)
    return folder


@pytest.fixture
def stopped_site(demo_template: Path, tmp_path: Path, free_port: int) -> Iterator[Site]:
    """A demo site of its own that does not run yet, so that a test can set it up."""
    site = copy_of(demo_template, tmp_path / "instance", free_port)
    yield site
    site.stop()


@pytest.fixture
def site(stopped_site: Site) -> Site:
    """A demo site that runs, with every process a real one has."""
    stopped_site.start()
    return stopped_site
