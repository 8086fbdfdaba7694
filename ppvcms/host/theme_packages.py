"""Uploaded themes: putting one in its place, and going back to the copy before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _

from ppvcms.accounts import audit
from ppvcms.db import transaction
from ppvcms.host import installing, packages, signers, signing, steps
from ppvcms.host.archive import PackageError
from ppvcms.host.finder import is_copy
from ppvcms.host.generation import move_code_generation
from ppvcms.host.installing import same_signer
from ppvcms.host.manifest import DATA, ThemeManifest
from ppvcms.host.packages import THEME
from ppvcms.host.runtime import runtime
from ppvcms.host.signing import SignatureError
from ppvcms.host.snapshot import look_again
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

    from ppvcms.host.packages import Package


def install(package_id: str, sha256: str, *, actor_id: str | None) -> Refusal | None:
    """Put the theme that waits under an id in its place; what the site wears stays as it is.

    Returns a Refusal, and leaves nothing of the package, when it does not work.
    """
    instance = runtime().config.instance
    try:
        package = packages.judge(instance, package_id, THEME)
    except PackageError as error:
        return Refusal("package", _("The theme was not installed."), str(error))
    refusal = refusal_of(package)
    if refusal is None and package.sha256 != sha256:
        refusal = Refusal(
            "changed",
            _("The package is not the one that was confirmed. Nothing was installed."),
            _("Upload it again."),
        )
    if refusal is None:
        home = home_of(package.slug)
        packages.point(home, packages.place(package, home))
        _record(actor_id, "host.theme.installed", package.slug, package.manifest.version)
    packages.discard(instance, package_id)
    return refusal


def refusal_of(package: Package) -> Refusal | None:
    """Return why a theme may not be put in, or None."""
    found = runtime().themes.get(package.slug)
    if found is not None and found.bundled and not same_signer(package, found.path):
        return Refusal(
            "bundled",
            _("'%(slug)s' comes with the site, so no upload replaces it.", slug=package.slug),
            _("Nothing was installed. Give the theme another slug."),
        )
    if (home_of(package.slug) / "theme.toml").exists():
        return Refusal(
            "folder",
            _("A folder of '%(slug)s' lies there already, put in by hand.", slug=package.slug),
            _("Nothing was installed. Remove that folder first."),
        )
    return None


def word_of(package: Package) -> str:
    """Return what must be typed; a theme that is data alone is no program and needs no word."""
    if isinstance(package.manifest, ThemeManifest) and package.manifest.kind == DATA:
        return ""
    found = runtime().themes.get(package.slug)
    other = found is not None and is_copy(found.path) and _signer(found.path) != package.signer
    signer = signers.who(package.signer)
    return installing.word_of(package, signer, older=False, other=other)


def rollback(slug: str, *, actor_id: str | None) -> Refusal | None:
    """Go back to the copy of a theme that was in use before."""
    home = home_of(slug)
    copies = [digest for digest in packages.pointed(home) if (home / digest).is_dir()]
    if len(copies) < 2:  # noqa: PLR2004 - the one in use, and one before
        return Refusal(
            "nothing", _("There is no older copy of '%(slug)s'. Nothing was changed.", slug=slug)
        )
    packages.point(home, copies[1])
    _record(actor_id, "host.theme.rolled_back", slug, copies[1][:12])
    return None


def home_of(slug: str) -> Path:
    """Return the folder that holds the uploaded copies of a theme."""
    return runtime().config.all_theme_dirs[0] / slug


def _signer(folder: Path) -> str:
    try:
        return signing.signer_of(folder)
    except SignatureError:
        return ""


def _record(actor_id: str | None, action: str, slug: str, version: str) -> None:
    def act(session: Session) -> None:
        audit.record(session, actor_id, action, slug, data={"version": version})
        steps.tell(session, actor_id, action.rpartition(".")[2], slug, version, kind=THEME)
        # A process keeps the templates it began with; the next one has the new.
        move_code_generation(session)

    transaction(act)
    look_again()
