"""What one process has of plugins and themes: found files, imported code, the last snapshot."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import structlog
from flask import current_app
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from ppvcms.db import db
from ppvcms.errors import PluginError
from ppvcms.host import calls, deaths, deprecation, marks, safemode
from ppvcms.host.calls import hooks_of, invoke
from ppvcms.host.contract import PluginBlueprint
from ppvcms.host.finder import digest_of, find_plugins, find_themes, install_importer
from ppvcms.host.fitness import unfit
from ppvcms.host.loading import failure_of, import_entry, require_declared
from ppvcms.host.models import HostState, PluginRow
from ppvcms.host.quarantine import put_aside
from ppvcms.host.states import Asked, Desired, Facts
from ppvcms.host.theme_fit import fitting

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import ModuleType

    from flask import Flask

    from ppvcms.config import Config
    from ppvcms.host.calls import Hooks
    from ppvcms.host.finder import Found
    from ppvcms.host.manifest import Manifest, ThemeManifest
    from ppvcms.host.snapshot import Snapshot

_GENERATIONS = select(HostState.generation, HostState.code_generation)
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A plugin whose code is in this process."""

    manifest: Manifest
    path: Path
    module: ModuleType
    static_digest: str


@dataclass(slots=True)
class Runtime:
    """One per application; only the lock's holder changes it."""

    config: Config
    found: dict[str, Found[Manifest]]
    themes: dict[str, Found[ThemeManifest]]
    loaded: dict[str, Loaded] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    theme_digests: dict[str, str] = field(default_factory=dict)
    theme_faults: dict[str, str] = field(default_factory=dict)
    code_generation: int = 0
    snapshot: Snapshot | None = None
    checked: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def facts(self, rows: list[PluginRow], faults: Mapping[str, str] | None = None) -> Facts:
        """Return what decides the states of plugins: their rows, files and faults."""
        return Facts(
            asked={row.slug: _asked(row) for row in rows if row.uninstalled_at is None},
            found=self.found,
            failures={**self.failures, **(faults or {})},
            loaded=frozenset(self.loaded),
            disabled=frozenset(self.config.disable),
            safe_mode=safemode.is_on(self.config),
        )


def runtime() -> Runtime:
    """Return the runtime of the current application."""
    return cast("Runtime", current_app.extensions["ppvcms_host"])


def boot(app: Flask, config: Config) -> Runtime:
    """Find plugins and themes, and import every installed plugin, each on its own."""
    calls.traced = config.trace_hooks
    host = Runtime(config, {}, fitting(find_themes(config.all_theme_dirs)))
    app.extensions["ppvcms_host"] = host
    with app.app_context():
        rows, _generation, host.code_generation = read_state()
        host.found = _fit(config, rows)
        if marks.has_begun():
            _charge(host)
            rows, _generation, _code = read_state()
        if not safemode.is_on(config):
            for row in rows:
                if _is_wanted(host, row):
                    load(app, row.slug)
    for slug, theme in host.themes.items():
        static = theme.path / "static"
        host.theme_digests[slug] = digest_of(static) if static.is_dir() else ""
    return host


def _is_wanted(host: Runtime, row: PluginRow) -> bool:
    # What was put aside may end any process that imports it.
    idle = row.uninstalled_at is not None or row.quarantined_at is not None
    return not idle and row.slug not in host.config.disable and row.slug not in host.failures


def _charge(host: Runtime) -> None:
    """Charge plugins with the processes that died in them."""
    skipped, aside = deaths.charges()
    host.failures |= skipped
    for slug, reason in aside.items():
        put_aside(slug, reason, returns=True)


def refind(host: Runtime) -> None:
    """Look at the folders again: for the pages that list plugins and themes."""
    rows, _generation, _code = read_state()
    host.found = _fit(host.config, rows)


def _fit(config: Config, rows: list[PluginRow]) -> dict[str, Found[Manifest]]:
    chosen = {row.slug: row.code_digest for row in rows if row.code_digest}
    found = find_plugins(config.all_plugin_dirs, chosen)
    signers = {row.slug: row.signer or "" for row in rows if row.code_digest}
    return {slug: unfit(each, signers.get(slug, "")) for slug, each in found.items()}


def read_state() -> tuple[list[PluginRow], int, int]:
    """Return the plugins' rows and the two generations; nothing where there are no tables yet."""
    try:
        with db.engine.connect() as connection:
            columns = PluginRow.__table__.c
            rows = [PluginRow(**row._mapping) for row in connection.execute(select(*columns))]  # noqa: SLF001 - SQLAlchemy's documented name
            state = connection.execute(_GENERATIONS).first()
    except SQLAlchemyError as error:
        log.warning("host_state_unread", error=str(getattr(error, "orig", error)))
        return [], 0, 0
    return rows, *(state or (1, 1))


def read_generations() -> tuple[int, int]:
    """Return the two generations, which every process reads all the time; 0 where it cannot."""
    try:
        with db.engine.connect() as connection:
            state = connection.execute(_GENERATIONS).first()
    except SQLAlchemyError as error:
        log.warning("host_state_unread", error=str(getattr(error, "orig", error)))
        return 0, 0
    return (state[0], state[1]) if state else (1, 1)


def load(app: Flask, slug: str) -> str:
    """Import a plugin and register its pages; return why it failed, or an empty text."""
    host: Runtime = app.extensions["ppvcms_host"]
    found = host.found.get(slug)
    if slug in host.loaded or found is None or found.manifest is None or found.problems:
        return ""
    mark = marks.enter(slug, marks.IMPORT)
    try:
        install_importer({slug: found.path})
        module = import_entry(slug, found.manifest)
        static = found.path / "static"
        host.loaded[slug] = Loaded(
            found.manifest, found.path, module, digest_of(static) if static.is_dir() else ""
        )
        with deprecation.noted(slug):
            hooks = hooks_of({slug: module})
        with app.app_context():
            require_declared(found.manifest, found.path, hooks)
        _register_blueprint(app, slug, hooks)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        host.loaded.pop(slug, None)
        host.failures[slug] = failure_of(error)
        log.exception("plugin_not_loaded", plugin=slug, error=host.failures[slug])
        return host.failures[slug]
    finally:
        marks.leave(mark)
    host.failures.pop(slug, None)
    return ""


def _register_blueprint(app: Flask, slug: str, hooks: Hooks) -> None:
    for impl in hooks.get("register_blueprints", ()):
        with app.app_context():
            blueprint = invoke(impl, "register_blueprints", {})
        if not isinstance(blueprint, PluginBlueprint) or blueprint.name != slug:
            raise PluginError(
                slug, "register_blueprints must return a PluginBlueprint of its slug."
            )
        if not blueprint.url_prefix or blueprint.url_prefix == "/":
            raise PluginError(slug, "its blueprint needs a url_prefix, such as '/tips'.")
        _require_free_prefix(app, slug, blueprint.url_prefix)
        app.register_blueprint(blueprint)


def _require_free_prefix(app: Flask, slug: str, prefix: str) -> None:
    """Refuse pages that would lie over those of the core or of another plugin."""
    first = prefix.strip("/").partition("/")[0]
    for rule in app.url_map.iter_rules():
        if rule.rule.strip("/").partition("/")[0] == first:
            raise PluginError(
                slug,
                f"its url_prefix '{prefix}' is taken by '{rule.endpoint}'. Use '/{slug}'.",
            )


def _asked(row: PluginRow) -> Asked:
    return Asked(
        Desired(row.desired),
        row.version,
        row.weight or 0,
        row.quarantined_at is not None,
        row.last_error or "",
        tuple(row.guards or ()),
    )
