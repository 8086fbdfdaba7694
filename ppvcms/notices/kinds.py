"""Which kinds of notices there are: the core's own and those of the active plugins."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from ppvcms.errors import PpvcmsError
from ppvcms.host import registry
from ppvcms.host.contract import NoticeKind

CORE = (
    NoticeKind(
        "core.receipt",
        _l("A session has ended and its receipt is ready"),
        _l("Your receipt: %(amount)s"),
        _l(
            "Your session with %(with)s is over. You paid %(amount)s. "
            "The receipt says what was counted and why."
        ),
        mail=False,
        permission="show.request",
    ),
)


def kinds() -> dict[str, NoticeKind]:
    """Return every kind by key: the core's first, then the plugins' in load order."""
    return {**{kind.key: kind for kind in CORE}, **registry.notice_kinds()}


def kind_of(key: str) -> NoticeKind:
    """Return one kind.

    Raises:
        PpvcmsError: Nothing that is active declares it.
    """
    kind = kinds().get(key)
    if kind is None:
        raise PpvcmsError(f"Nobody declares the notice '{key}'. Return it in register_notices().")
    return kind
