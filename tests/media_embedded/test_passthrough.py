"""The guard of the private names: a new release of aiortc must not pass unnoticed."""

from __future__ import annotations

import asyncio
import threading

import pytest
from aiortc import RTCPeerConnection, RTCRtpReceiver, RTCRtpSender, RTCSessionDescription

from plugins.media_embedded.node import passthrough

from .pages import Camera, Screen, until


def test_the_installed_aiortc_is_the_known_one(monkeypatch: pytest.MonkeyPatch) -> None:
    passthrough.check_version()
    monkeypatch.setattr(passthrough, "NEEDED_VERSION", "0.0.1")
    with pytest.raises(passthrough.VersionError, match=r"pip install aiortc==0\.0\.1"):
        passthrough.check_version()


def test_the_private_names_exist() -> None:
    assert callable(RTCRtpReceiver._send_rtcp_pli)
    assert callable(RTCRtpSender._send_keyframe)
    assert callable(RTCRtpSender._handle_rtcp_packet)


async def _between_two_connections() -> None:
    sender, receiver = RTCPeerConnection(), RTCPeerConnection()
    camera, microphone = Camera("video"), Camera("audio")
    reports: list[str] = []
    signs_of_life: list[str] = []
    carrier = sender.addTrack(camera)
    sender.addTrack(microphone)
    passthrough.watch_sender(
        carrier, keyframe_wanted=camera.ask, report=lambda: reports.append("one")
    )
    passthrough.watch_reports(carrier, alive=lambda: signs_of_life.append("one"))
    await sender.setLocalDescription(await sender.createOffer())
    await receiver.setRemoteDescription(RTCSessionDescription(sender.localDescription.sdp, "offer"))
    screens = {}
    for one in receiver.getTransceivers():
        screens[one.kind] = Screen()
        passthrough.tap(one.receiver, screens[one.kind])
        if one.kind == "video":
            picture = one.receiver
    await receiver.setLocalDescription(await receiver.createAnswer())
    await sender.setRemoteDescription(
        RTCSessionDescription(receiver.localDescription.sdp, "answer")
    )
    await until(lambda: len(screens["video"].frames) > 20 and len(screens["audio"].frames) > 20)

    for kind, track in (("video", camera), ("audio", microphone)):
        shown = [data for _, data, _ in screens[kind].frames]
        assert shown == track.made[: len(shown)]
    assert not [one for one in threading.enumerate() if one.name.endswith("-decoder")]
    asked = camera.keyframes_asked
    await passthrough.request_keyframe(picture)
    await until(lambda: camera.keyframes_asked > asked)
    await until(lambda: reports and signs_of_life)
    await sender.close()
    await receiver.close()


def test_frames_pass_unchanged_and_undecoded_and_requests_come_back() -> None:
    asyncio.run(_between_two_connections())


def test_a_sink_that_fails_does_not_reach_the_connection() -> None:
    class Broken:
        def frame(self, data: bytes, timestamp: int) -> None:
            raise RuntimeError(data, timestamp)

        def finished(self) -> None:
            raise RuntimeError

    tap = passthrough._Tap(Broken())
    tap.put((None, Camera))
    tap.put(None)
    assert tap.get() is None
