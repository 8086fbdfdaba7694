"""Telling a person something: written with what it tells of, once per key (MS-08)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask_babel import force_locale
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.exc import IntegrityError

from ppvcms.accounts.models import User
from ppvcms.accounts.texts import fill, own_text
from ppvcms.db import after_commit, db, now_ms, reading, transaction
from ppvcms.errors import PpvcmsError
from ppvcms.host.settings import site
from ppvcms.ids import new_id
from ppvcms.notices import deliveries, mails
from ppvcms.notices.kinds import kind_of
from ppvcms.notices.models import Notice, NoticeChoice
from ppvcms.notices.words import common, written
from ppvcms.realtime import push

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from ppvcms.host.contract import NoticeChannel, NoticeKind

PER_PAGE = 30
_UNREAD = select(func.count()).where(
    Notice.user_id == bindparam("user_id"), Notice.on_site.is_(True), Notice.read_at.is_(None)
)


@dataclass(frozen=True, slots=True)
class Choice:
    """Where somebody wants a kind of notice; `channels` are those that they chose about."""

    on_site: bool
    by_mail: bool
    channels: Mapping[str, bool] = field(default_factory=dict)


def send_notice(
    session: Session,
    user_id: str,
    kind: str,
    *,
    values: Mapping[str, Any] | None = None,
    link: str = "",
    key: str | None = None,
    thread: str = "",
) -> None:
    """Tell a person something, on the ways that they want, in their language.

    It is written in the caller's transaction and goes out with its commit. The same
    `key` tells a person once. `link` is a path of this site. Mails of one `thread`
    (the kind, unless said otherwise) come at most once in the site's mail gap; what
    comes in between is put together. A plugin's channel has a gap of its own, and
    tells how many came meanwhile. Of `values`, a whole number named ``..._at`` is
    a moment and one named ``...amount`` an amount in minor units of credits.

    Raises:
        PpvcmsError: Nobody declares this kind, or `link` leaves the site.
    """
    declared = kind_of(kind)
    if link and (not link.startswith("/") or link.startswith("//")):
        raise PpvcmsError(f"The link of a notice is a path of this site, not '{link}'.")
    user = session.get(User, user_id)
    if user is None or user.state != "active":
        return
    wanted = _choice(declared, session.get(NoticeChoice, (user_id, kind)))
    ways = [
        channel
        for channel in deliveries.channels_of(session, user_id)
        if wants(declared, wanted, channel)
    ]
    if not (wanted.on_site or wanted.by_mail or ways) or _told(session, user_id, key):
        return
    title, body = _words(session, declared, user, values or {})
    notice = Notice(
        id=new_id(),
        user_id=user_id,
        kind=kind,
        title=title,
        body=body,
        link=link,
        key=key,
        on_site=wanted.on_site,
        made_at=now_ms(session),
    )
    if not _kept(session, notice):
        return
    if wanted.by_mail and user.email_verified_at is not None:
        mails.write(session, user, notice, thread=thread or kind, kind=declared)
    for channel in ways:
        deliveries.write(session, notice, channel, thread=thread or kind, kind=declared)
    if wanted.on_site:
        after_commit(session, lambda: _push(notice))


def wants(kind: NoticeKind, choice: Choice, channel: NoticeChannel) -> bool:
    """Whether a kind comes on a channel: as chosen, else as the channel begins."""
    return choice.channels.get(channel.key, channel.preset and kind.mail)


def _kept(session: Session, notice: Notice) -> bool:
    """Write a notice, unless another transaction tells the same at this moment."""
    try:
        with session.begin_nested():
            session.add(notice)
    except IntegrityError:
        return False
    return True


def _told(session: Session, user_id: str, key: str | None) -> bool:
    query = select(Notice.id).where(Notice.user_id == user_id, Notice.key == key)
    return key is not None and session.scalar(query) is not None


def _words(
    session: Session, kind: NoticeKind, user: User, values: Mapping[str, Any]
) -> tuple[str, str]:
    """Return title and body in a person's language: the owner's words, else the kind's."""
    locale = user.locale or site().locale
    own = own_text(session, kind.key, locale)
    with force_locale(locale):
        title, body = (own.title, own.body) if own else (str(kind.title), str(kind.body))
        filled = {
            **common(user.display_name, locale),
            **written(values, locale=locale, zone=user.time_zone or site().time_zone),
        }
    return " ".join(fill(title, filled).split())[:200], fill(body, filled).strip()


def _choice(kind: NoticeKind, row: NoticeChoice | None) -> Choice:
    if row is None:
        return Choice(on_site=True, by_mail=kind.mail)
    return Choice(row.on_site, row.by_mail, row.channels)


def _push(notice: Notice) -> None:
    data = {
        "level": "info",
        "code": "notice",
        "text": notice.title,
        "link": f"/account/notices/{notice.id}",
        "unread": unread(notice.user_id),
    }
    push(f"user:{notice.user_id}", "notice", data)


# --- Reading ------------------------------------------------------------------------------


def unread(user_id: str) -> int:
    """Return how many notices somebody has not looked at."""
    return int(reading().execute(_UNREAD, {"user_id": user_id}).scalar_one())


def latest(user_id: str, *, limit: int = PER_PAGE, before: str = "") -> Sequence[Notice]:
    """Return somebody's notices, the newest first, from before one of them."""
    query = select(Notice).where(Notice.user_id == user_id, Notice.on_site.is_(True))
    if before:
        query = query.where(Notice.id < before)
    return db.session.scalars(query.order_by(Notice.id.desc()).limit(limit)).all()


def choices_of(user_id: str, declared: Sequence[NoticeKind]) -> dict[str, Choice]:
    """Return where somebody wants each kind."""
    query = select(NoticeChoice).where(NoticeChoice.user_id == user_id)
    rows = {row.kind: row for row in db.session.scalars(query)}
    return {kind.key: _choice(kind, rows.get(kind.key)) for kind in declared}


# --- The reader's own acts ---------------------------------------------------------------------


def open_notice(user_id: str, notice_id: str) -> str | None:
    """Mark one of somebody's notices as read and return its link; None when it is not theirs."""

    def act(session: Session) -> str | None:
        row = session.get(Notice, notice_id)
        if row is None or row.user_id != user_id:
            return None
        row.read_at = row.read_at or now_ms(session)
        return row.link

    return transaction(act)


def read_all(user_id: str) -> None:
    """Mark everything as read that somebody was told."""

    def act(session: Session) -> None:
        session.execute(
            update(Notice)
            .where(Notice.user_id == user_id, Notice.read_at.is_(None))
            .values(read_at=now_ms(session))
        )

    transaction(act)


def choose(user_id: str, wanted: Mapping[str, Choice]) -> None:
    """Keep where somebody wants each kind of notice."""

    def act(session: Session) -> None:
        query = select(NoticeChoice).where(NoticeChoice.user_id == user_id)
        known = {row.kind: row for row in session.scalars(query)}
        for kind, choice in wanted.items():
            # What was said of a channel that is away now holds when it is back.
            before = known[kind].channels if kind in known else {}
            row = NoticeChoice(
                user_id=user_id,
                kind=kind,
                on_site=choice.on_site,
                by_mail=choice.by_mail,
                channels={**before, **choice.channels},
            )
            session.merge(row)

    transaction(act)
