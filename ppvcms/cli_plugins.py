"""``ppvcms plugins`` and ``ppvcms safe-mode``: the back office's acts, for a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ppvcms.config import load_config
from ppvcms.results import Refusal
from ppvcms.terminal import Stop, site_app

if TYPE_CHECKING:
    from ppvcms.host.packages import Package

KINDS = ("plain", "block", "mode", "payment")


@click.group()
def plugins() -> None:
    """Install plugins, switch them on and off, upgrade and remove them."""


@plugins.command("list")
def plugins_list() -> None:
    """Print each plugin with its state, and what is wrong with it."""
    from ppvcms.host.lifecycle import overview

    with site_app():
        for found in overview():
            click.echo(f"{found.slug:<20} {found.version:<10} {found.state}")
            for problem in found.problems:
                click.echo(f"    {problem}")


@plugins.command("new")
@click.argument("slug")
@click.option("--kind", type=click.Choice(KINDS), default=KINDS[0], show_default=True)
def plugins_new(slug: str, *, kind: str) -> None:
    """Write a working start for a plugin of your own into the site's folder."""
    from ppvcms.host.starting import start_plugin

    folder = start_plugin(load_config(), slug, kind)
    if isinstance(folder, Refusal):
        raise Stop(str(folder))
    click.echo(f"{slug}: written to {folder}")
    click.echo(f"Try its test:  pytest {folder / 'tests'}")
    click.echo(f"Use it:        ppvcms plugins install {slug} && ppvcms plugins activate {slug}")


@plugins.command("install")
@click.argument("what")
@click.option("--yes", is_flag=True, help="Do not ask; for a package you have looked at.")
def plugins_install(what: str, *, yes: bool) -> None:
    """Install a plugin: a zip file, a folder, or the slug of one that lies there. It stays off."""
    if Path(what).exists():
        _take_in(Path(what), yes=yes)
    else:
        _transition("install", what)


@plugins.command("upgrade")
@click.argument("what")
@click.option("--yes", is_flag=True, help="Do not ask; for a package you have looked at.")
def plugins_upgrade(what: str, *, yes: bool) -> None:
    """Take a newer zip file or folder, or bring the tables of a slug up to its files."""
    if Path(what).exists():
        _take_in(Path(what), yes=yes)
        return
    from ppvcms.host import upgrading

    with site_app():
        _stop_if(upgrading.upgrade(what, actor_id=None))
    click.echo(f"{what}: done.")


@plugins.command("rollback")
@click.argument("slug")
@click.option("--yes", is_flag=True, help="Do not ask.")
def plugins_rollback(slug: str, *, yes: bool) -> None:
    """Go back to the copy before an upgrade."""
    from ppvcms.host import installing

    with site_app():
        lost = installing.lost_by_rollback(slug)
        if lost and not yes:
            click.confirm(f"This deletes the tables {', '.join(lost)}. Go on?", abort=True)
        _stop_if(installing.rollback(slug, actor_id=None))
    click.echo(f"{slug}: done.")


@plugins.command("uninstall")
@click.argument("slug")
def plugins_uninstall(slug: str) -> None:
    """Take a plugin that is off out of use; its data stays."""
    from ppvcms.host import removal

    with site_app():
        _stop_if(removal.uninstall(slug, actor_id=None))
    click.echo(f"{slug}: done. Its data is kept.")


@plugins.command("purge")
@click.argument("slug")
def plugins_purge(slug: str) -> None:
    """Delete all that a plugin has, for good; asks for its slug and then once more."""
    from ppvcms.host import removal

    with site_app():
        what = removal.remains(slug)
        for name, rows in what.tables:
            click.echo(f"table {name}: {rows} rows")
        click.echo(f"settings: {what.settings}")
        for folder in what.folders:
            click.echo(f"folder {folder}")
        if click.prompt("Type the slug to delete all of it") != slug:
            raise Stop("that is another word. Nothing was deleted.")
        click.confirm("There is no way back without a backup. Delete it?", abort=True)
        _stop_if(removal.purge(slug, actor_id=None))
    click.echo(f"{slug}: deleted.")


@plugins.command("check")
def plugins_check() -> None:
    """Compare each active plugin's tables with its models. 0: all fit, 1: some differ."""
    from ppvcms import schema
    from ppvcms.db import db
    from ppvcms.host.snapshot import current

    broken = False
    with site_app():
        for slug in current().active:
            lines = schema.differences(db.engine, slug)
            click.echo(f"{slug:<20} {'differs' if lines else 'fits'}")
            for line in lines:
                click.echo(f"    {line}")
            broken = broken or bool(lines)
    raise click.exceptions.Exit(1 if broken else 0)


@plugins.command("order", hidden=True)
@click.argument("order_id")
def plugins_order(order_id: str) -> None:
    """Do what the back office ordered."""
    from ppvcms.host import orders

    with site_app():
        _stop_if(orders.carry_out(order_id))


@plugins.command("take-up", hidden=True)
@click.argument("slug")
@click.argument("order")
def plugins_take_up(slug: str, order: str) -> None:
    """Ask the new code of an upgrade, and point to it."""
    from ppvcms.host import upgrading

    with site_app():
        _stop_if(upgrading.take_up_here(slug, order))


