"""Word lists: read from lines, and what they do to a line of chat. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_WORDS = 500
LONGEST = 60
STARS = "***"


def read_words(text: str) -> dict[str, str]:
    """Read lines such as ``damn = darn``; a word alone is replaced by stars."""
    found = {}
    for line in text.splitlines():
        word, _equals, instead = (part.strip() for part in line.partition("="))
        if word:
            found[_plain(word)[:LONGEST]] = instead[:LONGEST] or STARS
    return dict(list(found.items())[:MOST_WORDS])


def as_text(words: Mapping[str, str]) -> str:
    """Return a list as people type it."""
    return "\n".join(
        word if instead == STARS else f"{word} = {instead}" for word, instead in words.items()
    )


def cleaned(line: str, words: Mapping[str, str]) -> str:
    """Replace whole words of the list, whatever their case and Unicode form."""
    if not words:
        return line
    choices = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    pattern = re.compile(rf"(?<!\w)({choices})(?!\w)", re.IGNORECASE)
    known = {word.casefold(): instead for word, instead in words.items()}
    return pattern.sub(lambda hit: known.get(hit[1].casefold(), STARS), _plain(line))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)
