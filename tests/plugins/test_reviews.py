"""RM-18, RM-09: reviews by people who were there, and the list by stars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from ppvcms.accounts.models import AuditLog
from ppvcms.db import db, transaction
from ppvcms.host.settings import save_site
from ppvcms.metering.models import Seat
from ppvcms.notices.services import latest
from ppvcms.rooms import listing, services
from ppvcms.rooms.listing import Order
from ppvcms.rooms.performing import alerts_of
from ppvcms.rooms.states import RoomState
from tests import kit
from tests.live import Site, refused, site_at
from tests.web.office import browser_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ppvcms.accounts.actor import Actor
    from ppvcms.host.contract import RoomView
    from ppvcms.rooms.models import Room


@pytest.fixture
def here(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """A site with reviews, on both databases."""
    with site_at(database_url, tmp_path, "reviews") as made:
        yield made


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Site]:
    """The same on SQLite alone."""
    url = f"sqlite:///{tmp_path / 'site.sqlite3'}"
    with site_at(url, tmp_path, "reviews") as made:
        yield made


def view(room: Room) -> RoomView:
    db.session.rollback()
    return services.view_of(services.by_id(room.id))


def was_there(site: Site, room: Room, performer: Actor, client: Actor, seconds: int) -> None:
    """Let somebody have had a show of so many counted seconds."""
    from ppvcms.metering import seats

    transaction(lambda session: save_site(session, None, {"away_after_private_min": 0}))
    if services.state(services.by_id(room.id)) is not RoomState.ONLINE:
        site.go_live(room, performer)
    begun = site.begin(room, performer, client)
    seats.end_seat(begun.seat_id, client)
    counted = sa.update(Seat).where(Seat.id == begun.seat_id).values(counted_ms=seconds * 1000)
    transaction(lambda session: session.execute(counted))


def write(room: Room, actor: Actor, stars: int, text: str = "") -> Any:
    from plugins.reviews.services import write as act

    answer = act(view(room), actor, stars=stars, text=text)
    db.session.rollback()
    return answer


def titles(actor: Actor) -> list[str]:
    db.session.rollback()
    return [row.title for row in latest(str(actor.user_id))]


def test_who_was_there_writes_once_and_may_change_it(here: Site) -> None:
    from plugins.reviews.services import rating_of

    anna, ben = here.person("Anna", "performer"), here.person("Ben", credits=5000)
    carl = here.person("Carl", credits=5000)
    room = here.room(anna)
    was_there(here, room, anna, ben, 60)
    was_there(here, room, anna, carl, 59)

    assert refused(write(room, carl, 5)) == "too_early"
    assert refused(write(room, anna, 5)) == "forbidden"
    answers = here.together(4, lambda _n: write(room, ben, 4, "Good"))
    assert len({answer.id for answer in answers}) == 1
    assert write(room, ben, 5, "Very good").id == answers[0].id
    rating = rating_of(room.id)
    assert rating is not None
    assert (rating.hundredths, rating.count, rating.shown) == (500, 1, "5.0")
    assert titles(anna) == ["Ben gave you 4 of 5 stars"]
    assert refused(write(room, ben, 6)) == "stars"
    assert kit.books_problems() == []


def test_a_purchase_is_enough_and_a_tip_is_not(quick: Site) -> None:
    from ppvcms.facade import charge

    anna, ben = quick.person("Anna", "performer"), quick.person("Ben", credits=5000)
    room = quick.room(anna)

    def pay(kind: str) -> Any:
        return transaction(
            lambda s: charge(
                s, payer=ben, room_id=room.id, amount=100, kind=kind, source=f"test:{kind}",
                memo=kind, key=f"test:{kind}",
            )
        )  # fmt: skip

    pay("tip")
    assert refused(write(room, ben, 5)) == "too_early"
    pay("gift")
    assert write(room, ben, 5).stars == 5


def test_one_reply_and_a_removal_for_a_listed_reason(here: Site) -> None:
    from plugins.reviews import services as reviews

    anna, ben = here.person("Anna", "performer"), here.person("Ben", credits=5000)
    olga, dora = here.person("Olga", "owner"), here.person("Dora", "performer")
    room = here.room(anna)
    was_there(here, room, anna, ben, 90)
    row = write(room, ben, 2, "Call me at 555")
    own = str(anna.user_id)

    assert alerts_of([own]) == {own: ["1 review with few stars waits for a reply."]}
    assert refused(reviews.reply(row.id, dora, "Not mine")) == "not_found"
    assert reviews.reply(row.id, anna, "Sorry") is None
    assert alerts_of([own]) == {}
    assert refused(reviews.reply(row.id, anna, "Again")) == "done"
    assert refused(reviews.remove(row.id, anna, "private")) == "forbidden"
    assert refused(reviews.remove(row.id, olga, "I dislike it")) == "reason"
    assert reviews.remove(row.id, olga, "private") is None
    db.session.rollback()
    assert reviews.rating_of(room.id) is None
    assert refused(write(room, ben, 5)) == "removed"
    assert titles(ben)[:2] == ["Your review of Anna was removed", "Anna replied to your review"]
    logged = sa.select(AuditLog.reason).where(AuditLog.action == "reviews.review.removed")
    assert "private things" in str(db.session.scalar(logged))


def test_the_list_is_filtered_and_sorted_by_stars(quick: Site) -> None:
    from plugins.reviews.models import Review

    rows = []
    for name, given in (("Anna", (5, 4)), ("Dora", (3,)), ("Eva", ())):
        room = quick.room(quick.person(name, "performer"), name)
        rows += [
            Review(
                id=f"{name}{number}",
                room_id=room.id,
                performer_id=room.performer_id,
                user_id=f"u{number}",
                stars=stars,
                made_at=1,
                changed_at=1,
            )
            for number, stars in enumerate(given)
        ]
    transaction(lambda session: session.add_all(rows))

    def shown(**filters: Any) -> list[str]:
        return [card.title for card in listing.listing(listing.Filters(**filters)).cards]

    assert shown(order=Order.RATING) == ["Anna", "Dora", "Eva"]
    assert shown(rating=4) == ["Anna"]
    assert shown(rating=3) == ["Anna", "Dora"]
    assert listing.filters_from({"rating": "4", "sort": "rating"}).as_args() == {
        "rating": "4",
        "sort": "rating",
    }


def test_the_pages_of_reviews(quick: Site) -> None:
    anna, ben = quick.person("Anna", "performer"), quick.person("Ben", credits=5000)
    room = quick.room(anna)
    was_there(quick, room, anna, ben, 61)
    mine, hers = browser_of(quick, ben), browser_of(quick, anna)
    answer = mine.post("/reviews/anna", stars="", text="<b>Nice</b>")
    assert answer.status_code == 422
    assert "&lt;b&gt;Nice&lt;/b&gt;" in answer.text, "what was typed is kept"
    assert mine.post("/reviews/anna", stars="4", text="<b>Nice</b>").status_code == 302
    assert "&lt;b&gt;Nice" in mine.get("/profile/anna").text
    assert "4.0" in mine.text("/")
    assert "Reply" in hers.text("/reviews/mine")
    assert mine.get("/reviews/mine").status_code == 403
    assert mine.get("/reviews/office").status_code == 403
    owner = browser_of(quick, quick.person("Olga", "owner"))
    assert "advertisement" in owner.text("/reviews/office")