@plugins.command("deactivate")
@click.argument("slug")
@click.option("--insist", is_flag=True, help="Pass over the plugin's own reasons not to.")
def plugins_deactivate(slug: str, *, insist: bool) -> None:
    """Switch a plugin off in every process, without a restart."""
    _transition("deactivate", slug, insist=insist)


@click.command("safe-mode")
@click.argument("state", type=click.Choice(["on", "off", "status"]))
def safe_mode(state: str) -> None:
    """Run the core alone, or everything again: no plugin, no theme, public pages shut."""
    from ppvcms.host import safe_switch

    with site_app():
        if state == "on":
            safe_switch.turn_on(actor_id=None)
        elif state == "off":
            _stop_if(safe_switch.turn_off(actor_id=None))
        click.echo(safe_switch.why() or "Safe mode is off.")


def _plugin_command(name: str, sentence: str) -> None:
    @plugins.command(name, help=sentence)
    @click.argument("slug")
    def command(slug: str) -> None:
        _transition(name, slug)


_plugin_command("activate", "Switch a plugin on in every process, without a restart.")
_plugin_command("reset", "Clear the strikes of a plugin that was put aside and try it again.")


def _transition(name: str, slug: str, **options: Any) -> None:
    from ppvcms.host import lifecycle

    with site_app():
        _stop_if(getattr(lifecycle, name)(slug, actor_id=None, **options))
    click.echo(f"{slug}: done.")


def _take_in(path: Path, *, yes: bool) -> None:
    from ppvcms.host import installing, packages

    with site_app():
        package = _judged(path, packages.PLUGIN)
        seen = installing.review(package)
        _show(package, seen)
        assert isinstance(seen, installing.Review)  # noqa: S101 - shown, so not refused
        _confirm(package, "" if yes else seen.word)
        _stop_if(installing.install(package.id, package.sha256, actor_id=None))
    click.echo(f"{package.slug} {package.manifest.version}: installed.")


def take_theme_in(path: Path, *, yes: bool) -> None:
    """Install a theme from a zip file or a folder, after showing what it is."""
    from ppvcms.host import packages, theme_packages

    with site_app():
        package = _judged(path, packages.THEME)
        _show(package, theme_packages.refusal_of(package))
        _confirm(package, "" if yes else theme_packages.word_of(package))
        _stop_if(theme_packages.install(package.id, package.sha256, actor_id=None))
    click.echo(f"{package.slug} {package.manifest.version}: installed. Wear it with: themes use")


def start_a_theme(slug: str) -> None:
    """Write a working start for a theme into the site's folder."""
    from ppvcms.host.starting import start_theme

    folder = start_theme(load_config(), slug)
    if isinstance(folder, Refusal):
        raise Stop(str(folder))
    click.echo(f"{slug}: written to {folder}")
    click.echo(f"Try its test:  pytest {folder / 'tests'}")
    click.echo(f"Wear it:       ppvcms themes use {slug}")


def _judged(path: Path, kind: str) -> Package:
    from ppvcms.host import packages
    from ppvcms.host.archive import PackageError
    from ppvcms.host.runtime import runtime

    instance = runtime().config.instance
    try:
        return packages.judge(instance, _received(instance, path), kind)
    except PackageError as error:
        raise Stop(str(error)) from error


def _confirm(package: Package, word: str) -> None:
    from ppvcms.host import packages
    from ppvcms.host.runtime import runtime

    if word and click.prompt(f"Type '{word}' to go on") != word:
        packages.discard(runtime().config.instance, package.id)
        raise Stop("that is another word. Nothing was installed.")


def _received(instance: Path, path: Path) -> str:
    from ppvcms.host import packages

    if path.is_dir():
        return packages.receive_folder(instance, path.resolve())
    with path.open("rb") as stream:
        return packages.receive(instance, stream)


def _show(package: Package, seen: object) -> None:
    from ppvcms.host import packages
    from ppvcms.host.runtime import runtime

    if isinstance(seen, Refusal):
        packages.discard(runtime().config.instance, package.id)
        raise Stop(str(seen))
    manifest = package.manifest
    click.echo(f"{manifest.name} {manifest.version} by {', '.join(manifest.authors)}")
    installed = getattr(seen, "installed", "") or "no"
    click.echo(f"installed: {installed}; licence: {manifest.license}; {_signed(package.signer)}")
    if getattr(seen, "other_signer", False):
        click.echo("What is installed was signed by somebody else.")
    click.echo(f"{package.files} files, {package.size} bytes, SHA-256 {package.sha256}")
    for field in ("capabilities", "permissions", "tables", "guards", "overrides", "parent"):
        names = getattr(manifest, field, ())
        if names:
            click.echo(f"{field}: {names if isinstance(names, str) else ', '.join(names)}")
    if getattr(manifest, "kind", "") != "data":
        click.echo(
            "It is a program with all the rights of your site. Install it only if you trust it."
        )


def _signed(key: str) -> str:
    from ppvcms.host import signers

    signer = signers.who(key)
    if signer is None:
        return "unsigned"
    return f"signed by {signer.name or 'an unknown key'} ({signer.fingerprint})"


def _stop_if(answer: object) -> None:
    if isinstance(answer, Refusal):
        raise Stop(str(answer))
