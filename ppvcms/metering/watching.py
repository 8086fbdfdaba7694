"""How long somebody has watched for free, and how long they still may (AC-16)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import or_, select

from ppvcms.db import db, now_ms
from ppvcms.host import dispatch
from ppvcms.media.contract import MediaRole
from ppvcms.media.models import Grant
from ppvcms.metering.spans import Span, total
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from ppvcms.accounts.actor import Actor
    from ppvcms.host.contract import RoomView
    from ppvcms.media.services import Holder

WINDOW_MS = 86_400_000


def left_s(holder: Holder, room: RoomView, actor: Actor) -> int | None:
    """Return how many seconds plugins let somebody watch a free show, None without a bound."""
    if not dispatch.anybody("limit_watching"):
        return None
    used_s = watched_ms(holder) // 1000
    answers = dispatch.collect("limit_watching", room=room, actor=actor, used_s=used_s)
    return min((seconds for _slug, seconds in answers), default=None)


def watched_ms(holder: Holder) -> int:
    """Return how long somebody watched without paying in the last 24 hours, tabs counted once.

    A visitor is known by the network address, so that another tab is no new visitor.
    """
    now = now_ms(db.session())
    since = now - WINDOW_MS
    mine = Grant.user_id == holder.user_id if holder.user_id else Grant.visitor == holder.visitor
    query = select(Grant.made_at, Grant.lease_until, Grant.revoked_at).where(
        mine,
        Grant.role == MediaRole.VIEWER.value,
        Grant.seat_id.is_(None),
        or_(Grant.revoked_at.is_(None), Grant.revoked_at > since),
        Grant.lease_until > since,
    )
    return total(
        [
            Span(max(since, made_at), min(now, lease_until, revoked_at or now))
            for made_at, lease_until, revoked_at in db.session.execute(query)
        ]
    )


def used_up(actor: Actor) -> Refusal:
    """Return what a page shows instead of the picture: how to go on, and that nothing was taken."""
    remedy = (
        _("Add credits to go on watching.") if actor.user_id else _("Sign in to go on watching.")
    )
    return Refusal(
        "free_over",
        _("Your free viewing of today is used up. Nothing was taken."),
        remedy,
        details={"cover": "topup" if actor.user_id else "sign_in"},
    )
