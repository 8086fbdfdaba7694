"""What an operator may set for the node, read from the environment."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCIceServer

from plugins.media_embedded.protocol import DEFAULT_SOCKET

TURN_LIVES_S = 600


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the node listens and what it tells pages."""

    socket: Path
    state: Path
    node: str = "embedded"
    stun: tuple[str, ...] = ()
    turn: tuple[str, ...] = ()
    turn_secret: str = field(default="", repr=False)
    start_kbps: int = 900
    most_kbps: int = 1500
    keep_free_mb: int = 512

    @property
    def recordings(self) -> Path:
        """Where recordings lie until the app has fetched them."""
        return self.state.parent / "recordings"

    @staticmethod
    def read(socket: str | None = None, state: str | None = None) -> Settings:
        """Take arguments first, then PPVCMS_MEDIA_*, then what works on one machine."""
        env = os.environ
        path = Path(socket or env.get("PPVCMS_MEDIA_SOCKET") or DEFAULT_SOCKET)
        held = state or env.get("PPVCMS_MEDIA_STATE") or path.with_suffix(".state")
        return Settings(
            socket=path,
            state=Path(held),
            node=env.get("PPVCMS_MEDIA_NODE", "embedded"),
            stun=tuple(env.get("PPVCMS_MEDIA_STUN", "").split()),
            turn=tuple(env.get("PPVCMS_MEDIA_TURN", "").split()),
            turn_secret=env.get("PPVCMS_MEDIA_TURN_SECRET", ""),
            start_kbps=int(env.get("PPVCMS_MEDIA_START_KBPS", "900")),
            most_kbps=int(env.get("PPVCMS_MEDIA_MOST_KBPS", "1500")),
            keep_free_mb=int(env.get("PPVCMS_MEDIA_KEEP_FREE_MB", "512")),
        )

    def for_connections(self) -> RTCConfiguration:
        """Return how the node makes its own peer connections."""
        servers = [RTCIceServer(urls=list(self.stun))] if self.stun else []
        return RTCConfiguration(iceServers=servers, bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)

    def for_page(self, grant_id: str) -> list[dict[str, Any]]:
        """Return the servers that a page may use; its TURN credentials live ten minutes."""
        servers: list[dict[str, Any]] = [{"urls": list(self.stun)}] if self.stun else []
        if self.turn and self.turn_secret:
            name = f"{int(time.time()) + TURN_LIVES_S}:{grant_id}"
            mac = hmac.new(self.turn_secret.encode(), name.encode(), hashlib.sha1).digest()
            credential = base64.b64encode(mac).decode()
            servers.append({"urls": list(self.turn), "username": name, "credential": credential})
        return servers
