"""Turning safe mode on and off while the site runs, and saying why it is on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _

from ppvcms.accounts import audit
from ppvcms.db import transaction
from ppvcms.host import safemode
from ppvcms.host.generation import move_code_generation, move_generation
from ppvcms.host.runtime import runtime
from ppvcms.host.snapshot import look_again
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def why() -> str:
    """Return why safe mode is on and how it ends, or an empty text."""
    config = runtime().config
    if safemode.began_by_itself():
        return str(
            _(
                "The site failed to start three times within five minutes, so it began without "
                "plugins. Switch off what changed last, then start normally."
            )
        )
    if config.safe_mode:
        return str(
            _("It was started so (PPVCMS_SAFE_MODE or --safe). Start it without that to end it.")
        )
    if safemode.is_on(config):
        return str(_("It was turned on here or with a command, and stays until it is turned off."))
    return ""


def turn_on(*, actor_id: str | None) -> None:
    """Run no plugin and no theme from now on; nothing that was asked for is forgotten."""
    safemode.file_of(runtime().config).touch()

    def act(session: Session) -> None:
        audit.record(session, actor_id, "host.safe_mode.on", "site")
        move_generation(session)

    transaction(act)
    look_again()


def turn_off(*, actor_id: str | None) -> Refusal | None:
    """Run everything again that should run, in new processes."""
    config = runtime().config
    if config.safe_mode and not safemode.began_by_itself():
        return Refusal("asked", _("Safe mode stays on."), why())
    safemode.file_of(config).unlink(missing_ok=True)

    def act(session: Session) -> None:
        audit.record(session, actor_id, "host.safe_mode.off", "site")
        # A process that began in safe mode has no plugin's code: the next one has.
        move_code_generation(session)

    transaction(act)
    look_again()
    return None
