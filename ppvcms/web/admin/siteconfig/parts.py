"""What every area of a configuration can do: be read, judged and written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

    from ppvcms.results import Refusal
    from ppvcms.web.admin.siteconfig.document import Document

    Entries = Mapping[str, Any]


class Left(NamedTuple):
    """Something of a file that cannot be taken here, and what to do about it."""

    path: str
    why: str


class Fitted(NamedTuple):
    """The entries of a file that this site can take, and what it leaves out."""

    entries: dict[str, Any]
    left: list[Left]


def all_of(entries: Entries, _document: Document) -> Fitted:
    """Take every entry."""
    return Fitted(dict(entries), [])


@dataclass(frozen=True, slots=True)
class Area:
    """Settings that belong together in the file.

    `read` returns what is here; `faults` what is wrong with entries that differ, by
    path; `write` makes them so within the transaction that is open; `fit` says
    first which entries this site can take at all.
    """

    key: str
    read: Callable[[], dict[str, Any]]
    faults: Callable[[Entries], dict[str, str]]
    write: Callable[[Session, Entries, str | None], Refusal | None]
    fit: Callable[[Entries, Document], Fitted] = all_of
