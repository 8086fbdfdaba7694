"""The core's own periodic work, and what follows from its own facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.accounts.tidy import tidy
from ppvcms.content import uploads
from ppvcms.content.library import keeping
from ppvcms.db import db, now_ms, transaction
from ppvcms.events import PaymentSettled, ShowEnded
from ppvcms.host import contained, reasons
from ppvcms.host.quarantine import bring_back
from ppvcms.host.settings import site
from ppvcms.jobs import listeners, tasks, telling
from ppvcms.ledger.outbox import forget_delivered
from ppvcms.ledger.releases import release_due
from ppvcms.ledger.store import rollup, seal, wallet_view
from ppvcms.media.services import reconcile
from ppvcms.metering import absent, calls, requests, running
from ppvcms.metering.seats import resume_after_top_up
from ppvcms.payments.attempts import look_up_open
from ppvcms.payments.holds import release_due as give_holds_back
from ppvcms.payments.inbox import read_again
from ppvcms.realtime import push
from ppvcms.rooms import presence, rates, shows, stays
from ppvcms.rooms import services as rooms
from ppvcms.sales import escrow

if TYPE_CHECKING:
    from flask import Flask

    from ppvcms.events import Event

KEPT_FACTS_MS = 7 * 86_400_000


def link(app: Flask) -> None:
    """Let an application's jobs do the core's work, and hear its facts."""
    tasks.register(app, name="payments.look_up", every=1, func=_look_up)
    tasks.register(app, name="payments.holds", every=1, func=_give_holds_back)
    tasks.register(app, name="payments.inbox", every=2, func=_read_again)
    tasks.register(app, name="ledger.seal", every=1, func=_seal)
    tasks.register(app, name="ledger.rollup", every=60, func=_roll_up)
    tasks.register(app, name="ledger.release", every=600, func=_release)
    tasks.register(app, name="host.bring_back", every=60, func=bring_back)
    tasks.register(app, name="host.replaced", every=3_600, func=contained.report)
    tasks.register(app, name="jobs.forget", every=3_600, func=_forget)
    tasks.register(app, name="notices.forget", every=3_600, func=telling.forget_old)
    tasks.register(app, name="accounts.tidy", every=3_600, func=_tidy_accounts)
    tasks.register(app, name="content.uploads", every=3_600, func=_tidy_uploads)
    tasks.register(app, name="rooms.requests", every=1, func=_expire_requests)
    tasks.register(app, name="rooms.silent", every=5, func=_end_silent_shows)
    tasks.register(app, name="rooms.pages", every=20, func=_sweep_pages)
    tasks.register(app, name="rooms.rates", every=30, func=_clamp_rates)
    tasks.register(app, name="sales.escrow", every=30, func=_give_back)
    tasks.register(app, name="media.reconcile", every=15, func=_reconcile_media)
    reasons.add(app, stays.reasons)
    listeners.add(app, top_up)
    listeners.add(app, close_requests)
    listeners.add(app, running.follow)
    listeners.add(app, telling.tell)


def top_up(event: Event) -> None:
    """Show a payer the new balance, and let an exhausted seat of theirs go on (R-37)."""
    if not isinstance(event, PaymentSettled):
        return
    resume_after_top_up(event.user_id)
    wallet = wallet_view(db.session(), event.user_id)
    db.session.rollback()
    now = {"available": wallet.available, "held": wallet.held}
    push(f"user:{event.user_id}", "balance", now)


def close_requests(event: Event) -> None:
    """End the requests that wait for a room which went off."""
    if isinstance(event, ShowEnded) and rooms.current_show(rooms.by_id(event.room_id)) is None:
        requests.close_for_room(event.room_id)


def _expire_requests() -> None:
    requests.expire()
    calls.call_in_all_rooms()


def _end_silent_shows() -> None:
    absent.look()
    shows.sweep()


def _sweep_pages() -> None:
    presence.sweep()


def _clamp_rates() -> None:
    rates.clamp_all()


def _reconcile_media() -> None:
    reconcile()


def _give_back() -> None:
    while escrow.refund_due():
        pass


def _look_up() -> None:
    look_up_open()


def _give_holds_back() -> None:
    give_holds_back()


def _read_again() -> None:
    read_again()


def _roll_up() -> None:
    transaction(rollup)


def _seal() -> None:
    while transaction(seal):
        pass


def _release() -> None:
    release_due(hold_days=site().hold_days)


def _forget() -> None:
    transaction(lambda session: forget_delivered(session, before=now_ms(session) - KEPT_FACTS_MS))


def _tidy_uploads() -> None:
    uploads.tidy()
    keeping.tidy()


def _tidy_accounts() -> None:
    transaction(tidy)
