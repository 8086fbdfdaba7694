"""The shape of a setting of the core on its page: how it is typed, what it means, what fits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re


class Kind(StrEnum):
    """How a setting is typed."""

    TEXT = "text"
    NUMBER = "number"
    SWITCH = "switch"
    WORDS = "words"
    FIELDS = "fields"
    ZONE = "zone"
    MOMENT = "moment"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True)
class Item:
    """One setting: its key, its name, what it means, and what fits."""

    key: str
    name: str
    help: str
    kind: Kind = Kind.NUMBER
    unit: str = ""
    least: int = 0
    most: int = 100_000
    needed: bool = False
    pattern: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Settings that belong together."""

    key: str
    name: str
    items: tuple[Item, ...]
