"""What an owner keeps up: jobs, backups, the schema, the size of the database, proven books."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import func, select, text

from ppvcms.accounts.models import AuditLog
from ppvcms.db import db, now_ms, wall_ms
from ppvcms.jobs.models import TaskLease
from ppvcms.schema import CORE_VERSIONS, current, newest
from ppvcms.web.admin.queries.finding import Finding, Tone

if TYPE_CHECKING:
    from pathlib import Path

    from ppvcms.config import Config

DAY_MS = 86_400_000
BACKUP_WARNS, BACKUP_BAD = 2, 7
BOOKS_WARN = 7
GONE_MS = 60_000
MEGABYTE = 1024 * 1024
BACKUP = "last-backup"
"""The file of the instance folder whose date is that of the last backup."""


def note_backup(instance: Path) -> None:
    """Say that a backup was made just now; any program may touch the file instead."""
    (instance / BACKUP).touch()


def upkeep() -> list[Finding]:
    """Return the lines about what must be kept up."""
    return [_jobs(), *_redis(), _books(), _backup(), _schema(), _size()]


def _jobs() -> Finding:
    name = _("Jobs")
    now = now_ms(db.session())
    ran, held = db.session.execute(
        select(func.max(TaskLease.ran_at), func.max(TaskLease.lease_until))
    ).one()
    # A task that takes long holds its lease, and the others wait for it.
    if (ran or 0) < now - GONE_MS and (held or 0) < now:
        remedy = _("Start the site with ppvcms run, or ppvcms jobs besides: mails wait for it.")
        return Finding(name, Tone.BAD, _("No process does the periodic work."), remedy)
    failed = db.session.scalars(
        select(TaskLease.name).where(TaskLease.last_error.is_not(None), TaskLease.last_error != "")
    ).all()
    if failed:
        remedy = _("Read why in the list below; it is tried again by itself.")
        return Finding(name, Tone.WARN, _("Failed: %(names)s", names=", ".join(failed)), remedy)
    return Finding(name, Tone.GOOD, _("Periodic work runs."))


def _redis() -> list[Finding]:
    """Return a line where Redis is part of the site."""
    config: Config = current_app.config["PPVCMS"]
    if not config.redis:
        return []
    try:
        Redis.from_url(config.redis, socket_connect_timeout=2, socket_timeout=2).ping()
    except RedisError as error:
        remedy = _("Start it again. Meanwhile pages hear of news late; money and rights are safe.")
        return [Finding("Redis", Tone.BAD, str(error) or type(error).__name__, remedy)]
    return [Finding("Redis", Tone.GOOD, _("It answers."))]


def _books() -> Finding:
    name = _("Books")
    query = select(AuditLog.at, AuditLog.data).where(AuditLog.action == "ledger.books.checked")
    last = db.session.execute(query.order_by(AuditLog.id.desc()).limit(1)).first()
    remedy = _("Press “Check the books” under Ledger, or run: ppvcms check-books")
    if last is None:
        return Finding(name, Tone.WARN, _("They were never checked."), remedy)
    days = (now_ms(db.session()) - last.at) // DAY_MS
    if not last.data.get("ok"):
        words = ngettext(
            "The last check found %(num)s problem.",
            "The last check found %(num)s problems.",
            int(last.data.get("problems", 0)),
        )
        stop = _("Run ppvcms check-books, keep a backup, and ask for help before you change money.")
        return Finding(name, Tone.BAD, words, stop)
    words = _("They held when they were checked: %(days)s.", days=_ago(days))
    if days >= BOOKS_WARN:
        return Finding(name, Tone.WARN, words, remedy)
    return Finding(name, Tone.GOOD, words)


def _backup() -> Finding:
    name = _("Backup")
    config: Config = current_app.config["PPVCMS"]
    path = config.instance / BACKUP
    remedy = _("Back the database and the instance folder up, then run: ppvcms backup-done")
    if not path.exists():
        return Finding(name, Tone.WARN, _("The site knows of no backup."), remedy)
    days = max(0, wall_ms() - int(path.stat().st_mtime * 1000)) // DAY_MS
    words = _("The last one that was reported: %(days)s.", days=_ago(days))
    if days >= BACKUP_WARNS:
        return Finding(name, Tone.BAD if days >= BACKUP_BAD else Tone.WARN, words, remedy)
    return Finding(name, Tone.GOOD, words)


def _schema() -> Finding:
    name = _("Tables")
    here, wanted = current(db.engine), _newest_of_core()
    if here != wanted:
        words = _("They are at %(here)s, this version needs %(wanted)s.", here=here, wanted=wanted)
        return Finding(name, Tone.BAD, words, _("Run: ppvcms db upgrade"))
    return Finding(name, Tone.GOOD, _("They are up to date, at %(here)s.", here=here))


@lru_cache(maxsize=1)
def _newest_of_core() -> str | None:
    return newest(CORE_VERSIONS)


def _size() -> Finding:
    if db.engine.dialect.name == "sqlite":
        query = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    else:
        query = "SELECT pg_database_size(current_database())"
    size = int(db.session.execute(text(query)).scalar_one()) / MEGABYTE
    return Finding(_("Size of the database"), Tone.GOOD, _("%(size)s MB.", size=f"{size:,.1f}"))


def _ago(days: int) -> str:
    if not days:
        return str(_("less than a day ago"))
    return str(ngettext("%(num)s day ago", "%(num)s days ago", days))
