"""A person in a browser test: one Chromium process tree, one page, one camera."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import psutil
from playwright.sync_api import Error as PlaywrightError

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import BrowserContext, BrowserType, ConsoleMessage, Page
    from playwright.sync_api import Error as PageError

ColorScheme = Literal["light", "dark", "no-preference"]

# Chromium obeys the last of several --disable-features, so this list must repeat
# what Playwright turns off for the sake of quiet and repeatable runs.
DISABLED_FEATURES = (
    "WebRtcHideLocalIpsWithMdns",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)
FLAGS = (
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-gpu",
    "--disable-quic",
    "--disable-renderer-backgrounding",
    "--mute-audio",
    "--disable-features=" + ",".join(DISABLED_FEATURES),
)
# Ten pictures a second are enough to see that they move, and cost less than twenty.
CAMERA_FLAGS = (
    "--use-fake-device-for-media-stream=fps=10",
    "--use-fake-ui-for-media-stream",
)
MARK = "--ppvcms-person"
DEATH_LIMIT_S = 10


@dataclass(frozen=True)
class Looks:
    """How a person's screen is."""

    width: int
    height: int
    color_scheme: ColorScheme


class Person:
    """A person with a browser process of their own.

    `page` and `context` are Playwright's. `errors` holds what the pages wrote to
    the console as errors and the exceptions that nobody caught.
    """

    def __init__(self, name: str, context: BrowserContext, *, group: int, shots: Path) -> None:
        self.name = name
        self.context = context
        self.page = context.pages[0]
        self.errors: list[str] = []
        self._group = group
        self._shots = shots
        self._stopped = False
        self._watch(self.page)
        context.on("page", self._watch)

    def screenshot(self, name: str, *, full_page: bool = False) -> Path:
        """Save what the page shows in build/screenshots/<test>/<name>-<person>.png."""
        path = self._shots / f"{file_name(name)}-{file_name(self.name)}.png"
        self.page.screenshot(path=path, full_page=full_page)
        return path

    def kill(self) -> None:
        """End the browser at once, as a crash or a power cut does."""
        self._signal(signal.SIGKILL)
        deadline = time.monotonic() + DEATH_LIMIT_S
        while self.alive and time.monotonic() < deadline:
            time.sleep(0.02)

    def stop(self) -> None:
        """Freeze the whole browser: for others, its line is dead."""
        self._signal(signal.SIGSTOP)
        self._stopped = True

    def cont(self) -> None:
        """Let a frozen browser go on."""
        self._signal(signal.SIGCONT)
        self._stopped = False

    def close(self) -> None:
        """Close the browser in good order; what is left of it is killed."""
        if self.alive and not self._stopped:
            with contextlib.suppress(PlaywrightError):
                self.context.close()
        self.kill()

    @property
    def alive(self) -> bool:
        """Whether any process of the browser runs, or is frozen."""
        return any(runs_in_group(process, self._group) for process in psutil.process_iter())

    def _signal(self, number: signal.Signals) -> None:
        # Playwright makes every browser the leader of a process group, which none of its
        # children leaves but the crash handlers; those follow it by themselves.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._group, number)

    def _watch(self, page: Page) -> None:
        page.on("console", self._on_console)
        page.on("pageerror", self._on_page_error)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"console: {message.text} ({message.location['url']})")

    def _on_page_error(self, error: PageError) -> None:
        self.errors.append(f"page: {error}")


def launch(
    chromium: BrowserType, name: str, *, executable: str, looks: Looks, camera: bool, folder: Path
) -> tuple[BrowserContext, int]:
    """Start a Chromium and return its context and its process group."""
    mark = f"{MARK}={uuid.uuid4().hex}"
    profile = folder / f"profile-{file_name(name)}-{mark[-6:]}"
    context = chromium.launch_persistent_context(
        profile,
        executable_path=executable,
        headless=True,
        args=[*FLAGS, *(CAMERA_FLAGS if camera else ()), mark],
        # As root there is no sandbox to be had.
        chromium_sandbox=os.geteuid() != 0,
        # Nothing of a test is left in the home folder.
        env={**os.environ, "XDG_CONFIG_HOME": str(profile), "XDG_CACHE_HOME": str(profile)},
        permissions=["camera", "microphone"] if camera else [],
        viewport={"width": looks.width, "height": looks.height},
        color_scheme=looks.color_scheme,
        locale="en-US",
        timezone_id="UTC",
    )
    return context, process_group(mark)


def process_group(mark: str) -> int:
    """Return the process group of the browser that was started with this flag."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if mark in process.cmdline() and os.getpgid(process.pid) == process.pid:
                return process.pid
    message = f"No browser runs with the flag {mark}."
    raise RuntimeError(message)


def runs_in_group(process: psutil.Process, group: int) -> bool:
    """Tell whether a process belongs to the group and is more than a name in the table."""
    with contextlib.suppress(psutil.Error, ProcessLookupError):
        return os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE
    return False


def file_name(words: str) -> str:
    """Return words as they may stand in the name of a file."""
    return re.sub(r"[^\w.-]+", "-", words).strip("-")
