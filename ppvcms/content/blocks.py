"""The blocks of a page or a region, pure: which stand there, in what order, and what they hold."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

TEXT = "core.text"
MOST = 60
"""So many blocks stand on one page or in one region."""
LARGEST = 256 * 1024
"""So many letters the values of all of them have at most, written as JSON."""
LONGEST_KEY, LONGEST_NAME = 16, 64


@dataclass(frozen=True, slots=True)
class Placed:
    """A block in its place: its key on the page, which block it is, and what its form gave."""

    key: str
    name: str
    values: Mapping[str, Any]


def text_blocks(text: str) -> tuple[Placed, ...]:
    """Return a page that is one text in Markdown."""
    return (Placed("text", TEXT, {"text": text}),)


def blocks_of(stored: object) -> tuple[Placed, ...]:
    """Return stored blocks; what has another shape is left out."""
    rows = stored if isinstance(stored, (list, tuple)) else ()
    return tuple(
        Placed(str(row["key"]), str(row["name"]), dict(row["values"]))
        for row in rows
        if not shape_problem(row)
    )


def shape_problem(row: object) -> str:
    """Return which part of a stored block is wrong, or an empty text."""
    if not isinstance(row, dict) or set(row) != {"key", "name", "values"}:
        return "key, name, values"
    if not isinstance(row["key"], str) or not 0 < len(row["key"]) <= LONGEST_KEY:
        return "key"
    if not isinstance(row["name"], str) or not 0 < len(row["name"]) <= LONGEST_NAME:
        return "name"
    return "" if isinstance(row["values"], dict) else "values"


def too_large(blocks: Iterable[Placed]) -> bool:
    """Whether these are more than one place holds."""
    found = list(blocks)
    return len(found) > MOST or len(json.dumps([dict(one.values) for one in found])) > LARGEST


def new_block(name: str) -> Placed:
    """Return a block that holds nothing yet."""
    return Placed(_new_key(), name, {})


def moved(blocks: tuple[Placed, ...], key: str, by: int) -> tuple[Placed, ...]:
    """Return blocks with one of them so many places further down; at an end it stays."""
    here = next((place for place, one in enumerate(blocks) if one.key == key), None)
    if here is None or not 0 <= here + by < len(blocks):
        return blocks
    rest = [one for one in blocks if one.key != key]
    rest.insert(here + by, blocks[here])
    return tuple(rest)


def doubled(blocks: tuple[Placed, ...], key: str) -> tuple[Placed, ...]:
    """Return blocks with a copy of one below it."""
    found: list[Placed] = []
    for one in blocks:
        found.append(one)
        if one.key == key:
            found.append(replace(one, key=_new_key()))
    return tuple(found)


def without(blocks: tuple[Placed, ...], key: str) -> tuple[Placed, ...]:
    """Return blocks without one of them."""
    return tuple(one for one in blocks if one.key != key)


def as_text(blocks: Iterable[Placed], word: Callable[[str], str]) -> str:
    """Return blocks as lines that can be compared; `word` names a block."""
    return "\n".join(line for one in blocks for line in _lines(one, word(one.name)))


def _new_key() -> str:
    # A letter first, so that it can begin the id of a field.
    return f"b{secrets.token_hex(4)}"


def _lines(block: Placed, word: str) -> Iterator[str]:
    yield f"[{word}]"
    for name, value in sorted(block.values.items()):
        if isinstance(value, str) and "\n" in value:
            yield f"{name}:"
            yield from value.splitlines()
        else:
            yield f"{name}: {value}"
