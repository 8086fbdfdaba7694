"""RM-16: from one room to the next, paid ones only up to what somebody wants to pay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.live import Site, site_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def next_of(site: Site, slug: str, **asked: str) -> str | None:
    """Ask as a visitor's page does."""
    address = site.app.config["PPVCMS"].public_url
    client = site.app.test_client()
    answer = client.get(f"/rooms/{slug}/next.json", query_string=asked, base_url=address)
    url: str | None = answer.get_json()["url"]
    return url and url.rsplit("/", 1)[1]


@pytest.fixture
def group_site(tmp_path: Path) -> Iterator[Site]:
    """A site with group shows."""
    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path, "mode_group") as found:
        yield found


def test_rooms_on_air_follow_each_other_and_paid_ones_are_wanted_first(group_site: Site) -> None:
    site = group_site
    rooms = {}
    for name, mode in (("Anna", "free"), ("Bea", "free"), ("Cleo", "group")):
        performer = site.person(name, "performer")
        rooms[name] = site.room(performer, name)
        site.go_live(rooms[name], performer, mode)
    site.room(site.person("Dora", "performer"), "Dora")

    assert next_of(site, "anna") == "bea"
    assert next_of(site, "bea") == "anna"
    assert next_of(site, "anna", how="random") == "bea"
    assert {next_of(site, "bea", most="100"), next_of(site, "anna", most="100")} == {"cleo", "bea"}
    assert next_of(site, "bea", most="nonsense") == "anna"
    assert next_of(site, "cleo", most="50") == "anna"
