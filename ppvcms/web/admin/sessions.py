"""Shows and paid sessions: lists with filters, export, and why each amount was charged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _

from ppvcms.errors import NotFoundError
from ppvcms.host import registry
from ppvcms.host.labels import label
from ppvcms.ledger.books import credits_text
from ppvcms.ledger.store import USAGE
from ppvcms.metering import office, receipts
from ppvcms.web.admin.frame import blueprint, kept_args, page_number, page_url, tell
from ppvcms.web.admin.queries import ledger
from ppvcms.web.admin.queries import seats as read
from ppvcms.web.admin.queries.people import names_of, with_role
from ppvcms.web.admin.queries.seat import SeatRecord, seat_record
from ppvcms.web.admin.words import state_words
from ppvcms.web.dates import day_after, day_begins, iso_utc
from ppvcms.web.guards import current_actor, policy
from ppvcms.web.sheets import csv_file
from ppvcms.web.transfers import mode_words

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@blueprint.get("/sessions")
@policy(who="ledger.view")
def seats() -> ResponseReturnValue:
    """List paid sessions, narrowed by day, kind, people and state (AC-10)."""
    filters = _filters()
    counted_s, total = read.seat_sums(filters)
    return render_template(
        "admin/seats.html",
        page=read.seat_page(filters, page_number()),
        url=page_url,
        asked=request.args,
        counted_s=counted_s,
        total=total,
        modes=[(mode.key, mode.label) for mode in registry.room_modes().values() if mode.paid],
        performers=with_role("performer"),
        client=names_of({filters.client_id}).get(filters.client_id, ""),
        states=[(state.value, state_words(state)) for state in read.PlainState],
        export=url_for("admin.seats_csv", **kept_args()),
    )


@blueprint.get("/sessions.csv")
@policy(who="ledger.view")
def seats_csv() -> ResponseReturnValue:
    """Export what the list shows."""
    head = (
        "id", "receipt", "kind", "room", label("performer"), label("client"),
        "started_utc", "ended_utc", "counted_s", "paused_s",
        "rate_per_minute", "tips", "total", "currency", "state",
    )  # fmt: skip
    rows = (
        (
            row.id,
            row.number,
            mode_words(row.mode),
            row.room_slug,
            row.performer,
            row.client,
            iso_utc(row.started_at),
            iso_utc(row.ended_at),
            row.counted_s,
            row.paused_s,
            credits_text(row.rate),
            credits_text(row.tips),
            credits_text(row.total),
            "CRD",
            state_words(row.state),
        )
        for row in read.all_seats(_filters())
    )
    return csv_file("sessions", head, rows)


@blueprint.get("/sessions/<seat_id>")
@policy(who="ledger.view")
def seat(seat_id: str) -> ResponseReturnValue:
    """Show one session: receipt, why this amount, timeline, terms, postings, transfers."""
    record = seat_record(seat_id)
    try:
        receipt = receipts.explain(seat_id)
    except NotFoundError:
        receipt = None
    return render_template(
        "admin/seat.html",
        seat=record,
        receipt=receipt,
        bars=_bars(record),
        # The postings of the meter have a list of their own.
        transfers=[one for one in ledger.transfers_of(f"seat:{seat_id}") if one.kind != USAGE],
    )


@blueprint.route("/sessions/<seat_id>/stop", methods=["GET", "POST"])
@policy(who="shows.manage")
def seat_stop(seat_id: str) -> ResponseReturnValue:
    """Ask for the reason, then end one session for both sides."""
    record = seat_record(seat_id)
    if request.method == "POST":
        refusal = office.stop_seat(seat_id, current_actor(), reason=request.form.get("reason", ""))
        if tell(refusal, _("The session was stopped. What was counted is settled.")):
            return redirect(url_for("admin.live"))
    title = _(
        "Stop the session of %(client)s with %(performer)s",
        client=record.client,
        performer=record.performer,
    )
    return render_template("admin/stop.html", title=title, reason=request.form.get("reason", ""))


@blueprint.get("/shows")
@policy(who="shows.manage")
def shows() -> ResponseReturnValue:
    """List broadcasts and private shows."""
    only_live = request.args.get("live") == "1"
    room_id = request.args.get("room", "")[:26]
    return render_template(
        "admin/shows.html",
        page=read.show_page(room_id=room_id, live=only_live, page=page_number()),
        url=page_url,
        only_live=only_live,
    )


def _bars(record: SeatRecord) -> list[dict[str, int | str]]:
    """Return the stretches of the timeline in seconds since the session was opened."""
    kinds = {"billed": "counted", "paused": "paused"}
    return [
        {
            "kind": kinds[one.kind],
            "start_s": max(0, one.starts_at - record.opened_at) // 1000,
            "end_s": max(0, one.ends_at - record.opened_at) // 1000,
        }
        for one in record.evidence
        if one.kind in kinds
    ]


def _filters() -> read.SeatFilters:
    asked = request.args
    state = asked.get("state", "")
    return read.SeatFilters(
        since=day_begins(asked.get("since", "")),
        until=day_after(asked.get("until", "")),
        mode=asked.get("mode", "")[:48],
        performer_id=asked.get("performer", "")[:26],
        client_id=asked.get("client", "")[:26],
        room_id=asked.get("room", "")[:26],
        show_id=asked.get("show", "")[:26],
        state=state if state in {one.value for one in read.PlainState} else "",
    )
