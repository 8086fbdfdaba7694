"""Which kinds of notices there are: the core's own and those of the active plugins."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from ppvcms.errors import PpvcmsError
from ppvcms.host import registry
from ppvcms.host.contract import NoticeKind

PAYER, PERFORMER = "show.request", "room.perform"
OWNER = "code.manage"
CORE = (
    NoticeKind(
        "core.receipt",
        _l("A session has ended and its receipt is ready"),
        _l("Your receipt: %(amount)s"),
        _l(
            "Your session with %(with)s is over. You paid %(amount)s. "
            "The receipt says what was counted and why."
        ),
        permission=PAYER,
    ),
    NoticeKind(
        "core.credits",
        _l("Credits you bought have arrived"),
        _l("%(amount)s are yours"),
        _l("Your payment has arrived, and %(amount)s were added to your credits."),
        permission=PAYER,
    ),
    NoticeKind(
        "core.payment_failed",
        _l("A payment did not go through"),
        _l("Your payment did not go through"),
        _l("Nothing was taken, and no credits were added. You can try again at any time."),
        mail=False,
        permission=PAYER,
    ),
    NoticeKind(
        "core.balance_low",
        _l("Your credits are low"),
        _l("You have %(amount)s left"),
        _l("That is less than a minute of your last session. Add credits before the next one."),
        mail=False,
        permission=PAYER,
    ),
    NoticeKind(
        "core.request_rejected",
        _l("A request of yours was turned down"),
        _l("%(room)s cannot take your request now"),
        _l("Your request was turned down. Nothing was taken."),
        mail=False,
        permission=PAYER,
    ),
    NoticeKind(
        "core.request_expired",
        _l("A request of yours was not answered"),
        _l("%(room)s did not answer in time"),
        _l("Your request has ended by itself. Nothing was taken."),
        mail=False,
        permission=PAYER,
    ),
    NoticeKind(
        "core.request_closed",
        _l("A request of yours could not be kept"),
        _l("Your request in %(room)s has ended"),
        _l("It could not be kept any longer. Nothing was taken."),
        mail=False,
        permission=PAYER,
    ),
    NoticeKind(
        "core.your_turn",
        _l("It is your turn in a waiting list"),
        _l("%(room)s is free for you now"),
        _l("Go to the room within a minute and say that you are there. Nothing was taken."),
        permission=PAYER,
    ),
    NoticeKind(
        "core.room_back",
        _l("A room you asked about is live again"),
        _l("%(room)s is live now."),
        _l("%(room)s is live now. You asked to be told once."),
    ),
    NoticeKind(
        "core.earned",
        _l("A session has ended and you earned"),
        _l("You earned %(amount)s"),
        _l("The session with %(who)s is over. Your part of it is %(amount)s."),
        mail=False,
        permission=PERFORMER,
    ),
    NoticeKind(
        "core.checked_out",
        _l("I was checked out of a show because nothing came from my camera"),
        _l("You were checked out of %(room)s"),
        _l(
            "No picture or sound came from you for too long, so you do not share what comes in "
            "from now on. What was earned until then stays shared as it was."
        ),
        mail=False,
        permission=PERFORMER,
    ),
    NoticeKind(
        "core.partner_out",
        _l("Somebody I perform with was checked out"),
        _l("%(name)s was checked out of %(room)s"),
        _l(
            "No picture or sound came from %(name)s for too long. What comes in from now on is "
            "shared by those who stay; what was earned until then stays shared as it was."
        ),
        mail=False,
        permission=PERFORMER,
    ),
    NoticeKind(
        "core.code_changed",
        _l("Another owner brings code in or takes it away"),
        _l("%(what)s was %(act)s"),
        _l(
            "%(who)s did this. Such code is a program with all the rights of your site. If you do "
            "not know why it happened, look at the audit log now."
        ),
        permission=OWNER,
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
