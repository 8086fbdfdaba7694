"""The words of mails and notices, which the owner may change in each language of the site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from ppvcms.accounts import texts
from ppvcms.accounts.mail import LETTER, LETTERS, letter_words
from ppvcms.accounts.models import OwnText
from ppvcms.db import db
from ppvcms.errors import NotFoundError
from ppvcms.host.settings import site
from ppvcms.notices.kinds import kinds
from ppvcms.notices.words import COMMON
from ppvcms.web.admin.frame import blueprint, tell
from ppvcms.web.cards import language_name
from ppvcms.web.guards import current_actor, policy

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

LETTER_PLACES = ("name",)
SAMPLES = {"amount": "12.50 cr", "name": "Robin", "who": "Alex", "with": "Mara", "room": "Mara"}


class TextForm(FlaskForm):
    """Title and text with their places."""

    title = StringField(_l("Subject and title"), [InputRequired(), Length(max=texts.TITLE_MAX)])
    body = TextAreaField(_l("Text"), [InputRequired(), Length(max=texts.BODY_MAX)])


@dataclass(frozen=True, slots=True)
class Words:
    """One text that the site writes, as it came with the site, in one language."""

    key: str
    label: str
    title: str
    body: str
    known: tuple[str, ...]


@blueprint.get("/texts")
@policy(who="settings.manage")
def texts_index() -> ResponseReturnValue:
    """List every text that can be changed, and which the owner has changed."""
    changed = {(row.kind, row.locale) for row in db.session.scalars(select(OwnText))}
    return render_template(
        "admin/texts.html",
        letters=[(f"{LETTER}{name}", _letter_label(name)) for name in LETTERS],
        notices=[(kind.key, str(kind.label)) for kind in kinds().values()],
        locales=[(code, language_name(code)) for code in site().locales],
        changed=changed,
    )


@blueprint.route("/texts/<kind>/<locale>", methods=["GET", "POST"])
@policy(who="settings.manage")
def text(kind: str, locale: str) -> ResponseReturnValue:
    """Change one text in one language, with its places checked."""
    words = _offered(kind, locale)
    own = texts.own_text(db.session(), kind, locale)
    form = TextForm(obj=own or words)
    if form.validate_on_submit():
        refusal = texts.save_text(
            kind,
            locale,
            title=" ".join((form.title.data or "").split()),
            body=(form.body.data or "").replace("\r\n", "\n").strip(),
            known=words.known,
            actor_id=current_actor().user_id,
        )
        if tell(refusal, _("Saved. From now on it is written like this.")):
            return redirect(url_for("admin.text", kind=kind, locale=locale))
    page = render_template(
        "admin/text.html",
        form=form,
        words=words,
        own=own,
        locale_name=language_name(locale),
        locale_code=locale,
        shown=[
            texts.fill(part or "", _samples(words)) for part in (form.title.data, form.body.data)
        ],
    )
    return page, 422 if form.errors else 200


@blueprint.post("/texts/<kind>/<locale>/reset")
@policy(who="settings.manage")
def text_reset(kind: str, locale: str) -> ResponseReturnValue:
    """Go back to the words that the site came with."""
    _offered(kind, locale)
    texts.reset_text(kind, locale, actor_id=current_actor().user_id)
    flash(_("The text is again as the site came with it."), "success")
    return redirect(url_for("admin.text", kind=kind, locale=locale))


def _offered(kind: str, locale: str) -> Words:
    if locale not in site().locales:
        raise NotFoundError(locale)
    return words_of(kind, locale)


def words_of(kind: str, locale: str) -> Words:
    """Return a text as it came with the site, in a language.

    Raises:
        NotFoundError: Nothing that is active writes such a text.
    """
    name = kind.removeprefix(LETTER)
    if kind.startswith(LETTER) and name in LETTERS:
        title, body = letter_words(name, locale, name="%(name)s")
        return Words(kind, _letter_label(name), title, body, LETTER_PLACES)
    declared = kinds().get(kind)
    if declared is None:
        raise NotFoundError(kind)
    with force_locale(locale):
        title, body = str(declared.title), str(declared.body)
    own = sorted(texts.places(title, body) - set(COMMON))
    return Words(kind, str(declared.label), title, body, (*own, *COMMON))


def _samples(words: Words) -> dict[str, str]:
    return {name: SAMPLES.get(name, name.replace("_", " ")) for name in words.known}


def _letter_label(name: str) -> str:
    return str(
        {
            "verify": _("Mail to verify a new account's address"),
            "reset": _("Mail with the link to a new password"),
            "password_changed": _("Mail after the password was changed"),
            "email_change": _("Mail to verify a changed address"),
            "email_changed": _("Mail to the old address after a change"),
            "factor_on": _("Mail after a second factor was switched on"),
            "factor_off": _("Mail after a second factor was switched off"),
            "recovery": _("Mail to the owners after starts that failed"),
        }[name]
    )
