"""The recovery link: the way into safe mode's back office after starts that kept failing.

It is printed in the log, and mailed to the owners at most once a day. It opens
once, within a day, for an owner who has signed in; it stands in for nobody's
password and passes over no safeguard.
"""

from __future__ import annotations

import fcntl
import hmac
import json
import sys
import time
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from ppvcms.accounts import audit
from ppvcms.accounts.mail import latest, queue_letter
from ppvcms.accounts.models import Role, User
from ppvcms.accounts.rules import DAY_MS
from ppvcms.db import now_ms, transaction
from ppvcms.ids import digest, new_secret

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask import Flask
    from sqlalchemy.orm import Session

LASTS_S = 86_400
MOST_OPEN = 20
LETTER = "recovery"
log = structlog.get_logger(__name__)


def offer(app: Flask) -> None:
    """Print a link for the owner, and mail it where none was mailed within a day."""
    config = app.config["PPVCMS"]
    path = f"/admin/recovery/{make(config.instance)}"
    sys.stderr.write(
        f"ppvcms: the owner signs in, once and within a day, at {config.public_url}{path}\n"
    )
    with app.app_context():
        try:
            transaction(lambda session: _mail(session, path))
        except SQLAlchemyError as error:
            log.warning("recovery_not_mailed", error=str(getattr(error, "orig", error)))


def make(instance: Path) -> str:
    """Return a new secret for a link; its digest alone is kept."""
    secret = new_secret()
    _change(instance, lambda known: [*known, (digest(secret), time.time() + LASTS_S)][-MOST_OPEN:])
    return secret


def is_open(instance: Path, secret: str) -> bool:
    """Whether a link can be used still."""
    return any(hmac.compare_digest(kept, digest(secret)) for kept, _until in _known(instance))


def take(instance: Path, secret: str, *, actor_id: str | None) -> bool:
    """Use a link up; False when it was used, is too old, or never was one."""
    found: list[str] = []

    def without(known: list[tuple[str, float]]) -> list[tuple[str, float]]:
        wanted = digest(secret)
        found.extend(kept for kept, _until in known if hmac.compare_digest(kept, wanted))
        return [each for each in known if each[0] not in found]

    _change(instance, without)
    if found:
        transaction(lambda session: audit.record(session, actor_id, "host.recovery.used", "site"))
    return bool(found)


def _mail(session: Session, path: str) -> None:
    owners = select(User).join(User.roles).where(Role.key == "owner", User.state == "active")
    for owner in session.scalars(owners):
        last = latest(owner.email, LETTER)
        if last is None or last.made_at < now_ms(session) - DAY_MS:
            queue_letter(session, owner, LETTER, path=path)


def _known(instance: Path) -> list[tuple[str, float]]:
    path = instance / "boot" / LETTER
    known = json.loads(path.read_text() or "[]") if path.is_file() else []
    return [(kept, until) for kept, until in known if until > time.time()]


def _change(instance: Path, act: Callable[[list[tuple[str, float]]], list[Any]]) -> None:
    folder = instance / "boot"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / f"{LETTER}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fresh = folder / f"{LETTER}.new"
        fresh.write_text(json.dumps(act(_known(instance))))
        fresh.chmod(0o600)
        fresh.replace(folder / LETTER)
