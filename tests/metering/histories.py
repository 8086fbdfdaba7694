"""Random lives of a seat, played by the real meter and by the model, and compared.

Run it as ``python -m tests.metering.histories 100000``; the seed is printed, and
``HISTORIES_SEED`` repeats it. Each history has a number of its own, so one that
differs can be played alone.
"""

from __future__ import annotations

import os
import random
import sys
from dataclasses import dataclass
from functools import partial
from multiprocessing import Pool

from ppvcms.metering.simulate import Moment, What, simulate
from ppvcms.metering.terms import Sharer, Terms
from tests.metering.model import Deal, Happening, Model

ENDS_AFTER_S = 7_200
ROLES = ("viewer", "two_way", "voyeur")
BUSY = ["performer_down", "performer_up", "payer_down", "payer_up", "payer_blind", "role", "role"]
MONEY = ["money", "tip", "next_block", "sharers", "go_on", "role"]
GUESTS = ["guest_up", "guest_down", "performer_down", "performer_up", "guest_up", "payer_up"]
BREAKS = ["break_begins", "break_begins", "break_ends", "performer_down", "performer_up"]
ROOM = ["private_begins", "private_ends", "go_on", "private_ends", "money"]


@dataclass(frozen=True)
class History:
    """One life: what was agreed, what happens, and what the payer has."""

    deal: Deal
    happenings: list[Happening]
    funds: int


def history_of(seed: str) -> History:
    """Make the history that belongs to a seed."""
    dice = random.Random(seed)  # noqa: S311 - repeatable, no secret
    blocks = dice.random() < 0.15
    deal = Deal(
        rate=dice.choice([0, 1, 60, 100, 199, 200, 300, 997, dice.randint(1, 1_500)]),
        grace=dice.choice([0, 0, 10, 30, dice.randint(0, 90)]),
        minimum=0 if blocks else dice.choice([0, 0, dice.randint(1, 2_500)]),
        block=dice.choice([90, 120, 300]) if blocks else 0,
        price=dice.randint(1, 2_000) if blocks else 0,
        people=_people(dice),
    )
    lasts = dice.choice([30, 60, 100, 160, 260, 400, 700])
    happenings = [Happening(0, "performer_up"), Happening(dice.randint(0, 3), "payer_up")]
    kinds = dice.choice(
        [BUSY, MONEY, BUSY + MONEY, BUSY + MONEY + ROOM, ROOM + MONEY, ROOM, BREAKS]
    )
    if dice.random() < 0.2:
        kinds = [*kinds, *GUESTS]
    if dice.random() < 0.3:
        kinds = [*kinds, *BREAKS]
    happenings += [_happening(dice, dice.choice(kinds), lasts) for _ in range(dice.randint(0, 14))]
    end = dice.choice(["payer_ends", "performer_ends"])
    happenings.append(Happening(dice.randint(lasts // 2, lasts + 130), end))
    if dice.random() < 0.01:
        happenings[-1].at += 2_200
    funds = Model(deal, 0).held + dice.choice([0, 200, 5_000, dice.randint(0, 3_000)])
    return History(deal, sorted(happenings, key=lambda one: one.at), funds)


def _happening(dice: random.Random, what: str, lasts: int) -> Happening:
    one = Happening(dice.randint(1, lasts), what)
    match what:
        case "role":
            one.amount = dice.choice([0, 50, 100, 200, 350, dice.randint(1, 1_500)])
            one.role = dice.choice(ROLES)
        case "next_block":
            one.amount = dice.randint(1, 4)
        case "sharers":
            one.people = _people(dice)
        case _:
            one.amount = dice.choice([1, 100, dice.randint(1, 2_000)])
    return one


def _people(dice: random.Random) -> tuple[tuple[str, int, int, str, int], ...]:
    return tuple(
        (
            f"p{nr}",
            dice.choice([1, 1, dice.randint(1, 9)]),
            dice.choice([80, 80, 50, dice.randint(0, 100)]),
            dice.choice(["", f"s{nr}"]),
            dice.choice([25, dice.randint(0, 100)]),
        )
        for nr in range(dice.choice([1, 1, 2, 3]))
    )


def _sharers(people: tuple[tuple[str, int, int, str, int], ...]) -> tuple[Sharer, ...]:
    whole = sum(weight for _who, weight, *_ in people)
    return tuple(
        Sharer(who, weight, whole, percent, studio or None, part if studio else 0)
        for who, weight, percent, studio, part in people
    )


def played(history: History) -> dict[str, object]:
    """What the real meter makes of a history."""
    deal = history.deal
    terms = Terms(
        mode="group",
        role="viewer",
        rate_per_minute=deal.rate,
        sharers=_sharers(deal.people),
        grace_s=deal.grace,
        minimum=deal.minimum,
        block_s=deal.block,
        block_price=deal.price,
    )
    timeline = [
        Moment(one.at * 1000, What(one.what), one.amount, one.role, _sharers(one.people))
        for one in history.happenings
    ]
    bill = simulate(terms, timeline, funds=history.funds)
    return {
        "charge": bill.charge,
        "reason": bill.reason.value,
        "left": bill.left,
        "segments": [(role, one.rate_per_minute, one.seconds) for role, one in bill.segments],
        "periods": [one.amount for one in bill.periods],
        "shares": [[amount for _part, amount in one.shares] for one in bill.periods],
    }


def modelled(history: History) -> dict[str, object]:
    """What the model makes of the same history."""
    model = Model(history.deal, history.funds)
    model.play(history.happenings, history.happenings[-1].at + ENDS_AFTER_S)
    return {
        "charge": model.charge,
        "reason": model.reason,
        "left": model.purse + model.held - (model.charge or 0),
        "segments": model.segments(),
        "periods": model.periods(),
        "shares": model.shares(),
    }


def difference(seed: str) -> str | None:
    """Return what is different about one history, or None."""
    history = history_of(seed)
    real, wanted = played(history), modelled(history)
    if real == wanted:
        return None
    lines = [f"history {seed}: {history.deal}, funds {history.funds}"]
    lines += [f"  {one}" for one in history.happenings]
    lines += [
        f"  {name}: {real[name]}, by the rules {wanted[name]}"
        for name in real
        if real[name] != wanted[name]
    ]
    return "\n".join(lines)


def _one(seed: str, nr: int) -> str | None:
    return difference(f"{seed}/{nr}")


def compare(seed: str, count: int, *, processes: int = 1) -> list[str]:
    """Compare many histories; return the differences, ten at most."""
    sys.stdout.write(f"{count} histories, HISTORIES_SEED={seed}\n")
    found: list[str] = []
    if processes == 1:
        answers = map(partial(_one, seed), range(count))
        return [one for one in answers if one is not None][:10]
    with Pool(processes) as pool:
        for one in pool.imap_unordered(partial(_one, seed), range(count), chunksize=500):
            if one is not None:
                found.append(one)
            if len(found) == 10:
                break
    return found


def new_seed() -> str:
    """Return the seed that was asked for, or another one each time."""
    return os.environ.get("HISTORIES_SEED") or str(random.SystemRandom().randrange(10**9))


if __name__ == "__main__":
    differences = compare(new_seed(), int(sys.argv[1]), processes=os.cpu_count() or 1)
    sys.stdout.write("\n".join(differences or ["no difference"]) + "\n")
    sys.exit(bool(differences))
