"""The order in which plugins are loaded and asked: pure, and the same for every process."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Wish:
    """Where a plugin wants to stand: after what it requires, and the owner's weight."""

    requires: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()
    weight: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """The order, and the plugins that wait for each other in a circle."""

    slugs: tuple[str, ...]
    circular: tuple[str, ...] = ()


def load_order(wishes: Mapping[str, Wish]) -> Order:
    """Return the plugins, each after those it names; ties by weight, then by slug.

    Names that are not among `wishes` are no obstacle: whether a requirement is
    there is another question.
    """
    waiting = {
        slug: {name for name in wish.requires | wish.after if name in wishes and name != slug}
        for slug, wish in wishes.items()
    }
    ready = [(wishes[slug].weight, slug) for slug, names in waiting.items() if not names]
    heapq.heapify(ready)
    done: list[str] = []
    while ready:
        _weight, slug = heapq.heappop(ready)
        done.append(slug)
        del waiting[slug]
        for other, names in waiting.items():
            if slug in names:
                names.remove(slug)
                if not names:
                    heapq.heappush(ready, (wishes[other].weight, other))
    return Order(tuple(done), tuple(sorted(waiting)))


def unmet(slug: str, requires: Iterable[str], active: Iterable[str]) -> tuple[str, ...]:
    """Return what a plugin requires and is not there, in alphabetical order."""
    there = set(active)
    return tuple(sorted(name for name in requires if name not in there and name != slug))
