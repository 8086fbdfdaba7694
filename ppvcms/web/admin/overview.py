"""The first page: what is live, what came in, what needs care, what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import render_template
from flask_babel import gettext as _
from sqlalchemy import func, select

from ppvcms.db import db, now_ms
from ppvcms.metering.models import Seat
from ppvcms.metering.rows import OPEN_STATES
from ppvcms.rooms.models import Show
from ppvcms.web.admin.first_steps import check_list
from ppvcms.web.admin.frame import DAY_MS, blueprint
from ppvcms.web.admin.queries import health, money
from ppvcms.web.admin.queries.finding import Tone
from ppvcms.web.admin.sizing import advice
from ppvcms.web.dates import offset_ms
from ppvcms.web.guards import current_actor, policy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue

    from ppvcms.web.admin.first_steps import CheckList
    from ppvcms.web.admin.queries.finding import Finding

DAYS = 30


@blueprint.get("/")
@policy(who="admin.view")
def overview() -> ResponseReturnValue:
    """Show how the site does; money only to who may see the books."""
    session, sees_money = db.session(), current_actor().can("ledger.view")
    now, offset = now_ms(session), offset_ms()
    days = money.by_day(now=now, days=DAYS, offset_ms=offset) if sees_money else []
    found = check_list()
    return render_template(
        "admin/overview.html",
        live=_live(),
        figures=_figures(days),
        days=days,
        moments=[day.begins_at // 1000 + offset // 1000 for day in days],
        income=money.income(now - DAYS * DAY_MS) if sees_money else [],
        payments=money.payments(now - DAYS * DAY_MS) if sees_money else [],
        problems=_problems(found),
        check_list=found,
        advice=advice(),
        money=sees_money,
    )


def _problems(found: CheckList) -> list[Finding]:
    """Return what is not well; what waits on the check list of a new site is said there."""
    if not current_actor().can("health.view"):
        return []
    listed = {step.part for step in found.steps}
    return [one for one in health.problems() if one.tone is Tone.BAD or one.name not in listed]


@dataclass(frozen=True, slots=True)
class Figure:
    """Revenue and commission of the last days, in minor units of credits."""

    label: str
    gross: int
    commission: int
    counted_s: int


def _figures(days: Sequence[money.Day]) -> list[Figure]:
    spans = ((_("Today"), 1), (_("7 days"), 7), (_("30 days"), DAYS))
    return [
        Figure(
            name,
            sum(day.gross for day in days[-count:]),
            sum(day.commission for day in days[-count:]),
            sum(day.counted_s for day in days[-count:]),
        )
        for name, count in spans
        if days
    ]


@dataclass(frozen=True, slots=True)
class LiveNow:
    """How many shows and sessions run."""

    shows: int
    seats: int


def _live() -> LiveNow:
    shows = select(func.count()).where(Show.state == "live", Show.private.is_(False))
    seats = select(func.count()).where(Seat.state.in_(OPEN_STATES))
    return LiveNow(db.session.scalar(shows) or 0, db.session.scalar(seats) or 0)
