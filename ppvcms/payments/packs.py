"""Credit packs as the owner keeps them: what is sold, for how much, in which currency."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.accounts import audit
from ppvcms.db import db, transaction
from ppvcms.errors import NotFoundError
from ppvcms.ids import new_id
from ppvcms.payments.models import CreditPack
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

CURRENCY = re.compile(r"[A-Z]{3}")
CREDITS = "CRD"
MOST = 10**9


@dataclass(frozen=True, slots=True)
class PackDraft:
    """A pack as it shall be; amounts in minor units, `prices` by real currency."""

    name: str
    credits: int
    bonus: int = 0
    prices: Mapping[str, int] = field(default_factory=dict)
    first_only: bool = False
    active: bool = True
    weight: int = 0


def all_packs() -> list[CreditPack]:
    """Return every pack, the switched-off ones last."""
    order = (CreditPack.active.desc(), CreditPack.weight, CreditPack.credits)
    return list(db.session.scalars(select(CreditPack).order_by(*order)))


def get_pack(pack_id: str) -> CreditPack:
    """Return a pack.

    Raises:
        NotFoundError: There is no such pack.
    """
    pack = db.session.get(CreditPack, pack_id, populate_existing=True)
    if pack is None:
        raise NotFoundError(pack_id)
    return pack


def save_pack(pack_id: str | None, draft: PackDraft, *, actor_id: str | None) -> Refusal | None:
    """Make a pack or change one; purchases that have begun keep the quote they were shown."""
    refusal = _refusal_of(draft)
    if refusal is not None:
        return refusal

    def act(session: Session) -> Refusal | None:
        pack = session.get(CreditPack, pack_id) if pack_id else None
        if pack is None:
            pack = CreditPack(id=new_id(), name=draft.name, credits=draft.credits, prices={})
            session.add(pack)
        pack.name, pack.credits, pack.bonus = draft.name.strip(), draft.credits, draft.bonus
        pack.prices, pack.weight = dict(draft.prices), draft.weight
        pack.first_only, pack.active = draft.first_only, draft.active
        audit.record(
            session,
            actor_id,
            "payments.pack.saved",
            f"pack:{pack.id}",
            data={
                "credits": draft.credits,
                "bonus": draft.bonus,
                "prices": dict(draft.prices),
                "active": draft.active,
            },
        )
        return None

    return transaction(act)


def switch_pack(pack_id: str, *, on: bool, actor_id: str | None) -> Refusal | None:
    """Put a pack on sale or take it off."""

    def act(session: Session) -> Refusal | None:
        pack = session.get(CreditPack, pack_id, with_for_update=True)
        if pack is None:
            return Refusal("not_found", _("There is no such pack. Nothing was changed."))
        pack.active = on
        action = "payments.pack.opened" if on else "payments.pack.closed"
        audit.record(session, actor_id, action, f"pack:{pack_id}")
        return None

    return transaction(act)


def _refusal_of(draft: PackDraft) -> Refusal | None:
    nothing = _("Nothing was saved.")
    if not draft.name.strip():
        return Refusal("name", _("A pack needs a name."), nothing)
    if not 0 < draft.credits <= MOST or not 0 <= draft.bonus <= MOST:
        return Refusal("credits", _("A pack has more than 0 credits."), nothing)
    if not draft.prices:
        return Refusal("prices", _("A pack needs a price in one currency at least."), nothing)
    for currency, price in draft.prices.items():
        if not CURRENCY.fullmatch(currency) or currency == CREDITS:
            words = _("'%(code)s' is not the code of a currency such as USD.", code=currency)
            return Refusal("prices", words, nothing)
        if not 0 < price <= MOST:
            return Refusal("prices", _("A price is more than 0."), nothing)
    return None
