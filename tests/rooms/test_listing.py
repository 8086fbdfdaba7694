"""RM-01, RM-02, RM-06, RM-09, RM-20: the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from ppvcms.accounts.actor import VISITOR
from ppvcms.db import as_of, db, now_ms, reading, transaction
from ppvcms.rooms import listing, presence, rates, services, shows, switches
from ppvcms.rooms.listing import Filters, ImageRef, Order, choose_image, filters_from
from ppvcms.rooms.models import Category, Room
from ppvcms.rooms.services import RoomEdit
from ppvcms.rooms.states import OFFLINE_AFTER_MS, RoomState

if TYPE_CHECKING:
    from tests.live import Site


def cards(filters: Filters | None = None) -> list[str]:
    """The names of the rooms in the list, in order."""
    db.session.rollback()
    return [card.title for card in listing.listing(filters or Filters()).cards]


def state_of(slug: str) -> str:
    db.session.rollback()
    return next(c.state.value for c in listing.listing(Filters()).cards if c.slug == slug)


def test_a_room_is_online_with_the_first_media_and_offline_when_it_goes_off(
    small_site: Site,
) -> None:
    anna = small_site.person("Anna", "performer")
    room = small_site.room(anna)
    assert state_of("anna") == "offline"
    show = shows.go_live(room.id, anna, "free")
    assert isinstance(show, shows.Show)
    assert state_of("anna") == "offline"
    small_site.performer_sends(show)
    assert state_of("anna") == "online"
    shows.go_off(room.id, anna)
    assert state_of("anna") == "offline"


def test_hidden_and_away_are_seen_in_the_list(small_site: Site) -> None:
    anna = small_site.person("Anna", "performer")
    room = small_site.room(anna)
    small_site.go_live(room, anna)
    switches.switch(room.id, anna, "hidden", on=True)
    assert state_of("anna") == "hidden"
    switches.switch(room.id, anna, "away", on=True)
    assert state_of("anna") == "away"
    switches.switch(room.id, anna, "away", on=False)
    switches.switch(room.id, anna, "hidden", on=False)
    assert state_of("anna") == "online"


def test_a_private_show_is_seen_in_the_list_and_its_end_too(site: Site) -> None:
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=1000)
    room = site.room(anna)
    show = site.go_live(room, anna)
    begun = site.begin(room, anna, ben)
    assert state_of("anna") == "private"
    from ppvcms.metering import seats

    seats.end_seat(begun.seat_id, ben)
    assert state_of("anna") == "away"
    site.ready(room, anna)
    assert state_of("anna") == "online"
    db.session.expire_all()
    assert services.by_slug("anna").show_id == show.id


def test_filters_find_by_every_property(small_site: Site) -> None:
    people = {name: small_site.person(name, "performer") for name in ("Anna", "Bela", "Carl")}
    rooms = {name: small_site.room(actor, name) for name, actor in people.items()}
    transaction(lambda s: s.add(Category(id="c" * 26, slug="music", name="Music")))
    services.edit_room(
        rooms["Bela"].id,
        people["Bela"],
        RoomEdit(tags=("Jazz",), language="de", country="at", category_id="c" * 26),
    )
    rates.set_rate(rooms["Carl"].id, "private", people["Carl"], rate=500)
    small_site.go_live(rooms["Anna"], people["Anna"])

    assert cards() == ["Anna", "Bela", "Carl"]
    assert cards(Filters(tag="jazz")) == ["Bela"]
    assert cards(Filters(language="de")) == ["Bela"]
    assert cards(Filters(country="AT")) == ["Bela"]
    assert cards(Filters(category="music")) == ["Bela"]
    assert cards(Filters(state="live")) == ["Anna"]
    assert cards(Filters(state="offline")) == ["Bela", "Carl"]
    assert cards(Filters(name="car")) == ["Carl"]
    assert cards(Filters(least=300)) == ["Carl"]
    assert cards(Filters(most=300)) == ["Anna", "Bela"]
    assert cards(Filters(mode="private", least=500, most=500)) == ["Carl"]
    assert cards(Filters(order=Order.NAME)) == ["Anna", "Bela", "Carl"]
    assert cards(Filters(order=Order.PRICE)) == ["Anna", "Bela", "Carl"]
    assert cards(Filters(order=Order.NEW))[0] == "Carl"


def test_the_number_of_queries_does_not_grow_with_the_rooms(small_site: Site) -> None:
    for number in range(3):
        small_site.room(small_site.person(f"P{number}", "performer"), f"Room {number}")
    few = count_queries()
    for number in range(3, 20):
        small_site.room(small_site.person(f"P{number}", "performer"), f"Room {number}")
    assert count_queries() == few


def count_queries() -> int:
    """How many statements one page of the list takes."""
    statements: list[str] = []
    listing.listing(Filters())  # settings and snapshots are read once a second

    def note(_c: object, _cur: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    db.session.rollback()
    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        listing.listing(Filters())
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    return len([one for one in statements if "setting" not in one and "host_state" not in one])


def test_who_gives_no_sign_of_life_goes_off_the_list_by_time_alone(small_site: Site) -> None:
    anna = small_site.person("Anna", "performer")
    room = small_site.room(anna)
    small_site.go_live(room, anna)
    last = now_ms(db.session()) - OFFLINE_AFTER_MS + 300
    signs = sa.update(Room).where(Room.id == room.id).values(evidence_at=last)
    transaction(lambda session: session.execute(signs))
    # Nothing is committed from here on.
    while state_of("anna") != "offline":
        assert now_ms(db.session()) < last + OFFLINE_AFTER_MS + 10_000


def test_a_commit_of_whoever_moves_what_is_read_again(site: Site) -> None:
    room = site.room(site.person("Anna", "performer"))
    title = sa.update(Room).where(Room.id == room.id)

    def moment() -> object:
        db.session.rollback()
        return as_of(reading())

    before = moment()
    if db.engine.dialect.name == "sqlite":
        # Others on a server of PostgreSQL commit at any time.
        assert moment() == before
    transaction(lambda session: session.execute(title.values(title="Own")))
    own = moment()
    assert own != before
    assert cards() == ["Own"]
    elsewhere = sa.create_engine(db.engine.url)
    with elsewhere.begin() as connection:
        connection.execute(title.values(title="Theirs"))
    elsewhere.dispose()
    assert moment() != own
    assert cards() == ["Theirs"]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({}, Filters()),
        ({"q": " anna ", "page": "3"}, Filters(name="anna", page=3)),
        ({"least": "-5", "most": "x", "sort": "rm -rf", "page": "0"}, Filters()),
        ({"least": "100", "sort": "price"}, Filters(least=100, order=Order.PRICE)),
    ],
)
def test_an_address_gives_filters_and_nonsense_is_left_out(
    args: dict[str, str], expected: Filters
) -> None:
    assert filters_from(args) == expected


def test_filters_come_back_from_their_own_address() -> None:
    filters = Filters(state="live", tag="jazz", least=100, order=Order.NAME, page=2)
    assert filters_from(filters.as_args()) == filters


def test_the_picture_is_the_snapshot_only_while_live() -> None:
    images = [ImageRef("up", "upload"), ImageRef("snap", "snapshot")]
    assert choose_image("snapshot", RoomState.ONLINE, images) == "snap"
    assert choose_image("snapshot", RoomState.OFFLINE, images) == "up"
    assert choose_image("snapshot", RoomState.PRIVATE, images) == "up"
    assert choose_image("fixed", RoomState.ONLINE, images) == "up"
    assert choose_image("random", RoomState.ONLINE, None) is None


def test_viewers_are_people_and_the_performer_is_none_of_them(small_site: Site) -> None:
    anna, ben = small_site.person("Anna", "performer"), small_site.person("Ben")
    room = small_site.room(anna)
    small_site.go_live(room, anna)
    presence.enter("s1", room.id, user_id=ben.user_id, role="client")
    presence.enter("s2", room.id, user_id=ben.user_id, role="client")
    presence.enter("s3", room.id, user_id=None, role="visitor")
    presence.enter("s4", room.id, user_id=anna.user_id, role="performer")
    assert listing.viewer_counts([room.id]) == {room.id: 2}
    presence.leave("s3")
    assert listing.viewer_counts([room.id]) == {room.id: 1}


def test_a_page_whose_server_died_is_swept(small_site: Site) -> None:
    room = small_site.room(small_site.person("Anna", "performer"))
    presence.enter("s1", room.id, user_id=None, role="visitor")
    from ppvcms.rooms.models import Visit

    transaction(lambda s: s.execute(sa.update(Visit).values(seen_at=Visit.seen_at - 120_000)))
    assert presence.sweep() == 1
    assert listing.viewer_counts([room.id]) == {}


def test_the_state_of_a_room_has_the_documented_shape(small_site: Site) -> None:
    room = small_site.room(small_site.person("Anna", "performer"))
    state = services.state_json(room)
    assert {"room", "state", "prices", "show", "public_media", "requests_open"} <= state.keys()
    assert [price["mode"] for price in state["prices"]] == ["free", "private"]
    assert state["prices"][1]["rate"] == 200
    assert services.role_in(room, VISITOR) == "visitor"


def test_two_rooms_of_one_name_have_two_addresses(small_site: Site) -> None:
    anna = small_site.person("Anna", "performer")
    first, second = small_site.room(anna, "Anna"), small_site.room(anna, "Anna")
    assert first.slug == "anna"
    assert second.slug.startswith("anna-")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Room)) == 2
