"""Grants: who may carry media, where and until when.

The database says what is allowed; the engine is told after the commit, and
`reconcile` makes both agree again. A grant with a seat is the payer's: its lease
is the seat's secured time. Every other grant has a presence lease, renewed by
the page's own signs of life. Whether somebody may have a grant at all is asked
by those who know rooms and seats, before they come here (MT-15).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import structlog
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select, update

from ppvcms.db import db, now_ms, transaction
from ppvcms.host import registry
from ppvcms.host.files import asset, plugin_asset
from ppvcms.ids import new_id
from ppvcms.media import presence as answering
from ppvcms.media.contract import (
    Lease,
    MediaRole,
    MediaUnavailableError,
    SignalRefusedError,
)
from ppvcms.media.models import Grant
from ppvcms.realtime import push
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.orm import Session

    from ppvcms.media.contract import MediaProvider

PRESENCE_MS = 60_000
RENEW_BELOW_MS = 40_000
BEAT_S = 2
LARGEST_SIGNAL = 64 * 1024
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where media flows: one show, its own performer, its engine and its opaque room there."""

    show_id: str
    performer_id: str
    provider: str
    media_room: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a grant: a person, or a visitor's one connection.

    `visitor` is what the connections of one visitor's network have in common.
    """

    user_id: str | None
    sid: str | None
    visitor: str | None = None

    def holds(self, grant: Grant) -> bool:
        """Whether a grant belongs to this holder."""
        if grant.user_id is not None:
            return grant.user_id == self.user_id
        return self.user_id is None and grant.sid == self.sid


@dataclass(frozen=True, slots=True)
class SeatLease:
    """What a seat allows now: `until` is its secured second, `seq` its own counter."""

    on: bool
    until: int
    seq: int
    over: bool


def read_seats_with(reader: Callable[[Session, str], SeatLease | None]) -> None:
    """Say how the lease of a seat is read; the meter does, at the start of the application."""
    current_app.extensions["ppvcms_seat_reader"] = reader


# --- Giving grants --------------------------------------------------------------------


def grant_for_publisher(
    stage: Stage, holder: Holder, *, publishers: int = 1
) -> dict[str, Any] | Refusal:
    """Let a performer publish into the public show, and return what the page needs.

    Each of several performers has a grant of their own; `publishers` is how many
    may send at once (R-15).
    """

    def act(session: Session) -> tuple[Grant, Lease, str | None]:
        mine = _of_stage(stage, MediaRole.PUBLISHER).where(Grant.user_id == holder.user_id)
        grant = session.scalar(mine)
        if grant is None:
            grant = new_grant(session, stage, holder, role=MediaRole.PUBLISHER, feeds=())
        older = move(grant, holder)
        return grant, presence(session, grant), older

    grant, lease, older = transaction(act)
    tell_replaced(grant, older)
    return tell_engine(stage, grant, lease, publishers=publishers)


def grant_for_viewer(
    stage: Stage, holder: Holder, *, ends_at: int | None = None, feed: str | None = None
) -> dict[str, Any] | Refusal:
    """Let one page receive a show without a seat: its performer's picture, or a guest's `feed`.

    `ends_at` is when it is over whatever the page says (MD-04).
    """

    def act(session: Session) -> tuple[Grant, Lease] | None:
        source = source_of(session, stage, feed=feed)
        if source is None:
            return None
        return watching(session, stage, holder, source, ends_at=ends_at)

    found = transaction(act)
    if found is None:
        return Refusal("offline", _("There is no picture yet."), _("It starts by itself."))
    return tell_engine(stage, *found, publishers=1)


def source_of(session: Session, stage: Stage, *, feed: str | None = None) -> Grant | None:
    """Return the grant under which the performer sends into a show, or a guest's by its id."""
    own = Grant.user_id == stage.performer_id
    query = (
        publishing(stage.show_id)
        .where(own if feed is None else ~own & (Grant.id == feed))
        .order_by(Grant.made_at.desc(), Grant.id.desc())
        .limit(1)
    )
    return cast("Grant | None", session.scalar(query))


