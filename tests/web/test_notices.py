"""MS-08: notices on the site and by mail, in the reader's language, as each wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from ppvcms.accounts.models import Mail, User
from ppvcms.accounts.texts import fill, places, reset_text, save_text
from ppvcms.db import db, transaction
from ppvcms.errors import PpvcmsError
from ppvcms.metering import requests, seats
from ppvcms.notices import services
from ppvcms.notices.models import NoticeThread
from ppvcms.notices.services import Choice, send_notice
from tests.live import refused
from tests.web.office import browser_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ppvcms.accounts.actor import Actor
    from tests.live import Site

VALUES = {"with": "Anna", "amount": 650}


def tell(actor: Actor, kind: str = "core.receipt", **more: Any) -> None:
    values = more.pop("values", VALUES)
    user_id = str(actor.user_id)
    transaction(lambda s: send_notice(s, user_id, kind, values=values, **more))
    db.session.rollback()


def told(actor: Actor) -> list[str]:
    db.session.rollback()
    return [row.title for row in services.latest(str(actor.user_id))]


def mails(actor: Actor) -> Sequence[Mail]:
    db.session.rollback()
    address = db.session.get_one(User, actor.user_id).email
    query = sa.select(Mail).where(Mail.to == address).order_by(Mail.id)
    return db.session.scalars(query).all()


def hurry(actor: Actor) -> None:
    """Let every gap of somebody's mails pass."""
    threads = sa.update(NoticeThread).where(NoticeThread.user_id == actor.user_id)
    transaction(lambda session: session.execute(threads.values(due_at=0)))
    transaction(lambda session: session.execute(sa.update(Mail).values(due_at=0)))


def test_a_notice_is_told_on_the_site_and_by_mail(site: Site) -> None:
    ben = site.person("Ben")
    tell(ben, link="/account")
    assert told(ben) == ["Your receipt: 6.50 cr"]
    letter = mails(ben)[0]
    assert letter.subject == "Your receipt: 6.50 cr"
    assert "Hello Ben," in letter.body
    assert "/account" in letter.body
    assert "/account/notices/settings" in letter.body


def test_the_same_key_tells_once_also_at_the_same_moment(site: Site) -> None:
    ben = site.person("Ben")
    site.together(6, lambda _: tell(ben, key="receipt:1"))
    tell(ben, key="receipt:1")
    tell(ben, key="receipt:2")
    assert len(told(ben)) == 2
    assert sum(letter.body.count("The receipt says") for letter in mails(ben)) == 2


def test_what_comes_within_the_gap_is_put_into_one_mail(site: Site) -> None:
    ben = site.person("Ben")
    for number in range(4):
        tell(ben, key=f"receipt:{number}")
    first, second = mails(ben)
    assert second.due_at - first.due_at == 5 * 60_000
    assert second.body.count("The receipt says") == 3
    assert second.body.count("/account/notices/settings") == 1
    hurry(ben)
    tell(ben, key="later")
    assert len(mails(ben)) == 3


def test_another_thread_has_a_mail_of_its_own(quick_site: Site) -> None:
    ben = quick_site.person("Ben")
    for room in ("one", "two", "one"):
        tell(ben, "core.room_back", values={"room": room}, thread=f"room:{room}")
    due = sorted(letter.due_at - letter.made_at > 60_000 for letter in mails(ben))
    assert due == [False, False, True]


def test_a_notice_is_undone_with_what_it_tells_of(quick_site: Site) -> None:
    ben = quick_site.person("Ben")

    def act(session: Any) -> None:
        send_notice(session, str(ben.user_id), "core.receipt", values=VALUES)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        transaction(act)
    assert (told(ben), list(mails(ben))) == ([], [])


def test_everybody_chooses_for_each_kind(quick_site: Site) -> None:
    ben = quick_site.person("Ben")
    me = str(ben.user_id)
    services.choose(me, {"core.receipt": Choice(on_site=False, by_mail=True)})
    tell(ben)
    assert (told(ben), len(mails(ben))) == ([], 1)
    services.choose(me, {"core.receipt": Choice(on_site=True, by_mail=False)})
    tell(ben)
    assert (len(told(ben)), len(mails(ben))) == (1, 1)
    services.choose(me, {"core.receipt": Choice(on_site=False, by_mail=False)})
    tell(ben)
    assert (len(told(ben)), len(mails(ben))) == (1, 1)


