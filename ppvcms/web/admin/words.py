"""Plain words for what the books and the meter call by short names."""

from __future__ import annotations

from flask_babel import gettext as _

from ppvcms.host.labels import label
from ppvcms.web.admin.frame import blueprint
from ppvcms.web.admin.queries.seats import PlainState
from ppvcms.web.transfers import mode_words, transfer_words

TONES = {
    PlainState.CONNECTING: "info",
    PlainState.RUNNING: "good",
    PlainState.PAUSED: "warn",
    PlainState.OUT_OF_CREDITS: "warn",
    PlainState.WAITING: "info",
    PlainState.LINE_LOST: "warn",
    PlainState.STOPPED: "bad",
}


def state_words(state: PlainState) -> str:
    """Return the plain state of a session as people say it."""
    client, performer = label("client"), label("performer")
    known = {
        PlainState.CONNECTING: _("Connecting"),
        PlainState.RUNNING: _("Running"),
        PlainState.PAUSED: _("Paused, not billed"),
        PlainState.OUT_OF_CREDITS: _("Out of credits, may return"),
        PlainState.ENDED_BY_CLIENT: _("Ended by %(who)s", who=client),
        PlainState.ENDED_BY_PERFORMER: _("Ended by %(who)s", who=performer),
        PlainState.WAITING: _("Waiting for the end of a private show"),
        PlainState.RAN_OUT: _("Time used up"),
        PlainState.MOVED_ON: _("The show became another one"),
        PlainState.LINE_LOST: _("Line lost"),
        PlainState.STOPPED: _("Stopped by staff"),
        PlainState.NEVER_STARTED: _("Never started, not charged"),
    }
    return str(known[state])


def state_tone(state: PlainState) -> str:
    """Return the tone of a badge for a session's state."""
    return TONES.get(state, "")


def account_words(kind: str) -> str:
    """Return what an account is for."""
    known = {
        "wallet": _("Wallet"),
        "promo": _("Free credits"),
        "earning_hold": _("Earnings on hold"),
        "earning": _("Earnings to be paid out"),
        "escrow": _("Escrow of running shows"),
        "revenue": _("Commission of the site"),
        "gateway": _("Collected by a payment service"),
        "sales": _("Sales of credits"),
        "issued": _("Credits issued"),
        "fee": _("Fees"),
        "tax": _("Taxes"),
        "promotion_cost": _("Credits given away"),
        "dispute": _("Disputes"),
        "debt": _("Debts"),
        "suspense": _("To be clarified"),
        "opening": _("Brought in from elsewhere"),
    }
    return str(known.get(kind, kind.replace("_", " ").capitalize()))


def payment_words(state: str) -> str:
    """Return where a payment stands."""
    known = {
        "quoted": _("Begun"),
        "awaiting": _("At the payment service"),
        "unknown": _("Outcome not known yet"),
        "stale": _("Left at the payment service"),
        "credited": _("Paid and credited"),
        "held": _("Card confirmed, hold not given back yet"),
        "released": _("Card confirmed, hold given back"),
        "failed": _("Failed, nothing taken"),
        "review": _("To be looked at"),
    }
    return str(known.get(state, state.capitalize()))


def payment_tone(state: str) -> str:
    """Return the tone of a badge for a payment's state."""
    tones = {
        "credited": "good",
        "released": "good",
        "failed": "",
        "review": "bad",
        "unknown": "warn",
    }
    return tones.get(state, "info")


def party_words(kind: str) -> str:
    """Return who took part in a charge."""
    return _("Site") if kind == "site" else label(kind)


def end_words(reason: str | None) -> str:
    """Return why a show ended."""
    if reason is None:
        return ""
    client, performer = label("client"), label("performer")
    known = {
        "went_off": _("%(who)s went off", who=performer),
        "no_media": _("No picture for a minute"),
        "staff": _("Stopped by staff"),
        "payer_ended": _("%(who)s ended it", who=client),
        "performer_ended": _("%(who)s ended it", who=performer),
        "exhausted": _("Credits used up"),
        "resume_window": _("Line lost"),
        "pause_cap": _("Paused too long"),
        "not_connected": _("Never connected"),
        "private": _("Went private"),
        "private_began": _("Left for a private show"),
        "mode_changed": _("The kind of show changed"),
        "not_continued": _("Not continued after a private show"),
        "block_over": _("The time taken was over"),
    }
    return str(known.get(reason, reason.replace("_", " ").capitalize()))


def evidence_words(kind: str) -> str:
    """Return which fact a stretch of evidence tells of."""
    client, performer = label("client"), label("performer")
    known = {
        "performer_media": _("Picture of %(who)s arrives", who=performer),
        "payer_media": _("%(who)s receives", who=client),
        "payer_beat": _("New pictures are seen by %(who)s", who=client),
        "payer_here": _("Page of %(who)s is open", who=client),
        "paused": _("Paused, not billed"),
        "billed": _("Counted"),
    }
    return str(known.get(kind, kind))


for _filter in (
    evidence_words,
    state_words,
    state_tone,
    mode_words,
    account_words,
    transfer_words,
    payment_words,
    payment_tone,
    party_words,
    end_words,
):
    blueprint.add_app_template_filter(_filter)