def publishing(show_id: str) -> Any:
    """Return the query for the living grants under which performers send into a show."""
    return select(Grant).where(
        Grant.show_id == show_id,
        Grant.state == "active",
        Grant.seat_id.is_(None),
        Grant.role.in_((MediaRole.PUBLISHER.value, MediaRole.TWO_WAY.value)),
    )


def watching(
    session: Session, stage: Stage, holder: Holder, source: Grant, *, ends_at: int | None = None
) -> tuple[Grant, Lease]:
    """Return a page's grant to receive one feed, with its presence lease."""
    mine = _of_stage(stage, MediaRole.VIEWER, every=True).where(
        Grant.sid == holder.sid, Grant.user_id == holder.user_id, Grant.seat_id.is_(None)
    )
    feeds = (source.id,)
    found = (one for one in session.scalars(mine) if feeds_of(one) == feeds)
    grant = next(found, None)
    if grant is None:
        grant = new_grant(session, stage, holder, role=MediaRole.VIEWER, feeds=feeds)
    grant.ends_at = ends_at
    return grant, presence(session, grant)


def open_private(
    session: Session, stage: Stage, *, seat_id: str, performer_id: str, payer_id: str
) -> None:
    """Write both sides' grants of a private show, inside the transaction that opens its seat.

    Each receives the other's feed and nobody else's (PS-07). The engine hears of
    them when the pages come.
    """
    performer = new_grant(session, stage, Holder(performer_id, None), MediaRole.TWO_WAY, feeds=())
    payer = new_grant(
        session, stage, Holder(payer_id, None), MediaRole.TWO_WAY, feeds=(performer.id,)
    )
    performer.feeds = {"grants": [payer.id]}
    payer.seat_id = seat_id


def grant_for_private(stage: Stage, holder: Holder) -> dict[str, Any] | Refusal:
    """Return what one side of a private show needs for its page; the newest page plays (R-08)."""

    def act(session: Session) -> tuple[Grant, Lease, str | None] | None:
        grant = session.scalar(
            _of_stage(stage, MediaRole.TWO_WAY).where(Grant.user_id == holder.user_id)
        )
        if grant is None:
            return None
        older = move(grant, holder)
        if grant.seat_id is None:
            return grant, presence(session, grant), older
        lease = seat_lease(session, grant)
        return None if lease is None else (grant, lease, older)

    found = transaction(act)
    if found is None:
        return gone()
    grant, lease, older = found
    tell_replaced(grant, older)
    return tell_engine(stage, grant, lease, publishers=2)


def tell_engine(
    stage: Stage, grant: Grant, lease: Lease, *, publishers: int
) -> dict[str, Any] | Refusal:
    """Give a grant at the engine, and return what the page needs."""
    provider = provider_of(stage.provider)
    if provider is None:
        return _no_engine()
    try:
        provider.ensure_room(stage.media_room, publishers=publishers)
        descriptor = provider.grant(
            grant.id,
            room=stage.media_room,
            role=MediaRole(grant.role),
            feeds=feeds_of(grant),
            lease=lease,
        )
    except MediaUnavailableError as error:
        log.warning("media_unavailable", act="grant", grant=grant.id, error=str(error))
        return _no_engine()
    return {
        "grant": grant.id,
        "provider": provider.key,
        "module": _module_of(provider),
        "role": grant.role,
        "descriptor": descriptor,
        "beat_s": BEAT_S,
    }


def _module_of(provider: MediaProvider) -> str:
    """Return the address of the module that joins a page to an engine."""
    if provider.key == answering.KEY:
        return asset(provider.client_module)
    owner = registry.owner_of("media_providers", provider.key) or ""
    return plugin_asset(owner, provider.client_module)


# --- What a holder does ---------------------------------------------------------------


