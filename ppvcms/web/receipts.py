"""Receipts: what each session cost the payer, second by second, and why that much."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ppvcms.db import db
from ppvcms.errors import NotFoundError
from ppvcms.host import registry
from ppvcms.ledger.books import credits_text
from ppvcms.metering import history, receipts
from ppvcms.metering.unseen import name_for_performer
from ppvcms.metering.view import seat_view
from ppvcms.rooms import listing, services
from ppvcms.web.account import account_nav
from ppvcms.web.formats import duration, moment, money
from ppvcms.web.guards import current_actor, policy
from ppvcms.web.pdf import Column, pdf_file, table
from ppvcms.web.sheets import csv_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue

    from ppvcms.metering.view import SeatView

blueprint = Blueprint("receipts", __name__, url_prefix="/account/sessions")

PAGE = 25
MOST = 20_000
DAY_MS = 86_400_000
PERIODS = (30, 90, 365)
OVER = ("settled", "void")
ENDED_BY = {"payer": "payer_ended", "performer": "performer_ended"}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of the timeline in seconds from its beginning: free, counted or paused."""

    kind: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """A receipt as pages show it; amounts in minor units."""

    seat_id: str
    number: int | None
    title: str
    name: str
    image_url: str
    room_slug: str
    opened_at: int
    started_at: int
    closed_at: int
    total: int
    total_s: float
    spans: tuple[Stretch, ...]
    rows: tuple[dict[str, Any], ...]
    facts: tuple[tuple[str, str], ...]
    why: tuple[str, ...]
    ended: str


@blueprint.context_processor
def _frame() -> dict[str, Any]:
    return {"nav": account_nav(), "nav_title": _("Your account")}


@blueprint.get("")
@policy(who="signed_in")
def index() -> ResponseReturnValue:
    """Show the payer's sessions, newest first."""
    payer, wanted = current_actor().user_id or "", _wanted()
    number = max(1, request.args.get("page", 1, type=int))
    rows = history.sessions_of(payer, wanted, limit=PAGE + 1, offset=(number - 1) * PAGE)
    count, amount = history.total_of(payer, wanted)
    return render_template(
        "receipts/index.html",
        rows=[(row, mode_name(row.mode), plain_state(row)) for row in rows[:PAGE]],
        count=count,
        amount=amount,
        page=number,
        more=len(rows) > PAGE,
        partners=history.partners_of(payer),
        periods=PERIODS,
        kept=_kept(),
    )


@blueprint.get("/sessions.csv")
@policy(who="signed_in", rate="20 per minute")
def download() -> ResponseReturnValue:
    """Download the sessions that the filters leave."""
    head = ("number", "time_utc", "with", "kind", "counted_s", "rate", "amount", "state")
    found = history.sessions_of(current_actor().user_id or "", _wanted(), limit=MOST)
    return csv_file(
        "sessions",
        head,
        (
            (
                row.number,
                time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(row.at / 1000)),
                row.performer,
                mode_name(row.mode),
                row.counted_s,
                credits_text(row.rate),
                credits_text(row.amount),
                plain_state(row),
            )
            for row in found
        ),
    )


@blueprint.get("/sessions.pdf")
@policy(who="signed_in")
def download_pdf() -> ResponseReturnValue:
    """Download the same as a PDF (AC-09)."""
    actor, wanted = current_actor(), _wanted()
    found = history.sessions_of(actor.user_id or "", wanted, limit=MOST)
    count, amount = history.total_of(actor.user_id or "", wanted)
    content = table(
        _("Sessions"),
        [
            (_("Name"), actor.name),
            (_("As of"), moment(int(time.time() * 1000))),
            (_("Sessions"), str(count)),
            (_("Paid from your wallet"), money(amount)),
        ],
        [
            Column(_("With"), 4),
            Column(_("When"), 4),
            Column(_("Kind"), 3),
            Column(_("Counted"), 2, figures=True),
            Column(_("Amount"), 2, figures=True),
        ],
        [
            (
                row.performer,
                moment(row.at),
                mode_name(row.mode),
                duration(row.counted_s),
                money(row.amount),
            )
            for row in found
        ],
    )
    return pdf_file("sessions", content)


