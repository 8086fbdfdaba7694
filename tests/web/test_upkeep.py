"""What the health page says of jobs, backups, tables and books, and what it says to do."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ppvcms.accounts.models import Mail
from ppvcms.books_check import check_all, note
from ppvcms.db import db, now_ms, transaction
from ppvcms.ids import new_id
from ppvcms.jobs.models import TaskLease
from ppvcms.ledger.check import Problem, Report
from ppvcms.web.admin.queries.finding import Tone
from ppvcms.web.admin.queries.health import findings
from ppvcms.web.admin.queries.upkeep import BACKUP, note_backup, upkeep

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.live import Site

DAY_S = 86_400


def lines() -> dict[str, tuple[Tone, str, str]]:
    """Return the lines by name."""
    db.session.rollback()
    return {one.name: (one.tone, one.text, one.remedy) for one in upkeep()}


def test_each_line_says_how_it_is_and_what_to_do(site: Site) -> None:
    found = lines()
    assert {name: one[0] for name, one in found.items()} == {
        "Jobs": Tone.BAD,
        "Books": Tone.WARN,
        "Backup": Tone.WARN,
        "Tables": Tone.GOOD,
        "Size of the database": Tone.GOOD,
    }
    assert all(one[2] for one in found.values() if one[0] is not Tone.GOOD)
    assert "MB" in found["Size of the database"][1]

    instance = site.app.config["PPVCMS"].instance
    note_backup(instance)
    note(check_all(site.app), actor_id=None)
    transaction(lambda s: s.add(TaskLease(name="broom", ran_at=now_ms(s))))
    assert {one[0] for one in lines().values()} == {Tone.GOOD}

    transaction(lambda s: s.execute(sa.update(TaskLease).values(last_error="no handle")))
    note(Report((Problem("I1", "sums", ("x",)),), (), (), 1), actor_id=None)
    assert lines()["Books"][:2] == (Tone.BAD, "The last check found 1 problem.")
    for days, tone in ((1, Tone.GOOD), (3, Tone.WARN), (9, Tone.BAD)):
        then = (instance / BACKUP).stat().st_mtime - DAY_S * days
        note_backup(instance)
        os.utime(instance / BACKUP, (then, then))
        assert lines()["Backup"][0] is tone
        note_backup(instance)
    assert lines()["Jobs"][:2] == (Tone.WARN, "Failed: broom")

    # A task that takes long keeps its lease; one whose process died loses it.
    def ran(minutes_ago: int, lease_min: int) -> None:
        def act(session: Session) -> None:
            now = now_ms(session)
            values = {"ran_at": now - minutes_ago * 60_000, "last_error": None}
            session.execute(
                sa.update(TaskLease).values(lease_until=now + lease_min * 60_000, **values)
            )

        transaction(act)

    ran(3, 1)
    assert lines()["Jobs"][0] is Tone.GOOD
    ran(3, -1)
    assert lines()["Jobs"][:2] == (Tone.BAD, "No process does the periodic work.")


def test_what_is_away_is_said_with_the_reason(site: Site) -> None:
    config = site.app.config["PPVCMS"]
    lost = {"redis": "redis://127.0.0.1:1/0", "meter_inside": False}
    object.__setattr__(config, "mail_url", "smtp://127.0.0.1:1")
    for name, value in lost.items():
        object.__setattr__(config, name, value)

    def letter(session: Session) -> None:
        about = {"to": "a@b.c", "subject": "Hi", "body": "Hi", "made_at": 1, "due_at": 1}
        session.add(Mail(id=new_id(), attempts=3, last_error="Connection refused", **about))

    transaction(letter)
    found = {one.name: one for one in findings()}
    assert {found[name].tone for name in ("Mail", "Redis", "Meter")} == {Tone.BAD}
    assert "Connection refused" in found["Mail"].text
    assert "ppvcms meter" in found["Meter"].remedy
    transaction(lambda s: s.execute(sa.update(Mail).values(attempts=0, last_error=None)))
    db.session.rollback()
    late = {one.name: one for one in findings()}["Mail"]
    assert (late.tone, "jobs" in late.remedy) == (Tone.WARN, True)
