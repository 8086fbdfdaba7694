"""What people are told about their verification."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from ppvcms.api import NoticeKind

PERFORM = "room.perform"


def kinds() -> list[NoticeKind]:
    """Return the kinds of notices."""
    return [
        _kind(
            "approved", _l("Verified"), _l("You are verified"), _l("You can go live. %(reason)s.")
        ),
        _kind(
            "refused",
            _l("Verification refused"),
            _l("Your verification was refused"),
            _l("The reason: %(reason)s\n\nMend it and send it again."),
        ),
        _kind(
            "more",
            _l("More is needed"),
            _l("We need something more to verify you"),
            _l("What is missing: %(reason)s\n\nAdd it and send it again."),
        ),
        _kind(
            "suspended",
            _l("Verification suspended"),
            _l("Your verification is suspended"),
            _l("The reason: %(reason)s\n\nYour earnings are untouched. Write to us about it."),
        ),
        _kind(
            "expiring",
            _l("A paper expires"),
            _l("A paper of yours expires on %(day)s"),
            _l("%(paper)s is valid until %(day)s. Bring a new one, so that you can go on."),
        ),
    ]


def _kind(key: str, label: str, title: str, body: str) -> NoticeKind:
    return NoticeKind(f"verification.{key}", label, title, body, permission=PERFORM)
