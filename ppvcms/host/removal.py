"""Taking a plugin away: uninstalling keeps what it wrote, purging keeps nothing."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import MetaData, delete, func, inspect, select, text
from sqlalchemy import table as sql_table

from ppvcms import schema
from ppvcms.accounts import audit
from ppvcms.db import db, now_ms, transaction
from ppvcms.faultpoints import faultpoint
from ppvcms.host.finder import copies_of
from ppvcms.host.generation import move_code_generation
from ppvcms.host.installing import home_of
from ppvcms.host.loading import failure_of
from ppvcms.host.models import PluginRow, Setting
from ppvcms.host.runtime import load, read_state, refind, runtime
from ppvcms.host.snapshot import look_again
from ppvcms.host.states import Desired
from ppvcms.host.steps import attempt, call_one, row_of, take_back, tell
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Remains:
    """What a plugin has on this site, and a purge would delete for good."""

    tables: tuple[tuple[str, int], ...]
    """Each table with its number of rows."""
    settings: int
    folders: tuple[Path, ...]


def uninstall(slug: str, *, actor_id: str | None) -> Refusal | None:
    """Take a plugin that is off out of use; its tables, settings and files stay.

    It stays installed when its own `plugin_uninstalled` fails.
    """
    refusal = _refusal(slug)
    if refusal is not None:
        return refusal

    def act(session: Session) -> None:
        _tell(session, slug, actor_id, delete_data=False)
        row = row_of(session, slug)
        row.uninstalled_at = now_ms(session)
        row.strikes, row.quarantined_at, row.last_error = {}, None, None
        audit.record(session, actor_id, "host.plugin.uninstalled", slug)
        tell(session, actor_id, "uninstalled", slug)
        move_code_generation(session)

    refusal = attempt(slug, act)
    look_again()
    return refusal


def remains(slug: str) -> Remains:
    """Return what a purge of a plugin would delete."""
    with db.engine.connect() as connection:
        tables = tuple(
            (name, connection.scalar(select(func.count()).select_from(sql_table(name))) or 0)
            for name in _tables(slug)
        )
        count = connection.scalar(
            select(func.count()).select_from(Setting).where(Setting.plugin == slug)
        )
    return Remains(tables, count or 0, tuple(_folders(slug)))


def purge(slug: str, *, actor_id: str | None) -> Refusal | None:
    """Delete all that a plugin has: tables, settings, files, and its code where it was uploaded.

    It stops at the act that fails, `plugin_uninstalled` of its own the first, and can be
    called again; the row goes last.
    """
    refusal = _refusal(slug, uninstalled_too=True)
    if refusal is None:
        _load_again(slug)
        refusal = attempt(slug, lambda session: _tell(session, slug, actor_id, delete_data=True))
    if refusal is not None:
        return refusal
    try:
        _drop(slug)
    except Exception as error:
        log.exception("plugin_not_purged", plugin=slug)
        return Refusal("failed", _("Its tables could not be deleted."), failure_of(error))
    faultpoint("purge.dropped")
    for folder in _folders(slug):
        shutil.rmtree(folder, ignore_errors=True)
    faultpoint("purge.cleared")

    def act(session: Session) -> None:
        session.execute(delete(Setting).where(Setting.plugin == slug))
        row = session.get(PluginRow, slug, with_for_update=True)
        data = {"version": row.version} if row is not None else {}
        if row is not None:
            session.delete(row)
        audit.record(session, actor_id, "host.plugin.purged", slug, data=data)
        tell(session, actor_id, "purged", slug)
        move_code_generation(session)

    transaction(act)
    refind(runtime())
    look_again()
    return None


def _tell(session: Session, slug: str, actor_id: str | None, *, delete_data: bool) -> None:
    # Whose code cannot run is not asked, or nobody could ever take it away.
    if slug in runtime().loaded:
        call_one(slug, "plugin_uninstalled", session, actor_id, delete_data=delete_data)


def _load_again(slug: str) -> None:
    """Import what was uninstalled before, in a process that serves nobody."""
    row = db.session.get(PluginRow, slug)
    if row is None or row.quarantined_at is not None or getattr(current_app, "serving", False):
        return
    if slug not in runtime().config.disable:
        load(current_app._get_current_object(), slug)  # type: ignore[attr-defined] # noqa: SLF001


def _refusal(slug: str, *, uninstalled_too: bool = False) -> Refusal | None:
    rows, _generation, _code = read_state()
    row = next((each for each in rows if each.slug == slug), None)
    if row is None or (row.uninstalled_at is not None and not uninstalled_too):
        return Refusal(
            "unknown",
            _("'%(slug)s' is not installed.", slug=slug),
            _("Nothing was changed."),
        )
    if row.uninstalled_at is None and row.desired == Desired.ACTIVE:
        return Refusal(
            "active",
            _("'%(slug)s' is switched on.", slug=slug),
            _("Deactivate it first. Nothing was changed."),
        )
    users = _installed_on_it(slug, rows)
    if users:
        names = ", ".join(users)
        return Refusal(
            "needed",
            _("'%(slug)s' is needed by %(names)s.", slug=slug, names=names),
            _("Uninstall that first. Nothing was changed."),
        )
    return None


def _installed_on_it(slug: str, rows: list[PluginRow]) -> list[str]:
    found = runtime().found
    return sorted(
        row.slug
        for row in rows
        if row.uninstalled_at is None
        and row.slug in found
        and (manifest := found[row.slug].manifest) is not None
        and slug in manifest.requires
    )


def _tables(slug: str) -> list[str]:
    return sorted(name for name in inspect(db.engine).get_table_names() if schema.owns(slug, name))


def _drop(slug: str) -> None:
    found = runtime().found.get(slug)
    if found is not None and found.manifest is not None:
        take_back(slug, found.path, None)
    # Without its files, or where a migration left something, the tables go by their names.
    left = _tables(slug)
    if left:
        metadata = MetaData()
        metadata.reflect(db.engine, only=left)
        metadata.drop_all(db.engine, [metadata.tables[name] for name in left])
    with db.engine.begin() as connection:
        connection.execute(text(f'DROP TABLE IF EXISTS "{schema.version_table(slug)}"'))


def _folders(slug: str) -> list[Path]:
    instance, home = runtime().config.instance, home_of(slug)
    folders = [instance / "private" / slug, instance / "plugin-data" / slug]
    if copies_of(home):
        folders.append(home)
    return [folder for folder in folders if folder.is_dir()]
