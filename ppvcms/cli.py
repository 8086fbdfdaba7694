"""The ``ppvcms`` command: everything an owner does in the browser, for a terminal.

Exit codes: 0 done, 1 something is wrong with the site, 2 it could not be tried.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from ppvcms.config import Config, ensure_secret_key, load_config
from ppvcms.errors import ConfigError, PpvcmsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ppvcms.host.app import Host


class Stop(click.ClickException):
    """One plain line and exit code 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        """Print the line, named after the program."""
        click.echo(f"ppvcms: {self.message}", err=True, file=file)


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
        Stop(_database_sentence(load_config(), error)).show()
        sys.exit(2)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)


def _config() -> Config:
    return ensure_secret_key(load_config())


@contextlib.contextmanager
def _app(role: str = "command") -> Iterator[Host]:
    from ppvcms import create_app

    config = _config()
    _require_site(config)
    app = create_app(config, role=role)
    with app.app_context():
        yield app


def _require_site(config: Config) -> None:
    from ppvcms.schema import current

    if config.is_sqlite and not _sqlite_path(config).exists():
        raise Stop(f"there is no site in {config.instance} yet. Make one with: ppvcms init")
    engine = create_engine(config.database_url)
    try:
        if current(engine) is None:
            raise Stop("the database holds no site yet. Make one with: ppvcms init")
    except OperationalError as error:
        raise Stop(_database_sentence(config, error)) from error
    finally:
        engine.dispose()


def _sqlite_path(config: Config) -> Any:
    from pathlib import Path

    return Path(make_url(config.database_url).database or "")


def _database_sentence(config: Config, error: Exception) -> str:
    shown = make_url(config.database_url).render_as_string(hide_password=True)
    cause = str(getattr(error, "orig", error)).strip().splitlines()[0].rstrip(".")
    return (
        f"cannot open the database at {shown}: {cause}. Is it running? "
        "Set PPVCMS_DATABASE, or leave it unset to use SQLite."
    )


@cli.command()
@click.option("--demo", is_flag=True, help="Fill the site with people, rooms and credits to try.")
@click.option("--owner-email", help="The owner's address; asked for when left out.")
@click.option("--site-name", default="", help="What the site is called.")
def init(*, demo: bool, owner_email: str | None, site_name: str) -> None:
    """Make the database and the first account."""
    from ppvcms.schema import current, upgrade

    config = _config()
    if config.is_sqlite and _sqlite_path(config).exists():
        raise Stop(f"there is a site in {config.instance} already. Nothing was changed.")
    if demo:
        email, password = "owner@demo.invalid", "demo-demo-demo"
    else:
        email = owner_email or click.prompt("E-mail of the owner")
        password = _new_password()
    # Under another name until it is whole: what died halfway is not taken for a site.
    unfinished = _unfinished(config)
    engine = create_engine(unfinished.database_url)
    try:
        if current(engine) is not None:
            raise Stop("there is a site in this database already. Nothing was changed.")
        upgrade(engine)
    except OperationalError as error:
        raise Stop(_database_sentence(config, error)) from error
    finally:
        engine.dispose()
    for line in _fill(unfinished, email=email, password=password, name=site_name, demo=demo):
        click.echo(line)
    if demo:
        _remember_demo(config)
    if config.is_sqlite:
        _sqlite_path(unfinished).rename(_sqlite_path(config))
    click.echo("The site is ready. Start it with: ppvcms run")


def _remember_demo(config: Config) -> None:
    """Write down that the passwords here are known, so that nobody opens this site to others."""
    path = config.instance / "ppvcms.toml"
    before = path.read_text() if path.exists() else ""
    if "demo" not in before:
        path.write_text(f"{before}demo = true\n")


def _unfinished(config: Config) -> Config:
    if not config.is_sqlite:
        return config
    path = _sqlite_path(config).with_suffix(".unfinished")
    path.parent.mkdir(parents=True, exist_ok=True)
    for rest in path.parent.glob(f"{path.name}*"):
        rest.unlink()
    return replace(config, database=f"sqlite:///{path}")


def _fill(config: Config, *, email: str, password: str, name: str, demo: bool) -> list[str]:
    from ppvcms import create_app
    from ppvcms.content.demo import make_demo
    from ppvcms.content.setup import make_site
    from ppvcms.db import db

    app = create_app(replace(config, demo=demo), role="command")
    with app.app_context():
        make_site(email=email, password=password, name=name, demo=demo)
        lines = make_demo() if demo else []
        db.session.remove()
        # The last connection to leave folds the write-ahead log into the file.
        db.engine.dispose()
    return lines


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
    """Start the site and everything it needs, and keep it running."""
    from ppvcms.host.supervisor import supervise

    config = _config()
    _require_site(config)
    config = replace(
        config,
        host=host or config.host,
        port=port or config.port,
        safe_mode=safe or config.safe_mode,
    )
    sys.exit(supervise(config, workers=workers))


