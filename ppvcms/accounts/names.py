"""Display names: which may be used, and when two of them look alike (AC-13)."""

from __future__ import annotations

import re
import unicodedata

from flask_babel import gettext as _

from ppvcms.results import Refusal

SHORTEST = 2
LONGEST = 40
LONGEST_KEY = 80
_PUNCTUATION = "-_.'\N{RIGHT SINGLE QUOTATION MARK} "
# Letters of other scripts, digits and signs that are drawn as one of a to z.
_LOOKS_LIKE = str.maketrans(
    {
        **dict(zip("аеорсухкмтвнԁԛԝѕіјһӏ", "aeopcyxkmtbhdqwsljhl", strict=True)),
        **dict(zip("αορνικτυχβεζημ", "aopvlktuxbeznm", strict=True)),
        **dict(zip("01i!|ıł", "ollllll", strict=True)),
        "ø": "o",
        "đ": "d",
        "ß": "ss",
        "æ": "ae",
    }
)


def name_key(name: str) -> str:
    """Return what two names have in common when people cannot tell them apart: pure.

    Case, spaces, punctuation, accents, Unicode forms and look-alike letters of
    other scripts make no difference.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    bare = "".join(
        letter for letter in folded if unicodedata.category(letter)[0] in "LN" or letter in "!|"
    )
    return bare.casefold().translate(_LOOKS_LIKE)


def clean_name(name: str) -> str:
    """Return the name as it is kept: one Unicode form, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).split())


def refusal_of_name(name: str, *, banned: tuple[str, ...] = ()) -> Refusal | None:
    """Return why a cleaned name cannot be used, or None; whether it is taken is not asked."""
    if not SHORTEST <= len(name) <= LONGEST:
        return _no(
            _(
                "A name has %(least)d to %(most)d characters.",
                least=SHORTEST,
                most=LONGEST,
            )
        )
    key = name_key(name)
    if not all(_may_stand(letter) for letter in name) or not SHORTEST <= len(key) <= LONGEST_KEY:
        return _no(_("A name has letters, digits, spaces and - _ . ' only."))
    if {key, *map(name_key, re.split(f"[{re.escape(_PUNCTUATION)}]+", name))} & set(
        map(name_key, banned)
    ):
        return _no(_("This name is kept for the people who run the site."))
    return None


def taken() -> Refusal:
    """Return the refusal of a name that somebody has, or that looks like theirs."""
    return _no(_("Somebody has this name already, or one that looks like it."))


def _may_stand(letter: str) -> bool:
    return letter in _PUNCTUATION or unicodedata.category(letter)[0] in "LMN"


def _no(reason: str) -> Refusal:
    return Refusal("display_name", reason, _("Choose another one."))
