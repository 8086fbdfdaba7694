"""The facts that plugins and the core's own listeners hear, after they are committed.

They are written to the outbox in the transaction they tell of and delivered at
least once: a handler is idempotent on `id`. Times are epoch milliseconds,
amounts minor units.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True)
class Event:
    """What every fact carries."""

    kinds: ClassVar[dict[str, type[Event]]] = {}

    id: str
    at: int
    actor_id: str | None = None

    def __init_subclass__(cls) -> None:
        """Remember each kind by name, so that the outbox can rebuild it."""
        Event.kinds[cls.__name__] = cls

    def payload(self) -> dict[str, Any]:
        """Return the JSON form for the outbox."""
        return asdict(self)


def rebuild(kind: str, payload: dict[str, Any]) -> Event | None:
    """Return the event of an outbox row, or None when no one knows its kind any more."""
    cls = Event.kinds.get(kind)
    if cls is None:
        return None
    known = {field.name for field in fields(cls)}
    return cls(**{name: value for name, value in payload.items() if name in known})


@dataclass(frozen=True, kw_only=True)
class UserRegistered(Event):
    """Somebody made an account."""

    user_id: str
    role: str


@dataclass(frozen=True, kw_only=True)
class ShowStarted(Event):
    """A room went live, or a private show began."""

    show_id: str
    room_id: str
    mode: str
    private: bool


@dataclass(frozen=True, kw_only=True)
class ShowEnded(Event):
    """A show is over."""

    show_id: str
    room_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ModeChanged(Event):
    """A running public show became one of another kind."""

    show_id: str
    room_id: str
    mode: str


@dataclass(frozen=True, kw_only=True)
class RequestChanged(Event):
    """A request for a private show was made, withdrawn, refused, accepted, or ended by time."""

    request_id: str
    room_id: str
    client_id: str
    state: str


@dataclass(frozen=True, kw_only=True)
class SeatOpened(Event):
    """A payer's seat was opened, with its first block secured."""

    seat_id: str
    show_id: str
    room_id: str


@dataclass(frozen=True, kw_only=True)
class SeatPaused(Event):
    """A seat is paused: nothing is billed."""

    seat_id: str
    show_id: str
    room_id: str
    cause: str


@dataclass(frozen=True, kw_only=True)
class SeatResumed(Event):
    """A paused or exhausted seat goes on."""

    seat_id: str
    show_id: str
    room_id: str


@dataclass(frozen=True, kw_only=True)
class SeatExhausted(Event):
    """A seat was cut because its secured time was used up."""

    seat_id: str
    show_id: str
    room_id: str


@dataclass(frozen=True, kw_only=True)
class SeatClosed(Event):
    """A seat is over and settled, or void."""

    seat_id: str
    show_id: str
    room_id: str
    reason: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class MessageSent(Event):
    """A line of chat was posted."""

    message_id: str
    room_id: str
    show_id: str | None


@dataclass(frozen=True, kw_only=True)
class TransferPosted(Event):
    """Money moved in the books."""

    transfer_id: str
    kind: str
    source: str
    reverses: str | None = None


@dataclass(frozen=True, kw_only=True)
class SpentInRoom(Event):
    """Somebody paid for something in a room, such as a tip; `amount` is what they paid."""

    transfer_id: str
    room_id: str
    show_id: str | None
    kind: str
    amount: int
    source: str


@dataclass(frozen=True, kw_only=True)
class PaymentSettled(Event):
    """A payment intent was credited."""

    intent_id: str
    user_id: str
    credits: int


@dataclass(frozen=True, kw_only=True)
class EscrowEnded(Event):
    """Money that waited was paid out or given back; `reason` says why."""

    escrow_id: str
    kind: str
    source: str
    state: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ItemSold(Event):
    """An item was bought, by wallet or directly; `source` is the plugin's own word for it."""

    sale_id: str
    slug: str
    item_id: str
    user_id: str
    seller_id: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Announced(Event):
    """Somebody has something new for all: `what` is ``event`` or ``item``; `link` is a path."""

    performer_id: str
    what: str
    title: str
    link: str


@dataclass(frozen=True, kw_only=True)
class SettingChanged(Event):
    """An owner changed a setting; secrets are blanked."""

    plugin: str
    key: str


@dataclass(frozen=True, kw_only=True)
class PluginStateChanged(Event):
    """A plugin was switched on or off, quarantined or removed."""

    slug: str
    state: str


@dataclass(frozen=True, kw_only=True)
class CodeChanged(Event):
    """Code was brought in, exchanged or taken away; `kind` is plugin or theme.

    `act` is installed, upgraded, rolled_back, uninstalled or purged.
    """

    kind: str
    slug: str
    act: str
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class ThemeChanged(Event):
    """The site wears another theme."""

    slug: str