@cli.command()
def meter() -> None:
    """Run the meter apart from the server; start as many as wanted."""
    from ppvcms.host.follow import follow
    from ppvcms.metering.loop import run_forever

    with _app("meter") as app:
        follow(app, "meter")
        run_forever(app)


@cli.command()
def jobs() -> None:
    """Run the outbox, mail and periodic work apart from the server."""
    from ppvcms.host.follow import follow
    from ppvcms.jobs.runner import run_forever

    with _app("jobs") as app:
        follow(app, "jobs")
        run_forever(app)


@cli.command("check-books")
@click.option("--only", help="One invariant, such as I7.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check_books(*, only: str | None, as_json: bool) -> None:
    """Prove that the books hold; changes nothing. 0: all hold, 1: broken, 2: could not check."""
    from ppvcms.books_check import check_all

    with _app() as app:
        try:
            report = check_all(app, only=only)
        except OperationalError as error:
            raise Stop(_database_sentence(_config(), error)) from error
    click.echo(json.dumps(report.as_json(), indent=2) if as_json else report.as_text())
    sys.exit(0 if report.ok else 1)


@cli.group()
def db() -> None:
    """Look after the database's schema."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the core's and every installed plugin's tables up to date."""
    from ppvcms.schema import upgrade

    config = _config()
    engine = create_engine(config.database_url)
    try:
        upgrade(engine)
    except OperationalError as error:
        raise Stop(_database_sentence(config, error)) from error
    finally:
        engine.dispose()
    with _app() as app:
        from ppvcms.host.lifecycle import upgrade_all

        for line in upgrade_all(app):
            click.echo(line)
    click.echo("The database is up to date.")


@db.command("current")
def db_current() -> None:
    """Print the revision that the core's tables have."""
    from ppvcms.schema import current

    engine = create_engine(_config().database_url)
    click.echo(current(engine) or "nothing yet")
    engine.dispose()


@cli.group()
def plugins() -> None:
    """List plugins and switch them on and off."""


@plugins.command("list")
def plugins_list() -> None:
    """Print each plugin with its state, and what is wrong with it."""
    from ppvcms.host.lifecycle import overview

    with _app():
        for found in overview():
            click.echo(f"{found.slug:<20} {found.version:<10} {found.state}")
            for problem in found.problems:
                click.echo(f"    {problem}")


def _transition(name: str, slug: str, **options: Any) -> None:
    from ppvcms.host import lifecycle
    from ppvcms.results import Refusal

    with _app():
        answer = getattr(lifecycle, name)(slug, actor_id=None, **options)
        if isinstance(answer, Refusal):
            raise Stop(str(answer))
    click.echo(f"{slug}: done.")


def _plugin_command(name: str, sentence: str) -> None:
    @plugins.command(name, help=sentence)
    @click.argument("slug")
    def command(slug: str) -> None:
        _transition(name.replace("-", "_"), slug)


_plugin_command("install", "Make a plugin's tables and remember it; it stays off.")
_plugin_command("activate", "Switch a plugin on in every process, without a restart.")
_plugin_command("upgrade", "Bring a plugin's tables up to the version in its folder.")
_plugin_command("reset", "Clear the strikes of a plugin that was put aside and try it again.")


@plugins.command("deactivate")
@click.argument("slug")
@click.option("--insist", is_flag=True, help="Pass over the plugin's own reasons not to.")
def plugins_deactivate(slug: str, *, insist: bool) -> None:
    """Switch a plugin off in every process, without a restart."""
    _transition("deactivate", slug, insist=insist)


@cli.group()
def themes() -> None:
    """List themes and change what the site wears."""


@themes.command("list")
def themes_list() -> None:
    """Print each theme, the one in use marked."""
    from ppvcms.host.themes import overview

    with _app():
        for theme in overview():
            click.echo(f"{'*' if theme.active else ' '} {theme.slug:<20} {theme.name}")


@themes.command("use")
@click.argument("slug")
def themes_use(slug: str) -> None:
    """Change the theme of the site."""
    from ppvcms.host.themes import use
    from ppvcms.results import Refusal

    with _app():
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

    with _app():
        for person in people(role=role):
            roles = ",".join(sorted(part.key for part in person.roles))
            click.echo(
                f"{person.id} {person.display_name:<24} {person.email:<32} {roles} {person.state}"
            )


@users.command("add")
@click.option("--email", prompt=True)
@click.option("--name", prompt="Display name")
@click.option("--role", default="client", show_default=True)
def users_add(email: str, name: str, role: str) -> None:
    """Make an account whose address counts as verified."""
    from ppvcms.accounts.services import create_user
    from ppvcms.results import Refusal

    with _app():
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
