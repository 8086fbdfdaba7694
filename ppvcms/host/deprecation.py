"""What plugins use that goes with the next version of the interface, as this process saw it."""

from __future__ import annotations

import contextlib
import sys
import warnings
from typing import TYPE_CHECKING

from ppvcms.errors import RemovedInApi2Warning

if TYPE_CHECKING:
    from collections.abc import Iterator

_used: dict[str, dict[str, None]] = {}


def used_by(slug: str) -> tuple[str, ...]:
    """Return the sentences for what a plugin uses, in the order in which it was seen."""
    return tuple(_used.get(slug, ()))


def warn(text: str) -> None:
    """Tell the author whose code asks, by a warning, and the owner, on the plugins page."""
    frame = sys._getframe(1)  # noqa: SLF001 - Python's own way to see who calls
    while frame is not None:
        words = str(frame.f_globals.get("__name__", "")).split(".")
        if words[0] == "plugins" and len(words) > 1:
            _note(words[1], text)
            break
        frame = frame.f_back  # type: ignore[assignment] # the outermost has none
    warnings.warn(text, RemovedInApi2Warning, stacklevel=3)


@contextlib.contextmanager
def noted(slug: str) -> Iterator[None]:
    """Note every warning of what goes while a plugin's hooks are read, and pass it on."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for each in caught:
        if issubclass(each.category, RemovedInApi2Warning):
            _note(slug, str(each.message))
        else:
            warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)


def _note(slug: str, text: str) -> None:
    _used.setdefault(slug, {})[text] = None
