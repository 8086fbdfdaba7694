"""Processes of their own that spend money, for the races and the crashes.

All of a race wait for a word, so that they begin together.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
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
from tests.children import fork, play_and_leave

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from sqlalchemy.orm import Session

Orders = Sequence[Sequence[Any]]


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


class Child:
    """A forked process that carries orders out, `[act, who or what, amount, key]`.

    It shares them out among threads, waits for the word to begin, and tells each
    outcome on a line as soon as it has it.
    """

    def __init__(self, url: str, orders: Orders, *, threads: int = 1, fault: str = "") -> None:
        begin_read, self._begin = os.pipe()
        told_read, told = os.pipe()
        self._pid = fork()
        if self._pid == 0:
            play_and_leave(lambda: work(url, orders, threads, begin_read, told), fault)
        os.close(begin_read)
        os.close(told)
        self._told = os.fdopen(told_read)

    def begin(self) -> None:
        """Let the process go, once it is ready."""
        self._told.readline()
        os.write(self._begin, b"!")
        os.close(self._begin)

    def end(self) -> tuple[int, list[str]]:
        """Wait for the end; return how it came and what was told."""
        with self._told as told:
            lines = told.read().splitlines()
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1]), lines


def work(url: str, orders: Orders, threads: int, begin: int, told: int) -> None:
    """Carry orders out in a child; an error in one of the threads is the child's."""

    def carry_out(app: Flask, mine: Orders) -> None:
        with app.app_context():
            for name, *arguments in mine:
                answer = transaction(lambda session: ACTS[name](session, *arguments))  # noqa: B023
                word = "no" if isinstance(answer, Refusal) else "ok"
                os.write(told, f"{word} {arguments[2]}\n".encode())

    with kit.open_on(url) as app, ThreadPoolExecutor(threads) as pool:
        os.write(told, b"ready\n")
        os.read(begin, 1)
        for done in [pool.submit(carry_out, app, orders[nr::threads]) for nr in range(threads)]:
            done.result()


def run_together(url: str, shares: Sequence[Orders], *, threads: int = 1) -> dict[str, str]:
    """Run one process for each share of the orders, all at once; return outcomes by key."""
    children = [Child(url, mine, threads=threads) for mine in shares]
    for one in children:
        one.begin()
    ends = [one.end() for one in children]
    assert [code for code, _ in ends] == [0] * len(children)
    return {key: word for _, lines in ends for word, key in (line.split(" ", 1) for line in lines)}


def run_alone(url: str, orders: Orders, *, fault: str = "") -> tuple[int, set[str]]:
    """Run one process; return how it ended and the keys that it said were done."""
    one = Child(url, orders, fault=fault)
    one.begin()
    code, lines = one.end()
    return code, {line.removeprefix("ok ") for line in lines if line.startswith("ok ")}