def signal(
    grant_id: str, holder: Holder, message: dict[str, Any]
) -> list[dict[str, Any]] | Refusal:
    """Pass a page's message on to the engine, for the holder of a living grant alone (ME-06)."""
    grant = held(grant_id, holder)
    if isinstance(grant, Refusal):
        return grant
    if len(json.dumps(message)) > LARGEST_SIGNAL:
        return Refusal("bad_request", _("The page sent something unexpected."))
    provider = provider_of(grant.provider)
    if provider is None:
        return _no_engine()
    try:
        return provider.signal(grant_id, message)
    except SignalRefusedError as error:
        log.info("signal_refused", grant=grant_id, error=str(error))
        return Refusal("media", _("The video connection was refused."), _("Load the page again."))
    except MediaUnavailableError as error:
        log.warning("media_unavailable", act="signal", grant=grant_id, error=str(error))
        return _no_engine()


def held(grant_id: str, holder: Holder) -> Grant | Refusal:
    """Return the living grant of a holder; every other case gets the same answer."""
    grant = db.session.get(Grant, grant_id, populate_existing=True)
    if grant is None or grant.state != "active" or not holder.holds(grant):
        return gone()
    return grant


def renew(grant: Grant) -> None:
    """Prolong a presence lease when a third of it is used up; a seat's lease is the meter's."""
    now = now_ms(db.session())
    over = grant.ends_at is not None and grant.lease_until >= grant.ends_at
    if grant.seat_id is not None or over or grant.lease_until - now > RENEW_BELOW_MS:
        return

    def act(session: Session) -> tuple[Grant, Lease] | None:
        row = session.get(Grant, grant.id, with_for_update=True)
        return None if row is None or row.state != "active" else (row, presence(session, row))

    found = transaction(act)
    if found is not None:
        _set_media(found[0], on=True, lease=found[1])


# --- What the meter says, after its commit ----------------------------------------------


def extend(seat_id: str) -> None:
    """Tell the engine the seat's new secured second."""
    _sync_seat(seat_id)


def pause(seat_id: str) -> None:
    """Stop the payer's media in the same step as the bill (media.md 2.1)."""
    for grant in _sync_seat(seat_id):
        _tell_page(grant, "paused")


def resume(seat_id: str) -> None:
    """Let the payer's media go on."""
    for grant in _sync_seat(seat_id):
        _tell_page(grant, "resumed")


def cut(seat_id: str, reason: str) -> None:
    """End the payer's media for ever."""
    _revoke_where(Grant.seat_id == seat_id, reason=reason)


def _sync_seat(seat_id: str) -> list[Grant]:
    grants = _seat_grants(seat_id)
    for grant in grants:
        lease = seat_lease(db.session(), grant)
        if lease is None:
            revoke(grant.id, reason="ended")
        else:
            _set_media(grant, on=lease.until > lease.now, lease=lease)
    return grants


def _seat_grants(seat_id: str) -> list[Grant]:
    query = select(Grant).where(Grant.seat_id == seat_id, Grant.state == "active")
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def seat_lease(session: Session, grant: Grant) -> Lease | None:
    """Read the truth at this moment, so that calls may come late, twice or out of order."""
    reader = current_app.extensions["ppvcms_seat_reader"]
    seat: SeatLease | None = reader(session, str(grant.seat_id))
    if seat is None or seat.over:
        return None
    now = now_ms(session)
    return Lease(seq=seat.seq, until=seat.until if seat.on else now, now=now)


def _set_media(grant: Grant, *, on: bool, lease: Lease) -> None:
    provider = provider_of(grant.provider)
    if provider is None:
        return
    try:
        provider.set_media(grant.id, on=on, lease=lease)
    except MediaUnavailableError as error:
        # The end that the engine holds stays valid; the next word or reconcile mends it.
        log.warning("media_unavailable", act="set_media", grant=grant.id, error=str(error))


# --- Ending grants ----------------------------------------------------------------------


def revoke(grant_id: str, *, reason: str) -> None:
    """End one grant for ever, in the books of media first, then at the engine."""
    _revoke_where(Grant.id == grant_id, reason=reason)


def revoke_show(stage: Stage, *, reason: str) -> None:
    """End every grant of a show and forget its room at the engine."""
    _revoke_where(Grant.show_id == stage.show_id, reason=reason)
    provider = provider_of(stage.provider)
    if provider is None:
        return
    try:
        provider.close_room(stage.media_room, reason=reason)
    except MediaUnavailableError as error:
        log.warning("media_unavailable", act="close_room", show=stage.show_id, error=str(error))


