"""The steps of which transitions are made: migrating, calling one plugin, writing the row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from flask_babel import gettext as _
from packaging.version import Version

from ppvcms import schema
from ppvcms.accounts import audit
from ppvcms.db import db, now_ms, transaction
from ppvcms.errors import PluginError
from ppvcms.events import CodeChanged
from ppvcms.faultpoints import faultpoint
from ppvcms.host.calls import hooks_of, invoke
from ppvcms.host.contract import LifecycleContext
from ppvcms.host.generation import move_code_generation
from ppvcms.host.loading import failure_of
from ppvcms.host.models import PluginRow
from ppvcms.host.runtime import runtime
from ppvcms.host.states import Desired
from ppvcms.ids import new_id
from ppvcms.ledger.outbox import write_event
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy.orm import Session

    from ppvcms.host.manifest import Manifest

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Copy:
    """What is installed of a plugin: its schema's head; digests, where it was uploaded."""

    head: str | None
    digest: str | None = None
    before: tuple[str, ...] = ()
    signer: str = ""


def record_install(session: Session, slug: str, copy: Copy, actor_id: str | None) -> None:
    """Remember an installed plugin, which stays off; its tables are there already."""
    host = runtime()
    manifest = host.found[slug].manifest
    if manifest is None:
        raise PluginError(slug, "its manifest has problems.")
    row = session.get(PluginRow, slug) or PluginRow(slug=slug)
    row.desired, row.version, row.schema_head = Desired.INACTIVE, manifest.version, copy.head
    row.code_digest, row.code_before = copy.digest, list(copy.before)
    row.signer = copy.signer or None
    row.strikes, row.quarantined_at, row.last_error = {}, None, None
    row.installed_at, row.uninstalled_at = now_ms(session), None
    row.weight, row.guards = row.weight or 0, list(manifest.guards)
    session.add(row)
    session.flush()
    if slug in host.loaded:
        call_one(slug, "plugin_installed", session, actor_id)
    audit.record(
        session, actor_id, "host.plugin.installed", slug, data={"version": manifest.version}
    )
    if copy.digest:
        tell(session, actor_id, "installed", slug, manifest.version)
    move_code_generation(session)


def attempt(slug: str, act: Callable[[Session], Any]) -> Refusal | None:
    """Run a transition in one transaction; what the plugin raises undoes it and is told."""
    try:
        transaction(act)
    except Exception as error:
        log.exception("plugin_transition_failed", plugin=slug)
        return Refusal(
            "failed",
            _("'%(slug)s' refused with an error. Nothing was changed.", slug=slug),
            failure_of(error),
        )
    return None


def tell(
    session: Session,
    actor_id: str | None,
    act: str,
    slug: str,
    version: str = "",
    *,
    kind: str = "plugin",
) -> None:
    """Write the fact that code has changed, which the other owners are told."""
    at = now_ms(session)
    write_event(
        session,
        CodeChanged(
            id=new_id(), at=at, actor_id=actor_id, kind=kind, slug=slug, act=act, version=version
        ),
    )


def migrate(slug: str, folder: Path) -> str | None:
    """Bring a plugin's tables up to the migrations in a folder; return the revision they reach."""
    versions = folder / "migrations"
    if not any(versions.glob("*.py")):
        return None
    schema.upgrade(db.engine, plugin=slug, versions_dir=versions)
    return schema.current(db.engine, slug)


def take_back(slug: str, folder: Path, revision: str | None) -> None:
    """Run a plugin's migrations backwards to a revision, or to nothing."""
    versions = folder / "migrations"
    if any(versions.glob("*.py")) and schema.current(db.engine, slug):
        schema.downgrade(db.engine, slug, versions, revision or "base")


def point(session: Session, manifest: Manifest, copy: Copy, actor_id: str | None) -> None:
    """Let an installed plugin's row name another of its copies, from the next process on."""
    row = row_of(session, manifest.slug)
    older = Version(manifest.version) < Version(row.version)
    action = "host.plugin.rolled_back" if older else "host.plugin.upgraded"
    data: dict[str, Any] = {"from": row.version, "to": manifest.version, "digest": copy.digest}
    row.version, row.schema_head = manifest.version, copy.head
    row.code_digest, row.code_before = copy.digest, list(copy.before)
    row.signer, row.guards = copy.signer or None, list(manifest.guards)
    row.strikes, row.quarantined_at, row.last_error = {}, None, None
    audit.record(session, actor_id, action, manifest.slug, data=data)
    tell(session, actor_id, action.rpartition(".")[2], manifest.slug, manifest.version)
    move_code_generation(session)
    faultpoint("install.written")


def call_one(
    slug: str, hook: str, session: Session, actor_id: str | None, **arguments: object
) -> Any:
    """Call a lifecycle hook of one plugin and return its answer.

    Raises:
        PluginError: Its code is not in this process, or it tried to end it.
        Exception: Whatever the plugin raises.
    """
    loaded = runtime().loaded.get(slug)
    if loaded is None:
        raise PluginError(slug, "its code is not in this process yet. Try again in a moment.")
    context = LifecycleContext(slug, actor_id, session)
    for impl in hooks_of({slug: loaded.module}).get(hook, ()):
        try:
            return invoke(impl, hook, {"ctx": context, **arguments})
        except SystemExit as error:
            raise PluginError(slug, f"{hook} tried to end the process.") from error
    return None


def row_of(session: Session, slug: str) -> PluginRow:
    """Return the locked row of an installed plugin.

    Raises:
        PluginError: It is not installed.
    """
    row = session.get(PluginRow, slug, with_for_update=True)
    if row is None:
        raise PluginError(slug, "it is not installed.")
    return row
