"""A second meter, written from the rules alone, to compare the real one with.

It shares no code with production. It goes through whole seconds one by one and
counts by hand: a second is one entry in a list, with the rate that held in it.
Where the real meter inverts a formula, this one adds seconds until the money is
gone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

LOST, SILENT, STALLED = 5, 6, 8
CONNECT, GOES_ON_WAITING = 60, 5
WINDOW, CAP = 120, 600
FIRST, MORE, BELOW = 180, 60, 60
FREED, FREE, CLICK, OFFER = 120, 10, 1800, 60
BREAKS = 300


@dataclass
class Deal:
    """What was agreed: amounts in minor units, times in seconds."""

    rate: int
    grace: int = 0
    minimum: int = 0
    block: int = 0
    price: int = 0
    people: tuple[tuple[str, int, int, str, int], ...] = (("p", 1, 80, "", 0),)
    """Each with weight, performers' percent, studio and its percent."""


@dataclass
class Happening:
    """Something at a second."""

    at: int
    what: str
    amount: int = 0
    role: str = ""
    people: tuple[tuple[str, int, int, str, int], ...] = ()


@dataclass
class Line:
    """One side's signs."""

    up: bool = False
    last: int | None = None
    covered: set[int] = field(default_factory=set)

    def sign(self, now: int) -> list[int]:
        """Hear a sign; return the seconds that are covered by it."""
        before, self.last = self.last, now
        if before is None or now - before >= LOST:
            return []
        fresh = list(range(before, now))
        self.covered.update(fresh)
        return fresh

    def quiet(self, now: int, since: int) -> bool:
        """Whether nothing was heard for too long."""
        return now - max(self.last or 0, since) >= SILENT

    def away(self, now: int) -> bool:
        """Whether it is not there to go on."""
        return now - (self.last or 0) >= LOST


