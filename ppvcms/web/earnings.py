"""What a performer earned: every charge with its part, by source and day, and when it comes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, render_template, request, url_for
from flask_babel import gettext as _

from ppvcms.db import db
from ppvcms.errors import NotFoundError
from ppvcms.host.settings import site
from ppvcms.ledger.accounts import AccountKind, account_view
from ppvcms.ledger.books import credits_text
from ppvcms.ledger.releases import Coming, coming
from ppvcms.metering import earnings as earned
from ppvcms.metering import receipts
from ppvcms.metering.view import seat_view
from ppvcms.web.dates import day_after, day_begins
from ppvcms.web.formats import moment, money
from ppvcms.web.guards import current_actor, policy
from ppvcms.web.pdf import Column, pdf_file, table
from ppvcms.web.receipts import receipt_page
from ppvcms.web.sheets import csv_file
from ppvcms.web.transfers import transfer_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue

blueprint = Blueprint("earnings", __name__, url_prefix="/perform/earnings")

PERFORMS = "room.perform"
DAY_MS = 86_400_000
DAYS = 30
PAGE = 50
MOST = 100_000


@dataclass(frozen=True, slots=True)
class Standing:
    """What a performer has on hold and available, and what comes when; in minor units (CM-12).

    `collected`: what studios hold for them, by the studio's name (CM-08).
    """

    hold: int
    available: int
    coming: Sequence[Coming]
    collected: Sequence[tuple[str, int]]


def standing(user_id: str) -> Standing:
    """Return how a performer's earnings stand."""
    session = db.session()

    def balance(kind: AccountKind) -> int:
        return account_view(session, kind, "performer", user_id).balance

    return Standing(
        balance(AccountKind.EARNING_HOLD),
        balance(AccountKind.EARNING),
        coming(session, "performer", user_id, hold_days=site().hold_days),
        earned.collected(user_id),
    )


def chart(user_id: str, since: int, until: int) -> dict[str, Any]:
    """Return credits a day for each source, in the shape that the chart draws."""
    days = list(range(since, until + 1, DAY_MS))
    kinds: dict[str, dict[int, int]] = {}
    for one in earned.by_day(user_id, since=since):
        kinds.setdefault(one.kind, {})[one.day] = one.amount
    series = [
        {"label": transfer_words(kind), "values": [of_day.get(day, 0) / 100 for day in days]}
        for kind, of_day in sorted(kinds.items())
    ]
    return {
        "x": [day // 1000 for day in days],
        "series": series or [{"label": _("Shows"), "values": [0] * len(days)}],
    }


@blueprint.get("")
@policy(who=PERFORMS)
def index() -> ResponseReturnValue:
    """Show every charge with its ratio and part, by source and day, and what comes when."""
    user_id = current_actor().user_id or ""
    number = max(1, request.args.get("page", 1, type=int))
    today = _today()
    rows = _rows(limit=PAGE + 1, offset=(number - 1) * PAGE)
    sources = earned.by_source(user_id)
    return render_template(
        "perform/earnings.html",
        rows=rows[:PAGE],
        page=number,
        more=len(rows) > PAGE,
        asked=request.args,
        sources=[(kind, transfer_words(kind), amount) for kind, amount in sources],
        money=standing(user_id),
        hold_days=site().hold_days,
        total=sum(amount for _kind, amount in sources),
        chart=chart(user_id, today - (DAYS - 1) * DAY_MS, today),
        page_url=lambda page: url_for("earnings.index", **{**_filters_of_address(), "page": page}),
        filters=_filters_of_address(),
    )


@blueprint.get("/earnings.csv")
@policy(who=PERFORMS)
def download() -> ResponseReturnValue:
    """Download the charges that the filters leave."""
    head = ("time_utc", "kind", "what", "gross", "percent", "earned", "reversed", "source")
    rows = (_as_cells(row) for row in _rows(limit=MOST))
    return csv_file("earnings", (*head, "collected_by"), rows)


@blueprint.get("/earnings.pdf")
@policy(who=PERFORMS)
def printed() -> ResponseReturnValue:
    """Download the same as a PDF."""
    actor = current_actor()
    found = standing(actor.user_id or "")
    content = table(
        _("Earnings"),
        [
            (_("Name"), actor.name),
            (_("As of"), moment(int(time.time() * 1000))),
            (_("Earned in all"), money(earned.total(actor.user_id or ""))),
            (_("On hold"), money(found.hold)),
            (_("Available"), money(found.available)),
            *(
                (_("Collected by %(name)s", name=name), money(sum_))
                for name, sum_ in found.collected
            ),
        ],
        [
            Column(_("What"), 6),
            Column(_("When"), 4),
            Column(_("Charged"), 2, figures=True),
            Column(_("Your ratio"), 2, figures=True),
            Column(_("You earned"), 2, figures=True),
        ],
        [
            (_memo(row), moment(row.at), money(row.gross), f"{row.percent:g} %", money(row.amount))
            for row in _rows(limit=MOST)
        ],
    )
    return pdf_file("earnings", content)


@blueprint.get("/<seat_id>")
@policy(who=PERFORMS)
def show(seat_id: str) -> ResponseReturnValue:
    """Show why one show earned what it earned."""
    seat = seat_view(seat_id)
    if seat.performer_id != current_actor().user_id or not seat.over:
        abort(404)
    return render_template(
        "perform/earning.html",
        receipt=receipt_page(seat_id, side="performer"),
        parts=_parts(seat_id, seat.performer_id),
    )


def _rows(*, limit: int, offset: int = 0) -> Sequence[earned.Earning]:
    """Return the reader's charges that the filters of the address leave."""
    return earned.earnings(
        current_actor().user_id or "",
        since=day_begins(request.args.get("since", "")) or 0,
        until=day_after(request.args.get("until", "")),
        kind=request.args.get("kind") or None,
        limit=limit,
        offset=offset,
    )


def _filters_of_address() -> dict[str, str]:
    names = ("kind", "since", "until")
    return {name: request.args[name] for name in names if request.args.get(name)}


def _today() -> int:
    now = int(time.time() * 1000)
    return now - now % DAY_MS


def _parts(seat_id: str, performer_id: str) -> list[dict[str, Any]]:
    """Return how the charge was divided, from the reader's side."""
    try:
        found = receipts.explain(seat_id)
    except NotFoundError:
        return []
    parts = []
    for share in found.shares:
        own = share.party_id == performer_id
        name = _("You") if own else share.name or _("The site")
        words = f"{name}, {share.percent} %"
        parts.append({"label": words, "value": money(share.amount), "total": own})
    return parts


def _memo(row: earned.Earning) -> str:
    """Return what a charge was for, and which studio collected the reader's part of it."""
    if row.collected_by is None:
        return row.memo
    return str(_("%(what)s, collected by %(name)s", what=row.memo, name=row.collected_by))


def _as_cells(row: earned.Earning) -> tuple[object, ...]:
    return (
        time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(row.at / 1000)),
        row.kind,
        row.memo,
        credits_text(row.gross),
        f"{row.percent:.2f}",
        credits_text(row.amount),
        "yes" if row.reversed else "",
        row.source,
        row.collected_by or "",
    )
