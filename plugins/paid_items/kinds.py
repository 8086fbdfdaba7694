"""The kinds of items, their states, and what each kind needs before it can be sold: pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from flask_babel import lazy_gettext as _l

SLUG = "paid_items"


class State(StrEnum):
    """How far an item is; `sale` is what the public sees."""

    DRAFT = "draft"
    REVIEW = "review"
    SALE = "sale"
    WITHDRAWN = "withdrawn"


EDITABLE = frozenset({State.DRAFT, State.WITHDRAWN})
"""The states in which the files of an item may change (R-69)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of item: its words, its icon, the files it is made of and the ways to get it."""

    key: str
    label: str
    icon: str
    files: str
    offers: tuple[str, ...]
    upload: str = ""


KINDS = {
    kind.key: kind
    for kind in (
        Kind("video", _l("Video"), "play-btn", "video", ("buy", "rent"), "paid_items.video"),
        Kind("pictures", _l("Picture set"), "images", "image", ("buy", "rent"), "paid_items.image"),
        Kind(
            "download",
            _l("Download"),
            "file-earmark-arrow-down",
            "any",
            ("buy",),
            "paid_items.file",
        ),
        Kind("post", _l("Post"), "file-text", "", ("buy", "rent")),
        Kind("goods", _l("Store article"), "box-seam", "", ("piece",)),
        Kind("bundle", _l("Bundle"), "collection", "", ("buy", "rent")),
    )
}
STATES = {
    State.DRAFT: _l("Draft"),
    State.REVIEW: _l("In review"),
    State.SALE: _l("On sale"),
    State.WITHDRAWN: _l("Withdrawn"),
}
TONES = {State.DRAFT: "", State.REVIEW: "warn", State.SALE: "good", State.WITHDRAWN: "bad"}
MOST_FILES = 60
MOST_OFFERS = 6
MOST_PARTS = 40
