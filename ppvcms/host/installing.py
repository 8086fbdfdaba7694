"""Uploaded plugins: installing, upgrading, going back, each of which can be killed and repeated.

Work comes first and the row last. The steps run in a process that serves
nobody: the command line, or the job that the back office starts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from flask import current_app
from flask_babel import gettext as _

from ppvcms import schema
from ppvcms.db import db, transaction
from ppvcms.faultpoints import faultpoint
from ppvcms.host import packages, probe, signers, signing, upgrading
from ppvcms.host.archive import PackageError
from ppvcms.host.finder import Found
from ppvcms.host.loading import failure_of
from ppvcms.host.manifest import Manifest, read_plugin
from ppvcms.host.models import PluginRow
from ppvcms.host.packages import KEPT_COPIES, PLUGIN, Package
from ppvcms.host.runtime import load, refind, runtime
from ppvcms.host.signing import SignatureError
from ppvcms.host.snapshot import look_again
from ppvcms.host.steps import Copy, attempt, migrate, point, record_install, take_back
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask import Flask
    from sqlalchemy.orm import Session

    from ppvcms.host.signers import Signer

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Review:
    """What an owner is shown before confirming a package, and the word to type."""

    package: Package
    manifest: Manifest
    installed: str
    older: bool
    word: str
    new_capabilities: tuple[str, ...]
    new_permissions: tuple[str, ...]
    new_tables: tuple[str, ...]
    can_go_back: bool
    signer: Signer | None
    other_signer: bool
    """It is not signed by who signed what is installed."""


def review(package: Package) -> Review | Refusal:
    """Compare a judged package with what is installed; refuse what may never be replaced."""
    manifest = package.manifest
    assert isinstance(manifest, Manifest)  # noqa: S101 - judged as a plugin
    found = runtime().found.get(package.slug)
    if found is not None and found.bundled and not same_signer(package, found.path):
        return Refusal(
            "bundled",
            _(
                "'%(slug)s' comes with the site and is not replaced by an upload.",
                slug=package.slug,
            ),
            _("Nothing was installed. Give the plugin another slug."),
        )
    if (home_of(package.slug) / "plugin.toml").exists():
        return Refusal(
            "folder",
            _("A folder of '%(slug)s' lies there already, put in by hand.", slug=package.slug),
            _("Nothing was installed. Remove that folder first."),
        )
    row = db.session.get(PluginRow, package.slug)
    version = row.version if row is not None and row.uninstalled_at is None else ""
    older = bool(version) and package.is_older_than(version)
    known = found.manifest if found is not None and version else None
    capabilities, permissions, tables = (
        tuple(name for name in getattr(manifest, field) if name not in getattr(known, field, ()))
        for field in ("capabilities", "permissions", "tables")
    )
    signer, before = signers.who(package.signer), signers.installed_of(package.slug)
    other = bool(version and before) and before != package.signer
    return Review(
        package,
        manifest,
        version,
        older,
        word_of(package, signer, older=older, other=other),
        capabilities,
        permissions,
        tables,
        bool(version),
        signer,
        other,
    )


def word_of(package: Package, signer: Signer | None, *, older: bool, other: bool) -> str:
    """Return what must be typed before a package is taken: nothing for one by somebody known."""
    if older:
        return f"{package.slug} {package.manifest.version}"
    trusted = signer is not None and bool(signer.name) and not other
    return "" if trusted else package.slug


def same_signer(package: Package, folder: Path) -> bool:
    """Whether a package was signed by who signed what lies in a folder."""
    try:
        there = signing.signer_of(folder)
    except SignatureError:
        return False
    return bool(there) and there == package.signer


def install(
    package_id: str,
    sha256: str,
    *,
    actor_id: str | None,
    tell: Callable[[str], None] = lambda _step: None,
) -> Refusal | None:
    """Install or upgrade the package that waits under an id, if it still has that SHA-256.

    Never activates. Returns a Refusal, and leaves nothing of the package, when it
    does not work; what was installed before goes on.
    """
    instance = runtime().config.instance
    refind(runtime())
    try:
        package = packages.judge(instance, package_id, PLUGIN)
        tell(_("It is tried in a process of its own."))
        answer = _refusal(package, sha256) or _put_in(package, actor_id, tell)
    except PackageError as error:
        return Refusal("package", _("The package was not installed."), str(error))
    packages.discard(instance, package_id)
    return answer


def rollback(slug: str, *, actor_id: str | None) -> Refusal | None:
    """Go back to the copy before, whose tables are what its own migrations make.

    What newer migrations added is lost; `lost_by_rollback` names it beforehand.
    """
    home = home_of(slug)
    row = db.session.get(PluginRow, slug)
    before = [digest for digest in (row.code_before if row else []) if (home / digest).is_dir()]
    if row is None or not before:
        return Refusal(
            "nothing", _("There is no older copy of '%(slug)s'. Nothing was changed.", slug=slug)
        )
    target, current = before[0], home / str(row.code_digest)
    manifest = read_plugin(home / target / "plugin.toml", slug)
    if not isinstance(manifest, Manifest):
        return Refusal("blocked", _("The older copy cannot be used."), " ".join(manifest))
    if problem := signing.problem_of(home / target, ""):
        return Refusal("blocked", _("The older copy cannot be used."), problem)
    head = schema.newest(home / target / "migrations")
    try:
        take_back(slug, current, head)
    except Exception as error:
        log.exception("plugin_not_rolled_back", plugin=slug)
        return Refusal(
            "failed", _("Its tables cannot go back. Nothing was changed."), failure_of(error)
        )
    faultpoint("install.taken_back")
    copy = Copy(head, target, tuple(before[1:]), signing.signer_of(home / target))
    transaction(lambda session: point(session, manifest, copy, actor_id))
    look_again()
    return None


def lost_by_rollback(slug: str) -> list[str]:
    """Return the tables that going back would drop, with what they hold."""
    row = db.session.get(PluginRow, slug)
    home = home_of(slug)
    if row is None or not row.code_before:
        return []
    now, then = (
        read_plugin(home / digest / "plugin.toml", slug)
        for digest in (str(row.code_digest), row.code_before[0])
    )
    if not isinstance(now, Manifest) or not isinstance(then, Manifest):
        return []
    return [f"{slug}__{name}" for name in now.tables if name not in then.tables]


def home_of(slug: str) -> Path:
    """Return the folder that holds the uploaded copies of a plugin."""
    return runtime().config.all_plugin_dirs[0] / slug


def _refusal(package: Package, sha256: str) -> Refusal | None:
    if package.sha256 != sha256:
        return Refusal(
            "changed",
            _("The package is not the one that was confirmed. Nothing was installed."),
            _("Upload it again."),
        )
    seen = review(package)
    if isinstance(seen, Refusal):
        return seen
    missing = [slug for slug, spec in seen.manifest.requires.items() if slug not in runtime().found]
    if missing:
        names = ", ".join(missing)
        return Refusal("needs", _("It needs %(names)s, which is not there.", names=names))
    if not packages.was_tried(package):
        if problem := probe.problem_of(package.slug, package.tree):
            return Refusal("probe", _("It was not installed."), problem)
        packages.note_tried(package)
    return None


def _put_in(package: Package, actor_id: str | None, tell: Callable[[str], None]) -> Refusal | None:
    slug, home = package.slug, home_of(package.slug)
    known = _known(slug)
    # Nobody runs the others any more: the processes have followed long ago.
    packages.keep_only(home, known.copies)
    faultpoint("install.begun")
    folder = home / packages.place(package, home)
    faultpoint("install.placed")
    tell(_("Its tables are made."))
    refusal = _migrate_and_record(package, folder, known, actor_id)
    if refusal is not None:
        _undo(slug, folder, known.head)
        packages.keep_only(home, known.copies)
    refind(runtime())
    look_again()
    return refusal


@dataclass(frozen=True, slots=True)
class _Known:
    """What was there of a plugin before: whether it is installed, its copies, its schema."""

    installed: bool
    copies: tuple[str, ...]
    head: str | None


def _known(slug: str) -> _Known:
    row = db.session.get(PluginRow, slug)
    if row is None:
        return _Known(installed=False, copies=(), head=schema.current(db.engine, slug))
    copies = [each for each in (row.code_digest, *(row.code_before or [])) if each]
    head = schema.current(db.engine, slug)
    return _Known(row.uninstalled_at is None, tuple(copies), head)


def _migrate_and_record(
    package: Package, folder: Path, known: _Known, actor_id: str | None
) -> Refusal | None:
    slug, manifest = package.slug, package.manifest
    assert isinstance(manifest, Manifest)  # noqa: S101 - judged as a plugin
    kept = [each for each in known.copies if each != folder.name][:KEPT_COPIES]
    try:
        copy = Copy(migrate(slug, folder), folder.name, tuple(kept), package.signer)
        faultpoint("install.migrated")
        if known.installed:
            return upgrading.take_up(slug, copy, actor_id=actor_id)
    except Exception as error:
        log.exception("plugin_not_installed", plugin=slug)
        return Refusal("failed", _("It was not installed."), failure_of(error))
    return _record_first(manifest, folder, copy, actor_id)


def _record_first(
    manifest: Manifest, folder: Path, copy: Copy, actor_id: str | None
) -> Refusal | None:
    host, slug = runtime(), manifest.slug
    host.found[slug] = Found(slug, folder, bundled=False, manifest=manifest)
    if not getattr(current_app, "serving", False) and (failure := load(_app(), slug)):
        host.failures.pop(slug, None)
        return Refusal("failed", _("'%(slug)s' was not installed.", slug=slug), failure)

    def act(session: Session) -> None:
        record_install(session, slug, copy, actor_id)
        faultpoint("install.written")

    return attempt(slug, act)


def _undo(slug: str, folder: Path, known: str | None) -> None:
    try:
        take_back(slug, folder, known)
    except Exception:
        log.exception("plugin_schema_not_taken_back", plugin=slug)


def _app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return] # noqa: SLF001
