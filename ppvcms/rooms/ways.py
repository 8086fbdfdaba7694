"""Which ways lead into a room now: pure rules over what runs there (MD-04, MD-07, MD-08)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from ppvcms.accounts.models import Role, UserRole
from ppvcms.db import db, reading
from ppvcms.host import registry
from ppvcms.media.presence import TEXT
from ppvcms.rooms.models import VoyeurAgreement
from ppvcms.rooms.modes import MOST_SLOTS, Entry, PayerRole
from ppvcms.rooms.states import RoomState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ppvcms.rooms.models import Room, Show
    from ppvcms.rooms.modes import RoomMode

_AGREED = select(VoyeurAgreement.room_id, VoyeurAgreement.mode).where(
    VoyeurAgreement.room_id.in_(bindparam("ids", expanding=True)),
    VoyeurAgreement.ended_at.is_(None),
)
ASKED = frozenset({RoomState.ONLINE, RoomState.GROUP, RoomState.HIDDEN, RoomState.PRIVATE})


@dataclass(frozen=True, slots=True)
class Scene:
    """What runs in a room: its state, the public show, and the private one inside it."""

    state: RoomState
    public: RoomMode | None = None
    private: RoomMode | None = None
    agreed: frozenset[str] = frozenset()
    auto_reject: bool = False
    performer_roles: frozenset[str] = frozenset()
    free_until: int | None = None
    carries: str = "video"

    @property
    def slots(self) -> int:
        """How many two-way places the public show has."""
        has_way = way_of(PayerRole.TWO_WAY) is not None
        return slots_of(self.public) if self.public is not None and has_way else 0

    def voyeurs(self, *, private: bool) -> bool:
        """Whether the public show, or a private inside it, may be watched unseen (R-41, R-42)."""
        mode = self.public
        if mode is None or mode.key not in self.agreed or way_of(PayerRole.VOYEUR) is None:
            return False
        return mode.ruled.voyeurs.allow(private=private)

    def offers(self, mode: RoomMode) -> bool:
        """Whether this performer may offer a kind of show at all (MD-03).

        From a show that is written (MD-12) others are offered while an engine is active.
        """
        written = self.public is not None and self.public.base == TEXT
        if written and mode.base != TEXT and registry.media_provider() is None:
            return False
        performers = mode.ruled.performers
        return not performers or bool(performers & self.performer_roles)

    def is_open(self, mode: RoomMode) -> bool:
        """Whether a mode can be had in the room at this moment."""
        state = self.state
        if mode.entry is Entry.REQUEST:
            return not self.auto_reject and state in ASKED and self.offers(mode)
        if mode.entry is Entry.ADMIT:
            return state.public_media and self.slots > 0
        if mode.way:
            if state is RoomState.PRIVATE:
                exclusive = self.private is None or self.private.exclusive
                return not exclusive and self.voyeurs(private=True)
            return state.public_media and self.voyeurs(private=False)
        return state.public_media and self.public is not None and self.public.key == mode.key

    def shows(self, mode: RoomMode) -> bool:
        """Whether the price of a mode belongs on the room's list."""
        if mode.entry is Entry.ADMIT:
            return any(slots_of(one) for one in self._public_modes())
        if mode.way:
            private = self.state is RoomState.PRIVATE
            return any(self._may_be_watched(one) for one in self._public_modes()) or (
                private and self.is_open(mode)
            )
        return self.offers(mode)

    def _may_be_watched(self, mode: RoomMode) -> bool:
        rule = mode.ruled.voyeurs
        return mode.key in self.agreed and (rule.allow(private=True) or rule.allow(private=False))

    def _public_modes(self) -> Iterable[RoomMode]:
        """Return the show that runs, or all that could while none does."""
        if self.public is not None:
            return (self.public,)
        return [mode for mode in registry.room_modes().values() if mode.public]


def slots_of(mode: RoomMode) -> int:
    """Return how many two-way places shows of a mode have."""
    return max(0, min(MOST_SLOTS, mode.ruled.slots))


def way_of(role: PayerRole) -> RoomMode | None:
    """Return the way into shows for a payer role: the first that an active plugin offers."""
    ways = (mode for mode in registry.room_modes().values() if mode.way)
    return next((mode for mode in ways if mode.role is role), None)


def may_watch(mode: RoomMode, roles: frozenset[str]) -> bool:
    """Whether somebody with these roles may watch shows of a mode (MD-03)."""
    watchers = mode.ruled.watchers
    return not watchers or bool(watchers & roles)


def scene_of(room: Room, state: RoomState, *, show: Show | None, parent: Show | None) -> Scene:
    """Return what runs in one room; `show` is its current one, `parent` what that interrupted."""
    return scenes([(room, state, show, parent)])[room.id]


def scenes(
    rooms: Iterable[tuple[Room, RoomState, Show | None, Show | None]],
) -> dict[str, Scene]:
    """Return what runs in rooms, by few queries however many there are."""
    found = list(rooms)
    agreed = agreements([room.id for room, *_ in found])
    roles = roles_of([room.performer_id for room, *_ in found])
    return {
        room.id: _scene(room, state, show, parent, agreed, roles)
        for room, state, show, parent in found
    }


def _scene(
    room: Room,
    state: RoomState,
    show: Show | None,
    parent: Show | None,
    agreed: Mapping[str, frozenset[str]],
    roles: Mapping[str, frozenset[str]],
) -> Scene:
    private = show if show is not None and show.private else None
    public = parent if private is not None else show
    live = state.live and public is not None
    mode = registry.room_mode(public.mode) if public is not None else None
    return Scene(
        state=state,
        public=mode if live else None,
        private=registry.room_mode(private.mode) if private is not None else None,
        agreed=agreed.get(room.id, frozenset()),
        auto_reject=room.auto_reject,
        performer_roles=roles.get(room.performer_id, frozenset()),
        free_until=public.free_until if live and public is not None else None,
        # Also before the first sign, when the page has to know what to send.
        carries=mode.base if mode is not None else "video",
    )


def agreements(room_ids: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return the modes in which performers agreed to be watched unseen, by room."""
    found: dict[str, set[str]] = {}
    for room_id, mode in reading().execute(_AGREED, {"ids": list(room_ids)}).all():
        found.setdefault(room_id, set()).add(mode)
    return {room_id: frozenset(modes) for room_id, modes in found.items()}


def roles_of(user_ids: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return people's roles, asked for only when a mode is for some of them."""
    if not any(mode.ruled.performers for mode in registry.room_modes().values()):
        return {}
    query = (
        select(UserRole.user_id, Role.key)
        .join(Role, Role.id == UserRole.role_id)
        .where(UserRole.user_id.in_(list(user_ids)))
    )
    found: dict[str, set[str]] = {}
    for user_id, key in db.session.execute(query):
        found.setdefault(user_id, set()).add(key)
    return {user_id: frozenset(keys) for user_id, keys in found.items()}
