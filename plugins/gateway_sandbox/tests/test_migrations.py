"""The plugin's tables come, go and come back, and are what its models say."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, pool

from plugins.gateway_sandbox import models
from ppvcms import schema

VERSIONS = Path(__file__).parent.parent / "migrations"
SLUG = "gateway_sandbox"
TABLES = {models.SandboxPayment.__tablename__, models.SandboxNotice.__tablename__}


def test_tables_go_up_down_and_up(database_url: str) -> None:
    engine = create_engine(database_url, poolclass=pool.NullPool)
    for _ in range(2):
        schema.upgrade(engine, SLUG, VERSIONS)
        assert set(inspect(engine).get_table_names()) >= TABLES
        assert schema.differences(engine, SLUG) == []
        schema.downgrade(engine, SLUG, VERSIONS)
        assert not set(inspect(engine).get_table_names()) & TABLES


@pytest.mark.parametrize("table", sorted(TABLES))
def test_tables_carry_the_plugins_name(table: str) -> None:
    assert table.startswith(f"{SLUG}__")
