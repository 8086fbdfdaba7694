"""What authors get by ``pytest_plugins = ["ppvcms.testing.fixtures"]``, together on one site."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from ppvcms.rooms.modes import PayerRole
from ppvcms.testing.shows import watch

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from ppvcms.testing.fixtures import Goes, Host, Till, WithPlugins
    from ppvcms.testing.shows import Books, Wallet

pytest_plugins = ["ppvcms.testing.fixtures"]


def test_somebody_buys_credits_and_spends_them_in_a_show(
    with_plugins: WithPlugins,
    sandbox_gateway: Till,
    live_show: Goes,
    wallet: Wallet,
    books: Books,
    client: FlaskClient,
    host: Host,
) -> None:
    with_plugins("mode_group", "tips")
    assert sandbox_gateway.buy(wallet.owner, "decline") == "failed"
    assert sandbox_gateway.buy(wallet.owner) == "credited"
    assert wallet.available == 5_000

    live = live_show("group")
    mode = live.offer(wallet.owner, "group").mode
    assert mode.role is PayerRole.VIEWER
    receipt = watch(live.enter(wallet.owner, mode), 60)

    assert wallet.available == 5_000 - receipt.amount
    assert client.get(f"/rooms/{live.room.slug}").status_code == 200
    assert books.problems() == []
    host.switch_off("tips")
    assert (host.state("tips"), host.problems("tips")) == ("inactive", ())


def test_a_database_has_the_tables_of_the_core(migrated_db: str) -> None:
    engine = sa.create_engine(migrated_db, poolclass=sa.pool.NullPool)
    assert {"account", "transfer"} <= set(sa.inspect(engine).get_table_names())
