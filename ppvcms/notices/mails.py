"""The mail of a notice: at most one in a gap per thread, what follows soon is added (MS-08)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from ppvcms.accounts.mail import queue_mail
from ppvcms.accounts.models import Mail
from ppvcms.db import now_ms
from ppvcms.host.settings import site
from ppvcms.notices.threads import MAIL, MINUTE_MS, locked

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.accounts.models import User
    from ppvcms.host.contract import NoticeKind
    from ppvcms.notices.models import Notice, NoticeThread

SETTINGS = "/account/notices/settings"


def write(session: Session, user: User, notice: Notice, *, thread: str, kind: NoticeKind) -> None:
    """Write the mail of a notice, or put the notice into the mail that waits already."""
    now = now_ms(session)
    row = locked(session, user.id, MAIL, thread)
    free_at = row.due_at + (kind.mail_gap_min or site().mail_gap_min) * MINUTE_MS
    if free_at > now and kind.mail_gap_min:
        # A gap of the kind's own: what comes too soon is told on the site alone.
        return
    with force_locale(user.locale or site().locale):
        if _added(session, row, notice):
            return
        mail = _new(session, user, notice)
    mail.due_at = max(now, free_at)
    row.last_id, row.due_at = mail.id, mail.due_at


def _new(session: Session, user: User, notice: Notice) -> Mail:
    hello = _("Hello %(name)s,", name=user.display_name)
    mail = queue_mail(session, to=user.email, subject=notice.title, body="")
    mail.body = f"{hello}\n\n{_block(notice)}\n--\n{_foot()}\n"
    mail.data = {"kind": notice.kind, "user_id": user.id}
    return mail


def _added(session: Session, row: NoticeThread, notice: Notice) -> bool:
    """Put a notice into the thread's mail, unless that one is on its way."""
    mail = session.get(Mail, row.last_id, with_for_update=True, populate_existing=True)
    if mail is None or mail.state != "waiting" or mail.attempts or mail.due_at <= now_ms(session):
        return False
    head, mark, foot = mail.body.rpartition("\n--\n")
    mail.body = f"{head}\n\n{notice.title}\n\n{_block(notice)}{mark}{foot}"
    return True


def _block(notice: Notice) -> str:
    link = f"\n\n{_address(notice.link)}" if notice.link else ""
    return f"{notice.body or notice.title}{link}\n"


def _foot() -> str:
    return str(_("You choose what you are told here: %(link)s", link=_address(SETTINGS)))


def _address(path: str) -> str:
    return f"{current_app.config['PPVCMS'].public_url}{path}"
