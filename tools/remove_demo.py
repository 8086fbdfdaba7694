"""Remove the demo site in the instance folder, after making sure that it is one."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import sys
from typing import TYPE_CHECKING

from ppvcms.config import load_config

if TYPE_CHECKING:
    from pathlib import Path

    from ppvcms.config import Config

OWNERS = """
    SELECT user.demo FROM user
    JOIN user_role ON user_role.user_id = user.id
    JOIN role ON role.id = user_role.role_id
    WHERE role.key = 'owner'
"""


def main() -> int:
    """Remove the demo site or say in one line why not."""
    config = load_config()
    if not config.instance.exists():
        return 0
    refusal = refusal_to_remove(config)
    if refusal:
        sys.stderr.write(f"reset-demo: {refusal} Nothing was removed.\n")
        return 2
    shutil.rmtree(config.instance)
    return 0


def refusal_to_remove(config: Config) -> str | None:
    """Return why the site must stay, or None."""
    if config.database:
        return "This site's database is not in its instance folder, so it is no demo site."
    database = config.instance / "ppvcms.sqlite3"
    if not belongs_to_a_demo(database):
        return f"The site in {config.instance} is not a demo: not all of its owners are invented."
    if is_open(database):
        return f"The site in {config.instance} is running. Stop it first."
    return None


def belongs_to_a_demo(database: Path) -> bool:
    """Tell whether the site has an owner and every owner is a demo account."""
    if not database.exists():
        return False
    with contextlib.closing(sqlite3.connect(database)) as connection:
        try:
            owners = connection.execute(OWNERS).fetchall()
        except sqlite3.DatabaseError:
            return False
    return bool(owners) and all(demo for (demo,) in owners)


def is_open(database: Path) -> bool:
    """Tell whether another process has the SQLite file open."""
    with contextlib.closing(sqlite3.connect(database, timeout=0)) as connection:
        try:
            # Leaving WAL needs the file for oneself, so it fails beside any open connection.
            connection.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError:
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
