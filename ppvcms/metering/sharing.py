"""Who shares a charge, from the core's tables alone (R-47, R-49).

A share type names the kind of income: a mode's own (`private`, `group`...), or
`tip`, `gift`, `question`, `item`... Percents are whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from ppvcms.accounts.models import StudioPart
from ppvcms.db import now_ms
from ppvcms.host.settings import site
from ppvcms.ledger import books
from ppvcms.metering.terms import Sharer
from ppvcms.rooms.models import Room, Show, ShowPerformer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Present:
    """A performer who is in a show, and the weight of their part beside the others'."""

    performer_id: str
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Ratios:
    """What is set for one performer's side, most special first; `site` is always there."""

    site: int
    item: int | None = None
    performer: int | None = None
    studio: int | None = None
    type: int | None = None
    bonus: int | None = None

    @property
    def percent(self) -> int:
        """The performer's side: the first that is set, or the bonus where it is higher (R-49)."""
        levels = (self.item, self.performer, self.studio, self.type)
        usual = next((level for level in levels if level is not None), self.site)
        return max(usual, self.bonus or 0)


def sharers_of(
    session: Session,
    room: Room | None,
    share_type: str,
    *,
    show_id: str | None = None,
    item_percent: int | None = None,
    to: str | None = None,
) -> tuple[Sharer, ...]:
    """Return who shares a charge of one kind of income now, in the order of checking in.

    In a room these are the performers of its show, or its own performer while
    nothing runs; `show_id` names a show other than the room's current one. `to`
    is one performer who gets it alone (WL-10); without a room that is the seller.
    `item_percent` is the ratio that was set for the thing sold.
    """
    present = _present(session, room, show_id) if to is None else (Present(to),)
    parts = studio_parts(session, [one.performer_id for one in present])
    total, now, core = sum(one.weight for one in present), now_ms(session), site()
    sharers = []
    for one in present:
        part = parts.get(one.performer_id)
        ratios = Ratios(
            site=core.ratio_default,
            item=item_percent,
            performer=room.ratio_percent if room is not None else None,
            studio=part.ratio_percent if part is not None else None,
            type=core.ratio_by_type.get(share_type),
            bonus=_bonus(room, now),
        )
        fraction = Fraction(one.weight, total)
        sharers.append(
            Sharer(
                performer_id=one.performer_id,
                numerator=fraction.numerator,
                denominator=fraction.denominator,
                ratio_percent=ratios.percent,
                studio_id=part.studio_id if part is not None else None,
                studio_percent=part.percent if part is not None else 0,
                collects=part is not None and part.collects,
            )
        )
    return tuple(sharers)


def present_in(session: Session, show_id: str) -> tuple[Present, ...]:
    """Return who performs in a show, in the order of checking in.

    A private show is shared by those who are in the public one it interrupts.
    """
    show = session.get_one(Show, show_id)
    whole = show.parent_id if show.private and show.parent_id is not None else show.id
    query = (
        select(ShowPerformer.performer_id, ShowPerformer.weight)
        .where(ShowPerformer.show_id == whole, ShowPerformer.until_at.is_(None))
        .order_by(ShowPerformer.place, ShowPerformer.id)
    )
    found = tuple(Present(person, weight) for person, weight in session.execute(query))
    return found or (Present(show.performer_id),)


def studio_parts(session: Session, performer_ids: Sequence[str]) -> dict[str, StudioPart]:
    """Return the studio's part that holds now for each of these performers who has one."""
    now = now_ms(session)
    query = (
        select(StudioPart)
        .where(
            StudioPart.performer_id.in_(performer_ids),
            StudioPart.from_at <= now,
            or_(StudioPart.until_at.is_(None), StudioPart.until_at > now),
        )
        .order_by(StudioPart.from_at, StudioPart.id)
    )
    return {part.performer_id: part for part in session.scalars(query)}


def as_books(sharers: Iterable[Sharer]) -> tuple[books.Sharer, ...]:
    """Return sharers as the ledger divides by them, in exact fractions."""
    return tuple(
        books.Sharer(
            performer_id=one.performer_id,
            fraction=Fraction(one.numerator, one.denominator),
            ratio=Fraction(one.ratio_percent, 100),
            studio_id=one.studio_id,
            studio_fraction=Fraction(one.studio_percent, 100),
            collects=one.collects,
        )
        for one in sharers
    )


def _present(session: Session, room: Room | None, show_id: str | None) -> tuple[Present, ...]:
    if room is None:
        message = "without a room a charge names the one performer who gets it"
        raise ValueError(message)
    here = show_id or room.show_id
    return present_in(session, here) if here is not None else (Present(room.performer_id),)


def _bonus(room: Room | None, now: int) -> int | None:
    if room is None or room.bonus_until is None or room.bonus_until <= now:
        return None
    return room.bonus_percent
