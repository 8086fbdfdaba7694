"""Writing mails, in the transaction of what they tell; the jobs send them afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import current_app
from flask_babel import force_locale
from sqlalchemy import select

from ppvcms.accounts.models import Mail, User
from ppvcms.accounts.texts import fill, own_text
from ppvcms.db import db, now_ms
from ppvcms.ids import new_id

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LETTER = "letter."
"""What the keys of letters begin with among the owner's own words."""
LETTERS = (
    *("verify", "reset", "password_changed", "email_change", "email_changed"),
    *("factor_on", "factor_off", "recovery"),
)


def queue_mail(session: Session, *, to: str, subject: str, body: str, path: str = "") -> Mail:
    """Write a mail whose words are ready; `path` becomes a link of the site at its end."""
    link = current_app.config["PPVCMS"].public_url + path if path else ""
    now = now_ms(session)
    mail = Mail(
        id=new_id(),
        to=to,
        # A line break would begin another header.
        subject=" ".join(subject.split())[:200],
        body=f"{body.strip()}\n\n{link}\n" if link else f"{body.strip()}\n",
        data={"link": link},
        state="waiting",
        due_at=now,
        made_at=now,
    )
    session.add(mail)
    return mail


def queue_letter(
    session: Session, user: User, template: str, *, to: str = "", path: str = "", **values: Any
) -> Mail:
    """Write a mail from ``templates/mail/<template>.txt``, in the person's language.

    The first line of a template is the subject.
    """
    locale = user.locale or current_app.config.get("BABEL_DEFAULT_LOCALE", "en")
    own = own_text(session, f"{LETTER}{template}", locale)
    if own is not None:
        subject, body = (fill(text, {"name": user.display_name}) for text in (own.title, own.body))
    else:
        subject, body = letter_words(template, locale, name=user.display_name, **values)
    mail = queue_mail(session, to=to or user.email, subject=subject, body=body, path=path)
    mail.data = {**mail.data, "template": template, "user_id": user.id}
    return mail


def letter_words(template: str, locale: str, **values: Any) -> tuple[str, str]:
    """Return subject and body of a letter as the site came with it, in a language."""
    with force_locale(locale):
        page = current_app.jinja_env.get_template(f"mail/{template}.txt")
        subject, _line, body = page.render(**values).strip().partition("\n")
    return subject, body.strip()


def latest(to: str, template: str) -> Mail | None:
    """Return the newest mail of a kind to an address."""
    query = select(Mail).where(Mail.to == to).order_by(Mail.id.desc()).limit(10)
    found = (mail for mail in db.session.scalars(query) if mail.data.get("template") == template)
    return next(found, None)
