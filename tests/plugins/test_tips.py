"""WL-09, R-04, R-44, R-46: tips."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from ppvcms.accounts.actor import VISITOR
from ppvcms.db import db, transaction
from ppvcms.host import registry
from ppvcms.ledger.models import Share, Transfer
from ppvcms.ledger.store import wallet_view
from ppvcms.metering.models import Seat
from ppvcms.results import Refusal
from ppvcms.rooms import chat, services, shows
from tests.live import refused
from tests.web.office import browser_of

if TYPE_CHECKING:
    from ppvcms.accounts.actor import Actor
    from ppvcms.rooms.models import Room
    from tests.live import Site


def send(
    room: Room, actor: Actor, amount: Any, *, key: str = "", note: str = "", confirm: bool = False
) -> Any:
    db.session.rollback()
    view = services.view_of(services.by_id(room.id))
    data = {"amount": amount, "note": note, "key": key or uuid.uuid4().hex, "confirm": confirm}
    return registry.room_actions()["tips.send"](view, actor, data)


def available(actor: Actor) -> int:
    db.session.rollback()
    return wallet_view(db.session(), str(actor.user_id)).available


def no_gap() -> None:
    """Let one person tip as fast as a machine."""
    from ppvcms.host import settings

    transaction(lambda session: settings.save(session, "tips", "gap_s", 0))


def test_a_tip_is_paid_at_once_and_said_in_chat(site: Site) -> None:
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=1000)
    room = site.room(anna)
    site.go_live(room, anna)
    answer = send(room, ben, 500, note="Play it  again")
    assert (answer["amount"], answer["available"]) == (500, 500)
    line = chat.tail(room.id)[-1]
    assert (line["kind"], line["text"], line["data"]["amount"]) == ("tip", "Play it again", 500)
    shares = {row.party_kind: row.amount for row in db.session.scalars(sa.select(Share))}
    assert shares == {"performer": 450, "site": 50}


def test_a_double_click_pays_once(site: Site) -> None:
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=1000)
    room = site.room(anna)
    site.go_live(room, anna)

    answers = site.together(6, lambda _: send(room, ben, 500, key="one"))

    assert len({answer["tip"] for answer in answers}) == 1
    assert available(ben) == 500
    assert send(room, ben, 500, key="one")["tip"] == answers[0]["tip"]
    assert refused(send(room, ben, 200, key="one")) == "key_reused"
    assert available(ben) == 500
    assert len(chat.tail(room.id)) == 1


def test_thirty_two_tips_at_once_take_exactly_what_is_there(site: Site) -> None:
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=1000)
    room = site.room(anna)
    site.go_live(room, anna)
    no_gap()

    answers = site.together(32, lambda n: send(room, ben, 130, key=f"tip-{n}"))

    codes = Counter(a.code if isinstance(a, Refusal) else "paid" for a in answers)
    assert codes == {"paid": 7, "funds": 25}
    assert available(ben) == 1000 - 7 * 130


def test_a_gap_lies_between_two_tips_of_one_person(small_site: Site) -> None:
    anna, ben = small_site.person("Anna", "performer"), small_site.person("Ben", credits=1000)
    room = small_site.room(anna)
    small_site.go_live(room, anna)
    send(room, ben, 100)
    assert refused(send(room, ben, 100)) == "too_fast"
    assert available(ben) == 900


def test_a_tip_never_takes_held_money(site: Site) -> None:
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=700)
    room = site.room(anna)
    site.go_live(room, anna)
    site.begin(room, anna, ben)
    answer = send(room, ben, 200, confirm=True)
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.missing) == ("funds", 100)
    assert available(ben) == 100


def test_a_tip_that_leaves_under_a_minute_is_confirmed_first(site: Site) -> None:
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=900)
    room = site.room(anna)
    site.go_live(room, anna)
    site.begin(room, anna, ben)
    assert "tip" in send(room, ben, 100), "three minutes are held: time enough"
    transaction(
        lambda s: s.execute(sa.update(Seat).values(secured=10, secured_until=Seat.opened_at + 3000))
    )
    no_gap()
    answer = send(room, ben, 200)
    assert isinstance(answer, Refusal)
    assert answer.code == "confirm"
    assert available(ben) == 200
    assert "tip" in send(room, ben, 200, confirm=True)
    transaction(
        lambda s: s.execute(
            sa.update(Seat).values(secured=600, secured_until=Seat.opened_at + 180_000)
        )
    )


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"amount": 99}, "range"),
        ({"amount": 50_001}, "range"),
        ({"amount": 0}, "range"),
        ({"amount": -100}, "range"),
        ({"amount": 1.5}, "bad_request"),
        ({"amount": "100"}, "bad_request"),
        ({"amount": True}, "bad_request"),
        ({"amount": 100, "note": 5}, "bad_request"),
        ({"amount": 100, "note": "x" * 141}, "invalid"),
        ({"amount": 100, "key": ""}, "bad_request"),
        ({"amount": 100, "key": None}, "bad_request"),
    ],
)
def test_what_is_no_tip_takes_nothing(small_site: Site, data: dict[str, Any], code: str) -> None:
    anna, ben = small_site.person("Anna", "performer"), small_site.person("Ben", credits=900)
    room = small_site.room(anna)
    small_site.go_live(room, anna)
    view = services.view_of(services.by_id(room.id))
    answer = registry.room_actions()["tips.send"](view, ben, {"key": "k", **data})
    assert refused(answer) == code
    assert available(ben) == 900


def test_nobody_is_paid_for_what_cannot_be(small_site: Site) -> None:
    anna, ben = small_site.person("Anna", "performer"), small_site.person("Ben", credits=900)
    boss = small_site.person("Boss", "owner", credits=900)
    room = small_site.room(anna)
    assert refused(send(room, ben, 100)) == "closed"
    show = small_site.go_live(room, anna)
    assert refused(send(room, VISITOR, 100)) == "sign_in"
    assert refused(send(room, anna, 100)) == "forbidden"
    assert refused(send(room, boss, 100)) == "forbidden"
    shows.end_public(show.id, reason="went_off", ended_by=None)
    assert refused(send(room, ben, 100)) == "closed"
    assert available(ben) == 900


def test_a_tip_in_a_private_show_is_said_there_alone(site: Site) -> None:
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=2000)
    room = site.room(anna)
    site.go_live(room, anna)
    begun = site.begin(room, anna, ben)
    view = services.view_of(services.by_id(room.id), show_id=begun.show_id, seat_id=begun.seat_id)
    data = {"amount": 100, "note": "Thank you", "key": "k", "confirm": False}
    answer: Any = registry.room_actions()["tips.send"](view, ben, data)
    assert "tip" in answer
    assert chat.tail(room.id) == []
    assert [line["text"] for line in chat.tail(room.id, show_id=begun.show_id)] == ["Thank you"]


def test_a_tip_goes_to_the_one_who_was_named(small_site: Site) -> None:
    anna, ben = small_site.person("Anna", "performer"), small_site.person("Ben", credits=1000)
    room = small_site.room(anna)
    small_site.go_live(room, anna)
    view = services.view_of(services.by_id(room.id))
    data = {"amount": 100, "note": "", "key": "k", "confirm": False}
    act: Any = registry.room_actions()["tips.send"]

    assert refused(act(view, ben, {**data, "to": str(ben.user_id)})) == "gone"
    assert available(ben) == 1000
    assert "tip" in act(view, ben, {**data, "to": str(anna.user_id)})
    assert chat.tail(room.id)[-1]["text"] == "to Anna: sent a tip"


def test_a_tip_looks_like_the_largest_amount_it_reaches(small_site: Site) -> None:
    from plugins.tips.choices import Look, look_of, options, save_option

    del small_site
    last = options()[-1]
    look = Look(last.amount, "Encore", "fanfare", "gold")
    assert save_option(last.id, look=look, picture=None, drop_picture=False) is None
    assert look_of(2500).label == "Encore"
    assert look_of(1999).label == ""
    again = save_option(None, look=look, picture=None, drop_picture=False)
    assert refused(again) == "amount"


def test_a_tip_menu_is_read_line_by_line(small_site: Site) -> None:
    from plugins.tips.choices import Line, menu_of, read_menu, save_menus

    anna = str(small_site.person("Anna", "performer").user_id)
    lines = read_menu("5 Sing  your song\n\n0.50 too little")
    assert refused(lines) == "line"
    lines = read_menu("5 Sing  your song\n\n12,50 Dance")
    assert lines == [Line(500, "Sing your song"), Line(1250, "Dance")]
    save_menus(anna, {"public": lines, "private": []})
    assert menu_of(anna, "public") == lines
    assert refused(read_menu("\n".join(["5 Sing"] * 26))) == "lines"


def test_staff_give_a_tip_back_once_and_say_why(site: Site) -> None:
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=1000)
    room = site.room(anna)
    site.go_live(room, anna)
    send(room, ben, 500)
    tip = db.session.scalar(sa.select(Transfer.id).where(Transfer.kind == "tip"))
    owner, path = browser_of(site, site.person("Olga", "owner")), f"/admin/ledger/transfers/{tip}"

    owner.post(f"{path}/take-back")
    assert "Say why." in owner.text(path)
    assert available(ben) == 500
    owner.post(f"{path}/take-back", reason="Sent by mistake")
    owner.post(f"{path}/take-back", reason="Sent by mistake")
    assert available(ben) == 1000
    assert "This was taken back" in owner.text(path)
    refused_to = browser_of(site, ben).post(f"{path}/take-back", reason="Mine")
    assert refused_to.status_code in {403, 404}
