"""``ppvcms plugins keygen``, ``sign`` and ``keys``: who made a package, and whom to trust."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ppvcms.terminal import Stop, site_app

if TYPE_CHECKING:
    from ppvcms.results import Refusal


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def keygen(file: Path) -> None:
    """Make a key for signing your plugins and themes; FILE is its secret half. Keep it."""
    from ppvcms.host import signing

    key = signing.new_key(file)
    click.echo(f"Secret key: {file} (readable by you alone; whoever has it can sign as you)")
    click.echo(f"Public key: {key}")
    click.echo(f"Fingerprint: {signing.fingerprint(key)}")


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--key", "file", type=click.Path(path_type=Path), required=True)
def sign(folder: Path, file: Path) -> None:
    """Sign a plugin's or a theme's folder, last of all before it is packed."""
    from ppvcms.host import signing
    from ppvcms.host.packages import plain_files

    if not any((folder / name).is_file() for name in ("plugin.toml", "theme.toml")):
        raise Stop(f"{folder} has neither plugin.toml nor theme.toml. Nothing was signed.")
    key = signing.sign(folder, file, plain_files(folder))
    click.echo(f"Signed: {folder / signing.SIGNATURE}")
    click.echo(f"Public key: {key}")


@click.group()
def keys() -> None:
    """The signers that this site knows."""


@keys.command("list")
def keys_list() -> None:
    """Print every known key with its name and fingerprint."""
    from ppvcms.host import signers

    with site_app():
        for signer in signers.known():
            click.echo(f"{signer.key}  {signer.fingerprint}  {signer.name}")


@keys.command("add")
@click.argument("key")
@click.argument("name")
def keys_add(key: str, name: str) -> None:
    """Trust a public key under a name, or rename a known one."""
    from ppvcms.host import signers

    with site_app():
        _stop_if(signers.add(key, name, actor_id=None))
    click.echo(f"{name} is known.")


@keys.command("remove")
@click.argument("key")
def keys_remove(key: str) -> None:
    """Trust a key no more; what it signed goes on running."""
    from ppvcms.host import signers

    with site_app():
        _stop_if(signers.remove(key, actor_id=None))
    click.echo("The key is gone.")


def _stop_if(answer: Refusal | None) -> None:
    if answer is not None:
        raise Stop(str(answer))
