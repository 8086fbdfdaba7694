"""Profile fields that the owner asks of everybody who registers (AC-04).

The owner writes one line for each: ``key | Label | kind | choices``, where kind is
text, choice, date, country, language or check.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ppvcms.errors import PpvcmsError

if TYPE_CHECKING:
    from collections.abc import Iterable

KEY = re.compile(r"[a-z][a-z0-9_]{0,31}")


class FieldKind(StrEnum):
    """What is asked for."""

    TEXT = "text"
    CHOICE = "choice"
    DATE = "date"
    COUNTRY = "country"
    LANGUAGE = "language"
    CHECK = "check"


class FieldError(PpvcmsError):
    """A line does not say a field; the message is for the settings page."""


@dataclass(frozen=True, slots=True)
class ProfileField:
    """One mandatory question of the register form."""

    key: str
    label: str
    kind: FieldKind
    choices: tuple[str, ...] = ()


def parse(lines: Iterable[str]) -> list[ProfileField]:
    """Return the fields that the owner's lines describe: pure.

    Raises:
        FieldError: A line has no key, an unknown kind, or a choice without choices.
    """
    found = [_field(line) for line in lines if line.strip()]
    if len({one.key for one in found}) < len(found):
        raise FieldError("Two profile fields have the same key. Give each its own.")
    return found


def _field(line: str) -> ProfileField:
    key, label, kind, choices = [*(part.strip() for part in line.split("|")), "", "", ""][:4]
    if not KEY.fullmatch(key) or not label:
        raise FieldError(f"'{line}' is not a profile field. Write: key | Label | kind | choices.")
    if kind not in set(FieldKind):
        raise FieldError(f"'{kind}' is no kind of field. Use one of {', '.join(FieldKind)}.")
    offered = tuple(part.strip() for part in choices.split(",") if part.strip())
    if kind == FieldKind.CHOICE and not offered:
        raise FieldError(f"The field '{key}' is a choice, so write its choices: a, b, c.")
    return ProfileField(key, label, FieldKind(kind), offered)
