"""What stands in the database that a site is to live in."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

if TYPE_CHECKING:
    from ppvcms.config import Config

MARK = "site_unfinished"
"""A table that stands in a database of PostgreSQL until the site in it is whole."""


class Standing(StrEnum):
    """How far a site has come."""

    NONE = "none"
    UNFINISHED = "unfinished"
    WHOLE = "whole"
    FOREIGN = "foreign"


def standing(config: Config) -> Standing:
    """Return what is there; who opens a database that is down gets SQLAlchemy's error."""
    from ppvcms.schema import CORE, version_table  # noqa: PLC0415 - alembic is slow to load

    if config.is_sqlite and not sqlite_path(config).exists():
        return Standing.NONE
    engine = create_engine(config.database_url, poolclass=NullPool)
    try:
        tables = set(inspect(engine).get_table_names())
    finally:
        engine.dispose()
    if not tables:
        return Standing.NONE
    if MARK in tables:
        return Standing.UNFINISHED
    return Standing.WHOLE if version_table(CORE) in tables else Standing.FOREIGN


def sqlite_path(config: Config) -> Path:
    """Return the file of an embedded database."""
    return Path(make_url(config.database_url).database or "")
