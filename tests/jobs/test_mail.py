"""Mails are written with what they tell, sent afterwards, maybe twice, and never lost."""

from __future__ import annotations

from email import message_from_string, policy
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from ppvcms.accounts.mail import queue_mail
from ppvcms.accounts.models import Mail
from ppvcms.db import db, now_ms, transaction
from ppvcms.jobs.mail import TRIES, send_due
from tests.jobs.conftest import MailServer, open_site
from tests.kit import lay_tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask


@pytest.fixture
def posting(tmp_path: Path, database_url: str, mail_server: MailServer) -> Iterator[Flask]:
    """A site that sends its mails to the mail server of the test."""
    lay_tables(database_url)
    url = f"smtp://127.0.0.1:{mail_server.port}"
    made = open_site(database_url, tmp_path, mail_url=url, mail_from="site@example.org")
    with made.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()


def write(to: str = "ann@example.com", subject: str = "Your receipt") -> str:
    return transaction(
        lambda session: queue_mail(session, to=to, subject=subject, body="Grüße!", path="/account")
    ).id


def mail(mail_id: str) -> Mail:
    db.session.rollback()
    return db.session.get_one(Mail, mail_id)


def make_due() -> None:
    transaction(lambda session: session.execute(update(Mail).values(due_at=now_ms(session))))


def test_a_mail_is_sent_once_with_its_words_and_its_link(
    posting: Flask, mail_server: MailServer
) -> None:
    mail_id = write()

    assert [send_due(), send_due()] == [1, 0]

    sent = message_from_string(mail_server.got[0], policy=policy.default)
    assert (sent["To"], sent["Subject"]) == ("ann@example.com", "Your receipt")
    assert "Grüße!" in sent.get_content()
    assert f"{posting.config['PPVCMS'].public_url}/account" in sent.get_content()
    assert mail(mail_id).state == "sent"


@pytest.mark.usefixtures("posting")
def test_a_crash_between_sending_and_marking_sends_the_same_mail_again(
    mail_server: MailServer,
) -> None:
    mail_id = write()
    mail_server.drop_after_data = True
    send_due()
    mail_server.drop_after_data = False
    make_due()

    send_due()

    ids = {message_from_string(text)["Message-ID"] for text in mail_server.got}
    assert (len(mail_server.got), len(ids)) == (2, 1)
    assert mail(mail_id).state == "sent"


@pytest.mark.usefixtures("posting")
def test_one_bad_address_does_not_hold_the_others_up(mail_server: MailServer) -> None:
    mail_server.refuse = "gone@"
    bad, good = write("gone@example.com"), write()

    send_due()

    assert mail(good).state == "sent"
    assert (mail(bad).state, mail(bad).attempts) == ("waiting", 1)
    assert "nobody of that name" in (mail(bad).last_error or "")


@pytest.mark.usefixtures("posting")
def test_after_many_tries_a_mail_is_given_up_and_shown(mail_server: MailServer) -> None:
    mail_server.refuse = "gone@"
    bad = write("gone@example.com")
    for _ in range(TRIES):
        make_due()
        send_due()

    assert mail(bad).state == "failed"


@pytest.mark.usefixtures("app")
def test_without_a_mail_server_mails_stay_to_be_read() -> None:
    write()

    assert send_due() == 0

    assert [row.state for row in db.session.scalars(select(Mail))] == ["waiting"]


@pytest.mark.usefixtures("posting")
@pytest.mark.parametrize("subject", ["Hello\r\nBcc: eve@example.com", "a\nb", "tab\tand\x0bmore"])
def test_a_subject_cannot_begin_another_header(mail_server: MailServer, subject: str) -> None:
    write(subject=subject)

    send_due()

    sent = message_from_string(mail_server.got[0], policy=policy.default)
    assert sent["Bcc"] is None
    assert sent["To"] == "ann@example.com"
