"""What stands beside people's names in queues and chats, as plugins say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.host import dispatch
from ppvcms.host.contract import ClientBadge

if TYPE_CHECKING:
    from collections.abc import Iterable


def badges_of(user_ids: Iterable[str | None]) -> dict[str, dict[str, str]]:
    """Return `{label, icon, tone}` by person; of two plugins the first counts."""
    wanted = tuple(sorted({user_id for user_id in user_ids if user_id is not None}))
    found: dict[str, dict[str, str]] = {}
    if not wanted:
        return found
    for _slug, answer in dispatch.collect("client_badges", user_ids=wanted):
        for user_id, badge in answer.items():
            if isinstance(badge, ClientBadge):
                shown = {"label": str(badge.label), "icon": badge.icon, "tone": badge.tone}
                found.setdefault(user_id, shown)
    return found
