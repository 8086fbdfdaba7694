"""What people are told about reviews."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from ppvcms.api import NoticeKind

KINDS = [
    NoticeKind(
        "reviews.written",
        _l("Somebody reviewed you"),
        _l("%(who)s gave you %(stars)s of 5 stars"),
        _l("%(who)s wrote about %(room)s. You can reply once."),
        permission="room.perform",
    ),
    NoticeKind(
        "reviews.replied",
        _l("A review of yours was answered"),
        _l("%(who)s replied to your review"),
        _l("%(reply)s"),
    ),
    NoticeKind(
        "reviews.removed",
        _l("A review of yours was removed"),
        _l("Your review of %(room)s was removed"),
        _l("The reason: %(reason)s. Nobody sees it any more, and its stars do not count."),
    ),
]
