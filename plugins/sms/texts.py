"""Numbers as networks want them (E.164), and how long a text may be: pure functions."""

from __future__ import annotations

import re

# The basic letters of GSM 03.38; those of the second string count twice.
GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_TWICE = frozenset("^{}\\[~]|€\f")
GSM_ALONE, GSM_EACH = 160, 153
WIDE_ALONE, WIDE_EACH = 70, 67
MOST_SEGMENTS = 3
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_BETWEEN = str.maketrans("", "", " -./()\u00a0")


def e164(typed: str) -> str | None:
    """Return a number as ``+<country><number>``, or None; the country must be typed."""
    number = typed.strip().translate(_BETWEEN)
    if number.startswith("00"):
        number = f"+{number[2:]}"
    return number if number.isascii() and _NUMBER.fullmatch(number) else None


def masked(number: str) -> str:
    """Return a number so that its owner knows it and nobody else learns it."""
    return f"{number[:3]} ••• {number[-2:]}"


def segments(text: str) -> int:
    """Return as how many messages a text is sent and paid."""
    if all(letter in GSM or letter in GSM_TWICE for letter in text):
        length = len(text) + sum(letter in GSM_TWICE for letter in text)
        alone, each = GSM_ALONE, GSM_EACH
    else:
        length = len(text.encode("utf-16-be")) // 2
        alone, each = WIDE_ALONE, WIDE_EACH
    return 1 if length <= alone else -(-length // each)


def fitted(title: str, url: str) -> str:
    """Return title and address as one text of at most three segments; the title gives way."""
    words = " ".join(title.split())
    text = f"{words}\n{url}"
    while segments(text) > MOST_SEGMENTS and words:
        words = words[:-1].rstrip()
        text = f"{words}...\n{url}"
    return text
