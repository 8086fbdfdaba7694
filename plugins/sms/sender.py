"""One message to the owner's SMS service, in the common form of such services.

A POST of form fields with HTTP Basic sign-in, answered with JSON. Redirects are not
followed; what is not a plain yes or no is tried again.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx
from flask_babel import gettext as _

from ppvcms.api import (
    Carriage,
    Carried,
    db,
    new_id,
    now_ms,
    settings,
    test_mode,
    transaction,
)

from .models import Kept

SLUG = "sms"
TIMEOUT_S = 5.0
LOST = frozenset({"failed", "undelivered", "canceled"})
TOO_MANY = 429
REFUSED = range(400, 500)
NOT_OURS = frozenset({401, 403, 407, 408, 425, TOO_MANY})
"""Answers that say nothing of this message: it is tried again once they are mended."""
LOCAL = frozenset({"127.0.0.1", "localhost"})


def problem() -> str:
    """Return what keeps messages from being sent, in the owner's words, or an empty text."""
    own = settings(SLUG)
    if not own.address:
        if test_mode():
            return ""
        return str(_("No SMS service is set. Nobody gets a code or a notice by SMS."))
    missing = [name for name in ("user", "secret", "sender") if not getattr(own, name)]
    if missing:
        return str(_("SMS lacks: %(what)s.", what=", ".join(missing)))
    if not is_safe(own.address):
        return str(_("The address of the SMS service must begin with https://."))
    return ""


def is_safe(address: str) -> bool:
    """Whether a secret may be sent to an address: encrypted, or within this machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL)


def send(number: str, text: str) -> Carriage:
    """Send one text; takes at most some seconds, outside of transactions."""
    wrong = problem()
    if wrong:
        return Carriage(Carried.LATER, wrong)
    own = settings(SLUG)
    if not own.address:
        _keep(number, text)
        return Carriage(Carried.SENT)
    fields = {own.field_to: number, own.field_from: own.sender, own.field_text: text}
    db.session.rollback()
    try:
        answer = httpx.post(
            own.address,
            data=fields,
            auth=(own.user, own.secret),
            timeout=TIMEOUT_S,
            follow_redirects=False,
        )
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        return Carriage(Carried.LATER, f"{type(error).__name__}: {error}")
    return judged(answer.status_code, _facts(answer))


def judged(status: int, facts: dict[str, Any]) -> Carriage:
    """Return what an answer means for the message."""
    said = f"{facts.get('code') or facts.get('error_code') or ''} {facts.get('message') or ''}"
    reason = f"{status} {said}".strip()[:200]
    if status in REFUSED and status not in NOT_OURS:
        return Carriage(Carried.NEVER, reason)
    if not httpx.codes.is_success(status):
        return Carriage(Carried.LATER, reason)
    if str(facts.get("status")) in LOST:
        return Carriage(Carried.NEVER, reason)
    return Carriage(Carried.SENT)


def _facts(answer: httpx.Response) -> dict[str, Any]:
    try:
        facts = answer.json()
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}


def _keep(number: str, text: str) -> None:
    transaction(
        lambda session: session.add(
            Kept(id=new_id(), number=number, text=text[:1000], made_at=now_ms(session))
        )
    )