def revoke_public(show_id: str, *, reason: str) -> None:
    """End the grants of a public show while its room stays, as for a private show (PS-06)."""
    _revoke_where(Grant.show_id == show_id, reason=reason)


def revoke_viewers(show_id: str, *, reason: str) -> None:
    """End what the public receives of a show, while its performer and its payers go on."""
    public = (Grant.role == MediaRole.VIEWER.value) & Grant.seat_id.is_(None)
    own = select(Grant.user_id).where(
        Grant.show_id == show_id, Grant.role == MediaRole.PUBLISHER.value
    )
    others = Grant.user_id.is_(None) | Grant.user_id.not_in(own)
    _revoke_where((Grant.show_id == show_id) & public & others, reason=reason)


def revoke_person(user_id: str, *, reason: str = "staff") -> None:
    """End everything that a person carries: after a removal or a sign-out everywhere."""
    _revoke_where(Grant.user_id == user_id, reason=reason)


def revoke_person_in(show_id: str, user_id: str, *, reason: str) -> None:
    """End what a person carries of one show."""
    _revoke_where((Grant.show_id == show_id) & (Grant.user_id == user_id), reason=reason)


def revoke_publisher(show_id: str, user_id: str, *, reason: str) -> None:
    """End what a person sends into a show; what they receive goes on."""
    sends = (Grant.role == MediaRole.PUBLISHER.value) & (Grant.user_id == user_id)
    _revoke_where((Grant.show_id == show_id) & sends, reason=reason)


def revoke_connection(sid: str, *, reason: str = "left") -> None:
    """End what one page received of public shows."""
    _revoke_where(
        (Grant.sid == sid) & (Grant.role == MediaRole.VIEWER.value) & Grant.seat_id.is_(None),
        reason=reason,
    )


def _revoke_where(condition: Any, *, reason: str) -> None:
    def act(session: Session) -> list[Grant]:
        grants = list(session.scalars(select(Grant).where(condition, Grant.state == "active")))
        if grants:
            session.execute(
                update(Grant)
                .where(Grant.id.in_([grant.id for grant in grants]))
                .values(state="revoked", revoked_at=now_ms(session), reason=reason[:48])
            )
        return grants

    for grant in transaction(act):
        revoke_at_engine(grant.provider, grant.id, reason)
        _tell_page(grant, "cut", reason=reason)


def revoke_at_engine(provider_key: str, grant_id: str, reason: str) -> None:
    """End one grant at the engine."""
    provider = provider_of(provider_key)
    if provider is None:
        return
    try:
        provider.revoke(grant_id, reason=reason)
    except MediaUnavailableError as error:
        log.warning("media_unavailable", act="revoke", grant=grant_id, error=str(error))


def reconcile() -> int:
    """Make every engine agree with the database; return how many grants had to be ended.

    What runs without a living row is revoked; leases of seats are told again;
    presence leases that lapsed are closed. Raises nothing: an engine that is
    away is looked at the next time.
    """
    ended = _close_lapsed()
    for key, provider in registry.media_providers().items():
        try:
            states = [state for state in provider.reconcile() if not state.revoked]
        except MediaUnavailableError as error:
            log.warning("media_unavailable", act="reconcile", provider=key, error=str(error))
            continue
        query = select(Grant).where(Grant.state == "active", Grant.provider == key)
        allowed = {grant.id: grant for grant in db.session.scalars(query)}
        for state in states:
            grant = allowed.get(state.grant_id)
            if grant is None:
                revoke_at_engine(key, state.grant_id, "reconcile")
                ended += 1
            elif grant.seat_id is not None:
                _sync_seat(grant.seat_id)
    return ended


def _close_lapsed() -> int:
    lapsed = now_ms(db.session()) - PRESENCE_MS
    query = select(Grant.id).where(
        Grant.state == "active", Grant.seat_id.is_(None), Grant.lease_until < lapsed
    )
    ids = list(db.session.scalars(query))
    if ids:
        _revoke_where(Grant.id.in_(ids) & (Grant.lease_until < lapsed), reason="left")
    return len(ids)


