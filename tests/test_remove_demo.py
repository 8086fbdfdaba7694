"""`make reset-demo` removes a demo site and nothing else."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from ppvcms.accounts.models import Role, User, UserRole
from ppvcms.db import Base

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    """An instance folder with an upload and the tables of accounts, written as a site writes."""
    folder = tmp_path / "instance"
    (folder / "uploads").mkdir(parents=True)
    with writing(folder) as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        tables = [Base.metadata.tables[name] for name in ("user", "role", "user_role")]
        Base.metadata.create_all(connection, tables=tables)
        connection.execute(
            sa.insert(Role).values(id="owner", key="owner", name="Owner", permissions={})
        )
    return folder


@contextlib.contextmanager
def writing(instance: Path) -> Iterator[sa.Connection]:
    engine = sa.create_engine(f"sqlite:///{instance / 'ppvcms.sqlite3'}")
    with engine.connect() as connection:
        yield connection
        connection.commit()
    engine.dispose()


def add_owner(instance: Path, name: str, *, demo: bool) -> None:
    with writing(instance) as connection:
        connection.execute(
            sa.insert(User).values(
                id=name,
                email=name,
                password_hash="",
                display_name=name,
                name_key=name,
                demo=demo,
                created_at=0,
            )
        )
        connection.execute(sa.insert(UserRole).values(user_id=name, role_id="owner"))


def remove(instance: Path, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "remove_demo.py"],
        env={"PPVCMS_INSTANCE": str(instance), "PATH": "", "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr


def test_a_demo_site_is_removed_whole(instance: Path) -> None:
    add_owner(instance, "mia", demo=True)

    assert remove(instance) == (0, "")
    assert not instance.exists()


def test_where_there_is_no_site_there_is_nothing_to_do(tmp_path: Path) -> None:
    assert remove(tmp_path / "none") == (0, "")


@pytest.mark.parametrize("owners", [[], [False], [True, False]])
def test_a_site_with_a_real_owner_or_none_stays(instance: Path, owners: list[bool]) -> None:
    for number, demo in enumerate(owners):
        add_owner(instance, f"owner{number}", demo=demo)

    code, said = remove(instance)

    assert (code, "not a demo" in said) == (2, True)
    assert (instance / "uploads").exists()


def test_a_folder_without_a_database_stays(tmp_path: Path) -> None:
    assert remove(tmp_path)[0] == 2
    assert tmp_path.exists()


def test_a_running_demo_stays(instance: Path) -> None:
    add_owner(instance, "mia", demo=True)
    with contextlib.closing(sqlite3.connect(instance / "ppvcms.sqlite3")) as server:
        server.execute("SELECT * FROM user").fetchall()

        code, said = remove(instance)

    assert (code, "is running" in said) == (2, True)


def test_a_database_elsewhere_stays(instance: Path) -> None:
    add_owner(instance, "mia", demo=True)

    code, said = remove(instance, PPVCMS_DATABASE="postgresql://me:secret@db/site")

    assert (code, "secret" in said) == (2, False)
