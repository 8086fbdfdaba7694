"""The engine: grants and rooms, and what their leases let flow."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from plugins.media_embedded.protocol import Code

from . import sdp
from .evidence import EVIDENCE_EVERY_S, Change
from .fanout import Feed
from .grants import RECEIVED_STALLS_AFTER_S, Grant, RefusedError
from .journal import Record
from .leases import LeaseMessage, Moment, Verdict
from .peer import Peer
from .recordings import Recordings
from .sdp import OfferRefusedError, Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .events import EventLog
    from .journal import Journal
    from .settings import Settings

TICK_S = 0.25
SOUND_STALLS_AFTER_S = 8.0
SOUND_PROOF_HOLDS_S = 12.0
PACKETS_PAUSE_S = 1.0
PAUSED_CONNECTION_LIVES_S = 900.0
REVOKED_LISTED_S = 3600.0

log = logging.getLogger(__name__)


class Engine:
    """Everything that the node knows; its methods are what the app may ask."""

    def __init__(self, settings: Settings, journal: Journal, events: EventLog) -> None:
        self._settings = settings
        self._journal = journal
        self._events = events
        self._grants: dict[str, Grant] = {}
        self._dead: set[str] = set()
        self._feeds: dict[str, Feed] = {}
        self._by_peer: dict[Peer, Grant] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._evidence_due = 0.0
        self.recordings = Recordings(settings.recordings, keep_free=settings.keep_free_mb << 20)
        self.lag_ms = 0.0

    async def start(self) -> None:
        """Take back what an earlier process held, cut what is overdue, say what was lost."""
        await asyncio.to_thread(self.recordings.mend)
        moment = Moment.present()
        lost_boot, records = self._journal.open(moment.wall)
        await self._journal.write_boot(self._events.boot)
        lost: list[str] = []
        overdue: list[Grant] = []
        for record in records:
            if record.revoked:
                self._dead.add(record.grant_id)
                continue
            grant = Grant(record.grant_id, record.room, Role(record.role), record.feeds)
            grant.lease.restore(seq=record.seq, until=record.until, on=record.on, moment=moment)
            grant.cut_at_seq = record.seq if record.cut else None
            self._grants[grant.grant_id] = grant
            if record.cut:
                continue
            lost.append(grant.grant_id)
            if grant.lease.ended(moment):
                overdue.append(grant)
        if lost:
            self._events.emit("engine_lost", data={"grants": lost, "boot": lost_boot})
        for grant in overdue:
            self._cut(grant)
        for grant in self._grants.values():
            self._sync(grant)
        self._run(self._ticking())

    # What the app may ask.

    async def ensure_room(self, room: str, publishers: int) -> None:
        """Rooms come into being with their grants; this only answers that the node is there."""

    async def close_room(self, room: str, reason: str) -> None:
        """Revoke every grant of a room."""
        moment = Moment.present()
        grants = [grant for grant in self._grants.values() if grant.room == room]
        for grant in grants:
            self._end(grant, reason)
        await self._journal.write(*(grant.record(moment) for grant in grants))
        self._events.emit("room_closed", room=room, data={"reason": reason})

    async def grant(
        self, grant_id: str, room: str, role: Role, feeds: Sequence[str], lease: LeaseMessage
    ) -> dict[str, Any]:
        """Permit media, or renew a permission; return the descriptor for the page."""
        moment = Moment.present()
        if grant_id in self._dead:
            raise RefusedError(Code.REVOKED, "This grant was revoked.")
        grant = self._grants.get(grant_id)
        if grant is None:
            grant = Grant(grant_id, room, role, tuple(feeds))
        elif (grant.room, grant.role) != (room, role):
            raise RefusedError(Code.BAD_REQUEST, "A grant keeps its room and role.")
        verdict = grant.lease.apply(lease, moment, on=lease.until > lease.now)
        if verdict is Verdict.REVOKED:
            raise RefusedError(Code.REVOKED, "This grant was revoked.")
        if verdict is Verdict.STALE:
            raise _stale(lease, moment)
        self._grants[grant_id] = grant
        if verdict is Verdict.APPLIED:
            self._refeed(grant, tuple(feeds))
            self._sync(grant)
            await self._journal.write(grant.record(moment))
        return self._descriptor(grant)

    async def set_media(self, grant_id: str, lease: LeaseMessage, *, on: bool) -> None:
        """Pause, resume or extend."""
        moment = Moment.present()
        grant = self._grants.get(grant_id)
        if grant is None:
            if grant_id in self._dead:
                return
            raise RefusedError(Code.UNKNOWN_GRANT, "The node does not hold this grant.")
        verdict = grant.lease.apply(lease, moment, on=on)
        if verdict is Verdict.STALE:
            raise _stale(lease, moment)
        if verdict is Verdict.APPLIED:
            self._sync(grant)
            await self._journal.write(grant.record(moment))

    async def revoke(self, grant_id: str, reason: str) -> None:
        """Cut now and for ever."""
        grant = self._grants.get(grant_id)
        moment = Moment.present()
        if grant is not None:
            self._end(grant, reason)
            await self._journal.write(grant.record(moment))
        elif grant_id not in self._dead:
            # Unknown here, but it may still arrive: a late grant must not open it.
            self._dead.add(grant_id)
            await self._journal.write(
                Record(
                    grant_id=grant_id,
                    room="",
                    role=Role.VIEWER.value,
                    seq=0,
                    until=moment.wall,
                    on=False,
                    at=moment.wall,
                    revoked=True,
                )
            )

    async def signal(self, grant_id: str, message: Any, size: int) -> list[dict[str, Any]]:
        """Take a page's message and return the answers."""
        grant = self._grants.get(grant_id)
        if grant is None or grant.lease.revoked:
            raise RefusedError(Code.SIGNAL_REFUSED, "This grant is not open.")
        moment = Moment.present()
        if refusal := grant.limiter.refusal(size, moment.mono):
            raise RefusedError(Code.SIGNAL_REFUSED, refusal)
        if grant.lease.ended(moment):
            raise RefusedError(Code.SIGNAL_REFUSED, "The lease of this grant has ended.")
        try:
            return await self._signalled(grant, message)
        except OfferRefusedError as error:
            raise RefusedError(Code.SIGNAL_REFUSED, str(error)) from error

    def start_recording(
        self, recording_id: str, grant_id: str, *, most_ms: int, most_bytes: int
    ) -> None:
        """Record what a grant publishes, until it ends or a limit is reached."""
        grant = self._grants.get(grant_id)
        if grant is None or grant.lease.revoked or not grant.role.sends:
            raise RefusedError(Code.UNKNOWN_GRANT, "Nothing is published under this grant.")
        self.recordings.start(recording_id, grant_id, most_ms=most_ms, most_bytes=most_bytes)

    def reconcile(self, room: str | None) -> list[dict[str, Any]]:
        """Return what is held, of one room or of all."""
        moment = Moment.present()
        return [
            grant.state(moment)
            for grant in self._grants.values()
            if room is None or grant.room == room
        ]

    def health(self) -> dict[str, Any]:
        """Return figures for the health page."""
        peers = [grant.peer for grant in self._grants.values() if grant.peer is not None]
        return {
            "node": self._events.node,
            "boot": self._events.boot,
            "now": Moment.present().wall,
            "lag_ms": round(self.lag_ms, 1),
            "grants": len(self._grants),
            "connections": sum(peer.connected for peer in peers),
        }

    # What connections tell.

    def connected(self, peer: Peer) -> None:
        """Let media flow as far as the lease allows."""
        if (grant := self._by_peer.get(peer)) is not None:
            self._sync(grant)

    def gone(self, peer: Peer, reason: str) -> None:
        """Note that a connection is over."""
        grant = self._by_peer.pop(peer, None)
        if grant is None or grant.peer is not peer:
            return
        self._stop(grant)
        grant.peer = None
        self._down(grant, reason)

    def media(self, peer: Peer, kind: str, data: bytes, timestamp: int) -> None:
        """Fan a frame out, if the lease of its sender carries it."""
        grant = self._by_peer.get(peer)
        if grant is None or grant.peer is not peer or not grant.flowing:
            return
        moment = Moment.present()
        if not grant.lease.carries(moment):
            return
        grant.sent_by_kind[kind] = moment.wall
        self._tell(grant, "sent", grant.sent.seen(moment))
        self._feed(grant.grant_id).frame(kind, peer, data, timestamp, moment)
        self.recordings.frame(grant.grant_id, kind, peer, data, timestamp, moment)

    def sent(self, peer: Peer, kind: str) -> None:
        """Note that a frame was given to a viewer."""
        if (grant := self._by_peer.get(peer)) is None:
            return
        moment = Moment.present()
        if moment.mono - grant.last_packet_mono > PACKETS_PAUSE_S:
            # Nothing could be received meanwhile, and that is not the viewer's doing.
            grant.received.last_mono = moment.mono
        grant.last_packet_wall = moment.wall
        grant.last_packet_mono = moment.mono
        if kind == "video":
            grant.last_picture_mono = moment.mono

    def reported(self, peer: Peer) -> None:
        """Note that a viewer proved reception."""
        grant = self._by_peer.get(peer)
        if grant is not None and grant.peer is peer and grant.flowing:
            moment = Moment.present()
            grant.proved_mono = moment.mono
            self._tell(grant, "received", grant.received.seen(moment))

    def alive(self, peer: Peer) -> None:
        """Count any report as a proof where proper ones are rare.

        About sound alone Chromium reports only every 2 to 8 seconds, but every
        second it sends a report without content for the picture that rests.
        """
        grant = self._by_peer.get(peer)
        if grant is None or grant.peer is not peer or not grant.flowing:
            return
        moment = Moment.present()
        if (
            grant.sound_only(moment)
            and moment.mono - grant.last_packet_mono < PACKETS_PAUSE_S
            and moment.mono - grant.proved_mono < SOUND_PROOF_HOLDS_S
        ):
            self._tell(grant, "received", grant.received.seen(moment))

    # How it works.

    async def _signalled(self, grant: Grant, message: Any) -> list[dict[str, Any]]:
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "offer" and isinstance(message.get("sdp"), str):
            async with grant.negotiating:
                return [{"type": "answer", "sdp": await self._connect(grant, message["sdp"])}]
        if kind == "candidates" and isinstance(message.get("candidates"), list):
            async with grant.negotiating:
                for candidate in message["candidates"][: sdp.MOST_CANDIDATES]:
                    if not isinstance(candidate, str):
                        raise OfferRefusedError("A candidate is malformed.")
                    if grant.peer is not None:
                        await grant.peer.add_candidate(candidate)
            return []
        raise OfferRefusedError("A message is an offer with sdp, or candidates.")

    async def _connect(self, grant: Grant, text: str) -> str:
        sections = sdp.sections_for(grant.role, len(grant.feeds))
        offer = sdp.checked_offer(text, sections)
        peer = Peer(self, sections, self._settings.for_connections())
        try:
            answer = await peer.answer(
                offer, start_kbps=self._settings.start_kbps, most_kbps=self._settings.most_kbps
            )
        except Exception as error:
            peer.close("refused")
            log.info("An offer could not be used: %r", error)
            raise OfferRefusedError("The offer could not be used.") from error
        if grant.lease.revoked or grant.lease.ended(Moment.present()):
            peer.close("ended")
            raise OfferRefusedError("This grant has ended.")
        self._stop(grant)
        older, grant.peer = grant.peer, peer
        self._by_peer[peer] = grant
        if older is not None:
            self._by_peer.pop(older, None)
            older.close("replaced")
        return answer

    def _descriptor(self, grant: Grant) -> dict[str, Any]:
        return {
            "v": 1,
            "sections": [
                {"kind": section.kind, "direction": section.direction, "feed": section.feed}
                for section in sdp.sections_for(grant.role, len(grant.feeds))
            ],
            "iceServers": self._settings.for_page(grant.grant_id),
            "maxKbps": self._settings.most_kbps,
        }

    def _feed(self, feed_id: str) -> Feed:
        return self._feeds.setdefault(feed_id, Feed(feed_id))

    def _refeed(self, grant: Grant, feeds: tuple[str, ...]) -> None:
        if grant.feeds != feeds:
            self._stop(grant)
            grant.feeds = feeds

    def _sync(self, grant: Grant) -> None:
        """Make what flows agree with the lease, and arm the end of it."""
        moment = Moment.present()
        if grant.timer is not None:
            grant.timer.cancel()
            grant.timer = None
        if grant.lease.ended(moment):
            self._cut(grant)
        elif not grant.lease.carries(moment):
            # What was proved since the last round would be lost: it is billed up to here.
            self._evidence(grant)
            self._stop(grant)
            grant.sent.end()
            grant.received.end()
        else:
            loop = asyncio.get_running_loop()
            wait_s = max(0.0, grant.lease.remaining_s(moment))
            grant.timer = loop.call_later(wait_s, self._sync, grant)
            self._flow(grant)

    def _flow(self, grant: Grant) -> None:
        peer = grant.peer
        if grant.flowing or peer is None or not peer.connected or peer.closed:
            return
        grant.flowing = True
        if grant.role.sends:
            self._feed(grant.grant_id).source = peer
        for place, output in peer.outputs:
            if place < len(grant.feeds):
                self._feed(grant.feeds[place]).join(output)

    def _stop(self, grant: Grant) -> None:
        """Take a grant out of the fan-out: after this call nothing flows to or from it."""
        if not grant.flowing:
            return
        grant.flowing = False
        grant.proved_mono = float("-inf")
        touched = {grant.grant_id, *grant.feeds}
        if grant.role.sends:
            own = self._feed(grant.grant_id)
            own.source = None
            own.hold()
        if grant.peer is not None:
            for _, output in grant.peer.outputs:
                if output.feed is not None:
                    output.feed.leave(output)
        for feed_id in touched:
            feed = self._feeds.get(feed_id)
            if feed is not None and feed.idle:
                feed.want_keyframe.cancel()
                del self._feeds[feed_id]

    def _cut(self, grant: Grant) -> None:
        """The lease has run out: end media, then say so."""
        self._close(grant, "lease ended")
        if grant.cut_at_seq == grant.lease.seq:
            return
        grant.cut_at_seq = grant.lease.seq
        self._events.emit(
            "media_cut",
            grant_id=grant.grant_id,
            room=grant.room,
            data={
                "until": grant.lease.until,
                "last_packet_at": grant.last_packet_wall,
                "sent_at": grant.sent.last_wall,
                "received_at": grant.received.last_wall,
            },
        )
        self._run(self._journal.write(grant.record(Moment.present())))

    def _end(self, grant: Grant, reason: str) -> None:
        """Revoke: after this call nothing flows, and nothing ever will."""
        grant.lease.revoke()
        if grant.timer is not None:
            grant.timer.cancel()
            grant.timer = None
        grant.lease.changed = Moment.present().mono
        self._close(grant, f"revoked: {reason}")

    def _close(self, grant: Grant, reason: str) -> None:
        self._stop(grant)
        self.recordings.end_of(grant.grant_id)
        peer, grant.peer = grant.peer, None
        if peer is not None:
            self._by_peer.pop(peer, None)
            peer.close(reason)
        self._down(grant, reason)

    def _down(self, grant: Grant, reason: str) -> None:
        for direction, watch in (("sent", grant.sent), ("received", grant.received)):
            if watch.end():
                self._tell(grant, direction, Change.DOWN, reason=reason)

    def _tell(
        self, grant: Grant, direction: str, change: Change | None, *, reason: str | None = None
    ) -> None:
        if change is None:
            return
        data: dict[str, Any] = {"direction": direction, **grant.proof()}
        if change is Change.DOWN:
            data["reason"] = reason or "no media"
        self._events.emit(change.value, grant_id=grant.grant_id, room=grant.room, data=data)

    async def _ticking(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + TICK_S
        while True:
            await asyncio.sleep(max(0.0, due - loop.time()))
            self.lag_ms = max(self.lag_ms * 0.9, (loop.time() - due) * 1000)
            due = max(due + TICK_S, loop.time())
            try:
                self._tick(Moment.present())
            except Exception:
                log.exception("A tick failed.")

    def _tick(self, moment: Moment) -> None:
        evidence = moment.mono >= self._evidence_due
        if evidence:
            self._evidence_due = moment.mono + EVIDENCE_EVERY_S
        for grant in tuple(self._grants.values()):
            self._tick_grant(grant, moment)
            if evidence:
                self._evidence(grant)

    def _evidence(self, grant: Grant) -> None:
        proved = (grant.sent.last_wall, grant.received.last_wall)
        if grant.flowing and proved != grant.told:
            grant.told = proved
            self._events.emit(
                "media_evidence", grant_id=grant.grant_id, room=grant.room, data=grant.proof()
            )

    def _tick_grant(self, grant: Grant, moment: Moment) -> None:
        held_s = moment.mono - grant.lease.changed
        if grant.lease.revoked:
            if held_s > REVOKED_LISTED_S:
                self._dead.add(grant.grant_id)
                del self._grants[grant.grant_id]
            return
        # The timer runs on the monotonic clock; this sees a wall clock that was set forward.
        if grant.lease.ended(moment):
            if grant.cut_at_seq != grant.lease.seq:
                self._cut(grant)
            elif -grant.lease.remaining_s(moment) > REVOKED_LISTED_S:
                del self._grants[grant.grant_id]
            return
        if not grant.lease.on:
            if grant.peer is not None and held_s > PAUSED_CONNECTION_LIVES_S:
                self._close(grant, "paused too long")
            return
        self._tell(grant, "sent", grant.sent.tick(moment))
        if moment.mono - grant.last_packet_mono < PACKETS_PAUSE_S:
            grant.received.stalled_after_s = (
                SOUND_STALLS_AFTER_S if grant.sound_only(moment) else RECEIVED_STALLS_AFTER_S
            )
            self._tell(grant, "received", grant.received.tick(moment))

    def _run(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Close every connection, without ending any lease."""
        for task in self._tasks:
            task.cancel()
        for peer in tuple(self._by_peer):
            peer.close("the node stops")
        await asyncio.to_thread(self.recordings.close)


def _stale(lease: LeaseMessage, moment: Moment) -> RefusedError:
    return RefusedError(
        Code.STALE,
        f"The lease was made {moment.wall - lease.now} ms ago by the node's clock; "
        "make a fresh one, and compare the clocks of both machines.",
    )
