"""What a start makes of the processes that died before it: blame, a pause, or safe mode."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from ppvcms.host import marks, safemode

if TYPE_CHECKING:
    from pathlib import Path

    from ppvcms.config import Config

MOST_FAILED_STARTS = 3
STARTS_WITHIN_S = 300
DEATHS_WITHIN_S = 86_400
MOST_IMPORT_DEATHS = 2
log = structlog.get_logger(__name__)


_skipped: dict[str, str] = {}
_aside: dict[str, str] = {}


def begin(instance: Path) -> bool:
    """Begin a process that stays: read what dead ones left, and keep marks of its own.

    Returns whether starts failed so often that this one should run no plugin.
    """
    failed = False
    for left in marks.left_behind(instance):
        failed = failed or not left.had_begun
        if not left.slug:
            continue
        log.error("process_died", plugin=left.slug, where=left.where)
        if left.where == marks.IMPORT:
            _judge_import(instance, left.slug)
        else:
            _aside[left.slug] = f"A process died while it ran in {left.where}."
    (instance / "boot").mkdir(parents=True, exist_ok=True, mode=0o700)
    starts = _recent(instance / "boot" / "failed_starts", STARTS_WITHIN_S, add=failed)
    marks.begin(instance)
    return len(starts) >= MOST_FAILED_STARTS


def begin_process(config: Config) -> Config:
    """Begin a process that stays, without plugins where starts keep failing."""
    if not begin(config.instance) or config.safe_mode:
        return config
    os.environ[safemode.BY_ITSELF] = "1"
    sys.stderr.write(
        "ppvcms: three starts failed within five minutes, so this one is in safe mode: no plugin "
        "runs and the public pages are shut. Sign in and open Plugins in the back office.\n"
    )
    return replace(config, safe_mode=True)


def charges() -> tuple[dict[str, str], dict[str, str]]:
    """Return which plugins to leave out this once, and which to put aside, with the reasons."""
    return _skipped, _aside


def forget_starts(instance: Path) -> None:
    """Begin to count failed starts from 0, since this one did well."""
    (instance / "boot" / "failed_starts").unlink(missing_ok=True)


def _judge_import(instance: Path, slug: str) -> None:
    deaths = _recent(instance / "boot" / f"{slug}.deaths", DEATHS_WITHIN_S, add=True)
    if len(deaths) >= MOST_IMPORT_DEATHS:
        _aside[slug] = f"{len(deaths)} processes died within a day while its code was loaded."
    else:
        _skipped[slug] = (
            "A process died while its code was loaded. It is left out this once and tried again "
            "at the next start."
        )


def _recent(path: Path, within_s: int, *, add: bool) -> list[float]:
    now = time.time()
    known = json.loads(path.read_text()) if path.is_file() else []
    times = [at for at in known if now - within_s < at <= now]
    if add:
        times.append(now)
        path.write_text(json.dumps(times))
    return times
