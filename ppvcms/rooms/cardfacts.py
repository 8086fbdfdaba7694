"""What plugins add to the cards of a list: asked once for all of them, then put together."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

from ppvcms.host import dispatch
from ppvcms.host.contract import CardFacts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ppvcms.accounts.actor import Actor
    from ppvcms.host.contract import RoomRef

NOTHING = CardFacts()


def card_facts(rooms: Sequence[RoomRef], actor: Actor) -> dict[str, CardFacts]:
    """Return what plugins know of rooms; of two that know the same the first counts."""
    found: dict[str, CardFacts] = {}
    if not rooms:
        return found
    for _slug, answer in dispatch.collect("card_facts", rooms=tuple(rooms), actor=actor):
        for room_id, facts in answer.items():
            if isinstance(facts, CardFacts):
                found[room_id] = joined(found.get(room_id, NOTHING), facts)
    return found


def joined(first: CardFacts, second: CardFacts) -> CardFacts:
    """Return the first with what it lacks from the second, and the badges of both: pure."""
    lacking = {
        each.name: getattr(second, each.name)
        for each in fields(CardFacts)
        if getattr(first, each.name) == getattr(NOTHING, each.name)
    }
    return replace(first, **lacking | {"badges": (*first.badges, *second.badges)})
