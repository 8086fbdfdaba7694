"""Plain words for what a transfer did, as both the back office and those who earn read them."""

from __future__ import annotations

from flask_babel import gettext as _

from ppvcms.host import registry


def mode_words(key: str) -> str:
    """Return the name of a kind of show; of one whose plugin is gone, its key."""
    mode = registry.room_mode(key)
    return str(mode.label) if mode is not None else key.replace("_", " ").capitalize()


def transfer_words(kind: str) -> str:
    """Return what a transfer did; kinds of shows and plugins have their own names."""
    known = {
        "deposit": _("Credits bought"),
        "usage": _("Use of a show, to escrow"),
        "settlement": _("Show settled"),
        "tip": _("Tip"),
        "gift": _("Gift"),
        "question": _("Question answered"),
        "escrow": _("Put away until it is earned"),
        "credit_gift": _("Credits given to somebody"),
        "reversal": _("Taken back"),
        "release": _("Earnings released"),
        "demo": _("Demo credits"),
    }
    return known.get(kind) or mode_words(kind)
