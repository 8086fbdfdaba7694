"""The persons of browser tests: own processes, running cameras, sudden ends."""

from __future__ import annotations

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.browser.conftest import PersonFactory
    from tests.browser.person import Person

PAGE = """<!doctype html>
<link rel="icon" href="data:,">
<title>Camera</title>
<video autoplay muted playsinline></video>
<script type="module">
  const video = document.querySelector("video");
  window.frames_seen = 0;
  const count = () => { window.frames_seen += 1; video.requestVideoFrameCallback(count); };
  video.requestVideoFrameCallback(count);
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
  } catch (error) {
    document.title = error.name;
  }
</script>
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing: a broken pipe of a killed browser is what the test is about."""


@pytest.fixture
def page_url(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "camera.html").write_text(PAGE)
    handler = functools.partial(Quiet, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/camera.html"
        server.shutdown()


def wait_for_frames(person: Person, count: int) -> None:
    person.page.wait_for_function(f"window.frames_seen >= {count}")


def test_one_of_two_persons_is_killed_and_the_other_goes_on(
    person: PersonFactory, page_url: str
) -> None:
    mia, tom = person("mia"), person("tom", width=390, height=844, color_scheme="dark")
    for one in (mia, tom):
        one.page.goto(page_url)
        wait_for_frames(one, 10)

    mia.kill()

    assert not mia.alive
    assert tom.alive
    wait_for_frames(tom, tom.page.evaluate("window.frames_seen") + 10)
    assert tom.screenshot("camera").stat().st_size > 1000
    assert tom.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert tom.errors == []


def test_a_frozen_person_sends_nothing_and_comes_back(person: PersonFactory, page_url: str) -> None:
    mia = person("mia")
    mia.page.goto(page_url)
    wait_for_frames(mia, 1)

    mia.stop()
    assert mia.alive
    mia.cont()

    wait_for_frames(mia, mia.page.evaluate("window.frames_seen") + 1)


def test_a_person_without_a_camera_is_told_so_by_the_browser(
    person: PersonFactory, page_url: str
) -> None:
    mia = person("mia", camera=False)

    mia.page.goto(page_url)

    mia.page.wait_for_function("document.title !== 'Camera'")
    assert mia.page.title() in {"NotFoundError", "NotAllowedError"}


def test_errors_of_the_page_are_kept(person: PersonFactory, page_url: str) -> None:
    mia = person("mia", camera=False)
    mia.page.goto(page_url)

    mia.page.evaluate("console.error('first'); setTimeout(() => { throw Error('second') })")
    mia.page.wait_for_function("new Promise(done => setTimeout(() => done(true), 50))")

    assert [error.split(" (")[0] for error in mia.errors] == ["console: first", "page: second"]
