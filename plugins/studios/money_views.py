"""What a studio reads and hands over: the comparison and the statements."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import abort, render_template, request
from flask_babel import gettext as _

from ppvcms.api import (
    PdfColumn,
    credits_text,
    csv_file,
    current_actor,
    label,
    now_ms,
    pdf_file,
    pdf_table,
    policy,
    transaction,
)
from ppvcms.api import db as database

from . import log, people, statements
from .pages import MANAGE, blueprint, day_text, me, time_text

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.api import StudioLine

    from .statements import Statement

DAY_MS = 86_400_000
LONGEST_DAYS = 400


@blueprint.get("/compare")
@policy(who=MANAGE)
def compare() -> ResponseReturnValue:
    """Compare the studio's people by hours, minutes sold, conversion and earnings."""
    since, until, days = _period()
    return render_template(
        "studios/compare.html",
        rows=statements.compare(me(), since=since, until=until),
        chart=statements.chart(me(), since=since, until=until),
        days=days,
        periods=statements.PERIODS,
    )


@blueprint.get("/compare.csv")
@policy(who=MANAGE)
def compare_csv() -> ResponseReturnValue:
    """Download the comparison."""
    since, until, days = _period()
    note = _("%(days)s days", days=days)
    _note("comparison.downloaded", f"user:{me()}", {"note": note})
    head = (
        "name",
        "hours_live",
        "minutes_sold",
        "shows",
        "requests",
        "accepted",
        "broken_off",
        "earned",
        "studio_part",
    )
    rows = (
        (
            one.name,
            f"{one.live_ms / 3_600_000:.2f}",
            one.sold_ms // 60_000,
            one.seats,
            one.requests,
            one.accepted,
            one.drops,
            credits_text(one.earned),
            credits_text(one.studio),
        )
        for one in statements.compare(me(), since=since, until=until)
    )
    return csv_file("people", head, rows)


@blueprint.get("/statements")
@policy(who=MANAGE)
def statements_index() -> ResponseReturnValue:
    """Offer a statement of each person for each week, and for any days."""
    since, until = _span()
    rows = [
        (one, statements.statement(me(), one.id, since=since, until=until))
        for one in people.roster(me())
        if one.contract is not None
    ]
    return render_template(
        "studios/statements.html",
        rows=rows,
        weeks=statements.weeks(),
        since=since,
        until=until,
        day=day_text,
    )


@blueprint.get("/statements/<performer_id>.csv")
@policy(who=MANAGE)
def statement_csv(performer_id: str) -> ResponseReturnValue:
    """Download somebody's statement as a table."""
    found = _downloaded(performer_id, "CSV")
    head = ("time_utc", "kind", "what", "charged", "person", "studio", "collected", "taken_back")
    rows = (
        (
            time_text(one.at),
            one.kind,
            one.memo,
            credits_text(one.gross),
            credits_text(one.performer),
            credits_text(one.studio),
            "yes" if one.collected else "",
            "yes" if one.reversed else "",
        )
        for one in found.lines
    )
    return csv_file(f"statement-{day_text(found.since)}", head, rows)


@blueprint.get("/statements/<performer_id>.pdf")
@policy(who=MANAGE)
def statement_pdf(performer_id: str) -> ResponseReturnValue:
    """Download somebody's statement to be handed over."""
    found = _downloaded(performer_id, "PDF")
    content = pdf_table(
        _("Statement: %(name)s", name=found.name),
        [
            (label("studio"), people.studio_of(me()).company or current_actor().name),
            (label("performer"), found.name),
            (_("From"), day_text(found.since)),
            (_("Until"), day_text(found.until - 1)),
            (_("Charged"), credits_text(found.gross)),
            (_("Earned by %(name)s", name=found.name), credits_text(found.performer)),
            (_("Part of the %(role)s", role=label("studio")), credits_text(found.studio)),
            (_("Collected for %(name)s", name=found.name), credits_text(found.collected)),
        ],
        [
            PdfColumn(_("When, UTC"), 4),
            PdfColumn(_("What"), 6),
            PdfColumn(_("Charged"), 2, figures=True),
            PdfColumn(label("performer"), 2, figures=True),
            PdfColumn(label("studio"), 2, figures=True),
        ],
        [
            (
                time_text(one.at),
                _memo(one),
                credits_text(one.gross),
                credits_text(one.performer),
                credits_text(one.studio),
            )
            for one in found.lines
        ],
        [_("Amounts are credits. What was taken back is not in the sums."), _paid_to(found)],
    )
    return pdf_file(f"statement-{day_text(found.since)}", content)


def _downloaded(performer_id: str, form: str) -> Statement:
    """Return somebody's statement, and write into the log who took it."""
    since, until = _span()
    found = statements.statement(me(), performer_id, since=since, until=until)
    if found is None:
        abort(404)
    days = {"from": day_text(since), "until": day_text(until - 1), "format": form}
    _note("statement.downloaded", f"user:{performer_id}", days)
    return found


def _note(what: str, subject: str, data: dict[str, str]) -> None:
    studio_id = me()
    transaction(lambda session: log.note(session, studio_id, studio_id, what, subject, data=data))


def _period() -> tuple[int, int, int]:
    days = request.args.get("days", 30, type=int)
    days = days if days in statements.PERIODS else 30
    now = now_ms(database.session())
    today = now - now % DAY_MS
    return today - (days - 1) * DAY_MS, now + 1, days


def _span() -> tuple[int, int]:
    """Return the days of the address, from its beginning to the end of the last; else this week."""
    first, last = (_day(request.args.get(name, "")) for name in ("from", "until"))
    week = statements.weeks()[0]
    if first is None or last is None or not first <= last < first + LONGEST_DAYS * DAY_MS:
        return week
    return first, last + DAY_MS


def _day(text: str) -> int | None:
    try:
        found = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(found.timestamp()) * 1000


def _memo(one: StudioLine) -> str:
    """Return what a charge was for, and what has to be known of it."""
    marks = [_("collected")] if one.collected else []
    marks += [_("taken back")] if one.reversed else []
    return f"{one.memo} ({', '.join(marks)})" if marks else one.memo


def _paid_to(found: Statement) -> str:
    studio = label("studio")
    ways = {
        True: _("By the contract the %(studio)s is paid for both.", studio=studio),
        False: _("By the contract each is paid directly by the site."),
    }
    return str(ways[found.collects])
