"""Bill any timeline of starts, drops, money and ends, by the meter's own clock (MT-18).

Pure: nothing is stored and nobody waits. A side that is up gives a sign every
two seconds, the meter looks when the clock asks for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from ppvcms.metering.clock import opened, step
from ppvcms.metering.figures import SIGN_EVERY_MS, next_look
from ppvcms.metering.spans import Span, add_sign, counted_spans
from ppvcms.metering.state import (
    Close,
    End,
    Evidence,
    Phase,
    Reason,
    SeatState,
    Secure,
    Tick,
    Unbilled,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ppvcms.metering.state import Command, Commands
    from ppvcms.metering.terms import Terms

LONGEST_MS = 86_400_000


class What(StrEnum):
    """What can happen on a timeline; `amount` matters for money alone."""

    PERFORMER_UP = "performer_up"
    PERFORMER_DOWN = "performer_down"
    PAYER_UP = "payer_up"
    PAYER_DOWN = "payer_down"
    PAYER_BLIND = "payer_blind"
    MONEY = "money"
    TIP = "tip"
    PAYER_ENDS = "payer_ends"
    PERFORMER_ENDS = "performer_ends"


@dataclass(frozen=True, slots=True)
class Moment:
    """Something on a timeline, in milliseconds after the seat was opened."""

    at: int
    what: What
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Bill:
    """What a timeline comes to: the charge in minor units, and what was done when."""

    charge: int
    counted_s: int
    void: bool
    reason: Reason
    secured: int
    left: int
    log: tuple[tuple[int, Command], ...]
    state: SeatState


def simulate(terms: Terms, timeline: Iterable[Moment], *, funds: int) -> Bill:
    """Return the bill of a timeline for a payer who has `funds` when the seat opens.

    A timeline without an end is ended by the payer a day after the opening.
    """
    return _Stage(terms, funds).play(sorted(timeline, key=lambda moment: moment.at))


@dataclass(slots=True)
class _Stage:
    """Both sides and the wallet while a timeline is played."""

    terms: Terms
    available: int
    state: SeatState = field(init=False)
    up: dict[str, bool] = field(default_factory=dict)
    spans: dict[str, tuple[Span, ...]] = field(default_factory=dict)
    log: list[tuple[int, Command]] = field(default_factory=list)
    look_at: int = 0

    def __post_init__(self) -> None:
        """Open the seat: its first block comes out of the funds."""
        self.state = opened(self.terms, now=0)
        self.available -= self.state.secured

    def play(self, timeline: list[Moment]) -> Bill:
        """Go through time, from one thing that happens to the next."""
        waiting = [*timeline, Moment(LONGEST_MS, What.PAYER_ENDS)]
        sign_at = 0
        while not self.state.phase.over:
            now = min(sign_at, self.look_at, waiting[0].at)
            if sign_at == now:
                self._signs(now)
                sign_at += SIGN_EVERY_MS
            while waiting and waiting[0].at == now and not self.state.phase.over:
                self._happen(waiting.pop(0))
                self._signs(now)
            if self.look_at <= now and not self.state.phase.over:
                self._take(*step(self.state, Tick(self.evidence(), self.available), now), now)
                self.look_at = next_look(self.state, self.evidence(), now=now)
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
                self.up["performer"] = moment.what is What.PERFORMER_UP
            case What.PAYER_UP | What.PAYER_DOWN | What.PAYER_BLIND:
                self.up["here"] = moment.what is not What.PAYER_DOWN
                self.up["payer"] = moment.what is What.PAYER_UP
            case What.MONEY:
                self.available += moment.amount
                self.look_at = moment.at
            case What.TIP:
                # A tip spends what is available, never what is held.
                self.available -= moment.amount if moment.amount <= self.available else 0
            case What.PAYER_ENDS | What.PERFORMER_ENDS:
                ended = moment.what is What.PAYER_ENDS
                reason = Reason.PAYER_ENDED if ended else Reason.PERFORMER_ENDED
                self._take(*step(self.state, End(reason, self.evidence()), moment.at), moment.at)

    def _signs(self, now: int) -> None:
        live = self.state.phase in {Phase.SECURED, Phase.LIVE}
        flowing = live and now <= self.state.secured_until
        for name in ("performer", "payer", "here"):
            # Where nothing is billed no picture reaches the payer, so none can be seen.
            if self.up.get(name) and (flowing or name != "payer"):
                lost_ms = self.terms.evidence_lost_s * 1000
                self.spans[name] = add_sign(self.spans.get(name, ()), now, lost_ms=lost_ms)

    def _take(self, state: SeatState, commands: Commands, now: int) -> None:
        self.state = state
        for command in commands:
            self.log.append((now, command))
            if isinstance(command, Secure):
                self.available -= command.amount
            elif isinstance(command, Unbilled):
                paused = (*self.spans.get("paused", ()), Span(command.start, command.end))
                self.spans["paused"] = paused

    def _bill(self) -> Bill:
        close = next(command for _, command in self.log if isinstance(command, Close))
        return Bill(
            charge=close.charge,
            counted_s=self.state.counted_ms // 1000,
            void=close.void,
            reason=close.reason,
            secured=self.state.secured,
            left=self.available + self.state.secured - close.charge,
            log=tuple(self.log),
            state=self.state,
        )
