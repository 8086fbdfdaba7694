"""Side processes of plugins: where they listen, and starting one under its import name."""

from __future__ import annotations

import hashlib
import os
import runpy
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app

from ppvcms.config import ROOT
from ppvcms.host.finder import install_importer

if TYPE_CHECKING:
    from ppvcms.config import Config

# A Unix socket's address has room for 107 bytes.
LONGEST_ADDRESS = 100
SUPERVISOR = "PPVCMS_SUPERVISOR"
"""In a child's environment: the supervisor's process."""
FOLDER = "PPVCMS_PLUGIN_FOLDER"
"""In a side process's environment: the folder of its plugin."""


def socket_path(instance: Path, slug: str, name: str) -> Path:
    """Return where a plugin's side process listens; the same in every process of the site."""
    path = instance / "run" / f"{slug}-{name}.sock"
    if len(os.fsencode(path)) <= LONGEST_ADDRESS:
        return path
    short = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"ppvcms-{short}" / "s.sock"


def socket_of(slug: str, name: str) -> str:
    """Return where a side process of a plugin listens, for the site that is running."""
    return str(socket_path(current_app.config["PPVCMS"].instance, slug, name))


def state_path(instance: Path, slug: str, name: str) -> Path:
    """Return the file in which a side process keeps what it must remember."""
    return instance / "run" / f"{slug}-{name}.json"


def command(instance: Path, slug: str, name: str, module: str) -> list[str]:
    """Return the command line of a side process, and make the folders it needs."""
    listen, state = socket_path(instance, slug, name), state_path(instance, slug, name)
    for path in (listen, state):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    arguments = ["--socket", str(listen), "--state", str(state)]
    return [sys.executable, "-m", "ppvcms.host.processes", module, *arguments]


def environment_of(config: Config) -> dict[str, str]:
    """Return the environment of a process that works on the same site."""
    given = {
        "PPVCMS_INSTANCE": str(config.instance),
        "PPVCMS_DATABASE": config.database,
        "PPVCMS_SECRET_KEY": config.secret_key,
        "PPVCMS_PLUGIN_DIRS": ",".join(map(str, config.plugin_dirs)),
        "PPVCMS_THEME_DIRS": ",".join(map(str, config.theme_dirs)),
        "PYTHONPATH": str(ROOT),
    }
    return {**os.environ, **{name: value for name, value in given.items() if value}}


def end_with_parent() -> None:
    """End this process when the supervisor is gone, even if that was killed."""
    told = os.environ.get(SUPERVISOR)
    parent = int(told) if told else os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def main() -> None:
    """Run a module of a plugin: ``python -m ppvcms.host.processes plugins.<slug>.<module> ...``."""
    module = sys.argv[1]
    install_importer({module.split(".")[1]: Path(os.environ[FOLDER])})
    end_with_parent()
    sys.argv = sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
