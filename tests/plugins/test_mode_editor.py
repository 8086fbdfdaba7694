"""MD-03, BO-04: kinds of shows that the owner makes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, inspect, pool

from plugins.mode_editor import models
from ppvcms import schema
from ppvcms.config import ROOT
from ppvcms.host import registry
from ppvcms.host.snapshot import look_again
from ppvcms.metering import quotes
from ppvcms.metering.quotes import Offer
from ppvcms.rooms import listing, shows
from ppvcms.rooms.modes import Entry, PayerRole, Voyeurs
from tests import kit
from tests.live import refused, site_at
from tests.web.office import Browser, browser_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ppvcms.rooms.models import Room
    from tests.live import Site

TYPED: dict[str, Any] = {
    "name": "Evening talk",
    "summary": "Tea, and what the day was like.",
    "icon": "cup-hot",
    "base": "group",
    "rate": "1.20",
    "own_rates": "y",
    "rate_least": "0.50",
    "rate_most": "5.00",
    "grace_s": "20",
    "minimum_minutes": "1",
    "slots": "2",
    "rate_two_way": "2.40",
    "voyeurs": "public",
    "rate_voyeur": "0.80",
    "weight": "0",
}


@pytest.fixture
def small_site(tmp_path: Path) -> Iterator[Site]:
    """A site with the mode editor."""
    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path, "mode_editor") as made:
        yield made


@pytest.fixture
def editor(small_site: Site) -> Browser:
    """The owner of that site."""
    return browser_of(small_site, small_site.person("Olga", "owner"))


def offered() -> dict[str, Any]:
    """Return the kinds of shows on offer, as the next request would see them."""
    look_again()
    return registry.room_modes()


def make(editor: Browser, **typed: Any) -> str:
    """Make a mode in the browser and return its key."""
    before = set(offered())
    page = editor.post("/mode-editor/new", **{**TYPED, **typed})
    assert page.status_code == 302, page.text
    (key,) = set(offered()) - before
    return key


def id_of(editor: Browser, name: str) -> str:
    """Return the id of a mode, from the list as the owner sees it."""
    link = editor.get("/mode-editor/").text.split(f">{name}<", 1)[0].rsplit('href="', 1)[1]
    return link.split('"', 1)[0].rsplit("/", 1)[1]


def price_of(room: Room, key: str) -> Any:
    card = listing.card_of(room.id)
    assert card is not None
    return next((one for one in card.prices if one.mode == key), None)


def test_a_mode_made_in_the_browser_is_offered_at_once_with_its_rules(
    small_site: Site, editor: Browser
) -> None:
    anna, ben = small_site.person("Anna", "performer"), small_site.person("Ben", credits=1000)
    room = small_site.room(anna)

    key = make(editor)

    mode = offered()[key]
    assert (mode.label, mode.entry, mode.role) == ("Evening talk", Entry.CLICK, PayerRole.VIEWER)
    assert (mode.ruled.slots, mode.ruled.voyeurs) == (2, Voyeurs.PUBLIC)
    assert dict(mode.ruled.rates) == {"two_way": 240, "voyeur": 80}
    price = price_of(room, key)
    assert (price.rate, price.grace_s, price.minimum_minutes, price.paid) == (120, 20, 1, True)
    small_site.go_live(room, anna, key)
    card = listing.card_of(room.id)
    assert card is not None
    assert (card.state.value, card.mode) == ("group", key)
    offer = quotes.quote(room.id, key, ben)
    assert isinstance(offer, Offer), offer
    assert offer.terms.rate_per_minute == 120


def test_a_deleted_mode_starts_nothing_and_keeps_its_name_and_its_shows(
    small_site: Site, editor: Browser
) -> None:
    anna, carla = small_site.person("Anna", "performer"), small_site.person("Carla", "performer")
    room = small_site.room(anna)
    key = make(editor)
    small_site.go_live(room, anna, key)
    mode_id = id_of(editor, "Evening talk")

    assert editor.post(f"/mode-editor/{mode_id}/switch", offered="0").status_code == 302

    assert key not in offered()
    found = registry.room_mode(key)
    assert found is not None
    assert found.label == "Evening talk"
    assert price_of(room, key) is None
    card = listing.card_of(room.id)
    assert card is not None
    assert card.state.value == "group"
    other = small_site.room(carla, "Carla")
    assert refused(shows.go_live(other.id, carla, key)) == "not_found"

    assert editor.post(f"/mode-editor/{mode_id}/switch", offered="1").status_code == 302
    assert key in offered()
    assert make(editor) != key


def test_what_cannot_be_is_said_beside_the_field_and_kept(editor: Browser) -> None:
    page = editor.post("/mode-editor/new", **{**TYPED, "rate": "", "rate_most": "0.10"})
    assert page.status_code == 422
    assert "A paid kind of show needs a rate." in page.text
    assert "Tea, and what the day was like." in page.text
    page = editor.post("/mode-editor/new", **{**TYPED, "rate": "9"})
    assert "outside the range" in page.text
    page = editor.post("/mode-editor/new", **{**TYPED, "base": "private", "blocks": "10 for 18"})
    assert "has no price such as" in page.text
    assert offered().keys() == {"free", "private"}


def test_a_private_mode_has_blocks_and_none_of_the_ways_of_public_shows(
    small_site: Site, editor: Browser
) -> None:
    room = small_site.room(small_site.person("Anna", "performer"))
    key = make(editor, base="exclusive", blocks="30 45.00\n10 18")

    mode = offered()[key]
    quote = mode.quote_terms(_facts(room), None)

    assert (mode.private, mode.exclusive, mode.ruled.slots) == (True, True, 0)
    assert mode.ruled.voyeurs is Voyeurs.NEVER
    key = make(editor, name="Letters", base="text_group")
    written = offered()[key]
    assert (written.base, written.paid, written.ruled.slots) == ("text", True, 0)
    assert written.ruled.voyeurs is Voyeurs.NEVER
    assert [(one.minutes, one.price) for one in quote.blocks] == [(10, 1800), (30, 4500)]


def test_the_panel_follows_what_is_typed(editor: Browser) -> None:
    panel = editor.post("/mode-editor/preview", **{**TYPED, "rate": "1.35"}).text
    assert "1.35" in panel
    assert "2.40" in panel
    assert "Evening talk" in panel
    # 3 minutes at the rate are set aside, R-29.
    assert "4.05" in panel
    panel = editor.post("/mode-editor/preview", **{**TYPED, "rate": "nonsense"}).text
    assert "Evening talk" in panel


def test_only_who_may_edits_modes(small_site: Site, editor: Browser) -> None:
    del editor
    ben = browser_of(small_site, small_site.person("Ben"))
    assert ben.get("/mode-editor/").status_code in {403, 404}
    assert ben.post("/mode-editor/new", **TYPED).status_code in {403, 404}
    assert "own_evening_talk" not in offered()


def test_its_table_goes_up_down_and_up(database_url: str) -> None:
    kit.lay_tables(database_url)
    engine = create_engine(database_url, poolclass=pool.NullPool)
    versions = Path(ROOT) / "plugins" / "mode_editor" / "migrations"
    for _ in range(2):
        schema.upgrade(engine, "mode_editor", versions)
        assert models.OwnMode.__tablename__ in inspect(engine).get_table_names()
        assert schema.differences(engine, "mode_editor") == []
        schema.downgrade(engine, "mode_editor", versions)
        assert models.OwnMode.__tablename__ not in inspect(engine).get_table_names()


def _facts(room: Room) -> Any:
    from ppvcms.rooms.modes import RoomFacts

    return RoomFacts(room.id, room.slug, room.title, room.performer_id, None, 0)
