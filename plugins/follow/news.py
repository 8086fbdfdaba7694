"""What followers hear: kept as a fact, then told in portions, each person once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from ppvcms.api import (
    Announced,
    NoticeKind,
    ShowStarted,
    db,
    names_of,
    now_ms,
    room_of,
    send_notice,
    transaction,
)

from .models import Follow, News

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.api import Event

PORTION = 50
GAP_MIN = 360
KEPT_MS = 7 * 86_400_000
KINDS = [
    NoticeKind(
        "follow.live",
        _l("Somebody you follow goes live"),
        _l("%(who)s is live now"),
        _l("%(title)s has just begun. Come and see."),
        mail_gap_min=GAP_MIN,
    ),
    NoticeKind(
        "follow.event",
        _l("Somebody you follow plans an event"),
        _l("%(who)s plans: %(title)s"),
        _l("See when it is and let yourself be reminded."),
        mail_gap_min=GAP_MIN,
    ),
    NoticeKind(
        "follow.item",
        _l("Somebody you follow has something new"),
        _l("New from %(who)s: %(title)s"),
        _l("Have a look at the preview."),
        mail_gap_min=GAP_MIN,
    ),
]
"""At most one mail per performer in six hours, whatever it tells (AC-11)."""


def keep(event: Event) -> None:
    """Keep what followers shall hear of a fact; the same fact is kept once."""
    if isinstance(event, ShowStarted) and not event.private:
        room = room_of(event.room_id)
        if room is not None:
            link = f"/rooms/{room.slug}"
            _keep(event, "follow.live", room.performer_id, room.title, link)
    elif isinstance(event, Announced) and f"follow.{event.what}" in {one.key for one in KINDS}:
        _keep(event, f"follow.{event.what}", event.performer_id, event.title, event.link)


def _keep(event: Event, kind: str, performer_id: str, title: str, link: str) -> None:
    def act(session: Session) -> None:
        if session.get(News, event.id) is None:
            session.add(
                News(
                    id=event.id,
                    performer_id=performer_id,
                    kind=kind,
                    title=title[:200],
                    link=link,
                    key=f"{kind}:{event.id}",
                    made_at=event.at,
                )
            )

    transaction(act)


def tell_next() -> None:
    """Tell the next followers of everything that is kept."""
    waiting = db.session.scalars(
        select(News.id).where(News.done_at.is_(None)).order_by(News.made_at)
    ).all()
    for news_id in waiting:
        while not transaction(partial(_portion, news_id=news_id)):
            pass
    transaction(_forget)


def _portion(session: Session, *, news_id: str) -> bool:
    """Tell one portion; return whether all have heard it."""
    news = session.get(News, news_id, with_for_update=True, populate_existing=True)
    if news is None or news.done_at is not None:
        return True
    query = (
        select(Follow.user_id)
        .where(Follow.performer_id == news.performer_id, Follow.user_id > news.upto)
        .order_by(Follow.user_id)
        .limit(PORTION)
    )
    people = list(session.scalars(query))
    who = names_of([news.performer_id]).get(news.performer_id, "")
    for user_id in people:
        send_notice(
            session,
            user_id,
            news.kind,
            values={"who": who, "title": news.title},
            link=news.link,
            key=news.key,
            thread=f"follow:{news.performer_id}",
        )
    if len(people) < PORTION:
        news.done_at = now_ms(session)
        return True
    news.upto = people[-1]
    return False


def _forget(session: Session) -> None:
    session.execute(delete(News).where(News.done_at < now_ms(session) - KEPT_MS))
