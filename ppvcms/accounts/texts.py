"""The owner's own words for what the site writes to people, with `%(name)s` places in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from ppvcms.accounts import audit
from ppvcms.accounts.models import OwnText
from ppvcms.db import now_ms, transaction
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy.orm import Session

PLACE = re.compile(r"%\((\w+)\)s|%%")
TITLE_MAX = 200
BODY_MAX = 5_000


def places(*texts: str) -> frozenset[str]:
    """Return the names of the places in some templates: pure."""
    return frozenset(found[1] for text in texts for found in PLACE.finditer(text) if found[1])


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values into their places; a place without a value stays empty: pure."""
    return PLACE.sub(lambda found: values.get(found[1], "") if found[1] else "%", text)


def own_text(session: Session, kind: str, locale: str) -> OwnText | None:
    """Return the owner's words for a kind of text in a language, where there are any."""
    return session.get(OwnText, (kind, locale))


def save_text(
    kind: str,
    locale: str,
    *,
    title: str,
    body: str,
    known: Collection[str],
    actor_id: str | None,
) -> Refusal | None:
    """Keep the owner's words; refuse a place that would stay empty."""
    refusal = wrong_place(title, known) or wrong_place(body, known)
    if refusal is not None:
        return refusal

    def act(session: Session) -> None:
        session.merge(
            OwnText(kind=kind, locale=locale, title=title, body=body, changed_at=now_ms(session))
        )
        audit.record(session, actor_id, "accounts.text.changed", f"text:{kind}:{locale}")

    transaction(act)
    return None


def reset_text(kind: str, locale: str, *, actor_id: str | None) -> None:
    """Go back to the words that the site came with."""

    def act(session: Session) -> None:
        row = own_text(session, kind, locale)
        if row is not None:
            session.delete(row)
            audit.record(session, actor_id, "accounts.text.reset", f"text:{kind}:{locale}")

    transaction(act)


def wrong_place(text: str, known: Collection[str]) -> Refusal | None:
    """Return why a text with such places cannot be kept, or None: pure."""
    unknown = sorted(places(text) - set(known))
    if unknown:
        return Refusal(
            "place",
            _("There is no place %(place)s here. Nothing was saved.", place=f"%({unknown[0]})s"),
            _("Use one of those listed."),
        )
    if "%" in PLACE.sub("", text):
        return Refusal(
            "place",
            _("A percent sign stands alone. Nothing was saved."),
            _("Write it twice, or finish the place after it."),
        )
    return None
