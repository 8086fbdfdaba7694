"""The simulator: bill a typed timeline by the meter's own clock, before a price is live (MT-18)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from flask import render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from ppvcms.host import registry, settings
from ppvcms.host.fields import CreditsField
from ppvcms.ledger.books import credits_text
from ppvcms.metering import receipts, state
from ppvcms.metering.simulate import Bill, simulate
from ppvcms.metering.terms import Terms, first_block
from ppvcms.metering.timelines import PLAIN, parse, sharers_from
from ppvcms.web.admin.frame import blueprint
from ppvcms.web.formats import duration
from ppvcms.web.guards import policy

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

TIP = "tip"
EXAMPLES = {
    "plain": (_l("A quiet show"), ("0:00 picture on", "0:03 viewer on", "12:30 viewer ends")),
    "drop": (
        _l("A line is lost and comes back"),
        (
            "0:00 picture on",
            "0:02 viewer on",
            "3:00 viewer off",
            "4:10 viewer on",
            "8:00 show ends",
        ),
    ),
    "role": (
        _l("Two-way for a while, and a tip"),
        (
            "0:00 picture on",
            "0:02 viewer on",
            "2:00 role two_way 3.00",
            "2:30 tip 5.00",
            "5:00 role viewer 2.00",
            "6:00 viewer ends",
        ),
    ),
    "guests": (
        _l("A guest joins and leaves"),
        (
            "0:00 picture on",
            "0:02 viewer on",
            "4:00 share Ana 1, Ben 1 25",
            "9:00 share Ana",
            "10:00 viewer ends",
        ),
    ),
    "private": (
        _l("A private show in between"),
        (
            "0:00 picture on",
            "0:02 viewer on",
            "3:00 private begins",
            "8:00 private ends",
            "8:20 continue",
            "12:00 viewer ends",
        ),
    ),
    "empty": (
        _l("The credits run out"),
        ("0:00 picture on", "0:02 viewer on", "25:30 money 5.00", "40:00 viewer ends"),
    ),
}


class SimulatorForm(FlaskForm):
    """Terms and a timeline. It changes nothing, so it is sent by its address."""

    class Meta:
        """No token: nothing is written."""

        csrf = False

    rate = CreditsField(_l("Price a minute"), most=100_000)
    grace_s = IntegerField(_l("Free seconds"), [InputRequired(), NumberRange(0, 600)])
    minimum = CreditsField(_l("Least amount"), most=1_000_000)
    funds = CreditsField(_l("Credits in the wallet"), most=10_000_000)
    block_minutes = IntegerField(
        _l("Minutes of a fixed block"),
        [InputRequired(), NumberRange(0, 240)],
        description=_l("0: by the second."),
    )
    block_price = CreditsField(_l("Price of a block"), most=1_000_000)
    share = IntegerField(
        _l("Share of a charge that is earned"), [InputRequired(), NumberRange(0, 100)]
    )
    who = StringField(
        _l("Who shares at the start"),
        [InputRequired(), Length(max=300)],
        description=_l("Names with commas; after a name its weight and the percent of its house."),
    )
    timeline = TextAreaField(_l("What happens"), [InputRequired(), Length(max=6_000)])

    def validate_who(self, field: StringField) -> None:
        """Refuse who cannot share."""
        try:
            sharers_from(field.data or "", self.share.data or 0)
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def validate_timeline(self, field: TextAreaField) -> None:
        """Say which lines are not understood."""
        errors = parse(field.data or "", ratio_percent=0).errors
        if errors:
            raise ValidationError(" ".join(errors[:5]))

    def validate_block_price(self, field: CreditsField) -> None:
        """A block needs a price and leaves no minimum."""
        if self.block_minutes.data and (not field.data or self.minimum.data):
            raise ValidationError(_("Blocks need a price above 0 and no least amount beside it."))

    def validate_funds(self, field: CreditsField) -> None:
        """Nobody begins without the money for the first block (R-29)."""
        if self.rate.data is None or field.data is None or self.errors:
            return
        needed = first_block(_terms(self))
        if field.data < needed:
            raise ValidationError(
                _("To begin, %(needed)s has to be there.", needed=credits_text(needed))
            )


class Line(NamedTuple):
    """Something that was done, and when, for people."""

    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """A bill as the page shows it."""

    bill: Bill
    why: str
    spans: list[dict[str, int | str]]
    total_s: int
    log: list[Line]


@blueprint.get("/simulator")
@policy(who="settings.manage")
def simulator() -> ResponseReturnValue:
    """Bill a timeline; nothing of it is stored."""
    example = EXAMPLES.get(request.args.get("example", ""))
    typed = request.args
    if example is not None or "timeline" not in typed:
        start = _start() | {"timeline": "\n".join((example or EXAMPLES["plain"])[1])}
        typed = MultiDict(start)
    form = SimulatorForm(typed)
    fits = form.validate()
    page = render_template(
        "admin/simulator.html",
        form=form,
        outcome=_outcome(form) if fits else None,
        examples=[(key, title) for key, (title, _text) in EXAMPLES.items()],
        words=PLAIN,
    )
    return page, 200 if fits else 422


def _start() -> dict[str, str]:
    """Return what the form begins with: the first paid mode's price, and the site's share."""
    priced = [mode.limits() for mode in registry.room_modes().values() if mode.paid and mode.limits]
    return {
        "rate": credits_text(priced[0].default if priced else 200),
        "grace_s": "30",
        "minimum": "0",
        "funds": "50",
        "block_minutes": "0",
        "block_price": "0",
        "share": str(settings.site().ratio_default),
        "who": "Ana",
    }


def _terms(form: SimulatorForm) -> Terms:
    core = settings.site()
    return Terms(
        mode="show",
        role="viewer",
        rate_per_minute=form.rate.data or 0,
        sharers=sharers_from(form.who.data or "", form.share.data or 0),
        grace_s=form.grace_s.data or 0,
        minimum=form.minimum.data or 0,
        resume_window_s=core.resume_window_s,
        pause_cap_s=core.pause_cap_s,
        connect_s=core.connect_time_s,
        evidence_lost_s=core.evidence_lost_s,
        first_block_s=core.request_minutes * 60,
        extend_s=core.wallet_extend_s,
        extend_below_s=core.extend_below_s,
        warn_s=(core.warn_1_s, core.warn_2_s),
        block_s=60 * (form.block_minutes.data or 0),
        block_price=form.block_price.data or 0,
    )


def _outcome(form: SimulatorForm) -> Outcome:
    terms, share = _terms(form), form.share.data or 0
    timeline = parse(form.timeline.data or "", ratio_percent=share)
    tip_share = settings.site().ratio_by_type.get(TIP, settings.site().ratio_default)
    bill = simulate(terms, timeline.moments, funds=form.funds.data or 0, tip_percent=tip_share)
    end_s = (bill.state.closed_at or 0) // 1000
    return Outcome(
        bill=bill,
        why=receipts.reason_text(bill.reason.value, bill.state.cause),
        spans=_spans(bill),
        total_s=max(1, end_s),
        log=[Line(duration(at / 1000), text) for at, one in bill.log if (text := _said(one))],
    )


def _spans(bill: Bill) -> list[dict[str, int | str]]:
    """Return what each stretch was, for the bar of a timeline."""
    paused = [(one.start, one.end) for _at, one in bill.log if isinstance(one, state.Unbilled)]
    started, end = bill.state.started_at, bill.state.closed_at or 0
    if started is None:
        return []
    found: list[dict[str, int | str]] = []
    mark = started
    for start, stop in sorted(paused):
        if start > mark:
            found.append(_span("counted", mark, start))
        if stop > max(start, mark):
            found.append(_span("paused", max(start, mark), stop))
        mark = max(mark, stop)
    return [*found, _span("counted", mark, end)] if end > mark else found


def _span(kind: str, start: int, end: int) -> dict[str, int | str]:
    return {"kind": kind, "start_s": start // 1000, "end_s": end // 1000}


def _said(one: state.Command) -> str:
    """Return a command of the clock as a sentence, or nothing where it says nothing new."""
    plain = {
        state.Start: _("Both sides are there: the seconds count."),
        state.Pause: _("A line is lost: paused, not billed since the last sign."),
        state.Resume: _("It goes on."),
        state.Exhaust: _("What was set aside is used up: the picture stops."),
        state.Hold: _("A private show or a break begins: waiting, not billed."),
    }
    match one:
        case state.Secure():
            text = _("%(amount)s more is set aside.", amount=credits_text(one.amount))
        case state.Free():
            text = _("The wait is long: %(amount)s goes back.", amount=credits_text(one.amount))
        case state.Warn():
            text = _("Warning: %(left)s seconds left.", left=one.seconds_left)
        case state.Denied():
            missing = credits_text(one.missing)
            text = _("That was refused: nothing changed, %(missing)s is missing.", missing=missing)
        case state.Close():
            text = _("It is over: %(amount)s.", amount=credits_text(one.charge))
        case _:
            text = plain.get(type(one), "")
    return str(text)
