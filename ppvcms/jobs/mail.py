"""Sending the mails that wait: claimed for a time, sent outside of transactions, then marked.

A process that dies between sending and marking sends again; none is lost. Without
a mail server they stay where the back office can read them.
"""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formataddr, formatdate, parseaddr
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import structlog
from flask import current_app
from sqlalchemy import select

from ppvcms.accounts.mail import queue_letter, queue_mail
from ppvcms.accounts.models import Mail
from ppvcms.db import now_ms, transaction
from ppvcms.host.settings import site

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.config import Config

__all__ = ["queue_letter", "queue_mail", "send_due"]

BATCH = 5
CLAIM_MS = 120_000
TRIES = 10
TIMEOUT_S = 20
LONGEST_WAIT_MS = 3_600_000
log = structlog.get_logger(__name__)


def send_due(*, limit: int = BATCH) -> int:
    """Send mails that wait and return how many were tried; nothing without a mail server."""
    config: Config = current_app.config["PPVCMS"]
    if not config.mail_url:
        return 0
    mails = transaction(lambda session: _take(session, limit))
    if not mails:
        return 0
    try:
        with _connect(config.mail_url) as server:
            for mail in mails:
                _send(server, mail, config)
    except (OSError, smtplib.SMTPException) as error:
        log.warning("mail_server_failed", error=str(error))
        reason = f"{type(error).__name__}: {error}"
        for mail in mails:
            _try_later(mail.id, reason)
    return len(mails)


def _take(session: Session, limit: int) -> list[Mail]:
    now = now_ms(session)
    mails = session.scalars(
        select(Mail)
        .where(Mail.state == "waiting", Mail.due_at <= now)
        .order_by(Mail.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for mail in mails:
        mail.due_at = now + CLAIM_MS
        mail.attempts += 1
    return list(mails)


def _send(server: smtplib.SMTP, mail: Mail, config: Config) -> None:
    try:
        server.send_message(_message(mail, config))
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, ValueError) as error:
        # This one cannot be delivered; the others can.
        reason = str(error)
        _try_later(mail.id, reason)
        return
    transaction(lambda session: _mark_sent(session, mail.id))


def _message(mail: Mail, config: Config) -> EmailMessage:
    name, address = parseaddr(config.mail_from)
    message = EmailMessage()
    message["From"] = formataddr((name or site().site_name, address))
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = formatdate(mail.made_at / 1000)
    # Always the same one: who gets it twice after a crash sees it once.
    message["Message-ID"] = f"<{mail.id}@{address.rpartition('@')[2] or 'localhost'}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body, cte="quoted-printable")
    return message


def _connect(url: str) -> smtplib.SMTP:
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    if parts.scheme == "smtps":
        context = ssl.create_default_context()
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, parts.port or 465, timeout=TIMEOUT_S, context=context
        )
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=TIMEOUT_S)
    try:
        _greet(server, unquote(parts.username or ""), unquote(parts.password or ""))
    except BaseException:
        server.close()
        raise
    return server


def _greet(server: smtplib.SMTP, user: str, password: str) -> None:
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())
        server.ehlo()
    if user:
        server.login(user, password)


def _mark_sent(session: Session, mail_id: str) -> None:
    mail = session.get_one(Mail, mail_id)
    mail.state, mail.last_error = "sent", None


def _try_later(mail_id: str, reason: str) -> None:
    transaction(lambda session: _put_off(session, mail_id, reason))


def _put_off(session: Session, mail_id: str, reason: str) -> None:
    mail = session.get_one(Mail, mail_id)
    if mail.state != "waiting":
        return
    mail.last_error = reason[:300]
    if mail.attempts >= TRIES:
        mail.state = "failed"
    else:
        mail.due_at = now_ms(session) + min(15_000 * 2**mail.attempts, LONGEST_WAIT_MS)
