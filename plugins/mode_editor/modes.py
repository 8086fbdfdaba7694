"""From a row to the kind of show that the core runs; amounts are minor units per minute."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.api import (
    Block,
    ModeRules,
    Quote,
    RateLimits,
    Refusal,
    RoomMode,
    Voyeurs,
    credits_text,
    db,
)

from .bases import BASES
from .models import OwnMode

if TYPE_CHECKING:
    from ppvcms.api import RoomFacts


def offered_modes() -> list[RoomMode]:
    """Return all modes in the order of the list, deleted ones too: old receipts name them."""
    columns = OwnMode.__table__.c
    query = select(*columns).order_by(columns.weight, columns.made_at)
    # Fresh, whatever the request has read before.
    with db.engine.connect() as connection:
        rows = [OwnMode(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's documented name
    return [as_mode(row) for row in rows if row.base in BASES]


def as_mode(row: OwnMode) -> RoomMode:
    """Return what the core runs for one row."""
    base = BASES[row.base]
    return RoomMode(
        key=row.key,
        label=row.name,
        summary=row.summary,
        paid=base.paid,
        private=base.private,
        payer_publishes=base.private,
        share_type=row.key,
        icon=row.icon or base.icon,
        quote_terms=partial(_quote, row),
        limits=partial(_limits, row) if base.paid else None,
        weight=20 + row.weight,
        steady=True,
        exclusive=base.exclusive,
        base=base.carries,
        rules=partial(_rules, row),
        retired=row.retired_at is not None,
    )


def blocks_of(row: OwnMode) -> tuple[Block, ...]:
    """Return the fixed times at one price, the shortest first (PS-12)."""
    found = [Block(int(minutes), price) for minutes, price in row.blocks.items()]
    return tuple(sorted(found, key=lambda block: block.minutes))


def blocks_text(row: OwnMode) -> str:
    """Return the blocks as people type them: one ``minutes price`` in each line."""
    return "\n".join(f"{one.minutes} {credits_text(one.price)}" for one in blocks_of(row))


def _quote(row: OwnMode, room: RoomFacts, _client_id: str | None) -> Quote | Refusal:
    if row.retired_at is not None:
        return Refusal("closed", _("This kind of show is not offered any more."))
    own = room.own_rate if row.own_rates else None
    return Quote(
        rate_per_minute=(row.rate if own is None else own) if BASES[row.base].paid else 0,
        grace_s=row.grace_s,
        minimum_minutes=max(row.minimum_minutes, room.own_minimum_minutes),
        recording=row.recording,
        blocks=blocks_of(row),
    )


def _limits(row: OwnMode) -> RateLimits:
    return RateLimits(
        default=row.rate, least=row.rate_least, most=row.rate_most, own_rates=row.own_rates
    )


def _rules(row: OwnMode) -> ModeRules:
    rates = {"two_way": row.rate_two_way, "voyeur": row.rate_voyeur}
    return ModeRules(
        slots=row.slots,
        voyeurs=Voyeurs(row.voyeurs),
        watchers=frozenset(row.watch_roles.get("only", ())),
        performers=frozenset(row.use_roles.get("only", ())),
        recording=row.recording,
        rates={name: rate for name, rate in rates.items() if rate is not None},
    )
