"""Reading and setting limits of spending, for pages: a person's own and the site's (WL-16)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.db import db, transaction
from ppvcms.ledger.accounts import wallet_of, wallet_view
from ppvcms.ledger.limits import SITE, LimitView, Period, change_limit, limits_of
from ppvcms.ledger.moves import lock_accounts

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def spend_limits(user_id: str) -> list[LimitView]:
    """Return somebody's own limits with what is used: spent and held, in minor units."""
    held = wallet_view(db.session(), user_id).held

    def act(session: Session) -> list[LimitView]:
        return limits_of(session, wallet_of(session, user_id).id, held=held)

    return transaction(act)


def set_spend_limit(user_id: str, period: Period, amount: int | None) -> None:
    """Change one's own limit: a lower one counts at once, a higher one after 24 hours."""

    def act(session: Session) -> None:
        wallet = wallet_of(session, user_id)
        # Whoever spends at this moment is before or after this, never beside it.
        lock_accounts(session, [wallet.id])
        change_limit(session, wallet.id, period, amount, at_once=False)

    transaction(act)


def site_limits() -> list[LimitView]:
    """Return what the site allows each person; nothing is counted as used."""
    return limits_of(db.session(), SITE)


def set_site_limit(session: Session, period: Period, amount: int | None) -> None:
    """Change what the site allows each person, at once, in the caller's transaction."""
    change_limit(session, SITE, period, amount, at_once=True)
