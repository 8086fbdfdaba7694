"""Bill any timeline of starts, drops, money and ends, by the meter's own clock (MT-18).

Pure: nothing is stored and nobody waits. A side that is up gives a sign every
two seconds, the meter looks when the clock asks for it, and what it comes to is
divided by the functions that divide a real charge.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from ppvcms.ledger.books import split_charge
from ppvcms.metering.clock import opened, step
from ppvcms.metering.figures import SIGN_EVERY_MS, next_look, period_amounts
from ppvcms.metering.sharing import as_books
from ppvcms.metering.spans import Span, add_sign, counted_spans, within
from ppvcms.metering.state import (
    Back,
    Close,
    End,
    Evidence,
    Free,
    GoOn,
    NextBlock,
    Phase,
    Reason,
    Rerate,
    Rest,
    RestOver,
    SeatState,
    Secure,
    Tick,
    Unbilled,
    Wait,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ppvcms.ledger.books import Part
    from ppvcms.metering.state import Command, Commands, Event
    from ppvcms.metering.terms import Segment, Sharer, Terms

ENDS_AFTER_MS = 7_200_000


class What(StrEnum):
    """What can happen on a timeline."""

    PERFORMER_UP = "performer_up"
    PERFORMER_DOWN = "performer_down"
    GUEST_UP = "guest_up"
    GUEST_DOWN = "guest_down"
    PAYER_UP = "payer_up"
    PAYER_DOWN = "payer_down"
    PAYER_BLIND = "payer_blind"
    MONEY = "money"
    TIP = "tip"
    ROLE = "role"
    PRICE = "price"
    SHARERS = "sharers"
    PRIVATE_BEGINS = "private_begins"
    PRIVATE_ENDS = "private_ends"
    GO_ON = "go_on"
    NEXT_BLOCK = "next_block"
    BREAK_BEGINS = "break_begins"
    BREAK_ENDS = "break_ends"
    PAYER_ENDS = "payer_ends"
    PERFORMER_ENDS = "performer_ends"


ASKS: dict[What, Callable[[Evidence, int], Event]] = {
    What.GO_ON: GoOn,
    What.BREAK_BEGINS: Rest,
    What.BREAK_ENDS: RestOver,
}
ENDS = {What.PAYER_ENDS: Reason.PAYER_ENDED, What.PERFORMER_ENDS: Reason.PERFORMER_ENDED}


@dataclass(frozen=True, slots=True)
class Moment:
    """Something on a timeline, in milliseconds after the seat was opened.

    `amount` is what comes or is tipped, the new rate of a role or a price, or the
    number of the next block; `role` and `sharers` are those from then on.
    """

    at: int
    what: What
    amount: int = 0
    role: str = ""
    sharers: tuple[Sharer, ...] = ()


@dataclass(frozen=True, slots=True)
class Divided:
    """An amount and who gets which part of it; `starts_at` is when its sharers began."""

    starts_at: int
    amount: int
    shares: tuple[tuple[Part, int], ...]


@dataclass(frozen=True, slots=True)
class Bill:
    """What a timeline comes to: the charge in minor units, and what was done when."""

    charge: int
    counted_s: int
    void: bool
    reason: Reason
    secured: int
    left: int
    segments: tuple[tuple[str, Segment], ...]
    periods: tuple[Divided, ...]
    tips: tuple[Divided, ...]
    log: tuple[tuple[int, Command], ...]
    state: SeatState


def simulate(terms: Terms, timeline: Iterable[Moment], *, funds: int, tip_percent: int = 0) -> Bill:
    """Return the bill of a timeline for a payer who has `funds` when the seat opens.

    A timeline without an end is ended by the payer two hours after its last moment.
    Tips are divided as the seat is, with `tip_percent` as the performers' side.
    """
    return _Stage(terms, funds, tip_percent).play(sorted(timeline, key=lambda moment: moment.at))


@dataclass(slots=True)
class _Stage:
    """Both sides and the wallet while a timeline is played."""

    terms: Terms
    available: int
    tip_percent: int
    state: SeatState = field(init=False)
    up: dict[str, bool] = field(default_factory=dict)
    spans: dict[str, tuple[Span, ...]] = field(default_factory=dict)
    log: list[tuple[int, Command]] = field(default_factory=list)
    periods: list[tuple[int, tuple[Sharer, ...]]] = field(default_factory=list)
    tips: list[Divided] = field(default_factory=list)
    look_at: int = 0

    def __post_init__(self) -> None:
        """Open the seat: its first block comes out of the funds."""
        self.state = opened(self.terms, now=0)
        self.available -= self.state.secured
        self.periods.append((0, self.terms.sharers))

    def play(self, timeline: list[Moment]) -> Bill:
        """Go through time, from one thing that happens to the next."""
        last = timeline[-1].at if timeline else 0
        waiting = [*timeline, Moment(last + ENDS_AFTER_MS, What.PAYER_ENDS)]
        waiting.reverse()
        sign_at = 0
        while not self.state.phase.over:
            now = min(sign_at, self.look_at, waiting[-1].at)
            if sign_at == now:
                self._signs(now)
                sign_at += SIGN_EVERY_MS
            while waiting and waiting[-1].at == now and not self.state.phase.over:
                self._happen(waiting.pop())
                self._signs(now)
            if self.look_at <= now and not self.state.phase.over:
                evidence = self.evidence()
                self._step(Tick(evidence, self.available), now)
                self.look_at = next_look(self.state, evidence, now=now)
        return self._bill()

    def evidence(self) -> Evidence:
        """Return what the signs prove so far."""
        last = {
            name: self.spans[name][-1].end if name in self.spans else None
            for name in ("performer", "payer", "here")
        }
        return Evidence(
            counted=counted_spans(
                performer_media=self.spans.get("performer", ()),
                payer_media=self.spans.get("payer", ()),
                payer_beat=self.spans.get("payer", ()),
                excluded=self.spans.get("paused", ()),
            ),
            performer_last=last["performer"],
            payer_last=last["payer"],
            payer_here=last["here"],
            performer=self.spans.get("performer", ()),
        )

    def _happen(self, moment: Moment) -> None:
        match moment.what:
            case What.PERFORMER_UP | What.PERFORMER_DOWN:
                self.up["host"] = moment.what is What.PERFORMER_UP
            case What.GUEST_UP | What.GUEST_DOWN:
                self.up["guest"] = moment.what is What.GUEST_UP
            case What.PAYER_UP | What.PAYER_DOWN | What.PAYER_BLIND:
                self.up["here"] = moment.what is not What.PAYER_DOWN
                self.up["payer"] = moment.what is What.PAYER_UP
            case What.MONEY:
                self.available += moment.amount
            case What.TIP:
                self._tip(moment)
            case What.SHARERS:
                self.periods.append((moment.at, moment.sharers))
            case What.PRICE:
                # The terms are locked: a price that changes is the price of the next seat.
                return
            case _:
                self._step(self._asked(moment), moment.at)
        self.look_at = moment.at

    def _asked(self, moment: Moment) -> Event:
        """Return what the clock is asked."""
        evidence, available = self.evidence(), self.available
        match moment.what:
            case What.ROLE:
                return Rerate(moment.role, moment.amount, evidence, available)
            case What.NEXT_BLOCK:
                return NextBlock(moment.amount, evidence, available)
            case What.PRIVATE_BEGINS | What.PRIVATE_ENDS:
                return (Wait if moment.what is What.PRIVATE_BEGINS else Back)(evidence)
            case What.GO_ON | What.BREAK_BEGINS | What.BREAK_ENDS:
                return ASKS[moment.what](evidence, available)
        return End(ENDS[moment.what], evidence)

    def _tip(self, moment: Moment) -> None:
        """Spend what is available, never what is held (R-44)."""
        if moment.amount > self.available:
            return
        self.available -= moment.amount
        sharers = [replace(one, ratio_percent=self.tip_percent) for one in self.periods[-1][1]]
        shares = split_charge(moment.amount, as_books(sharers), "tip")
        self.tips.append(Divided(moment.at, moment.amount, tuple(shares)))

    def _signs(self, now: int) -> None:
        phase = self.state.phase
        flowing = phase in {Phase.SECURED, Phase.LIVE} and now <= self.state.secured_until
        # Where nothing is billed no picture reaches the payer, and during a private
        # the performer's goes elsewhere.
        silent = {"payer": not flowing, "performer": phase is Phase.WAITING}
        # Their side is up while anybody's media is up.
        self.up["performer"] = any(self.up.get(one) for one in ("host", "guest"))
        for name in ("performer", "payer", "here"):
            if self.up.get(name) and not silent.get(name):
                lost_ms = self.terms.evidence_lost_s * 1000
                self.spans[name] = add_sign(self.spans.get(name, ()), now, lost_ms=lost_ms)

    def _step(self, event: Event, now: int) -> None:
        self.state, commands = step(self.state, event, now)
        self._take(commands, now)

    def _take(self, commands: Commands, now: int) -> None:
        for command in commands:
            self.log.append((now, command))
            if isinstance(command, Secure):
                self.available -= command.amount
            elif isinstance(command, Free):
                self.available += command.amount
            elif isinstance(command, Unbilled):
                paused = (*self.spans.get("paused", ()), Span(command.start, command.end))
                self.spans["paused"] = paused

    def _bill(self) -> Bill:
        close = next(command for _, command in self.log if isinstance(command, Close))
        roles = [*(part.role for part in self.state.parts), self.state.role]
        return Bill(
            charge=close.charge,
            counted_s=self.state.counted_s,
            void=close.void,
            reason=close.reason,
            secured=self.state.secured,
            left=self.available + self.state.secured - close.charge,
            segments=tuple(zip(roles, self.state.counted, strict=True)),
            periods=tuple(self._divided(close.charge)),
            tips=tuple(self.tips),
            log=tuple(self.log),
            state=self.state,
        )

    def _divided(self, charge: int) -> list[Divided]:
        starts = [start for start, _ in self.periods]
        until = self.state.closed_at or 0
        spans = within(self.evidence().counted, self.state.started_at or 0, until)
        amounts = period_amounts(self.state, spans, starts, charge)
        return [
            Divided(start, amount, tuple(split_charge(amount, as_books(sharers), self.terms.mode)))
            for (start, sharers), amount in zip(self.periods, amounts, strict=True)
        ]
