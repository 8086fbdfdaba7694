"""RM-01, RM-05: what a room is, as a pure rule."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ppvcms.rooms.states import OFFLINE_AFTER_MS, RoomSignals, RoomState, since, state_of

NOW = 10_000_000
LIVE = RoomSignals(
    show_live=True,
    private=False,
    paid=False,
    hidden=False,
    away_since=None,
    started_at=NOW - 90_000,
    evidence_at=NOW - 1_000,
)


def test_a_free_show_with_a_camera_is_online() -> None:
    assert state_of(LIVE, NOW) is RoomState.ONLINE


def test_a_paid_public_show_is_a_group() -> None:
    assert state_of(replace(LIVE, paid=True), NOW) is RoomState.GROUP


def test_a_show_without_any_media_yet_is_offline() -> None:
    assert state_of(replace(LIVE, evidence_at=None), NOW) is RoomState.OFFLINE


def test_a_short_drop_does_not_flicker_and_a_long_one_is_offline() -> None:
    drop = replace(LIVE, evidence_at=NOW - OFFLINE_AFTER_MS)
    assert state_of(drop, NOW) is RoomState.ONLINE
    assert state_of(drop, NOW + 1) is RoomState.OFFLINE


def test_a_private_show_lasts_until_its_meter_closes_it() -> None:
    private = replace(LIVE, private=True, paid=True, evidence_at=None)
    assert state_of(private, NOW) is RoomState.PRIVATE


def test_away_comes_before_hidden_and_tells_since_when() -> None:
    away = replace(LIVE, away_since=NOW - 5_000, hidden=True)
    assert state_of(away, NOW) is RoomState.AWAY
    assert since(away, RoomState.AWAY) == NOW - 5_000
    assert state_of(replace(away, away_since=None), NOW) is RoomState.HIDDEN


@given(
    st.builds(
        RoomSignals,
        show_live=st.booleans(),
        private=st.booleans(),
        paid=st.booleans(),
        hidden=st.booleans(),
        away_since=st.none() | st.integers(0, NOW),
        started_at=st.none() | st.integers(0, NOW),
        evidence_at=st.none() | st.integers(0, NOW),
    )
)
def test_the_public_picture_is_offered_only_while_the_performer_is_there(
    signals: RoomSignals,
) -> None:
    state = state_of(signals, NOW)
    if state.public_media:
        assert signals.show_live
        assert not signals.private
        assert not signals.hidden
        assert signals.evidence_at is not None
    assert (since(signals, state) is None) or state is not RoomState.OFFLINE
