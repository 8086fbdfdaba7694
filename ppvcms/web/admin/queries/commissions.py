"""Who got which part of what people spent, over a period; amounts in minor units (CM-01 to CM-04).

A charge that was reversed is taken off in the period of its reversal (R-02).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Integer, case, cast, func, select

from ppvcms.accounts.models import User
from ppvcms.db import db
from ppvcms.ledger.models import Share, Transfer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Subquery

SITE, PERFORMER, STUDIO = "site", "performer", "studio"


@dataclass(frozen=True, slots=True)
class Divided:
    """What was spent on one kind of income, and who got which part of it."""

    kind: str
    charges: int
    gross: int
    performers: int
    studios: int
    site: int

    @property
    def percent(self) -> float:
        """The site's part of what was spent, in percent."""
        return 100 * self.site / self.gross if self.gross else 0.0


@dataclass(frozen=True, slots=True)
class Party:
    """What one performer or studio got, and what the charges they shared came to."""

    party_id: str
    name: str
    charges: int
    gross: int
    amount: int

    @property
    def percent(self) -> float:
        """Their part of the charges they shared, in percent."""
        return 100 * self.amount / self.gross if self.gross else 0.0


def by_kind(since: int, until: int) -> Sequence[Divided]:
    """Return how each kind of income was divided, the largest first."""
    charges = _charges(since, until)
    query = select(
        charges.c.kind,
        func.sum(charges.c.sign),
        *(
            func.sum(charges.c[name] * charges.c.sign)
            for name in ("gross", "performers", "studios", "site")
        ),
    ).group_by(charges.c.kind)
    rows = [
        Divided(kind, *(int(number or 0) for number in numbers))
        for kind, *numbers in db.session.execute(query)
    ]
    return sorted(rows, key=lambda row: -row.gross)


def by_party(party_kind: str, since: int, until: int) -> Sequence[Party]:
    """Return what each performer or each studio got, the largest first."""
    charges = _charges(since, until)
    query = (
        select(
            Share.party_id,
            func.max(User.display_name),
            func.sum(charges.c.sign),
            func.sum(charges.c.gross * charges.c.sign),
            func.sum(Share.amount * charges.c.sign),
        )
        .join(charges, charges.c.transfer_id == Share.transfer_id)
        .outerjoin(User, User.id == Share.party_id)
        .where(Share.party_kind == party_kind)
        .group_by(Share.party_id)
    )
    rows = [
        Party(party_id, name or party_id, *(int(number or 0) for number in numbers))
        for party_id, name, *numbers in db.session.execute(query)
    ]
    return sorted(rows, key=lambda row: -row.amount)


def _charges(since: int, until: int) -> Subquery:
    """Each charge with +1 when it was made in the period, and with -1 when it was reversed."""

    def part(kind: str) -> object:
        return func.sum(case((Share.party_kind == kind, Share.amount), else_=0))

    whole = (
        select(
            Share.transfer_id,
            func.sum(Share.amount).label("gross"),
            part(PERFORMER).label("performers"),  # type: ignore[attr-defined] # an expression
            part(STUDIO).label("studios"),  # type: ignore[attr-defined]
            part(SITE).label("site"),  # type: ignore[attr-defined]
            func.max(case((Share.party_kind == SITE, Share.party_id), else_="")).label("kind"),
        )
        .group_by(Share.transfer_id)
        .subquery()
    )
    one = cast(1, Integer)
    within = (Transfer.made_at >= since, Transfer.made_at < until)
    made = (
        select(*whole.c, one.label("sign"))
        .join(Transfer, Transfer.id == whole.c.transfer_id)
        .where(*within)
    )
    undone = (
        select(*whole.c, (-one).label("sign"))
        .join(Transfer, Transfer.reverses == whole.c.transfer_id)
        .where(*within)
    )
    return made.union_all(undone).subquery()
