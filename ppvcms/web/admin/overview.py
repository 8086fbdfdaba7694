"""The first page: what is live, what came in, what needs care, what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import Text, cast, func, select

from ppvcms.content.models import Page
from ppvcms.db import db, now_ms
from ppvcms.host import registry
from ppvcms.host.labels import label
from ppvcms.host.settings import site
from ppvcms.metering.models import Seat
from ppvcms.metering.rows import OPEN_STATES
from ppvcms.payments.models import CreditPack
from ppvcms.rooms.models import Category, Room, Show
from ppvcms.web.admin.frame import DAY_MS, blueprint
from ppvcms.web.admin.queries import health, money
from ppvcms.web.dates import offset_ms
from ppvcms.web.guards import current_actor, policy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue

DAYS = 30


@dataclass(frozen=True, slots=True)
class Step:
    """Something a new owner should do, and where."""

    title: str
    text: str
    url: str
    icon: str


@blueprint.get("/")
@policy(who="admin.view")
def overview() -> ResponseReturnValue:
    """Show how the site does; money only to who may see the books."""
    session, sees_money = db.session(), current_actor().can("ledger.view")
    now, offset = now_ms(session), offset_ms()
    days = money.by_day(now=now, days=DAYS, offset_ms=offset) if sees_money else []
    return render_template(
        "admin/overview.html",
        live=_live(),
        figures=_figures(days),
        days=days,
        moments=[day.begins_at // 1000 + offset // 1000 for day in days],
        income=money.income(now - DAYS * DAY_MS) if sees_money else [],
        payments=money.payments(now - DAYS * DAY_MS) if sees_money else [],
        problems=health.problems() if current_actor().can("health.view") else [],
        steps=_steps(),
        money=sees_money,
    )


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


def _steps() -> list[Step]:
    """Return what is still missing on this site, in the order in which it is needed."""
    performers = label("performer", plural=True)
    missing = (
        (
            not registry.media_provider(),
            "plugins.manage",
            Step(
                _("Switch live video on"),
                _("Without a media plugin nobody can go live."),
                _url("admin.plugins"),
                "camera-video",
            ),
        ),
        (
            not registry.gateways(),
            "plugins.manage",
            Step(
                _("Connect a way to pay"),
                _("Switch a payment plugin on and run a test payment."),
                _url("admin.plugins"),
                "credit-card",
            ),
        ),
        (
            site().test_mode,
            "settings.manage",
            Step(
                _("Take real money"),
                _("Payments are tests until you switch that off, under Credits and payments."),
                url_for("admin.settings", _anchor="wallet"),
                "shield-check",
            ),
        ),
        (
            not _any(Show),
            "settings.manage",
            Step(
                _("Look at your prices"),
                _("The first ones are a proposal: what a minute costs, and who gets which part."),
                _url("admin.prices"),
                "tag",
            ),
        ),
        (
            not _any(CreditPack, CreditPack.active),
            "packs.manage",
            Step(
                _("Offer credits"),
                _("A pack says how many credits people get for which price."),
                _url("admin.packs"),
                "stack",
            ),
        ),
        (
            not _any(Category),
            "rooms.manage",
            Step(
                _("Make categories"),
                _("They are the shelves of your list."),
                _url("admin.categories"),
                "bookshelf",
            ),
        ),
        (
            not _any(Room),
            "people.manage",
            Step(
                _("Bring %(who)s in", who=performers),
                _("Make an account for one, or send them to the register page."),
                _url("admin.person_new"),
                "person-plus",
            ),
        ),
        (
            site().site_name == "ppvcms",
            "settings.manage",
            Step(
                _("Name your site"),
                _("The name stands in the header, in mails and in the browser's tab."),
                _url("admin.settings"),
                "type",
            ),
        ),
        (
            _any(Page, cast(Page.blocks, Text).contains('"This text is a beginning')),
            "pages.manage",
            Step(
                _("Write your terms"),
                _("The text that is there is only a beginning."),
                _url("admin.pages"),
                "file-text",
            ),
        ),
    )
    actor = current_actor()
    return [step for lacks, permission, step in missing if lacks and actor.can(permission)]


def _any(table: type, *conditions: object) -> bool:
    query = select(select(table).where(*conditions).exists())  # type: ignore[arg-type]
    return bool(db.session.scalar(query))


def _url(endpoint: str) -> str:
    return url_for(endpoint)
