"""Installing plugins and switching them on and off: one function for each transition.

Work comes first and the record last, so that a row never claims what is not
done. Every transition writes an audit row and works from the browser and the
command line alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.accounts import audit
from ppvcms.accounts.roles import grant_defaults
from ppvcms.db import db, transaction, unit_of_work
from ppvcms.host import activated, deprecation, quarantine, reasons
from ppvcms.host.contract import Problem
from ppvcms.host.generation import move_code_generation, move_generation
from ppvcms.host.loading import failure_of
from ppvcms.host.models import PluginRow
from ppvcms.host.runtime import load, read_state, refind, runtime
from ppvcms.host.snapshot import current, look_again
from ppvcms.host.states import Desired, Standing, State, standings
from ppvcms.host.steps import Copy, attempt, call_one, migrate, record_install, row_of
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """A plugin as lists and pages show it."""

    slug: str
    name: str
    summary: str
    version: str
    author: str
    category: str
    icon: str
    state: State
    bundled: bool
    problems: tuple[str, ...] = ()
    has_settings: bool = False
    requires: tuple[str, ...] = ()
    needed_by: tuple[str, ...] = ()
    license: str = ""
    processes: tuple[str, ...] = field(default=())
    installed: bool = False
    data_kept: bool = False
    uploaded: bool = False
    can_go_back: bool = False
    digest: str = ""


def overview() -> list[PluginInfo]:
    """Return every plugin that has files or a row, with its state and problems, by name."""
    host = runtime()
    refind(host)
    # What fails while it registers is put aside now, so that the list can say so.
    current()
    rows, _generation, _code = read_state()
    states = standings(host.facts(rows))
    plugins = [_info(slug, standing, rows) for slug, standing in states.items()]
    return sorted(plugins, key=lambda plugin: plugin.name.lower())


def install(slug: str, *, actor_id: str | None) -> Refusal | None:
    """Make a plugin's tables and remember it; it stays off, and needs a new process.

    Returns a Refusal with the reason when it cannot be installed; nothing is kept then.
    """
    host = runtime()
    refind(host)
    standing = _standing(slug)
    if standing is None:
        return _unknown(slug)
    if standing.state is not State.DISCOVERED:
        return Refusal("state", _("'%(slug)s' cannot be installed.", slug=slug), _why(standing))
    if not getattr(current_app, "serving", False) and (failure := load(_app(), slug)):
        host.failures.pop(slug, None)
        return Refusal("failed", _("'%(slug)s' was not installed.", slug=slug), failure)
    head = migrate(slug, host.found[slug].path)
    refusal = attempt(slug, lambda session: record_install(session, slug, Copy(head), actor_id))
    look_again()
    return refusal


def activate(slug: str, *, actor_id: str | None) -> Refusal | None:
    """Switch a plugin on in every process, without a restart."""
    standing = _standing(slug)
    if standing is None:
        return _unknown(slug)
    if standing.state in {State.ACTIVE, State.WAITING}:
        return None
    if standing.state is not State.INACTIVE:
        remedy = _why(standing) or _("Install it first.")
        return Refusal("state", _("'%(slug)s' cannot be switched on.", slug=slug), remedy)
    missing = _missing_needs(slug)
    if missing:
        return Refusal(
            "needs",
            _("'%(slug)s' needs %(names)s, which is not active.", slug=slug, names=missing),
            _("Activate that first. Nothing was changed."),
        )

    def act(session: Session) -> None:
        call_one(slug, "plugin_activated", session, actor_id)
        grant_defaults(session, _offers(slug))
        row_of(session, slug).desired = Desired.ACTIVE
        activated.tell(session, slug, actor_id)
        audit.record(session, actor_id, "host.plugin.activated", slug)
        move_generation(session)

    failure = attempt(slug, act)
    look_again()
    return failure


def deactivate(slug: str, *, actor_id: str | None, insist: bool = False) -> Refusal | None:
    """Switch a plugin off in every process; `insist` passes over the plugin's own reasons."""
    standing = _standing(slug)
    if standing is None:
        return _unknown(slug)
    if standing.state is State.DISCOVERED:
        return None
    dependents = _needed_by(slug)
    if dependents:
        return Refusal(
            "needed",
            _("'%(slug)s' is needed by %(names)s.", slug=slug, names=", ".join(dependents)),
            _("Switch that off first. Nothing was changed."),
        )
    against = [] if insist else reasons_against(slug, actor_id=actor_id)
    if against:
        return Refusal("reasons", " ".join(against), _("Nothing was changed."))

    def act(session: Session) -> None:
        row_of(session, slug).desired = Desired.INACTIVE
        audit.record(session, actor_id, "host.plugin.deactivated", slug, data={"insisted": insist})
        move_generation(session)

    transaction(act)
    look_again()
    _tell_off(slug, actor_id)
    return None


