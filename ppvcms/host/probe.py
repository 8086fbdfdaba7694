"""Importing a plugin for the first time, where it can hurt nobody: in a process of its own.

``python -m ppvcms.host.probe <slug> <folder> <seconds>`` prints nothing when all is well,
else one line. It has a limit of time and memory and knows no database.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

from ppvcms.config import ROOT

CPU_S = 10
WALL_S = 40
MOST_MEMORY = 2 * 1024**3


def problem_of(slug: str, folder: Path) -> str:
    """Return why a plugin cannot be imported, or an empty text."""
    command = [sys.executable, "-m", "ppvcms.host.probe", slug, str(folder), str(CPU_S)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PPVCMS_")}
    try:
        done = subprocess.run(
            command,
            env={**kept, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WALL_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"Its import did not end within {WALL_S} seconds."
    if done.returncode == 0:
        return ""
    if done.returncode < 0:
        return f"Its import ended the process (signal {-done.returncode}) or took too long."
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[-1] if lines else f"Its import ended the process (code {done.returncode})."


def main() -> None:
    """Import the plugin that the command line names."""
    slug, folder, cpu_s = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    try:
        _import(slug, folder)
    except BaseException as error:  # noqa: BLE001 - whatever a plugin raises
        from ppvcms.host.loading import failure_of  # noqa: PLC0415 - as below

        sys.stdout.write(f"{failure_of(error)}\n")
        sys.stdout.flush()
        # Not even what it left to be done at exit is run.
        os._exit(1)
    os._exit(0)


def _import(slug: str, folder: Path) -> None:
    # Late, because the limits come first.
    from flask import Flask  # noqa: PLC0415
    from flask_babel import Babel  # noqa: PLC0415

    from ppvcms.config import Config  # noqa: PLC0415
    from ppvcms.host.calls import hooks_of  # noqa: PLC0415
    from ppvcms.host.finder import install_importer  # noqa: PLC0415
    from ppvcms.host.loading import import_entry, require_declared  # noqa: PLC0415
    from ppvcms.host.manifest import Manifest, read_plugin  # noqa: PLC0415

    manifest = read_plugin(folder / "plugin.toml", slug)
    if not isinstance(manifest, Manifest):
        raise TypeError(" ".join(manifest))
    install_importer({slug: folder})
    app = Flask("probe")
    app.config["PPVCMS"] = Config()
    Babel(app)
    with app.app_context():
        module = import_entry(slug, manifest)
        require_declared(manifest, folder, hooks_of({slug: module}))


if __name__ == "__main__":
    main()