def test_no_mail_goes_to_an_address_that_nobody_verified(quick_site: Site) -> None:
    ben = quick_site.person("Ben")
    transaction(lambda s: setattr(s.get_one(User, ben.user_id), "email_verified_at", None))
    tell(ben)
    assert (len(told(ben)), len(mails(ben))) == (1, 0)


def test_an_unknown_kind_and_a_link_that_leads_away_are_bugs(quick_site: Site) -> None:
    ben = quick_site.person("Ben")
    with pytest.raises(PpvcmsError, match="Nobody declares"):
        tell(ben, "core.nothing")
    with pytest.raises(PpvcmsError, match="path of this site"):
        tell(ben, link="//elsewhere.example")


def test_the_owners_words_win_in_their_language(quick_site: Site) -> None:
    ben = quick_site.person("Ben")
    kind, known = "core.receipt", {"name", "with", "amount"}

    def save(title: str, body: str) -> Any:
        return save_text(kind, "en", title=title, body=body, known=known, actor_id=None)

    assert refused(save("%(who)s", "")) == "place"
    assert refused(save("100 % of it", "")) == "place"
    assert save("Paid: %(amount)s, 100 %%", "For %(name)s, with %(with)s.") is None
    tell(ben)
    assert told(ben) == ["Paid: 6.50 cr, 100 %"]
    assert "For Ben, with Anna." in mails(ben)[0].body
    reset_text(kind, "en", actor_id=None)
    tell(ben)
    assert told(ben)[0] == "Your receipt: 6.50 cr"


def test_places_are_filled_once_and_never_again() -> None:
    assert places("%(a)s %%(b)s", "%(c)s") == {"a", "c"}
    assert fill("%(a)s 5%% %(b)s", {"a": "%(b)s"}) == "%(b)s 5% "


def test_the_bell_counts_and_a_click_reads(quick_site: Site) -> None:
    ben, carl = quick_site.person("Ben"), quick_site.person("Carl")
    tell(ben, link="/account/profile")
    tell(ben)
    mine, other = browser_of(quick_site, ben), browser_of(quick_site, carl)
    assert mine.get("/account/notices/unread.json").json == {"unread": 2}
    notice = services.latest(str(ben.user_id))[1]
    assert other.get(f"/account/notices/{notice.id}").status_code == 404
    assert "Your receipt" not in other.text("/account/notices")
    assert mine.get(f"/account/notices/{notice.id}").location == "/account/profile"
    assert mine.get("/account/notices/unread.json").json == {"unread": 1}
    mine.post("/account/notices/read")
    assert mine.get("/account/notices/unread.json").json == {"unread": 0}


def test_the_page_of_switches_keeps_what_was_ticked(quick_site: Site) -> None:
    ben = quick_site.person("Ben")
    mine = browser_of(quick_site, ben)
    assert "You earned" not in mine.text("/account/notices/settings")
    mine.post("/account/notices/settings", site=["core.receipt"], mail=["core.credits"])
    tell(ben)
    tell(ben, "core.credits")
    assert (told(ben), len(mails(ben))) == (["Your receipt: 6.50 cr"], 1)


def test_the_core_tells_of_money_and_requests(quick_site: Site) -> None:
    from ppvcms.jobs.outbox import deliver_due

    anna, ben = quick_site.person("Anna", "performer"), quick_site.person("Ben", credits=5000)
    room = quick_site.room(anna)
    quick_site.go_live(room, anna)
    asked = quick_site.ask(room, ben)
    requests.reject(asked.id, anna, "Later")
    begun = quick_site.begin(room, anna, ben)
    seats.end_seat(begun.seat_id, ben)
    for _again in range(2):
        deliver_due(limit=100)
    assert told(ben) == ["Anna cannot take your request now"]
    assert told(anna) == []
