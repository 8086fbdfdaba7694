"""Maintenance mode: the owner shuts the public site for a while and says until when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ppvcms.db import transaction
from ppvcms.host.settings import save_site, site

if TYPE_CHECKING:
    from collections.abc import Mapping

FORM = "%Y-%m-%dT%H:%M"
AGAIN_S = 600
"""When to come back while the owner names no end."""


def turn_on(*, text: str, until_at: int, actor_id: str | None) -> None:
    """Shut the public site, with a sentence for visitors; `until_at` 0 names no end."""
    _save(
        {"maintenance": True, "maintenance_text": text, "maintenance_until_at": until_at}, actor_id
    )


def turn_off(*, actor_id: str | None) -> None:
    """Open the public site again, and forget the end that was expected."""
    _save({"maintenance": False, "maintenance_until_at": 0}, actor_id)


def retry_after_s(now: int) -> int:
    """Return in how many seconds a visitor should come back, at least a minute."""
    until = site().maintenance_until_at
    return max(60, (until - now) // 1000) if until else AGAIN_S


def moment_at(text: str) -> int:
    """Return the epoch milliseconds of a moment such as 2026-11-22T08:00 on the site's clock.

    Raises:
        ValueError: It is not written so, or there is no such moment.
    """
    found = datetime.strptime(text.strip().replace(" ", "T"), FORM).replace(
        tzinfo=ZoneInfo(site().time_zone)
    )
    return int(found.timestamp() * 1000)


def moment_text(at_ms: int) -> str:
    """Write epoch milliseconds in the same form on the site's clock; 0 is empty."""
    if not at_ms:
        return ""
    return (
        datetime.fromtimestamp(at_ms / 1000, tz=UTC)
        .astimezone(ZoneInfo(site().time_zone))
        .strftime(FORM)
    )


def _save(changes: Mapping[str, object], actor_id: str | None) -> None:
    transaction(lambda session: save_site(session, actor_id, changes))