@blueprint.get("/<seat_id>")
@policy(who="signed_in")
def show(seat_id: str) -> ResponseReturnValue:
    """Show the payer one receipt; a session that runs leads to its page."""
    seat = _seat(seat_id)
    if seat.payer_id != current_actor().user_id:
        abort(404)
    if seat.state not in OVER:
        if not seat.private:
            return redirect(url_for("site.room", slug=seat.room_slug))
        return redirect(url_for("site.private", slug=seat.room_slug, seat_id=seat_id))
    page = receipt_page(seat_id, side="payer")
    view = services.view_of(services.by_id(seat.room_id))
    return render_template("receipts/show.html", receipt=page, view=view)


def receipt_page(seat_id: str, *, side: str) -> ReceiptPage:
    """Return the receipt of a seat that is over, for the ``payer``, the ``performer`` or ``staff``.

    Raises:
        NotFoundError: There is no such seat.
    """
    seat = seat_view(seat_id)
    try:
        found = receipts.explain(seat_id)
    except NotFoundError:
        return _never_began(seat)
    start = found.started_at or found.opened_at
    until = found.closed_at or found.made_at
    extras = history.extras_of(seat_id)
    spans, paused_s = _spans(found, start)
    card = listing.card_of(seat.room_id)
    name = found.performer if side == "payer" else found.payer
    if side == "performer":
        name = name_for_performer(db.session(), seat_id)
    return ReceiptPage(
        seat_id=seat_id,
        number=found.number,
        title=_("%(kind)s with %(name)s", kind=mode_name(found.mode), name=name),
        name=name,
        image_url=card.image if card is not None and side == "payer" else "",
        room_slug=found.room_slug,
        opened_at=found.opened_at,
        started_at=start,
        closed_at=until,
        total=found.amount + sum(one.amount for one in extras),
        total_s=max(1.0, (until - start) / 1000),
        spans=spans,
        rows=tuple(_sums(found, extras, side=side)),
        facts=tuple(_facts(found, paused_s, side=side)),
        why=found.why if side != "performer" else found.why[:-1],
        ended=_ended(found.reason, found.reason_text, side=side, other=name),
    )


def mode_name(key: str) -> str:
    """Return what a kind of show is called, also when its plugin is gone."""
    mode = registry.room_mode(key)
    return str(mode.label) if mode is not None else key


def plain_state(row: history.Session) -> str:
    """Return how a session stands, in plain words."""
    if row.state not in OVER:
        return str(_("Running now"))
    words: dict[str, str] = {
        "payer_ended": _("You ended it"),
        "performer_ended": _("%(name)s ended it", name=row.performer),
        "exhausted": _("Credits used up"),
        "limit": _("Spending limit reached"),
        "break_over": _("The break became too long"),
        "left_break": _("You left during a break"),
        "not_connected": _("Never began"),
        "staff": _("The site ended it"),
        "went_off": _("The room closed"),
        "private_began": _("Left for a private show"),
        "mode_changed": _("The kind of show changed"),
        "not_continued": _("Not continued after a private show"),
        "block_over": _("The time taken was over"),
    }
    return words.get(row.reason or "") or str(_("Connection lost"))


def _seat(seat_id: str) -> SeatView:
    try:
        return seat_view(seat_id)
    except NotFoundError:
        abort(404)


def _wanted() -> history.Wanted:
    days = request.args.get("days", 0, type=int)
    return history.Wanted(
        performer_id=request.args.get("who", "")[:26],
        since=int(time.time() * 1000) - days * DAY_MS if days in PERIODS else 0,
        charged_only=request.args.get("charged") == "1",
    )


