"""The ``ppvcms`` command: everything an owner does in the browser, for a terminal.

Exit codes: 0 done, 1 something is wrong with the site, 2 it could not be tried.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import sys
from dataclasses import replace
from pathlib import Path

import click
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from ppvcms.cli_config import config_file
from ppvcms.cli_keys import keygen, keys, sign
from ppvcms.cli_plugins import plugins, safe_mode, start_a_theme, take_theme_in
from ppvcms.cli_texts import texts
from ppvcms.config import load_config
from ppvcms.errors import ConfigError, PpvcmsError
from ppvcms.garbage import collect_rarely
from ppvcms.terminal import (
    Stop,
    database_sentence,
    has_site,
    open_config,
    require_site,
    site_app,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ppvcms")
def cli() -> None:
    """Run and look after a ppvcms site."""


def main() -> None:
    """Run the command; expected problems are one line, without a trace."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (ConfigError, PpvcmsError) as error:
        Stop(str(error)).show()
        sys.exit(2)
    except OperationalError as error:
        Stop(database_sentence(load_config(), error)).show()
        sys.exit(2)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)


@cli.command()
@click.option("--demo", is_flag=True, help="Fill the site with people, rooms and credits to try.")
@click.option("--owner-email", help="The owner's address; asked for when left out.")
@click.option("--site-name", default="", help="What the site is called.")
def init(*, demo: bool, owner_email: str | None, site_name: str) -> None:
    """Make the database and the first account."""
    from ppvcms.content.setup import Beginning
    from ppvcms.firstrun.making import NotMadeError, make

    config = open_config()
    if has_site(config):
        place = config.instance if config.is_sqlite else "this database"
        raise Stop(f"there is a site in {place} already. Nothing was changed.")
    if demo:
        email, password = "owner@demo.invalid", "demo-demo-demo"
    else:
        email = owner_email or click.prompt("E-mail of the owner")
        password = _new_password()
    named = {"site_name": site_name} if site_name else {}
    try:
        made = make(config, Beginning(email, password, known_password=demo, site=named), demo=demo)
    except NotMadeError as error:
        raise Stop(str(error)) from error
    except OperationalError as error:
        raise Stop(database_sentence(config, error)) from error
    for line in made.lines:
        click.echo(line)
    click.echo("The site is ready. Start it with: ppvcms run")


def _new_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password of the owner: ")
    if password != getpass.getpass("Once more: "):
        raise Stop("the two passwords differ. Nothing was made; run init again.")
    return password


@cli.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=int, help="Port to listen on (or the variable PORT).")
@click.option("--workers", type=int, default=1, help="Server processes; more need Redis.")
@click.option("--safe", is_flag=True, help="Start without plugins.")
def run(*, host: str | None, port: int | None, workers: int, safe: bool) -> None:
    """Start the site and everything it needs, and keep it running.

    Where there is no site yet, a page in the browser makes one first.
    """
    from ppvcms.firstrun.waiting import wait_for_site
    from ppvcms.host.supervisor import supervise

    config = open_config()
    before = None if has_site(config) else wait_for_site
    config = replace(
        config,
        host=host or config.host,
        port=port or config.port,
        safe_mode=safe or config.safe_mode,
    )
    sys.exit(supervise(config, workers=workers, before=before))


@cli.command()
def meter() -> None:
    """Run the meter apart from the server; start as many as wanted."""
    from ppvcms.host.follow import follow
    from ppvcms.metering.loop import run_forever

    with site_app("meter") as app:
        collect_rarely()
        follow(app, "meter")
        run_forever(app)


@cli.command()
def jobs() -> None:
    """Run the outbox, mail and periodic work apart from the server."""
    from ppvcms.host.follow import follow
    from ppvcms.jobs.runner import run_forever

    with site_app("jobs") as app:
        collect_rarely()
        follow(app, "jobs")
        run_forever(app)


