"""``ppvcms config``: the site's configuration as a file, taken out and brought in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ppvcms.terminal import site_app

if TYPE_CHECKING:
    from ppvcms.web.admin.siteconfig.plan import Plan

SHOWN = 60


@click.group("config")
def config_file() -> None:
    """Take the site's configuration out as a file, or bring one in."""


@config_file.command("export")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
def config_export(path: Path) -> None:
    """Write settings, looks, roles, packs, pages and texts: no people, money or secrets."""
    from ppvcms.web.admin.siteconfig.plan import export

    with site_app():
        path.write_bytes(export())
    click.echo(f"Written to {path}.")


@config_file.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask; for a file you have looked at.")
def config_import(path: Path, *, yes: bool) -> None:
    """Show what a file would change, ask, and change all of it or nothing."""
    from ppvcms.web.admin.siteconfig.plan import bring_in, look_at

    data = path.read_bytes()
    with site_app():
        plan = look_at(data)
        for line in lines_of(plan):
            click.echo(line)
        if not plan.changes:
            click.echo("Everything in this file is so already. Nothing was changed.")
            return
        if not yes and not click.confirm(f"Change {plan.changes} entries?"):
            click.echo("Nothing was changed.")
            return
        done = bring_in(data, actor_id=None)
    click.echo(f"Done: {done.changes} entries were changed.")


def lines_of(plan: Plan) -> list[str]:
    """Return a plan as lines: what is added, changed, and cannot be taken here."""
    lines = [f"SHA-256 {plan.document.sha256}"]
    for part in plan.parts:
        lines += [f"+ {part.key}.{line.key} = {_brief(line.after)}" for line in part.added]
        lines += [
            f"~ {part.key}.{line.key}: {_brief(line.before)} -> {_brief(line.after)}"
            for line in part.changed
        ]
        lines.append(f"  {part.key}: {part.same} already so, {len(part.only_here)} only here")
    return lines + [f"! {one.path}: {one.why}" for one in plan.left]


def _brief(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