def _kept() -> dict[str, str]:
    return {name: request.args.get(name, "") for name in ("who", "days", "charged")}


def _spans(found: receipts.ReceiptView, start: int) -> tuple[tuple[Stretch, ...], float]:
    """Return the timeline with the free seconds apart, and how long it was paused."""
    spans: list[Stretch] = []
    free_s, paused_s = float(found.free_s), 0.0
    for one in found.timeline:
        begin, end = (one.start - start) / 1000, (one.end - start) / 1000
        if one.kind == "paused":
            paused_s += end - begin
            spans.append(Stretch("paused", begin, end))
        elif one.kind == "counted":
            split = min(end, begin + free_s)
            free_s -= split - begin
            spans += [Stretch("free", begin, split)] if split > begin else []
            spans += [Stretch("counted", split, end)] if end > split else []
    return tuple(spans), paused_s


def _sums(
    found: receipts.ReceiptView, extras: Sequence[history.Extra], *, side: str
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = _parts_of(found)
    rows += [{"label": one.memo, "value": money(one.amount)} for one in extras]
    total = found.amount + sum(one.amount for one in extras)
    words = _("Paid from your wallet") if side == "payer" else _("Charged")
    return [*rows, {"label": words, "value": money(total), "total": True}]


def _parts_of(found: receipts.ReceiptView) -> list[dict[str, Any]]:
    """Return what the time came to: whole, or part by part where the rate changed."""
    if found.minimum and found.amount == found.minimum:
        return [{"label": _("The agreed minimum"), "value": money(found.amount)}]
    if found.block_s:
        told = _("Blocks of %(minutes)s minutes", minutes=found.block_s // 60)
        return [{"label": told, "value": money(found.amount)}]
    said = [
        _("%(time)s at %(rate)s a minute", time=duration(one.billed_s), rate=money(one.rate))
        for one in found.segments
    ]
    if len(said) > 1:
        said = [
            f"{receipts.role_text(one.role)}: {told}"
            for one, told in zip(found.segments, said, strict=True)
        ]
    return [
        {"label": told, "value": money(one.amount)}
        for one, told in zip(found.segments, said, strict=True)
    ]


def _facts(found: receipts.ReceiptView, paused_s: float, *, side: str) -> list[tuple[str, str]]:
    facts = [
        (_("Began"), moment(found.started_at or found.opened_at)),
        (_("Ended"), moment(found.closed_at)),
        (_("Counted"), duration(found.counted_s)),
        (_("Of it free"), duration(found.free_s)),
        (_("Paused, not billed"), duration(paused_s)),
    ]
    if side == "performer":
        return facts
    return [
        *facts,
        (_("Set aside"), money(found.secured)),
        (_("Given back"), money(found.released)),
    ]


def _ended(reason: str, text: str, *, side: str, other: str) -> str:
    if reason == ENDED_BY.get(side):
        return str(_("You ended the show."))
    if reason in ENDED_BY.values() and side in ENDED_BY:
        return str(_("%(name)s ended the show.", name=other))
    return text


def _never_began(seat: SeatView) -> ReceiptPage:
    card = listing.card_of(seat.room_id)
    name = card.performer if card is not None else seat.room_slug
    return ReceiptPage(
        seat_id=seat.id,
        number=None,
        title=_("%(kind)s with %(name)s", kind=mode_name(seat.mode), name=name),
        name=name,
        image_url=card.image if card is not None else "",
        room_slug=seat.room_slug,
        opened_at=seat.opened_at,
        started_at=seat.opened_at,
        closed_at=seat.closed_at or seat.now,
        total=seat.cost,
        total_s=1.0,
        spans=(),
        rows=({"label": _("Paid from your wallet"), "value": money(seat.cost), "total": True},),
        facts=(),
        why=(_("Nothing was counted, so nothing was charged. What was set aside came back."),),
        ended=receipts.reason_text(seat.close_reason, seat.cause),
    )