@cli.command("check-books")
@click.option("--only", help="One invariant, such as I7.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check_books(*, only: str | None, as_json: bool) -> None:
    """Prove that the books hold; changes none. 0: all hold, 1: broken, 2: could not check."""
    from ppvcms.books_check import check_all, note

    with site_app() as app:
        try:
            report = check_all(app, only=only)
        except OperationalError as error:
            raise Stop(database_sentence(open_config(), error)) from error
        if only is None:
            # The health page says when; a database that takes no row was checked all the same.
            with contextlib.suppress(OperationalError):
                note(report, actor_id=None)
    click.echo(json.dumps(report.as_json(), indent=2) if as_json else report.as_text())
    sys.exit(0 if report.ok else 1)


@cli.command("backup-done")
def backup_done() -> None:
    """Tell the site that a backup was made just now; the last line of a backup's script."""
    from ppvcms.web.admin.queries.upkeep import note_backup

    config = open_config()
    require_site(config)
    note_backup(config.instance)
    click.echo("Noted. The health page counts from now.")


@cli.group()
def db() -> None:
    """Look after the database's schema."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the core's and every installed plugin's tables up to date."""
    from ppvcms.schema import upgrade

    config = open_config()
    engine = create_engine(config.database_url)
    try:
        upgrade(engine)
    except OperationalError as error:
        raise Stop(database_sentence(config, error)) from error
    finally:
        engine.dispose()
    with site_app() as app:
        from ppvcms.host.upgrading import upgrade_all

        for line in upgrade_all(app):
            click.echo(line)
    click.echo("The database is up to date.")


@db.command("current")
def db_current() -> None:
    """Print the revision that the core's tables have."""
    from ppvcms.schema import current

    engine = create_engine(open_config().database_url)
    click.echo(current(engine) or "nothing yet")
    engine.dispose()


cli.add_command(config_file)
cli.add_command(plugins)
for command in (keys, keygen, sign):
    plugins.add_command(command)
cli.add_command(safe_mode)
cli.add_command(texts)


@cli.command()
@click.argument("state", type=click.Choice(["on", "off"]))
@click.option("--text", default="", help="A sentence for visitors.")
@click.option("--until", default="", help="Expected end on the site's clock: 2026-11-22T08:00.")
def maintenance(state: str, text: str, until: str) -> None:
    """Shut the public site for a while, or open it again; staff and running shows go on."""
    from ppvcms.host import maintenance as switch

    with site_app():
        if state == "off":
            switch.turn_off(actor_id=None)
        else:
            try:
                until_at = switch.moment_at(until) if until else 0
            except ValueError:
                raise Stop(f"'{until}' is no moment. Write it as 2026-11-22T08:00.") from None
            switch.turn_on(text=text, until_at=until_at, actor_id=None)
    click.echo(f"Maintenance mode is {state}.")


@cli.group()
def themes() -> None:
    """List themes and change what the site wears."""


@themes.command("list")
def themes_list() -> None:
    """Print each theme, the one in use marked."""
    from ppvcms.host.themes import overview

    with site_app():
        for theme in overview():
            click.echo(f"{'*' if theme.active else ' '} {theme.slug:<20} {theme.name}")


@themes.command("new")
@click.argument("slug")
def themes_new(slug: str) -> None:
    """Write a working start for a theme of your own into the site's folder."""
    start_a_theme(slug)


@themes.command("install")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask; for a package you have looked at.")
def themes_install(path: Path, *, yes: bool) -> None:
    """Install or upgrade a theme: a zip file or a folder. The site looks as before."""
    take_theme_in(path, yes=yes)


@themes.command("rollback")
@click.argument("slug")
def themes_rollback(slug: str) -> None:
    """Go back to the copy of a theme before an upgrade."""
    from ppvcms.host.theme_packages import rollback
    from ppvcms.results import Refusal

    with site_app():
        answer = rollback(slug, actor_id=None)
        if isinstance(answer, Refusal):
            raise Stop(str(answer))
    click.echo(f"{slug}: done.")


@themes.command("use")
@click.argument("slug")
def themes_use(slug: str) -> None:
    """Change the theme of the site."""
    from ppvcms.host.themes import use
    from ppvcms.results import Refusal

    with site_app():
        answer = use(slug, actor_id=None)
        if isinstance(answer, Refusal):
            raise Stop(str(answer))
    click.echo(f"The site now wears {slug}.")


@cli.group()
def users() -> None:
    """Look after people."""


@users.command("list")
@click.option("--role", help="Only people with this role.")
def users_list(role: str | None) -> None:
    """Print everybody: id, display name, e-mail, roles, state."""
    from ppvcms.accounts.services import people

    with site_app():
        for person in people(role=role):
            roles = ",".join(sorted(part.key for part in person.roles))
            click.echo(
                f"{person.id} {person.display_name:<24} {person.email:<32} {roles} {person.state}"
            )


@users.command("factor-off")
@click.argument("email")
def users_factor_off(email: str) -> None:
    """Ask somebody for no code any more, whose phone and recovery codes are lost."""
    from ppvcms.accounts.factors import switch_off
    from ppvcms.accounts.services import find_by_email

    with site_app():
        user = find_by_email(email)
        if user is None or not switch_off(user.id, actor_id=None):
            raise Stop(f"nobody with the address {email} is asked for a code.")
    click.echo(f"{email} signs in with the password alone; a mail tells them.")


@users.command("add")
@click.option("--email", prompt=True)
@click.option("--name", prompt="Display name")
@click.option("--role", default="client", show_default=True)
def users_add(email: str, name: str, role: str) -> None:
    """Make an account whose address counts as verified."""
    from ppvcms.accounts.services import create_user
    from ppvcms.results import Refusal

    with site_app():
        answer = create_user(
            email=email,
            display_name=name,
            password=_new_password(),
            roles=(role,),
            verified=True,
            actor_id=None,
        )
        if isinstance(answer, Refusal):
            raise Stop(str(answer))
    click.echo(f"Made {name}.")
