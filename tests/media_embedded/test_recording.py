"""ME-07: what the node records can be played: after its end, after a kill, on a full disk."""

from __future__ import annotations

import asyncio
from typing import IO, TYPE_CHECKING

import av
import pytest
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

from plugins.media_embedded.node import webm
from plugins.media_embedded.node.leases import Moment
from plugins.media_embedded.node.recording import Recording
from plugins.media_embedded.provider import EmbeddedProvider, GrantUnknownError
from ppvcms.api import RecordingProvider

from .conftest import wait_for
from .pages import Page, until
from .test_node import publish, watch

if TYPE_CHECKING:
    from pathlib import Path

    from ppvcms.api import RecordingState

    from .conftest import Node

MOST = {"most_ms": 60_000, "most_bytes": 1 << 30}
KEYFRAME = b"\x10\x00\x00\x9d\x01\x2a\x40\x01\xf0\x00" + bytes(400)
DELTA = b"\x11" + bytes(400)


def state(provider: EmbeddedProvider, recording_id: str) -> RecordingState:
    return next(one for one in provider.recordings() if one.recording_id == recording_id)


def played(file: IO[bytes]) -> tuple[int, int, float]:
    """Return how many pictures and sounds can be decoded, and the length in seconds."""
    with file, av.open(file, "r") as found:
        kinds: list[type] = [type(frame) for frame in found.decode()]
        seconds = (found.duration or 0) / av.time_base
    return kinds.count(av.VideoFrame), kinds.count(av.AudioFrame), seconds


async def on_air(provider: EmbeddedProvider) -> Page:
    tracks = (VideoStreamTrack(), AudioStreamTrack())
    page = Page(publish(provider)[0], tracks=tracks)
    await page.join(provider, "hers")
    return page


def test_a_show_is_recorded_through_a_new_connection_and_a_kill_of_the_node(node: Node) -> None:
    provider = node.provider
    assert isinstance(provider, RecordingProvider)
    watch(provider)

    async def play() -> int:
        page = await on_air(provider)
        for _ in range(2):
            provider.start_recording("short", grant_id="hers", **MOST)
        with pytest.raises(GrantUnknownError):
            provider.start_recording("two", grant_id="his", **MOST)
        await until(lambda: state(provider, "short").length_ms > 500)
        provider.stop_recording("short")
        provider.start_recording("long", grant_id="hers", **MOST)
        await until(lambda: state(provider, "long").length_ms > 500)
        before = state(provider, "long").length_ms
        newer = await on_air(provider)
        file = node.folder / "recordings" / "long.part"
        await until(lambda: file.read_bytes().count(webm.CLUSTER.to_bytes(4, "big")) > 1)
        await until(lambda: not state(provider, "short").running)
        node.kill()
        for one in (page, newer):
            await one.close()
        return before

    before = asyncio.run(play())
    node.start()

    short, left = state(provider, "short"), state(provider, "long")
    assert not short.running
    assert (left.running, left.reason) == (False, "engine_lost")
    for one, least in ((short, 0.5), (left, before / 1000)):
        pictures, sounds, seconds = played(provider.open_recording(one.recording_id))
        assert pictures > 5
        assert sounds > 20
        assert least <= seconds < 12
        assert seconds == pytest.approx(one.length_ms / 1000, abs=0.05)
    for name in ("short", "long", "short"):
        provider.forget_recording(name)
    assert provider.recordings() == []


class Picture:
    """A source that counts how often a key frame was asked of it."""

    def __init__(self) -> None:
        self.asked = 0

    def request_keyframe(self) -> None:
        self.asked += 1


def feed(one: Recording, frames: int) -> Picture:
    """Give a recording pictures, a key frame whenever it asks for one, and sound."""
    source, answered = Picture(), -1
    for number in range(frames):
        moment = Moment(mono=100 + number * 0.02, wall=0)
        data = KEYFRAME if source.asked > answered else DELTA
        answered = max(answered, source.asked)
        one.frame("video", source, data, number * 1800, moment)
        one.frame("audio", source, b"sound", number * 960, moment)
    return source


@pytest.mark.parametrize("full", ["nearly", "really"])
def test_a_full_disk_ends_the_recording_and_nothing_else(tmp_path: Path, full: str) -> None:
    path = tmp_path / "one.part"
    if full == "really":
        path.symlink_to("/dev/full")
    keep_free = 1 << 60 if full == "nearly" else 0
    one = Recording(path, "hers", **MOST, keep_free=keep_free)

    feed(one, 400)
    wait_for(lambda: one.reason)

    assert one.reason == "disk"
    feed(one, 10)
    one.wait(5)
    assert not one.running


def test_a_file_begins_with_a_key_frame_and_is_mended_after_its_last_whole_cluster(
    tmp_path: Path,
) -> None:
    path = tmp_path / "one.part"
    one = Recording(path, "hers", **MOST, keep_free=0)
    source = feed(one, 900)
    one.end("stopped")
    one.wait(5)
    done = path.with_suffix(".webm")
    whole = done.read_bytes()
    assert source.asked >= 2, "so that players can seek"
    assert one.length_ms == webm.length_of(done)
    assert 17_000 < one.length_ms < 18_000

    begin = whole.index(webm.CLUSTER.to_bytes(4, "big"))
    assert whole[begin:].index(KEYFRAME) < 50
    last = whole.rindex(webm.CLUSTER.to_bytes(4, "big"))
    for cut in (last + 300, last + 5, last):
        done.write_bytes(whole[:cut])
        assert 14_000 < webm.mend(done) < one.length_ms
    again = done.read_bytes()
    webm.mend(done)
    assert done.read_bytes() == again


def test_a_recording_ends_at_the_length_and_size_it_was_given(tmp_path: Path) -> None:
    for limits, reason in (({"most_ms": 900}, "length"), ({"most_bytes": 9_000}, "size")):
        one = Recording(tmp_path / f"{reason}.part", "hers", **{**MOST, **limits}, keep_free=0)
        feed(one, 400)
        one.wait(5)
        assert one.reason == reason
        assert 300 < webm.length_of(tmp_path / f"{reason}.webm") <= 920


def test_a_show_without_a_picture_is_recorded_as_sound(tmp_path: Path) -> None:
    one = Recording(tmp_path / "one.part", "hers", **MOST, keep_free=0)
    source = Picture()
    for number in range(400):
        moment = Moment(mono=100 + number * 0.02, wall=0)
        one.frame("audio", source, b"sound", number * 960, moment)
    one.end("stopped")
    one.wait(5)

    file = tmp_path / "one.webm"
    assert b"V_VP8" not in file.read_bytes()
    assert webm.mend(file) == one.length_ms
    assert source.asked == 0
