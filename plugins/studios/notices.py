"""What both sides of a contract are told."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from ppvcms.api import NoticeKind


def kinds() -> list[NoticeKind]:
    """Return the kinds of notices of contracts and of a studio's papers."""
    return [
        NoticeKind(
            "studios.proposed",
            _l("A contract is offered to me"),
            _l("%(name)s offers you a contract"),
            _l(
                "Their share would be %(percent)s percent of what you earn. Nothing holds before "
                "you accept it."
            ),
            permission="room.perform",
        ),
        NoticeKind(
            "studios.accepted",
            _l("Somebody accepts our contract"),
            _l("%(name)s accepted your contract"),
            _l("Version %(version)s holds, with your share of %(percent)s percent."),
            permission="studio.manage",
        ),
        NoticeKind(
            "studios.refused",
            _l("Somebody refuses our contract, or the site our papers"),
            _l("%(name)s refused your contract"),
            _l("What held before goes on as it was."),
            permission="studio.manage",
        ),
        NoticeKind(
            "studios.notice",
            _l("A contract is given notice"),
            _l("%(name)s ended your contract"),
            _l("It ends on %(ends_at)s. What was earned until then keeps its split."),
        ),
        NoticeKind(
            "studios.confirmed",
            _l("The site confirms our company"),
            _l("Your company is confirmed"),
            _l("You can offer contracts now. The site wrote: %(reason)s"),
            permission="studio.manage",
        ),
        NoticeKind(
            "studios.declined",
            _l("The site refuses our company's papers"),
            _l("Your papers were not accepted"),
            _l("The site wrote: %(reason)s"),
            permission="studio.manage",
        ),
    ]
