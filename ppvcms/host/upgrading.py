"""Taking newer files up: tables first, then `plugin_upgraded`, then the row.

New code is never imported into a process that has the old. Where an upgrade has
to run some, a process of its own does it, which has left the old code out.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import structlog
from flask import current_app
from flask_babel import gettext as _
from packaging.version import Version

from ppvcms.accounts import audit
from ppvcms.db import transaction
from ppvcms.host.finder import Found
from ppvcms.host.generation import move_code_generation
from ppvcms.host.loading import failure_of
from ppvcms.host.manifest import Manifest, read_plugin
from ppvcms.host.processes import environment_of
from ppvcms.host.runtime import load, read_state, refind, runtime
from ppvcms.host.snapshot import look_again
from ppvcms.host.steps import Copy, call_one, migrate, point, row_of, take_back
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask
    from sqlalchemy.orm import Session

HOOK = "plugin_upgraded"
WITHIN_S = 120
log = structlog.get_logger(__name__)


def upgrade(slug: str, *, actor_id: str | None) -> Refusal | None:
    """Bring an installed plugin's tables up to its files, and take the files' version.

    Returns a Refusal, and takes the tables back, when the plugin itself fails.
    """
    host = runtime()
    refind(host)
    found = host.found.get(slug)
    rows, _generation, _code = read_state()
    row = next((each for each in rows if each.slug == slug), None)
    if found is None or found.manifest is None or row is None:
        return Refusal(
            "unknown",
            _("There is no plugin '%(slug)s' to upgrade.", slug=slug),
            _("See the plugins page, or: ppvcms plugins list"),
        )
    manifest, tells = found.manifest, has_hook(found.path)
    if tells and row.version != manifest.version and not _is_here(manifest):
        return _later(slug)
    head = migrate(slug, found.path)
    try:
        transaction(lambda session: _take_files(session, manifest, head, actor_id, tells=tells))
    except Exception as error:
        log.exception("plugin_not_upgraded", plugin=slug)
        take_back(slug, found.path, row.schema_head)
        return _failed(slug, failure_of(error))
    look_again()
    return None


def upgrade_all(app: Flask) -> list[str]:
    """Upgrade every installed plugin, each on its own, and return a line for each."""
    lines = []
    with app.app_context():
        rows, _generation, _code = read_state()
        for row in rows:
            try:
                answer = upgrade(row.slug, actor_id=None)
            except Exception as error:  # noqa: BLE001 - one broken chain must not stop the others
                answer = Refusal("failed", failure_of(error))
            lines.append(f"{row.slug}: {answer or 'up to date.'}")
    return lines


def has_hook(folder: Path) -> bool:
    """Whether a plugin's files speak of the hook, so that its code has to be asked."""
    name = HOOK.encode()
    return any(name in path.read_bytes() for path in folder.rglob("*.py"))


def take_up(slug: str, copy: Copy, *, actor_id: str | None) -> Refusal | None:
    """Point an installed plugin to a newer copy, whose tables are made already.

    Its code is asked first, where it wants to be, in a process of its own.
    """
    folder = runtime().config.all_plugin_dirs[0] / slug / str(copy.digest)
    manifest = read_plugin(folder / "plugin.toml", slug)
    if not isinstance(manifest, Manifest):
        return _failed(slug, " ".join(manifest))
    if has_hook(folder) and _is_newer(slug, manifest):
        return _in_own_process(slug, copy, actor_id)
    transaction(lambda session: point(session, manifest, copy, actor_id))
    return None


def take_up_here(slug: str, order: str) -> Refusal | None:
    """Do the same in this process, which has not imported the plugin: told as `_in_own_process`."""
    told = json.loads(order)
    actor_id, copy = told.pop("actor_id"), Copy(**told)
    host = runtime()
    folder = host.config.all_plugin_dirs[0] / slug / str(copy.digest)
    manifest = read_plugin(folder / "plugin.toml", slug)
    if not isinstance(manifest, Manifest) or slug in host.loaded:
        return _failed(slug, "")
    host.found[slug] = Found(slug, folder, bundled=False, manifest=manifest)
    if failure := load(current_app._get_current_object(), slug):  # type: ignore[attr-defined] # noqa: SLF001
        return _failed(slug, failure)

    def act(session: Session) -> None:
        version = row_of(session, slug).version
        call_one(slug, HOOK, session, actor_id, from_version=version)
        point(session, manifest, copy, actor_id)

    try:
        transaction(act)
    except Exception as error:
        log.exception("plugin_not_upgraded", plugin=slug)
        return _failed(slug, failure_of(error))
    return None


def _in_own_process(slug: str, copy: Copy, actor_id: str | None) -> Refusal | None:
    config = runtime().config
    left_out = ",".join({*config.disable, slug})
    order = json.dumps({**asdict(copy), "actor_id": actor_id})
    try:
        done = subprocess.run(
            [sys.executable, "-m", "ppvcms", "plugins", "take-up", slug, order],
            env={**environment_of(config), "PPVCMS_DISABLE": left_out},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _failed(slug, _("It took longer than %(seconds)s seconds.", seconds=WITHIN_S))
    lines = done.stderr.strip().splitlines()
    return None if done.returncode == 0 else _failed(slug, lines[-1] if lines else "")


def _take_files(
    session: Session, manifest: Manifest, head: str | None, actor_id: str | None, *, tells: bool
) -> None:
    row = row_of(session, manifest.slug)
    if (row.version, row.schema_head) == (manifest.version, head):
        return
    if tells and Version(row.version) < Version(manifest.version):
        call_one(manifest.slug, HOOK, session, actor_id, from_version=row.version)
    data = {"from": row.version, "to": manifest.version}
    audit.record(session, actor_id, "host.plugin.upgraded", manifest.slug, data=data)
    row.version, row.schema_head = manifest.version, head
    row.guards = list(manifest.guards)
    move_code_generation(session)


def _is_here(manifest: Manifest) -> bool:
    """Whether the code in this process is that of the files, not what lay there before."""
    loaded = runtime().loaded.get(manifest.slug)
    return loaded is not None and loaded.manifest.version == manifest.version


def _is_newer(slug: str, manifest: Manifest) -> bool:
    rows, _generation, _code = read_state()
    return any(
        row.slug == slug and Version(row.version) < Version(manifest.version) for row in rows
    )


def _later(slug: str) -> Refusal:
    transaction(move_code_generation)
    look_again()
    return Refusal(
        "restart",
        _("The new code of '%(slug)s' is not in this process yet. Nothing was changed.", slug=slug),
        _("The server starts anew by itself: try again in a moment."),
    )


def _failed(slug: str, why: str) -> Refusal:
    return Refusal(
        "failed", _("'%(slug)s' was not upgraded. What ran before goes on.", slug=slug), why
    )
