"""What every command of the terminal needs: the configuration, the site, plain refusals."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from ppvcms.config import Config, ensure_secret_key, load_config
from ppvcms.firstrun.standing import Standing, standing
from ppvcms.host import deaths

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ppvcms.host.app import Host


class Stop(click.ClickException):
    """One plain line and exit code 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        """Print the line, named after the program."""
        click.echo(f"ppvcms: {self.message}", err=True, file=file)


def open_config() -> Config:
    """Return the configuration, with a secret key."""
    return ensure_secret_key(load_config())


@contextlib.contextmanager
def site_app(role: str = "command") -> Iterator[Host]:
    """Enter an application on the site, for one command."""
    from ppvcms import create_app

    config = open_config()
    require_site(config)
    if role != "command":
        config = deaths.begin_process(config)
    app = create_app(config, role=role)
    with app.app_context():
        if role != "command":
            from ppvcms.host import contained

            contained.end_forked_children()
            contained.report()
        yield app


def require_site(config: Config) -> None:
    """Stop where there is no site yet, with the command that makes one."""
    if not has_site(config):
        place = config.instance if config.is_sqlite else "this database"
        raise Stop(f"there is no site in {place} yet. Make one with: ppvcms init")


def has_site(config: Config) -> bool:
    """Whether there is a whole site; stops where the database cannot be opened or is not ours."""
    try:
        found = standing(config)
    except OperationalError as error:
        raise Stop(database_sentence(config, error)) from error
    if found is Standing.FOREIGN:
        raise Stop("the database holds tables that are not a site's. Give the site one of its own.")
    return found is Standing.WHOLE


def database_sentence(config: Config, error: Exception) -> str:
    """Return one sentence for a database that cannot be opened."""
    shown = make_url(config.database_url).render_as_string(hide_password=True)
    cause = str(getattr(error, "orig", error)).strip().splitlines()[0].rstrip(".")
    return (
        f"cannot open the database at {shown}: {cause}. Is it running? "
        "Set PPVCMS_DATABASE, or leave it unset to use SQLite."
    )