# --- Small parts --------------------------------------------------------------------------


def providers() -> dict[str, MediaProvider]:
    """Return what carries shows now: the engines of active plugins, and the built-in line."""
    return registry.media_providers() | {answering.KEY: answering.line()}


def provider_of(key: str) -> MediaProvider | None:
    """Return the active provider with this key."""
    return providers().get(key)


def carrier_of(base: str, *, now: str | None = None) -> str | None:
    """Return the key of what carries shows of a mode's base, None while no engine is active.

    `now` is what carries the show that goes on; an engine is kept.
    """
    if base == answering.TEXT:
        return answering.KEY
    if now is not None and now != answering.KEY:
        return now
    engine = registry.media_provider()
    return engine.key if engine is not None else None


def has_publisher(show_id: str) -> bool:
    """Whether somebody may publish in a show now."""
    query = select(Grant.id).where(
        Grant.show_id == show_id,
        Grant.state == "active",
        Grant.role == MediaRole.PUBLISHER.value,
    )
    return db.session.scalar(query.limit(1)) is not None


def _of_stage(stage: Stage, role: MediaRole, *, every: bool = False) -> Any:
    query = (
        select(Grant)
        .where(Grant.show_id == stage.show_id, Grant.state == "active", Grant.role == role.value)
        .order_by(Grant.made_at.desc(), Grant.id.desc())
        .with_for_update()
    )
    return query if every else query.limit(1)


def move(grant: Grant, holder: Holder) -> str | None:
    """Bind a grant to the newest page of its holder; return the page that had it."""
    older, grant.sid = grant.sid, holder.sid
    return older if older != holder.sid else None


def tell_replaced(grant: Grant, older: str | None) -> None:
    """Tell the page that had a grant before that another one plays now."""
    if older is not None:
        push(older, "media", {"event": "cut", "grant": grant.id, "reason": "replaced"})


def new_grant(
    session: Session, stage: Stage, holder: Holder, role: MediaRole, feeds: Sequence[str]
) -> Grant:
    """Write a grant, without a lease yet."""
    now = now_ms(session)
    grant = Grant(
        id=new_id(),
        provider=stage.provider,
        media_room=stage.media_room,
        show_id=stage.show_id,
        user_id=holder.user_id,
        sid=holder.sid,
        visitor=holder.visitor,
        role=role.value,
        feeds={"grants": list(feeds)},
        state="active",
        lease_seq=0,
        lease_until=now,
        made_at=now,
    )
    session.add(grant)
    return grant


def presence(session: Session, grant: Grant) -> Lease:
    """Prolong a presence lease from now on, up to the grant's own end."""
    now = now_ms(session)
    grant.lease_seq += 1
    until = now + PRESENCE_MS
    grant.lease_until = until if grant.ends_at is None else min(until, grant.ends_at)
    return Lease(seq=grant.lease_seq, until=grant.lease_until, now=now)


def set_presence(grant: Grant, now: int) -> None:
    """Tell the engine the presence lease that a grant has."""
    lease = Lease(seq=grant.lease_seq, until=grant.lease_until, now=now)
    _set_media(grant, on=lease.until > now, lease=lease)


def feeds_of(grant: Grant) -> tuple[str, ...]:
    """Return the grants whose media a grant may receive."""
    return tuple(grant.feeds.get("grants", ()))


def _tell_page(grant: Grant, event: str, **more: str) -> None:
    channel = f"user:{grant.user_id}" if grant.user_id is not None else grant.sid
    if channel is not None:
        push(channel, "media", {"event": event, "grant": grant.id, **more})


def gone() -> Refusal:
    """Return the refusal for a grant that is not the caller's any more."""
    return Refusal("gone", _("This video has ended or is open elsewhere."), _("Load it again."))


def _no_engine() -> Refusal:
    return Refusal(
        "media",
        _("The video service does not answer. Nothing is billed meanwhile."),
        _("It is tried again by itself."),
    )
