"""kill -9 at each point of a spend: nothing acknowledged is lost, nothing is done twice."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from ppvcms.db import db
from ppvcms.faultpoints import POINTS, FaultError, faultpoint, load
from ppvcms.ledger.models import Hold, Transfer
from ppvcms.ledger.store import AccountKind, account_view
from tests import kit
from tests.ledger.children import run_alone

ROOT = Path(__file__).parents[2]
# The last of them is passed where a spend is told to people.
SPEND = [name for name in POINTS if name.startswith("spend.") and name != "spend.committed"]


def in_the_books() -> set[str]:
    """Return the keys of all tips and holds."""
    db.session.rollback()
    return {*db.session.scalars(select(Transfer.key)), *db.session.scalars(select(Hold.key))}


@pytest.mark.usefixtures("site")
def test_a_spender_that_is_killed_anywhere_can_go_on(database_url: str) -> None:
    kit.fund("fan", 1_000)
    orders = [["tip" if nr % 2 else "visit", "fan", 10, f"k{nr}"] for nr in range(6)]
    told: set[str] = set()

    for point in SPEND:
        for hit in (1, 4):
            ended, done = run_alone(database_url, orders, fault=f"{point}:{hit}=kill")

            told |= done
            assert ended in {-signal.SIGKILL, 0}
            assert told <= in_the_books()
            assert kit.books_problems() == []

    assert run_alone(database_url, orders) == (0, {f"k{nr}" for nr in range(6)})
    assert kit.available("fan") == 1_000 - 3 * 10 - 3 * 5
    wallet = account_view(db.session(), AccountKind.WALLET, "user", "fan")
    assert wallet.held == 0


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("point", [name for name in SPEND if name != "spend.commit_sent"])
def test_what_was_not_committed_never_happened(database_url: str, point: str) -> None:
    kit.fund("fan", 1_000)

    assert run_alone(database_url, [["tip", "fan", 10, "k"]], fault=f"{point}=kill") == (
        -signal.SIGKILL,
        set(),
    )

    assert kit.available("fan") == 1_000


@pytest.mark.usefixtures("site")
def test_what_was_committed_stays_and_is_answered_again(database_url: str) -> None:
    kit.fund("fan", 1_000)
    fault = "spend.commit_sent=kill"

    assert run_alone(database_url, [["tip", "fan", 10, "k"]], fault=fault)[0] == -signal.SIGKILL
    assert kit.available("fan") == 990
    assert run_alone(database_url, [["tip", "fan", 10, "k"]]) == (0, {"k"})
    assert kit.available("fan") == 990


def test_a_point_does_nothing_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PPVCMS_FAULT", "spend.locked=raise")
    monkeypatch.delenv("PPVCMS_TESTING", raising=False)
    load()

    faultpoint("spend.locked")


def test_a_point_fails_at_the_hit_that_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PPVCMS_TESTING", "1")
    monkeypatch.setenv("PPVCMS_FAULT", "spend.locked:2=raise,spend.moved=sleep:0")
    load()

    faultpoint("spend.moved")
    faultpoint("spend.locked")
    with pytest.raises(FaultError):
        faultpoint("spend.locked")
    faultpoint("spend.locked")

    monkeypatch.undo()
    load()


@pytest.mark.parametrize("order", ["nowhere=kill", "spend.locked=explode", "spend.locked"])
def test_an_order_that_makes_no_sense_is_refused(
    monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    monkeypatch.setenv("PPVCMS_TESTING", "1")
    monkeypatch.setenv("PPVCMS_FAULT", order)

    with pytest.raises(FaultError):
        load()

    monkeypatch.undo()
    load()


@pytest.mark.parametrize("act", ["stop", "hang"])
def test_a_process_can_be_kept_at_a_point(act: str) -> None:
    code = (
        "from ppvcms.faultpoints import faultpoint; print('here', flush=True);"
        "faultpoint('spend.locked'); print('after', flush=True)"
    )
    environment = {"PYTHONPATH": str(ROOT), "PPVCMS_TESTING": "1"}
    environment["PPVCMS_FAULT"] = f"spend.locked={act}"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "here\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        process.kill()
        assert process.stdout.read() == ""