class Model:
    """One seat, second by second."""

    def __init__(self, deal: Deal, funds: int) -> None:
        self.deal, self.rate, self.role = deal, deal.rate, "viewer"
        self.purse = funds
        self.phase = "secured"
        self.performer, self.payer, self.page = Line(), Line(), Line()
        self.cameras: set[str] = set()
        self.seconds: list[tuple[int, int]] = []
        """Each counted second and the rate that held in it."""
        self.paid: list[int] = []
        """The rates of those seconds."""
        self.changes: list[tuple[int, int, str]] = [(0, deal.rate, "viewer")]
        self.shared_from: list[tuple[int, tuple[tuple[str, int, int, str, int], ...]]] = [
            (0, deal.people)
        ]
        self.closed_to: list[tuple[int, int]] = []
        """Stretches that nobody may bill any more."""
        self.both: list[int] = []
        """Seconds that are proven and not looked at yet."""
        self.seen = 0
        self.started: int | None = None
        self.flows_since: int | None = None
        self.paused_from: int | None = None
        self.paused_all = 0
        self.cause = ""
        self.back_by = self.not_before = 0
        self.breaks: list[int] = []
        self.waits_from: int | None = None
        self.back: int | None = None
        self.rested = 0
        self.lapsed = False
        self.given_back = 0
        self.charge: int | None = None
        self.reason = ""
        first = self.first_block()
        self.held = first
        self.spent = 0
        self.purse -= first
        self.until = self.more_seconds(first)

    # --- Money ------------------------------------------------------------------------

    def price_of(self, seconds: list[int]) -> int:
        """What seconds at these rates cost; the earliest are free."""
        if self.deal.block:
            beyond = max(0, len(seconds) - self.deal.grace)
            blocks = 0
            while blocks * self.deal.block < beyond:
                blocks += 1
            return blocks * self.deal.price
        return sum(seconds[self.deal.grace :]) // 60

    def rates(self) -> list[int]:
        return self.paid

    def sure(self) -> int:
        """What is owed even if the performer fails now."""
        cost = self.price_of(self.rates())
        if not self.deal.block:
            return cost
        beyond = max(0, len(self.seconds) - self.deal.grace)
        unserved = -beyond % self.deal.block
        back = Fraction(self.deal.price * unserved, self.deal.block)
        return cost - -(-back.numerator // back.denominator)

    def first_block(self) -> int:
        if self.deal.block:
            return self.deal.price
        return max(-(-FIRST * self.rate // 60), self.deal.minimum)

    def more_seconds(self, money: int, pending: int = 0, rate: int | None = None) -> int:
        """How many seconds more an amount pays for, tried one after another."""
        if self.deal.block:
            whole = self.deal.grace + money // self.deal.price * self.deal.block
            return max(0, whole - len(self.seconds) - pending)
        rate = self.rate if rate is None else rate
        if rate == 0:
            return 86_400
        rates = self.rates() + [self.rate] * pending
        free = max(0, self.deal.grace - len(rates))
        weight = sum(rates[self.deal.grace :])
        n = 0
        while (weight + rate) // 60 <= money:
            weight += rate
            n += 1
        return free + n if weight // 60 <= money else 0

    def cost_of_more(self, seconds: int, pending: int = 0, rate: int | None = None) -> int:
        rate = self.rate if rate is None else rate
        return self.price_of(self.rates() + [self.rate] * pending + [rate] * seconds)

    def extend(self) -> bool:
        """Hold the next minute, or what is left of the purse."""
        if self.deal.block or self.rate == 0:
            return False
        has = self.more_seconds(self.held)
        amount = min(self.purse, self.cost_of_more(has + MORE) - self.held)
        if amount <= 0 or self.more_seconds(self.held + amount) <= has:
            return False
        self.until += self.more_seconds(self.held + amount) - has
        self.hold(amount)
        return True

    def hold(self, amount: int) -> None:
        self.held += amount
        self.purse -= amount

    def post(self) -> None:
        self.spent = max(self.spent, self.sure())

    # --- What is counted ----------------------------------------------------------------

    def sign(self, now: int) -> None:
        """Hear everybody who is up and whose picture flows."""
        flowing = self.phase in {"secured", "live"} and now <= self.until
        if self.page.up:
            self.page.sign(now)
        for line, other, on in (
            (self.performer, self.payer, self.phase != "waiting"),
            (self.payer, self.performer, flowing),
        ):
            if line.up and on:
                self.both += [one for one in line.sign(now) if one in other.covered]

    def is_closed(self, second: int) -> bool:
        return any(start <= second < end for start, end in self.closed_to)

    def count(self, now: int) -> None:
        if self.phase not in {"live", "exhausted", "waiting"} or self.started is None:
            return
        ends = min(now if self.waits_from is None else self.waits_from, self.until)
        unpaid = []
        for second in sorted(self.both):
            if not self.started <= second < ends or self.is_closed(second):
                continue
            rate = next(rate for since, rate, _role in reversed(self.changes) if since <= second)
            if self.price_of([*self.paid, rate]) > self.held:
                unpaid.append(second)
                continue
            self.seconds.append((second, rate))
            self.paid.append(rate)
        # A second that was given beyond the money is paid when there is more.
        self.both = unpaid

    def last(self) -> int:
        if self.seconds:
            return self.seconds[-1][0] + 1
        return self.started or 0

    # --- The looks ------------------------------------------------------------------------

    def look(self, now: int) -> None:
        self.count(now)
        if self.phase == "secured":
            self.begin(now)
        if self.phase == "live":
            self.run(now)
        if self.phase == "exhausted":
            self.money_again(now)
        if self.phase == "paused":
            self.stay(now)
        if self.phase == "waiting":
            self.wait(now)
        if self.phase == "break" and now >= self.back_by:
            self.close(now, "break_over")

    def begin(self, now: int) -> None:
        since = self.flows_since or 0
        open_ = sorted(one for one in self.both if one >= since and not self.is_closed(one))
        if open_ and open_[0] <= since + CONNECT:
            self.started = self.flows_since = open_[0]
            self.phase = "live"
            self.until = self.started + self.more_seconds(self.held)
            self.count(now)
            return
        quiet = [line.quiet(now, since) for line in (self.performer, self.payer)]
        if now >= since + CONNECT and (any(quiet) or now >= since + CONNECT + GOES_ON_WAITING):
            self.close(now, "not_connected")

    def run(self, now: int) -> None:
        since = self.flows_since or 0
        if self.mend_holes(now):
            self.pause(now, "payer", self.last())
            return
        moment = min(now, self.until)
        down = [line.quiet(moment, since) for line in (self.performer, self.payer)]
        cause = {(True, True): "both", (True, False): "performer", (False, True): "payer"}.get(
            (down[0], down[1]), ""
        )
        proven = max(self.last(), since)
        if not cause and moment - proven >= STALLED:
            there = all(one in self.performer.covered for one in range(proven, moment - SILENT))
            cause = "payer" if there else "performer"
        if cause:
            if cause == "payer":
                self.breaks = [*self.recent(now), proven]
            else:
                self.breaks = self.recent(now)
            self.pause(now, cause, proven)
            return
        left = self.until - now
        if left <= 0:
            self.post()
            self.phase, self.paused_from, self.cause = "exhausted", self.until, ""
            self.back_by = self.until + WINDOW
            return
        first = self.held == self.first_block_of_deal()
        block = FIRST if first else MORE
        if left <= max(BELOW, block // 5):
            self.extend()

    def first_block_of_deal(self) -> int:
        if self.deal.block:
            return self.deal.price
        return max(-(-FIRST * self.deal.rate // 60), self.deal.minimum)

    def recent(self, now: int) -> list[int]:
        return [one for one in self.breaks if now - one < CAP]

    def mend_holes(self, now: int) -> bool:
        """Give back what broke and came again between two looks; say whether to wait."""
        waits = False
        unseen = self.seconds[max(0, self.seen - 1) :]
        self.seen = len(self.seconds)
        for (before, _), (after, _) in pairwise(unseen):
            start, end = before + 1, after
            if start == end or start < (self.flows_since or 0):
                continue
            payers = all(one in self.performer.covered for one in range(start, end))
            self.breaks = [*self.recent(now), start] if payers else self.recent(now)
            self.closed_to.append((start, end))
            self.flows_since = end
            self.until += end - start
            waits = waits or (payers and self.penalty() > 0)
        return waits

    def penalty(self) -> int:
        beyond = len(self.breaks) - 3
        return 0 if beyond <= 0 else (10, 20, 40)[min(beyond, 3) - 1]

    def pause(self, now: int, cause: str, at: int) -> None:
        self.post()
        self.phase, self.cause, self.paused_from = "paused", cause, at
        self.back_by = max(self.last(), self.back or 0) + WINDOW
        self.not_before = now + self.penalty()

    def money_again(self, now: int) -> None:
        if now >= self.back_by:
            could = self.cost_of_more(self.more_seconds(self.held) + 1) - self.held
            has = not self.deal.block and self.rate > 0 and could <= self.purse
            self.close(
                now, "resume_window" if has else "block_over" if self.deal.block else "exhausted"
            )
        elif self.extend() or (self.rate == 0 and not self.deal.block):
            self.reopen(now)

    def reopen(self, now: int) -> None:
        self.closed_to.append((self.paused_from or now, now))
        self.phase, self.paused_from = "paused", now
        self.not_before, self.back_by = now, now + WINDOW

    def stay(self, now: int) -> None:
        since = self.paused_from if self.paused_from is not None else now
        away = [self.performer.away(now), self.page.away(now)]
        missing = "both" if all(away) else "performer" if away[0] else "payer" if away[1] else ""
        paused = self.paused_all + now - since
        if now >= self.back_by:
            self.cause = missing or self.cause
            self.close(now, "resume_window")
        elif paused >= CAP:
            self.close(now, "pause_cap")
        elif not missing and now >= self.not_before:
            self.closed_to.append((since, now))
            self.paused_all, self.paused_from, self.cause = paused, None, ""
            self.phase, self.flows_since = "live", now
            self.until = now + self.more_seconds(self.held)
        elif missing:
            self.cause = missing

    def wait(self, now: int) -> None:
        self.post()
        long = now >= (self.waits_from or 0) + FREED
        if long:
            self.lapsed = True
            self.purse += self.held - self.spent
            self.given_back += self.held - self.spent
            self.held = self.spent
        if self.back is not None and now >= self.back + CLICK:
            self.close(now, "not_continued")

    def close(self, now: int, reason: str) -> None:
        for since in (self.paused_from, self.waits_from):
            if since is not None:
                self.closed_to.append((since, now))
        if self.phase == "break" and reason == "payer_ended":
            reason = "left_break"
        self.phase, self.reason = "over", reason
        if self.started is None:
            self.charge = 0
            return
        payers = reason in {"payer_ended", "exhausted", "block_over"} or (
            reason in {"resume_window", "pause_cap"} and self.cause == "payer"
        )
        self.charge = self.sure()
        if payers and self.waits_from is None:
            self.charge = self.price_of(self.rates())
            if len(self.seconds) > self.deal.grace:
                self.charge = max(self.charge, self.deal.minimum)

    # --- What is asked ----------------------------------------------------------------------

    def happen(self, one: Happening) -> None:
        now = one.at
        match one.what:
            case "performer_up" | "performer_down" | "guest_up" | "guest_down":
                self.camera(*one.what.split("_"))
            case "payer_up" | "payer_down" | "payer_blind":
                self.page.up = one.what != "payer_down"
                self.payer.up = one.what == "payer_up"
            case "money":
                self.purse += one.amount
            case "tip":
                self.purse -= one.amount if one.amount <= self.purse else 0
            case "sharers":
                self.shared_from.append((now, one.people))
            case "role" | "next_block" | "go_on" | "break_begins" | "break_ends":
                self.ask(one)
            case "private_begins":
                self.count(now)
                self.private(now)
            case "private_ends":
                self.count(now)
                self.come_back(now)
            case "payer_ends" | "performer_ends":
                self.count(now)
                self.close(now, one.what.replace("ends", "ended"))

    def camera(self, whose: str, way: str) -> None:
        """Any camera of several performers holds their side up (R-15)."""
        (self.cameras.add if way == "up" else self.cameras.discard)(whose)
        self.performer.up = bool(self.cameras)

    def ask(self, one: Happening) -> None:
        """Look first; what is refused leaves everything as it was before that look."""
        before = {
            name: list(value) if isinstance(value, list) else value
            for name, value in vars(self).items()
        }
        self.look(one.at)
        if self.phase == "over":
            return
        if one.what == "role":
            done = self.change_role(one.at, one.role, one.amount)
        elif one.what == "next_block":
            done = self.next_block(one.at, one.amount)
        elif one.what == "break_begins":
            done = self.rest(one.at)
        elif one.what == "break_ends":
            done = self.rest_over(one.at)
        else:
            done = self.go_on(one.at)
        if not done:
            vars(self).update(before)

    def change_role(self, now: int, role: str, rate: int) -> bool:
        if (role, rate) == (self.role, self.rate):
            return True
        if self.deal.block:
            return False
        pending = 0
        if self.phase == "live":
            pending = max(0, now - max(self.last(), self.flows_since or 0))
        if rate > self.rate:
            if self.phase not in {"secured", "live", "paused"}:
                return False
            least = max(0, self.cost_of_more(FIRST, pending, rate) - self.held)
            if least > self.purse:
                return False
            paid = self.phase != "paused" and self.rate > 0
            granted = max(0, self.until - now) if paid else 0
            whole = max(least, self.cost_of_more(granted, pending, rate) - self.held)
            self.hold(min(self.purse, whole))
        if self.phase in {"secured", "live"}:
            starts = max(now, self.flows_since or 0)
            self.until = starts + self.more_seconds(self.held, pending, rate)
        self.changes.append((now, rate, role))
        self.role, self.rate = role, rate
        return True

    def next_block(self, now: int, nr: int) -> bool:
        taken = self.held // self.deal.price if self.deal.block else 0
        if not self.deal.block or nr > taken:
            if nr != taken + 1 or self.phase not in {"live", "paused", "exhausted"}:
                return False
            bought = self.more_seconds(self.held) if self.deal.block else 0
            left = min(bought, max(0, self.until - now)) if self.phase == "live" else bought
            if not self.deal.block or left > OFFER or self.deal.price > self.purse:
                return False
            self.hold(self.deal.price)
            self.until += self.deal.block
            if self.phase == "exhausted":
                self.reopen(now)
        return True

    def rest(self, now: int) -> bool:
        if self.phase == "break":
            return True
        if self.phase != "live" or self.rested >= BREAKS:
            return False
        self.post()
        self.phase = "break"
        self.paused_from = min(now, max(self.last(), self.flows_since or 0))
        self.back_by = self.paused_from + BREAKS - self.rested
        return True

    def rest_over(self, now: int) -> bool:
        if self.phase == "break":
            self.rested += now - (self.paused_from or 0)
            self.reopen(now)
        return True

    def private(self, now: int) -> None:
        if self.phase == "waiting":
            if self.lapsed or self.back is not None:
                self.back, self.lapsed = None, True
            return
        at = min(now, self.until) if self.phase == "live" else now
        if self.paused_from is not None:
            at = self.paused_from
        if self.phase == "paused":
            self.paused_all += now - at
        self.closed_to.append((at, now))
        self.phase, self.waits_from, self.paused_from, self.cause = "waiting", now, None, ""
        self.back, self.lapsed = None, False
        if self.flows_since is not None:
            self.flows_since = min(self.flows_since, now)

    def come_back(self, now: int) -> None:
        if self.phase != "waiting":
            return
        if not self.lapsed and now <= (self.waits_from or 0) + FREED:
            self.flow(now + FREE)
            self.back = now
        elif self.back is None:
            self.back, self.lapsed = now, True

    def go_on(self, now: int) -> bool:
        if self.phase != "waiting":
            return True
        needed = max(0, self.deal.minimum - self.held, self.cost_of_more(FIRST) - self.held)
        if self.deal.block:
            needed = max(0, self.deal.price - self.held)
        if self.back is None or needed > self.purse:
            return False
        self.hold(needed)
        self.flow(now)
        self.back = now
        return True

    def flow(self, start: int) -> None:
        self.closed_to.append((self.waits_from or 0, start))
        self.phase = "live" if self.started is not None else "secured"
        self.waits_from, self.flows_since = None, start
        self.until = start + self.more_seconds(self.held)

    # --- The whole --------------------------------------------------------------------------

    def play(self, happenings: list[Happening], end: int) -> None:
        """Go through every second until the seat is over."""
        todo = sorted(happenings, key=lambda one: one.at)
        todo.append(Happening(end, "payer_ends"))
        now = 0
        while self.phase != "over":
            if now % 2 == 0:
                self.sign(now)
            while todo and todo[0].at == now and self.phase != "over":
                self.happen(todo.pop(0))
                self.sign(now)
            if self.phase != "over":
                self.look(now)
            now += 1

    def segments(self) -> list[tuple[str, int, int]]:
        """Role, rate and counted seconds of each."""
        starts = [since for since, _rate, _role in self.changes]
        ends = [*starts[1:], 10**9]
        return [
            (role, rate, sum(start <= second < end for second, _ in self.seconds))
            for (_, rate, role), start, end in zip(self.changes, starts, ends, strict=True)
        ]

    def periods(self) -> list[int]:
        """What each period came to."""
        reached = []
        for since, _people in self.shared_from[1:]:
            kept = self.seconds, self.paid
            self.seconds = [one for one in kept[0] if one[0] < since]
            self.paid = [rate for _second, rate in self.seconds]
            reached.append(self.sure())
            self.seconds, self.paid = kept
        points = [0, *reached, self.charge or 0]
        return [after - before for before, after in pairwise(points)]

    def shares(self) -> list[list[int]]:
        """What everybody gets of each period: performers, studios, site."""
        return [
            shared(amount, people)
            for amount, (_since, people) in zip(self.periods(), self.shared_from, strict=True)
        ]


def shared(amount: int, people: tuple[tuple[str, int, int, str, int], ...]) -> list[int]:
    """Divide an amount by the largest remainder (R-47)."""
    weights = sum(weight for _who, weight, *_ in people)
    performers, studios = [], []
    for _who, weight, percent, studio, part in people:
        side = Fraction(amount * weight * percent, weights * 100)
        performers.append(side * (1 - Fraction(part, 100)) if studio else side)
        if studio:
            studios.append(side * Fraction(part, 100))
    exact = [*performers, *studios]
    exact.append(amount - sum(exact, Fraction(0)))
    given = [int(one) for one in exact]
    while sum(given) < amount:
        rests = [one - had for one, had in zip(exact, given, strict=True)]
        given[rests.index(max(rests))] += 1
    return given
