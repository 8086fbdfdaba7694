"""Credits as a gift from one person to another (WL-13). Amounts are minor units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _

from ppvcms.api import (
    KeyReusedError,
    Refusal,
    credits_text,
    give_credits,
    person_named,
    send_notice,
    settings,
    transaction,
)

from .shop import SLUG

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.api import Actor

LONGEST_NOTE = 140


def give(actor: Actor, *, name: str, amount: int, note: str, key: str) -> str | Refusal:
    """Give credits to the person of a name, at once and for good; return who it was.

    They come out of what is available; the same key gives once (R-04). The
    receiver never pays anything on them.
    """
    receiver = person_named(name)
    if receiver is None or receiver.user_id == actor.user_id or not receiver.can("tip.send"):
        return Refusal(
            "name",
            _("Nobody of this name can be given credits. Nothing was taken."),
            _("Write the name as you see it in chat."),
        )
    values = settings(SLUG)
    if not values.least <= amount <= values.most:
        least, most = credits_text(values.least), credits_text(values.most)
        return Refusal(
            "amount",
            _("Give between %(least)s and %(most)s. Nothing was taken.", least=least, most=most),
        )
    words, unique = " ".join(note.split())[:LONGEST_NOTE], f"{actor.user_id}:{key}"[:96]
    try:
        return transaction(lambda s: _give(s, actor, receiver, amount, words, unique))
    except KeyReusedError:
        return Refusal("key_reused", _("These credits were given already, with another amount."))


def _give(
    session: Session, actor: Actor, receiver: Actor, amount: int, words: str, unique: str
) -> str | Refusal:
    given = give_credits(
        session,
        payer=actor,
        to=str(receiver.user_id),
        amount=amount,
        source="gifts:credits",
        memo=_("Credits for %(name)s", name=receiver.name),
        key=f"gifts:credits:{unique}",
    )
    if isinstance(given, Refusal):
        return given
    send_notice(
        session,
        str(receiver.user_id),
        "gifts.credits",
        values={"who": actor.name, "amount": amount, "note": words},
        link="/account",
        key=f"gifts:credits:{given}",
    )
    return receiver.name
