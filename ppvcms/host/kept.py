"""What a process keeps of work that it has done, while nothing the work rests on has changed.

What is kept lives on a shelf. A shelf belongs to one generation of the host and to
one state of all settings: after a change of either nobody finds the old one. What
else a thing rests on stands in its key, or is kept beside it and compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import current_app

from ppvcms.db import as_of, in_transaction, reading
from ppvcms.host import settings
from ppvcms.host.snapshot import current

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

T = TypeVar("T")

MOST_SHELVES = 32
MOST_THINGS = 4_096
MOST_READINGS = 64
EXTENSION = "ppvcms_kept"


class Shelf(dict[Any, Any]):
    """A bounded place for kept things; the oldest makes room."""

    def keep(self, key: Hashable, thing: Any) -> None:
        """Put a thing on the shelf."""
        if key not in self and len(self) >= MOST_THINGS:
            del self[next(iter(self))]
        self[key] = thing


def shelf(name: str, *marks: Hashable) -> Shelf:
    """Return the shelf of a name, such as one per language, as the site is set up now.

    Ask for it before you read anything that goes into what you keep.
    """
    shelves = cast("dict[Any, Shelf]", current_app.extensions.setdefault(EXTENSION, {}))
    key = (settings.stamp(), current().generation, name, *marks)
    found = shelves.get(key)
    if found is None:
        if len(shelves) >= MOST_SHELVES:
            del shelves[next(iter(shelves))]
        found = shelves[key] = Shelf()
    return found


def unchanged(name: str, key: Hashable, read: Callable[[], T]) -> T:
    """Return what `read` reads, once as long as nothing at all is committed to the database.

    It is shared with others: nobody changes it.
    """
    if in_transaction():
        return read()
    things = shelf(name)
    place, moment = as_of(reading())
    of, thing = things.get((place, key), (None, None))
    if of != moment:
        if len(things) >= MOST_READINGS:
            things.clear()
        thing = read()
        things.keep((place, key), (moment, thing))
    return cast("T", thing)
