"""How the site is: one line for each thing that can be wrong, with what to do (BO-16)."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from ppvcms.db import db, now_ms, wall_ms
from ppvcms.host import lifecycle, registry
from ppvcms.host.models import HostProcess, HostState
from ppvcms.jobs.models import Mail, TaskLease
from ppvcms.jobs.outbox import parked
from ppvcms.jobs.tasks import QUICK_LEASE_MS
from ppvcms.ledger.models import Outbox
from ppvcms.metering.models import Seat
from ppvcms.metering.rows import OPEN_STATES
from ppvcms.notices.models import NoticeDelivery
from ppvcms.payments.models import PaymentInbox, PaymentOp
from ppvcms.web.admin.queries.containment import contained
from ppvcms.web.admin.queries.finding import Finding, Tone
from ppvcms.web.admin.queries.upkeep import upkeep

if TYPE_CHECKING:
    from ppvcms.config import Config

LATE_MS = 60_000
CLOCK_MS = 2_000
GONE_MS = 60_000
ORPHAN_MS = 30_000
STUCK_TRIES = 2
LOW_DISK = 2 * 1024**3
SLOW_MS = 250


@dataclass(frozen=True, slots=True)
class JobRow:
    """Periodic work: when it ran last, and what went wrong."""

    name: str
    ran_at: int
    running: bool
    error: str


@dataclass(frozen=True, slots=True)
class ProcessRow:
    """A running process, and whether it has followed the active plugins and theme."""

    kind: str
    pid: int
    seen_at: int
    alive: bool
    followed: bool


def findings() -> list[Finding]:
    """Return every line, in the order in which an owner should read them."""
    return [
        _database(),
        _clock(),
        _meter(),
        _media(),
        _outbox(),
        _mail(),
        _payments(),
        _plugins(),
        *contained(),
        _disk(),
        *upkeep(),
        *_told_by_plugins(),
    ]


def problems() -> list[Finding]:
    """Return the lines that are not good."""
    return [one for one in findings() if one.tone is not Tone.GOOD]


def jobs() -> list[JobRow]:
    """Return periodic work by name, as its leases tell."""
    now = now_ms(db.session())
    rows = db.session.scalars(select(TaskLease).order_by(TaskLease.name))
    return [JobRow(row.name, row.ran_at, _runs(row, now), row.last_error or "") for row in rows]


def _runs(row: TaskLease, now: int) -> bool:
    # A quick job keeps its lease between its runs.
    return row.lease_until > now and row.lease_until - row.ran_at != QUICK_LEASE_MS


def processes() -> list[ProcessRow]:
    """Return the processes that were seen within the hour, the newest first."""
    now = now_ms(db.session())
    state = db.session.get(HostState, 1, populate_existing=True)
    rows = db.session.scalars(
        select(HostProcess)
        .where(HostProcess.seen_at > now - 3_600_000)
        .order_by(HostProcess.seen_at.desc())
    )
    return [
        ProcessRow(
            kind=row.kind,
            pid=row.pid,
            seen_at=row.seen_at,
            alive=now - row.seen_at < GONE_MS,
            followed=state is None or row.generation >= state.generation,
        )
        for row in rows
    ]


def _database() -> Finding:
    began = time.monotonic()
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        return Finding(_("Database"), Tone.BAD, str(error), _("Look at the database server."))
    took = int((time.monotonic() - began) * 1000)
    kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}.get(db.engine.dialect.name, "")
    version = ".".join(str(part) for part in db.engine.dialect.server_version_info or ())
    words = _("%(kind)s %(version)s answers in %(took)s ms.", kind=kind, version=version, took=took)
    if took > SLOW_MS:
        return Finding(_("Database"), Tone.WARN, words, _("It is slow: look at its machine."))
    return Finding(_("Database"), Tone.GOOD, words)


def _clock() -> Finding:
    apart = abs(now_ms(db.session()) - wall_ms())
    words = _("This machine and the database are %(apart)s ms apart.", apart=apart)
    if apart > CLOCK_MS:
        remedy = _("Let both follow a time server. Bills use the database's clock alone.")
        return Finding(_("Clock"), Tone.WARN, words, remedy)
    return Finding(_("Clock"), Tone.GOOD, words)


def _meter() -> Finding:
    open_seats = Seat.state.in_(OPEN_STATES)
    count, oldest = db.session.execute(
        select(func.count(), func.min(Seat.beat_at)).where(open_seats)
    ).one()
    words = ngettext("%(num)s session is metered.", "%(num)s sessions are metered.", count)
    if count and now_ms(db.session()) - oldest > ORPHAN_MS:
        remedy = _("Nobody looks at one of them. Is the meter running? Nothing is overcharged.")
        return Finding(_("Meter"), Tone.BAD, words, remedy)
    config: Config = current_app.config["PPVCMS"]
    if not config.meter_inside and not any(
        one.kind == "meter" and one.alive for one in processes()
    ):
        remedy = _("Start it with ppvcms meter. Until then no paid show can go on.")
        return Finding(_("Meter"), Tone.BAD, _("No process is the meter."), remedy)
    return Finding(_("Meter"), Tone.GOOD, words)


def _media() -> Finding:
    provider = registry.media_provider()
    if provider is None:
        remedy = _("Switch a media plugin on under Plugins. Nobody can go live without one.")
        return Finding(_("Live video"), Tone.BAD, _("No media plugin is active."), remedy)
    try:
        rooms = {grant.room for grant in provider.reconcile()}
    except Exception as error:  # noqa: BLE001 - whatever an engine raises is the finding
        remedy = _("Is its process running? Shows pause, and nothing is billed meanwhile.")
        return Finding(provider.label, Tone.BAD, str(error) or type(error).__name__, remedy)
    words = ngettext(
        "It answers and carries %(num)s room.", "It answers and carries %(num)s rooms.", len(rooms)
    )
    return Finding(str(provider.label), Tone.GOOD, words)


def _outbox() -> Finding:
    given_up = len(parked())
    if given_up:
        words = ngettext("%(num)s fact was given up.", "%(num)s facts were given up.", given_up)
        remedy = _("Mend what refuses it, then tell it again from the list below.")
        return Finding(_("Outbox"), Tone.BAD, words, remedy)
    waiting = Outbox.delivered_at.is_(None)
    count, oldest = db.session.execute(
        select(func.count(), func.min(Outbox.due_at)).where(waiting)
    ).one()
    words = ngettext("%(num)s fact waits to be told.", "%(num)s facts wait to be told.", count)
    if count and now_ms(db.session()) - oldest > LATE_MS:
        remedy = _("Are the jobs running? A plugin may refuse a fact; look at the list below.")
        return Finding(_("Outbox"), Tone.WARN, words, remedy)
    return Finding(_("Outbox"), Tone.GOOD, words)


def _mail() -> Finding:
    rows = db.session.execute(select(Mail.state, func.count()).group_by(Mail.state))
    counts = dict(rows.all())
    config: Config = current_app.config["PPVCMS"]
    waiting, failed = counts.get("waiting", 0), counts.get("failed", 0)
    lost = select(func.count()).where(NoticeDelivery.state == "failed")
    failed += db.session.scalar(lost) or 0
    words = _("%(waiting)s waiting, %(failed)s failed.", waiting=waiting, failed=failed)
    if not config.mail_url:
        remedy = _("No mail server is set (PPVCMS_MAIL_URL): mails can be read under Mail alone.")
        return Finding(_("Mail"), Tone.WARN, words, remedy)
    if failed:
        return Finding(_("Mail"), Tone.WARN, words, _("Read why under Mail."))
    stuck = select(Mail.last_error).where(Mail.state == "waiting", Mail.attempts >= STUCK_TRIES)
    why = db.session.scalar(stuck.order_by(Mail.made_at.desc()).limit(1))
    if why:
        remedy = _("Is PPVCMS_MAIL_URL right, and does that server run? They are tried again.")
        return Finding(_("Mail"), Tone.BAD, f"{words} {why}", remedy)
    late = select(func.min(Mail.due_at)).where(Mail.state == "waiting")
    due = db.session.scalar(late)
    if due is not None and due < now_ms(db.session()) - LATE_MS:
        return Finding(_("Mail"), Tone.WARN, words, _("Are the jobs running? They send mails."))
    return Finding(_("Mail"), Tone.GOOD, words)


def _payments() -> Finding:
    unknown = select(func.count()).where(PaymentOp.state.in_(("unknown", "review")))
    odd = select(func.count()).where(PaymentInbox.state.in_(("parked", "review", "forged")))
    open_ops, notes = db.session.scalar(unknown) or 0, db.session.scalar(odd) or 0
    words = _(
        "%(ops)s payments without a known outcome, %(notes)s notifications to look at.",
        ops=open_ops,
        notes=notes,
    )
    if not registry.gateways():
        remedy = _("Switch a payment plugin on under Plugins. Nobody can buy credits without one.")
        return Finding(_("Payments"), Tone.WARN, _("No payment plugin is active."), remedy)
    if open_ops or notes:
        return Finding(_("Payments"), Tone.WARN, words, _("Look at them under Payments."))
    return Finding(_("Payments"), Tone.GOOD, words)


def _plugins() -> Finding:
    ill = [one for one in lifecycle.overview() if one.problems]
    if ill:
        words = ", ".join(f"{one.name}: {one.problems[0]}" for one in ill)
        return Finding(_("Plugins"), Tone.WARN, words, _("Look at them under Plugins."))
    return Finding(_("Plugins"), Tone.GOOD, _("No plugin has a problem."))


def _told_by_plugins() -> list[Finding]:
    return [
        Finding(one.name, Tone.BAD if told.serious else Tone.WARN, told.text, told.remedy)
        for one in lifecycle.overview()
        if one.state == "active"
        for told in lifecycle.problems_of(one.slug)
    ]


def _disk() -> Finding:
    config: Config = current_app.config["PPVCMS"]
    usage = shutil.disk_usage(config.instance if config.instance.exists() else "/")
    free = usage.free / 1024**3
    words = _("%(free)s GB free of %(all)s GB.", free=f"{free:.1f}", all=usage.total // 1024**3)
    if usage.free < LOW_DISK:
        return Finding(_("Disk"), Tone.BAD, words, _("Make room before the database stops."))
    return Finding(_("Disk"), Tone.GOOD, words)
