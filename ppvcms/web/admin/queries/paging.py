"""One page of a query, with how much there is in all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import func, select

from ppvcms.db import db

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Row, Select

T = TypeVar("T")
PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list, for the pager of templates."""

    items: Sequence[T]
    number: int
    pages: int
    total: int


def page_of(
    query: Select[*tuple[Any, ...]],
    make: Callable[[Sequence[Row[*tuple[Any, ...]]]], Sequence[T]],
    number: int,
) -> Page[T]:
    """Return one page of an ordered query; a number past the end gives the last page."""
    counted = select(func.count()).select_from(query.order_by(None).subquery())
    total = db.session.scalar(counted) or 0
    pages = max(1, -(-total // PER_PAGE))
    shown = min(max(1, number), pages)
    rows = db.session.execute(query.limit(PER_PAGE).offset((shown - 1) * PER_PAGE)).all()
    return Page(make(rows), shown, pages, total)
