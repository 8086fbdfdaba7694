"""What holds for every media engine. Subclass `MediaContract` and give it a provider."""

from __future__ import annotations

import contextlib
import time
import uuid
from typing import TYPE_CHECKING

import pytest

from ppvcms.media.contract import (
    GrantState,
    Lease,
    MediaCapabilities,
    MediaProvider,
    MediaRole,
    MediaUnavailableError,
    SignalRefusedError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

MINUTE_MS = 60_000


class MediaContract:
    """An engine carries what it was granted, as long as it was, and nothing after a revocation."""

    @pytest.fixture
    def provider(self) -> Iterator[MediaProvider]:
        """The provider, with an engine behind it that answers."""
        raise NotImplementedError

    @pytest.fixture
    def room(self, provider: MediaProvider) -> Iterator[str]:
        """A room that the engine knows; told twice, as after a lost answer."""
        name = f"room-{uuid.uuid4().hex}"
        for _ in range(2):
            provider.ensure_room(name, publishers=2)
        yield name
        provider.close_room(name, reason="the test is over")

    def publish(
        self,
        provider: MediaProvider,
        room: str,
        *,
        seq: int = 1,
        ms: int = MINUTE_MS,
        grant_id: str = "",
    ) -> str:
        """Let somebody publish; return the grant."""
        grant_id = grant_id or uuid.uuid4().hex
        provider.grant(
            grant_id,
            room=room,
            role=MediaRole.PUBLISHER,
            feeds=[grant_id],
            lease=_lease(seq, ms),
        )
        return grant_id

    def test_it_says_what_it_is(self, provider: MediaProvider) -> None:
        """A key, a label, capabilities, and the module that pages load."""
        assert isinstance(provider, MediaProvider)
        assert provider.key.isidentifier()
        assert str(provider.label).strip()
        assert isinstance(provider.capabilities, MediaCapabilities)
        assert provider.client_module

    def test_a_grant_told_twice_is_one(self, provider: MediaProvider, room: str) -> None:
        """The answer got lost and the call comes again: one grant, with a descriptor."""
        grant_id = self.publish(provider, room)
        again = provider.grant(
            grant_id,
            room=room,
            role=MediaRole.PUBLISHER,
            feeds=[grant_id],
            lease=_lease(1, MINUTE_MS),
        )
        assert isinstance(again, dict)
        assert [one.grant_id for one in provider.reconcile(room)] == [grant_id]

    def test_the_higher_lease_wins(self, provider: MediaProvider, room: str) -> None:
        """Calls overtake each other; an equal or lower number changes nothing."""
        grant_id = self.publish(provider, room, seq=2)
        late, equal, next_one = _lease(1, 0), _lease(2, 0), _lease(3, 2 * MINUTE_MS)
        for lease in (late, equal):
            provider.set_media(grant_id, on=False, lease=lease)
            assert _state(provider, room, grant_id).seq == 2
            assert _state(provider, room, grant_id).on
        provider.set_media(grant_id, on=True, lease=next_one)
        assert _state(provider, room, grant_id).seq == 3

    def test_it_pauses_and_goes_on(self, provider: MediaProvider, room: str) -> None:
        """Without a new connection; a grant whose lease is over begins paused."""
        grant_id = self.publish(provider, room, ms=0)
        assert not _state(provider, room, grant_id).on
        for seq, on in ((2, True), (3, False), (4, True)):
            provider.set_media(grant_id, on=on, lease=_lease(seq, MINUTE_MS))
            assert _state(provider, room, grant_id).on is on

    def test_what_was_revoked_never_comes_back(self, provider: MediaProvider, room: str) -> None:
        """No later lease, grant or message revives it, and revoking again is no error."""
        grant_id = self.publish(provider, room)
        for _ in range(2):
            provider.revoke(grant_id, reason="out")
        provider.set_media(grant_id, on=True, lease=_lease(9, MINUTE_MS))
        with contextlib.suppress(MediaUnavailableError):
            self.publish(provider, room, seq=10, grant_id=grant_id)
        kept = [one for one in provider.reconcile(room) if one.grant_id == grant_id]
        assert all(one.revoked and not one.on for one in kept)
        with pytest.raises(SignalRefusedError):
            provider.signal(grant_id, {"type": "offer", "sdp": "v=0"})

    def test_who_has_no_grant_says_nothing(self, provider: MediaProvider, room: str) -> None:
        """A message for a grant that does not exist is refused."""
        del room
        with pytest.raises(SignalRefusedError):
            provider.signal(uuid.uuid4().hex, {"type": "offer", "sdp": "v=0"})

    def test_a_room_is_closed_alone(self, provider: MediaProvider, room: str) -> None:
        """Every grant of it is revoked, and no other room notices."""
        other = f"room-{uuid.uuid4().hex}"
        provider.ensure_room(other, publishers=1)
        stays, goes = self.publish(provider, other), self.publish(provider, room)
        for _ in range(2):
            provider.close_room(room, reason="over")
        assert all(one.revoked for one in provider.reconcile(room) if one.grant_id == goes)
        assert not _state(provider, other, stays).revoked
        provider.close_room(other, reason="over")


def _lease(seq: int, ms: int) -> Lease:
    now = time.time_ns() // 1_000_000
    return Lease(seq, now + ms, now)


def _state(provider: MediaProvider, room: str, grant_id: str) -> GrantState:
    (found,) = (one for one in provider.reconcile(room) if one.grant_id == grant_id)
    return found