def reset(slug: str, *, actor_id: str | None) -> Refusal | None:
    """Clear the strikes of a plugin that was put aside and try it again."""
    host = runtime()
    host.failures.pop(slug, None)
    is_out = slug not in host.loaded

    def act(session: Session) -> Refusal | None:
        row = session.get(PluginRow, slug)
        if row is None:
            return _unknown(slug)
        quarantine.release(session, row)
        if is_out:
            move_code_generation(session)
        audit.record(session, actor_id, "host.plugin.reenabled", slug)
        return None

    answer = transaction(act)
    if answer is None and is_out and not getattr(current_app, "serving", False):
        failure = load(_app(), slug)
        answer = Refusal("failed", _("It failed again."), failure) if failure else None
    look_again()
    return answer


def reasons_against(slug: str, *, actor_id: str | None) -> list[str]:
    """Return what speaks against switching a plugin off now, as sentences of its own."""
    if slug not in current().active:
        return []
    try:
        answer = call_one(slug, "check_deactivation", db.session(), actor_id)
    except Exception as error:  # noqa: BLE001 - whatever a plugin raises
        log.warning("plugin_failed", plugin=slug, error=failure_of(error))
        answer = []
    return [*reasons.of(slug), *(str(reason) for reason in answer or [])]


def problems_of(slug: str) -> list[Problem]:
    """Return what an active plugin says its owner should mend, and what it uses that goes."""
    if slug not in current().active:
        return []
    return [*_said_by(slug), *(_going(text) for text in deprecation.used_by(slug))]


def _going(text: str) -> Problem:
    return Problem(
        _("It uses what version 2 of the plugin interface will not have: %(what)s", what=text),
        _("Nothing is wrong yet. Ask its author for a version that does without."),
    )


def _said_by(slug: str) -> list[Problem]:
    try:
        answer = call_one(slug, "plugin_problems", db.session(), None)
    except Exception as error:  # noqa: BLE001 - whatever a plugin raises
        return [Problem(failure_of(error), serious=True)]
    return [each for each in answer or [] if isinstance(each, Problem)]


def _info(slug: str, standing: Standing, rows: list[PluginRow]) -> PluginInfo:
    host = runtime()
    found = host.found.get(slug)
    manifest = found.manifest if found else None
    row = next((each for each in rows if each.slug == slug), None)
    return PluginInfo(
        slug=slug,
        name=manifest.name if manifest else slug,
        summary=manifest.summary if manifest else "",
        version=manifest.version if manifest else (row.version if row else ""),
        author=", ".join(manifest.authors) if manifest else "",
        category=manifest.category if manifest else "",
        icon=manifest.icon if manifest else "puzzle",
        state=standing.state,
        bundled=bool(found and found.bundled),
        problems=standing.reasons,
        has_settings=slug in current().settings_specs,
        requires=tuple(manifest.requires) if manifest else (),
        needed_by=tuple(_needed_by(slug)),
        license=manifest.license if manifest else "",
        processes=tuple(manifest.processes) if manifest else (),
        installed=row is not None and row.uninstalled_at is None,
        data_kept=row is not None and row.uninstalled_at is not None,
        uploaded=row is not None and bool(row.code_digest),
        can_go_back=row is not None and bool(row.code_before),
        digest=(row.code_digest or "") if row is not None else "",
    )


def _tell_off(slug: str, actor_id: str | None) -> None:
    if slug not in runtime().loaded:
        return
    try:
        with unit_of_work() as session:
            call_one(slug, "plugin_deactivated", session, actor_id)
    except Exception as error:  # noqa: BLE001 - it is off whatever it says
        log.warning("plugin_failed", plugin=slug, where="plugin_deactivated", error=str(error))


def _standing(slug: str) -> Standing | None:
    rows, _generation, _code = read_state()
    return standings(runtime().facts(rows)).get(slug)


def _missing_needs(slug: str) -> str:
    manifest = runtime().found[slug].manifest
    rows, _generation, _code = read_state()
    states = standings(runtime().facts(rows))
    names = manifest.requires if manifest else {}
    there = {name for name, standing in states.items() if standing.state is State.ACTIVE}
    return ", ".join(sorted(set(names) - there))


def _needed_by(slug: str) -> list[str]:
    host = runtime()
    rows = db.session.execute(
        select(PluginRow.slug).where(
            PluginRow.desired == Desired.ACTIVE, PluginRow.uninstalled_at.is_(None)
        )
    ).scalars()
    return sorted(
        other
        for other in rows
        if other in host.found
        and (manifest := host.found[other].manifest)
        and slug in manifest.requires
    )


def _offers(slug: str) -> dict[str, tuple[str, ...]]:
    answer = call_one(slug, "register_permissions", db.session(), None)
    return {each.name: each.default_roles for each in answer or []}


def _why(standing: Standing) -> str:
    return " ".join(standing.reasons)


def _unknown(slug: str) -> Refusal:
    return Refusal(
        "unknown",
        _("There is no plugin '%(slug)s'.", slug=slug),
        _("See the plugins page, or: ppvcms plugins list"),
    )


def _app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return] # noqa: SLF001
