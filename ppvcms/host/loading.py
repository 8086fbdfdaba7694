"""Importing a plugin's code and comparing it with what its manifest declares."""

from __future__ import annotations

import importlib
import traceback
from typing import TYPE_CHECKING, cast

from ppvcms.db import Base
from ppvcms.errors import PluginError
from ppvcms.host.calls import GUARDED_HOOKS, invoke

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path
    from types import ModuleType

    from sqlalchemy import Table

    from ppvcms.host.calls import Hooks
    from ppvcms.host.manifest import Manifest


def import_entry(slug: str, manifest: Manifest) -> ModuleType:
    """Import the module with a plugin's hooks.

    Raises:
        PluginError: It maps a table that is not its own.
    """
    module = importlib.import_module(f"plugins.{slug}.{manifest.entry}")
    _require_own_tables(slug)
    return module


def require_declared(manifest: Manifest, folder: Path, hooks: Hooks) -> None:
    """Refuse a plugin that is not what its manifest says: guards, tables, permissions.

    Raises:
        PluginError: What differs, and what to write.
    """
    slug = manifest.slug
    for hook, guard in GUARDED_HOOKS.items():
        if guard not in manifest.guards and hook in hooks:
            raise PluginError(
                slug,
                f"it decides in {hook}, so plugin.toml must say guards = ['{guard}']: "
                "what it guards stays shut when it fails.",
            )
    if (folder / "models.py").is_file():
        importlib.import_module(f"plugins.{slug}.models")
        _require_own_tables(slug)
    prefix = f"{slug}__"
    tables = {name for name in Base.metadata.tables if name.startswith(prefix)}
    _require_same(slug, "tables", prefix, tables, manifest.tables)
    _require_same(slug, "permissions", f"{slug}.", _permissions(hooks), manifest.permissions)


def failure_of(error: BaseException) -> str:
    """Return one line that says what a plugin raised, and where."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    text = str(error).strip() or "no message"
    return f"{type(error).__name__}: {text.splitlines()[0][:300]}{place}"


def _require_own_tables(slug: str) -> None:
    for mapper in list(Base.registry.mappers):
        table = str(mapper.local_table)
        own = mapper.class_.__module__.startswith(f"plugins.{slug}.")
        if own and not table.startswith(f"{slug}__"):
            # What is refused must not stand among the core's tables.
            Base.metadata.remove(cast("Table", mapper.local_table))
            raise PluginError(
                slug,
                f"the table '{table}' is not its own: its tables begin with '{slug}__'. "
                f"Rename it to '{slug}__{table}' in models.py and in its migration.",
            )


def _permissions(hooks: Hooks) -> set[str]:
    names = set()
    for impl in hooks.get("register_permissions", ()):
        # What is no permission at all is told when the snapshot is built.
        names |= {
            str(getattr(each, "name", "")) for each in invoke(impl, "register_permissions", {})
        }
    return names


def _require_same(
    slug: str, field: str, prefix: str, made: Collection[str], declared: Iterable[str]
) -> None:
    known = {name.removeprefix(prefix) for name in made if name.startswith(prefix)}
    missing, extra = sorted(known - set(declared)), sorted(set(declared) - known)
    if missing:
        raise PluginError(
            slug, f"plugin.toml must name in {field} what its code makes: {', '.join(missing)}."
        )
    if extra:
        raise PluginError(
            slug, f"plugin.toml names in {field} what its code does not make: {', '.join(extra)}."
        )
