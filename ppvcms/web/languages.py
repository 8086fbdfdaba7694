"""Which language and time zone a reader gets, and the words of templates in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

from flask import Blueprint, current_app, g, has_request_context, redirect, request, url_for
from flask_babel import get_locale, get_translations
from flask_login import current_user

from ppvcms.host.calls import running_plugin
from ppvcms.host.settings import site
from ppvcms.web.guards import next_path, policy
from ppvcms.web.people import own_name

if TYPE_CHECKING:
    from babel.support import Translations
    from flask import Flask
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("languages", __name__)
CHOSEN = "language"
"""The cookie that keeps a visitor's choice; people who sign in have theirs with them."""
YEAR_S = 365 * 86_400


class Spoken(NamedTuple):
    """A language of the site as its menu shows it."""

    code: str
    name: str
    url: str
    active: bool


@blueprint.get("/language/<code>")
@policy(who="public")
def choose(code: str) -> ResponseReturnValue:
    """Show the site in another language to a visitor, from the page where they are."""
    answer = redirect(next_path())
    if code in site().locales:
        secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
        answer.set_cookie(
            CHOSEN, code, max_age=YEAR_S, secure=secure, httponly=True, samesite="Lax"
        )
    return answer


def languages() -> list[Spoken]:
    """Return what a visitor can choose from; nothing where there is one language alone."""
    codes = site().locales
    if len(codes) < 2 or current_user.is_authenticated or not has_request_context():  # noqa: PLR2004
        return []
    here, now = request.full_path.rstrip("?"), chosen_locale()
    return [
        Spoken(code, own_name(code), url_for("languages.choose", code=code, next=here), code == now)
        for code in codes
    ]


def init_languages(app: Flask) -> None:
    """Let templates look a language's words up once, and not for each of their texts."""
    app.jinja_env.globals["languages"] = languages
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined] # of the i18n extension
        gettext=lambda text: _words().ugettext(text),
        ngettext=lambda one, many, number: _words().ungettext(one, many, number),
        newstyle=True,
        pgettext=lambda context, text: _words().upgettext(context, text),
        npgettext=lambda context, one, many, number: _words().unpgettext(
            context, one, many, number
        ),
    )


def _words() -> Translations:
    locale = get_locale()
    if locale is None:
        return cast("Translations", get_translations())
    # The page's own plugin stays the same while it is drawn.
    key = (locale, running_plugin.get())
    if g.get("words_of") != key:
        g.words_of, g.words = key, get_translations()
    return cast("Translations", g.words)


def chosen_locale() -> str:
    """Return the reader's own language, else the one chosen here, the browser's, the site's."""
    core = site()
    if not has_request_context():
        return core.locale
    if current_user.is_authenticated and current_user.locale in core.locales:
        return str(current_user.locale)
    if request.cookies.get(CHOSEN) in core.locales:
        return request.cookies[CHOSEN]
    return request.accept_languages.best_match(core.locales) or core.locale


def chosen_time_zone() -> str:
    """Return the reader's own time zone, else the site's."""
    if has_request_context() and current_user.is_authenticated and current_user.time_zone:
        return str(current_user.time_zone)
    return site().time_zone
