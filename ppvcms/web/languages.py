"""Which language and time zone a reader gets."""

from __future__ import annotations

from flask import has_request_context, request
from flask_login import current_user

from ppvcms.host.settings import site


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
