"""Which language and time zone a reader gets, and the words of templates in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import g, has_request_context, request
from flask_babel import get_locale, get_translations
from flask_login import current_user

from ppvcms.host.catalogues import plugin_at_work
from ppvcms.host.settings import site

if TYPE_CHECKING:
    from babel.support import Translations
    from flask import Flask


def init_languages(app: Flask) -> None:
    """Let templates look a language's words up once, and not for each of their texts."""
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
    key = (locale, plugin_at_work())
    if g.get("words_of") != key:
        g.words_of, g.words = key, get_translations()
    return cast("Translations", g.words)


def chosen_locale() -> str:
    """Return the reader's own language, else the browser's, else the site's."""
    core = site()
    if not has_request_context():
        return core.locale
    if current_user.is_authenticated and current_user.locale in core.locales:
        return str(current_user.locale)
    return request.accept_languages.best_match(core.locales) or core.locale


def chosen_time_zone() -> str:
    """Return the reader's own time zone, else the site's."""
    if has_request_context() and current_user.is_authenticated and current_user.time_zone:
        return str(current_user.time_zone)
    return site().time_zone
