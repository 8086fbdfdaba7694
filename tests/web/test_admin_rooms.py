"""Rooms are priced in place: validated, logged, valid from the next show (BO-01 to BO-03)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.db import db, transaction
from ppvcms.host import settings
from ppvcms.metering import office
from ppvcms.metering.seats import live_seats_of, seat_view
from ppvcms.rooms import chat, services
from ppvcms.rooms.rates import rate_rows
from tests.live import refused
from tests.web.office import browser_of, log, plain

if TYPE_CHECKING:
    from tests.live import Site
    from tests.web.office import Browser


def test_a_cell_is_saved_alone_and_holds_from_the_next_show(
    quick_site: Site, owner: Browser
) -> None:
    mara = quick_site.person("Mara", "performer")
    ben = quick_site.person("Ben", credits=10_000)
    room = quick_site.room(mara, "Mara")
    quick_site.go_live(room, mara)
    before = quick_site.offer(room, ben).terms.rate_per_minute

    answer = owner.send(f"/admin/rooms/{room.id}/quick", {"rate:private": "3.50"})

    assert answer.json == {"ok": True, "errors": {}, "values": {"rate:private": "3.50"}}
    assert before == 200
    assert quick_site.offer(room, ben).terms.rate_per_minute == 350
    assert [row.data["after"] for row in log("rooms.rate.changed")] == [350]


def test_a_price_outside_the_range_is_refused_with_the_range(
    quick_site: Site, owner: Browser
) -> None:
    """BO-03."""
    room = quick_site.room(quick_site.person("Mara", "performer"), "Mara")

    answer = owner.send(f"/admin/rooms/{room.id}/quick", {"rate:private": "99"})

    assert answer.status_code == 422
    assert "between 0.50 and 20.00" in answer.json["errors"]["rate:private"]
    assert rate_rows(room.id)[0].own_rate is None
    assert log("rooms.rate.changed") == []


def test_without_script_a_row_is_sent_whole_and_keeps_what_was_typed(
    quick_site: Site, owner: Browser
) -> None:
    room = quick_site.room(quick_site.person("Mara", "performer"), "Mara")
    fields = {"rate:private": "99", "ratio": "70", "featured": "3", "slug": "mara"}

    refused_page = owner.post(f"/admin/rooms/{room.id}/quick", **fields)
    saved = owner.post(f"/admin/rooms/{room.id}/quick", **(fields | {"rate:private": "4"}))

    assert refused_page.status_code == 422
    assert 'value="99"' in refused_page.text
    assert saved.status_code == 302
    stored = services.by_id(room.id)
    assert (stored.ratio_percent, stored.featured) == (70, 3)
    assert rate_rows(room.id)[0].rate == 400


def test_an_empty_price_gives_the_usual_one_back(quick_site: Site, owner: Browser) -> None:
    room = quick_site.room(quick_site.person("Mara", "performer"), "Mara")
    owner.send(f"/admin/rooms/{room.id}/quick", {"rate:private": "3.50"})

    owner.send(f"/admin/rooms/{room.id}/quick", {"rate:private": "", "ratio": ""})

    row = rate_rows(room.id)[0]
    assert (row.own_rate, row.rate) == (None, 200)
    assert services.by_id(room.id).ratio_percent is None


def test_with_own_prices_off_one_price_holds_for_all_and_own_ones_are_kept(
    quick_site: Site, owner: Browser
) -> None:
    """BO-02."""
    mara = quick_site.person("Mara", "performer")
    room = quick_site.room(mara, "Mara")
    quick_site.go_live(room, mara)
    ben = quick_site.person("Ben", credits=10_000)
    owner.send(f"/admin/rooms/{room.id}/quick", {"rate:private": "3.50"})

    transaction(lambda session: settings.save(session, "mode_private", "own_rates", value=False))

    assert quick_site.offer(room, ben).terms.rate_per_minute == 200
    assert "off: one price for all" in owner.text("/admin/prices")
    transaction(lambda session: settings.save(session, "mode_private", "own_rates", value=True))
    assert quick_site.offer(room, ben).terms.rate_per_minute == 350


def test_two_rooms_cannot_have_one_address(quick_site: Site, owner: Browser) -> None:
    quick_site.room(quick_site.person("Mara", "performer"), "Mara")
    other = quick_site.room(quick_site.person("Iva", "performer"), "Iva")

    taken = owner.send(f"/admin/rooms/{other.id}/quick", {"slug": "mara"})
    odd = owner.send(f"/admin/rooms/{other.id}/quick", {"slug": "a b"})
    good = owner.send(f"/admin/rooms/{other.id}/quick", {"slug": "iva-2"})

    assert "Another room" in taken.json["errors"]["slug"]
    assert odd.status_code == 422
    assert good.status_code == 200
    assert services.by_slug("iva-2").id == other.id


def test_a_room_goes_to_somebody_else_only_while_nothing_runs(
    quick_site: Site, owner: Browser
) -> None:
    """BO-08."""
    mara, iva = quick_site.person("Mara", "performer"), quick_site.person("Iva", "performer")
    room = quick_site.room(mara, "Mara")
    show = quick_site.go_live(room, mara)
    fields = {"performer_id": iva.user_id, "category_id": "", "listed": "y"}

    owner.post(f"/admin/rooms/{room.id}", **fields)
    assert services.by_id(room.id).performer_id == mara.user_id
    owner.post(f"/admin/live/shows/{show.id}/stop", reason="Change of hands")
    owner.post(f"/admin/rooms/{room.id}", **fields)

    assert services.by_id(room.id).performer_id == iva.user_id
    assert log("rooms.room.assigned")[0].data["before"] == {"performer_id": mara.user_id}


def test_categories_are_made_renamed_and_taken_away(quick_site: Site, owner: Browser) -> None:
    room = quick_site.room(quick_site.person("Mara", "performer"), "Mara")
    owner.post("/admin/categories", name="Jazz & Blues", slug="", weight="2")
    shelf = services.categories()[0]
    assert shelf.slug == "jazz-blues"
    owner.post(f"/admin/rooms/{room.id}", performer_id=room.performer_id, category_id=shelf.id)
    owner.post("/admin/categories", id=shelf.id, name="Jazz", slug="jazz", weight="1")

    assert services.by_id(room.id).category_id == shelf.id
    assert 'value="Jazz"' in owner.get("/admin/categories").text
    owner.post(f"/admin/categories/{shelf.id}/delete")
    assert services.by_id(room.id).category_id is None
    assert services.categories() == []


def test_staff_stops_a_session_with_a_reason_that_is_kept(site: Site) -> None:
    """R-14, BO-07: what was counted is settled, the reason stays in the log."""
    owner_actor = site.person("Olga", "owner")
    owner = browser_of(site, owner_actor)
    mara = site.person("Mara", "performer")
    ben = site.person("Ben", credits=10_000)
    room = site.room(mara, "Mara")
    site.go_live(room, mara)
    seat_id = site.begin(room, mara, ben).seat_id

    board = owner.text("/admin/live")
    assert "Ben" in board
    assert "Mara" in board
    assert refused(office.stop_seat(seat_id, owner_actor, reason=" ")) == "reason"
    answer = owner.post(f"/admin/sessions/{seat_id}/stop", reason="Complaint 7")

    assert answer.status_code == 302
    assert seat_view(seat_id).over
    assert [row.reason for row in log("metering.seat.stopped")] == ["Complaint 7"]


def test_stopping_a_show_ends_the_private_one_inside_it(quick_site: Site, owner: Browser) -> None:
    mara = quick_site.person("Mara", "performer")
    ben = quick_site.person("Ben", credits=10_000)
    room = quick_site.room(mara, "Mara")
    show = quick_site.go_live(room, mara)
    quick_site.begin(room, mara, ben)

    empty = owner.post(f"/admin/live/shows/{show.id}/stop", reason="")
    assert empty.status_code == 200
    owner.post(f"/admin/live/shows/{show.id}/stop", reason="Emergency")

    db.session.rollback()
    assert services.by_id(room.id).show_id is None
    assert live_seats_of(show.id) == []
    assert "Nobody is live" in plain(owner.get("/admin/live/board").text)


def test_staff_enters_a_room_and_the_visit_is_logged(quick_site: Site, owner: Browser) -> None:
    """R-16."""
    room = quick_site.room(quick_site.person("Mara", "performer"), "Mara")

    answer = owner.post(f"/admin/live/rooms/{room.id}/enter")

    assert answer.location.endswith(f"/rooms/{room.slug}/visit")
    assert [row.subject for row in log("rooms.room.visited")] == [f"room:{room.id}"]


def test_staff_write_to_everybody_in_a_room(quick_site: Site, owner: Browser) -> None:
    """BO-07."""
    room = quick_site.room(quick_site.person("Mara", "performer"), "Mara")
    page = f"/admin/live/rooms/{room.id}/message"

    assert "up to 500 characters" in plain(owner.post(page, text=" ").text)
    owner.post(page, text="Ten minutes to go.")

    assert [line["text"] for line in chat.tail(room.id)] == ["Ten minutes to go."]
    assert [row.subject for row in log("rooms.room.messaged")] == [f"room:{room.id}"]
