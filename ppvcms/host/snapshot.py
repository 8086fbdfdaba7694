"""One generation of the host, frozen: who is active, their hooks, routes and templates.

Every process finds out by itself: it reads the generation at most once a second
and makes a new snapshot when the number has moved. A request keeps the one that
it began with.
"""

from __future__ import annotations

import contextlib
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from flask import current_app, has_request_context, request

from ppvcms.db import in_transaction
from ppvcms.errors import PpvcmsError
from ppvcms.hookspecs import places_of
from ppvcms.host.calls import GUARDED_HOOKS, hooks_of, invoke
from ppvcms.host.contributions import REGISTRATION, Contributions, add
from ppvcms.host.loading import failure_of
from ppvcms.host.quarantine import put_aside
from ppvcms.host.runtime import Runtime, read_generations, read_state, runtime
from ppvcms.host.states import Desired, Facts, Standing, active_in_order, standings
from ppvcms.host.templates import CORE_PREFIX, environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flask import Flask
    from jinja2 import Template
    from pluggy import HookImpl
    from werkzeug.routing import Map

    from ppvcms.host.calls import Hooks
    from ppvcms.host.contract import SettingsSpec
    from ppvcms.host.models import PluginRow
    from ppvcms.host.templates import HostEnvironment

READ_EVERY_S = 1.0

log = structlog.get_logger(__name__)
_pinned: ContextVar[Snapshot | None] = ContextVar("ppvcms_snapshot", default=None)
_building: ContextVar[bool] = ContextVar("ppvcms_snapshot_building", default=False)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What holds for everything that begins under one generation."""

    generation: int
    active: tuple[str, ...]
    hooks: Hooks
    url_map: Map
    standings: Mapping[str, Standing]
    contributions: Contributions
    settings_specs: Mapping[str, SettingsSpec]
    shut: Mapping[str, str]
    """Decisions that are refused because the plugin that guards them is not running."""
    environments: dict[str, HostEnvironment] = field(default_factory=dict)
    places: dict[str, tuple[HookImpl, ...]] = field(default_factory=dict)

    def at(self, place: str) -> tuple[HookImpl, ...]:
        """Return who may fill a place of a page, in load order, sought at the first use."""
        if place not in self.places:
            self.places[place] = tuple(
                impl
                for impl in self.hooks.get("template_slot", ())
                if (places := places_of(impl.function)) is None or place in places
            )
        return self.places[place]

    def jinja(self, app: Flask, theme: str) -> HostEnvironment:
        """Return this generation's templates under a theme, made at the first use."""
        if theme not in self.environments:
            self.environments[theme] = environment(
                app, theme, self.active, self.contributions.jinja
            )
        return self.environments[theme]


def core_template(name: str) -> Template:
    """Return a template of the core for a page that must work when all else is broken."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    return current().jinja(app, CORE_PREFIX).get_template(name)


def current() -> Snapshot:
    """Return the snapshot of this request or run, or the newest one."""
    if has_request_context():
        pinned = getattr(request, "ppvcms_snapshot", None)
        if pinned is None:
            pinned = newest()
            request.ppvcms_snapshot = pinned  # type: ignore[attr-defined] # our mark on it
        return pinned
    return _pinned.get() or newest()


@contextlib.contextmanager
def pinned() -> Iterator[Snapshot]:
    """Keep one snapshot for a run of work outside requests."""
    snapshot = newest()
    token = _pinned.set(snapshot)
    try:
        yield snapshot
    finally:
        _pinned.reset(token)


def newest() -> Snapshot:
    """Return the snapshot of the generation in the database, read at most once a second."""
    host = runtime()
    kept, now = host.snapshot, time.monotonic()
    if kept is not None and (now - host.checked < READ_EVERY_S or in_transaction()):
        return kept
    if kept is None and _building.get():
        raise PpvcmsError(
            "register_ hooks run while the host is put together. "
            "Read settings in the function that needs them."
        )
    # Who finds the lock taken goes on with the last one: another is making the next.
    if not host.lock.acquire(blocking=kept is None):
        assert kept is not None  # noqa: S101 - by the line above
        return kept
    try:
        host.checked = now
        host.snapshot = _follow(host)
        return host.snapshot
    finally:
        host.lock.release()


def look_again() -> None:
    """Read the generation at the next question, after an act of this process."""
    runtime().checked = float("-inf")
    if has_request_context():
        request.ppvcms_snapshot = None  # type: ignore[attr-defined] # our mark on it


def _follow(host: Runtime) -> Snapshot:
    kept = host.snapshot
    try:
        if kept is not None and read_generations()[0] in {kept.generation, 0}:
            return kept
        rows, generation, _code = read_state()
        if kept is not None and generation == 0:
            return kept
        return _build(host, rows, generation)
    except Exception as error:
        if kept is None:
            raise
        log.exception("snapshot_not_built", error=failure_of(error))
        return kept


def _build(host: Runtime, rows: list[PluginRow], generation: int) -> Snapshot:
    """Build until every plugin that is left registers without a fault."""
    faults: dict[str, str] = {}
    while True:
        facts = host.facts(rows, faults)
        states = standings(facts)
        active = active_in_order(states, facts)
        hooks = hooks_of({slug: host.loaded[slug].module for slug in active})
        contributions, new_faults = _register(hooks)
        if not new_faults:
            break
        faults |= new_faults
    for slug, text in faults.items():
        put_aside(slug, text)
    return Snapshot(
        generation=generation,
        active=active,
        hooks=hooks,
        url_map=_url_map(current_app, set(host.loaded) - set(active)),
        standings=states,
        contributions=contributions,
        settings_specs=contributions.settings,
        shut=_shut(host, facts, active),
    )


def _register(hooks: Hooks) -> tuple[Contributions, dict[str, str]]:
    result, faults = Contributions(), {}
    token = _building.set(True)
    try:
        for hook in REGISTRATION:
            for impl in hooks.get(hook, ()):
                try:
                    add(result, impl.plugin_name, hook, invoke(impl, hook, {}))
                except KeyboardInterrupt:
                    raise
                except BaseException as error:  # noqa: BLE001 - whatever a plugin raises
                    faults[impl.plugin_name] = f"{hook}: {failure_of(error)}"
    finally:
        _building.reset(token)
    return result, faults


def _url_map(app: Flask, inactive: set[str]) -> Map:
    """Return the routes of the core and of the active plugins."""
    whole = app.url_map
    part = app.url_map_class(host_matching=whole.host_matching)
    part.converters.update(whole.converters)
    part.strict_slashes, part.merge_slashes = whole.strict_slashes, whole.merge_slashes
    for rule in whole.iter_rules():
        if rule.endpoint.partition(".")[0] in inactive:
            continue
        copy = rule.empty()
        # Flask keeps its answer to OPTIONS on the rule, and `empty` does not copy it.
        copy.provide_automatic_options = getattr(rule, "provide_automatic_options", False)  # type: ignore[attr-defined]
        part.add(copy)
    part.update()
    return part


def _shut(host: Runtime, facts: Facts, active: tuple[str, ...]) -> dict[str, str]:
    shut: dict[str, str] = {}
    for slug, asked in facts.asked.items():
        manifest = host.found[slug].manifest if slug in host.found else None
        # What was written down counts too: the files may be gone or broken.
        guards = {*asked.guards, *(manifest.guards if manifest else ())}
        if asked.desired is Desired.ACTIVE and slug not in active:
            shut |= {hook: slug for hook, guard in GUARDED_HOOKS.items() if guard in guards}
    return shut
