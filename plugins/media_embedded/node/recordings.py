"""All recordings of the node: those that run, and the files that the app has not fetched yet."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from plugins.media_embedded.protocol import Code

from . import webm
from .grants import RefusedError
from .recording import Recording

if TYPE_CHECKING:
    from pathlib import Path

    from .fanout import Source
    from .leases import Moment

LOST = "engine_lost"
CLOSE_WITHIN_S = 5.0
LONGEST_ID = 40

log = logging.getLogger(__name__)


class Recordings:
    """Starts, ends and lists recordings; their files lie in one folder, named by their ids."""

    def __init__(self, folder: Path, *, keep_free: int) -> None:
        self._folder = folder
        self._keep_free = keep_free
        self._all: dict[str, Recording] = {}
        self._by_grant: dict[str, Recording] = {}

    def start(self, recording_id: str, grant_id: str, *, most_ms: int, most_bytes: int) -> None:
        """Record what a grant publishes; repeating it changes nothing."""
        path = self._path(recording_id)
        if recording_id in self._all or path.exists():
            return
        now = self._by_grant.get(grant_id)
        if now is not None and not now.reason:
            raise RefusedError(Code.BAD_REQUEST, "This grant is being recorded already.")
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._all[recording_id] = self._by_grant[grant_id] = Recording(
            path.with_suffix(".part"),
            grant_id,
            most_ms=most_ms,
            most_bytes=most_bytes,
            keep_free=self._keep_free,
        )

    def frame(
        self, grant_id: str, kind: str, source: Source, data: bytes, timestamp: int, moment: Moment
    ) -> None:
        """Give a frame to the recording of a grant, if there is one; it harms nobody else."""
        recording = self._by_grant.get(grant_id)
        if recording is None:
            return
        try:
            recording.frame(kind, source, data, timestamp, moment)
        except Exception:
            log.exception("A recording failed.")
            recording.end("failed")

    def stop(self, recording_id: str) -> None:
        """End a recording; repeating it changes nothing."""
        if (recording := self._all.get(recording_id)) is not None:
            recording.end("stopped")

    def end_of(self, grant_id: str) -> None:
        """End the recording of a grant that ends."""
        if (recording := self._by_grant.pop(grant_id, None)) is not None:
            recording.end("ended")

    def listed(self) -> list[dict[str, Any]]:
        """Return what runs, and what waits to be fetched."""
        found = {
            recording_id: {
                "running": one.running,
                "reason": one.reason,
                "size": one.size,
                "length_ms": one.length_ms,
            }
            for recording_id, one in self._all.items()
        }
        for path in self._folder.glob("*.webm"):
            if path.stem not in found:
                found[path.stem] = {
                    "running": False,
                    "reason": LOST,
                    "size": path.stat().st_size,
                    "length_ms": webm.length_of(path),
                }
        return [{"recording_id": key, **facts} for key, facts in found.items()]

    def path(self, recording_id: str) -> str:
        """Return where the file of an ended recording lies."""
        path = self._path(recording_id)
        if not path.is_file():
            raise RefusedError(Code.BAD_REQUEST, "There is no such file, or it is being written.")
        return str(path.resolve())

    def forget(self, recording_id: str) -> None:
        """End a recording and delete its file; repeating it changes nothing."""
        recording = self._all.pop(recording_id, None)
        if recording is not None:
            recording.end("forgotten")
            if self._by_grant.get(recording.grant_id) is recording:
                del self._by_grant[recording.grant_id]
            recording.wait(CLOSE_WITHIN_S)
        path = self._path(recording_id)
        path.unlink(missing_ok=True)
        path.with_suffix(".part").unlink(missing_ok=True)

    def mend(self) -> None:
        """Make the files whole whose node died."""
        for path in self._folder.glob("*.part"):
            try:
                webm.mend(path)
                path.rename(path.with_suffix(".webm"))
            except (OSError, ValueError) as error:
                log.warning("The recording %s cannot be mended: %s", path.stem, error)

    def close(self) -> None:
        """End everything, and wait for its files."""
        for recording in self._all.values():
            recording.end(LOST)
        for recording in self._all.values():
            recording.wait(CLOSE_WITHIN_S)

    def _path(self, recording_id: str) -> Path:
        if not (
            recording_id.isascii() and recording_id.isalnum() and len(recording_id) <= LONGEST_ID
        ):
            raise RefusedError(Code.BAD_REQUEST, "This is not the id of a recording.")
        return self._folder / f"{recording_id}.webm"
