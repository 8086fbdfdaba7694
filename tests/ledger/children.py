"""Processes of their own that spend money, for the races and the crashes.

A child waits for a word on its input, so that all begin together, and tells
each outcome on a line as soon as it has it.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ppvcms.db import transaction
from ppvcms.ledger.books import CREDITS, Draft, Line, Sharer
from ppvcms.ledger.store import (
    AccountKind,
    capture_hold,
    charge,
    extend_hold,
    open_account,
    place_hold,
    post,
    release_hold,
    reverse_transfer,
    wallet_of,
)
from ppvcms.results import Refusal
from tests import kit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from flask import Flask
    from sqlalchemy.orm import Session

ROOT = Path(__file__).parents[2]
CODE = "import sys; from tests.ledger import children; children.main(*sys.argv[1:])"


def tip(session: Session, payer: str, amount: int, key: str) -> object:
    return charge(
        session,
        payer_id=payer,
        amount=amount,
        sharers=[Sharer("star", Fraction(1), Fraction(4, 5))],
        kind="tip",
        key=key,
        source="test",
        memo="A tip",
        actor_id=payer,
    )


def hold(session: Session, payer: str, amount: int, key: str) -> object:
    return place_hold(session, wallet_of(session, payer).id, amount, key=key, source="test")


def extend(session: Session, hold_id: str, amount: int, key: str) -> object:
    return extend_hold(session, hold_id, amount, key=key)


def give(session: Session, payer: str, amount: int, key: str, to: str) -> object:
    one, other = wallet_of(session, payer).id, wallet_of(session, to).id
    lines = (Line(one, CREDITS, -amount), Line(other, CREDITS, amount))
    return post(session, Draft("gift", key, "test", "", lines))


def reverse(session: Session, transfer_id: str, _amount: int, key: str) -> object:
    return reverse_transfer(session, transfer_id, key=key, reason="test", actor_id=None)


def visit(session: Session, payer: str, amount: int, key: str) -> object:
    """Hold, capture half and release: what a short seat does."""
    held = place_hold(session, wallet_of(session, payer).id, amount, key=key, source="test")
    if isinstance(held, Refusal):
        return held
    escrow = open_account(session, AccountKind.ESCROW, "seat", "s", CREDITS).id
    capture_hold(
        session,
        held.id,
        amount // 2,
        to=[Line(escrow, CREDITS, amount // 2)],
        kind="usage",
        key=f"{key}:use",
        source="test",
        memo="",
    )
    return release_hold(session, held.id)


ACTS: dict[str, Callable[..., object]] = {
    "tip": tip,
    "hold": hold,
    "extend": extend,
    "give": give,
    "reverse": reverse,
    "visit": visit,
}


def main(url: str, orders: str, threads: str) -> None:
    """Carry out orders, `[act, who or what, amount, key]`, shared out among threads."""
    wanted = json.loads(orders)
    telling = threading.Lock()
    finished: list[int] = []

    def say(word: str) -> None:
        with telling:
            sys.stdout.write(f"{word}\n")
            sys.stdout.flush()

    def work(app: Flask, mine: Sequence[list[Any]]) -> None:
        with app.app_context():
            for name, *arguments in mine:
                answer = transaction(lambda session: ACTS[name](session, *arguments))  # noqa: B023
                say(f"{'no' if isinstance(answer, Refusal) else 'ok'} {arguments[2]}")
            finished.append(len(mine))

    with kit.open_on(url) as app:
        say("ready")
        sys.stdin.readline()
        count = int(threads)
        shares = [wanted[nr::count] for nr in range(count)]
        workers = [threading.Thread(target=work, args=(app, mine)) for mine in shares]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    sys.exit(0 if sum(finished) == len(wanted) else "A thread was ended by an error.")


@contextlib.contextmanager
def child(
    url: str, orders: Sequence[Sequence[Any]], *, threads: int = 1, fault: str = ""
) -> Iterator[subprocess.Popen[str]]:
    """Start a process that carries orders out once it is told to."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    if fault:
        environment |= {"PPVCMS_TESTING": "1", "PPVCMS_FAULT": fault}
    command = [sys.executable, "-W", "ignore", "-c", CODE, url, json.dumps(orders), str(threads)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def run_together(
    url: str, shares: Sequence[Sequence[Sequence[Any]]], *, threads: int = 1
) -> dict[str, str]:
    """Run one process for each share of the orders, all at once; return outcomes by key."""
    with contextlib.ExitStack() as stack:
        children = [stack.enter_context(child(url, mine, threads=threads)) for mine in shares]
        for one in children:
            assert one.stdout
            assert one.stdout.readline() == "ready\n"
        for one in children:
            assert one.stdin
            one.stdin.write("go\n")
            one.stdin.flush()
        lines = [line for one in children for line in one.communicate(timeout=120)[0].splitlines()]
        assert [one.returncode for one in children] == [0] * len(children)
    return {key: word for word, key in (line.split(" ", 1) for line in lines)}


def run_alone(
    url: str, orders: Sequence[Sequence[Any]], *, fault: str = ""
) -> tuple[int, set[str]]:
    """Run one process; return how it ended and the keys that it said were done."""
    with child(url, orders, fault=fault) as one:
        told, _ = one.communicate("go\n", timeout=120)
    done = {line.removeprefix("ok ") for line in told.splitlines() if line.startswith("ok ")}
    return one.returncode, done
