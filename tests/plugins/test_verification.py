"""AC-02, AC-03, MO-01, MO-02: nobody performs unseen, and nobody sees papers unlogged."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from PIL import Image

from ppvcms.accounts.models import AuditLog, Mail
from ppvcms.db import db, now_ms, transaction
from ppvcms.events import ShowStarted
from ppvcms.host import settings
from ppvcms.ids import new_id
from ppvcms.notices.models import Notice
from ppvcms.results import Refusal
from ppvcms.rooms import listing, services, shows
from tests.live import refused, site_at
from tests.web.office import browser_of, plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ppvcms.accounts.actor import Actor
    from tests.live import Site

IDENTITY = b"a face that nobody else may see"


@pytest.fixture
def checked(tmp_path: Path) -> Iterator[Site]:
    """A site on which verification is switched on."""
    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path, "verification") as site:
        yield site


def picture(size: tuple[int, int] = (400, 300)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#335577").save(out, "PNG")
    return out.getvalue()


def today() -> date:
    from plugins.verification.services import day_of

    return day_of(now_ms(db.session()))


def details(actor: Actor, born_on: str = "1990-01-31") -> Refusal | None:
    from plugins.verification.services import Details, save_details

    said = Details("Anna Secretname", "Annie", born_on, "1 Hidden Road, Nowhere", {"country": "SE"})
    return save_details(actor, said)


def bring(actor: Actor) -> None:
    from plugins.verification.services import add_paper

    assert details(actor) is None
    for kind in ("identity", "selfie"):
        assert add_paper(actor, kind, picture(), today() + timedelta(days=400)) is None


def apply(actor: Actor) -> None:
    from plugins.verification.services import send

    bring(actor)
    assert send(actor) is None


def decide(boss: Actor, actor: Actor, verdict: str, reason: str = "") -> Refusal | None:
    from plugins.verification.review import State
    from plugins.verification.review import decide as act

    return act(boss, str(actor.user_id), State(verdict), reason)


def told(actor: Actor) -> list[str]:
    db.session.rollback()
    query = sa.select(Notice.kind).where(Notice.user_id == actor.user_id).order_by(Notice.id)
    return list(db.session.scalars(query))


def logged(action: str) -> list[AuditLog]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(AuditLog).where(AuditLog.action == action)))


def listed() -> list[str]:
    db.session.rollback()
    return [card.title for card in listing.listing(listing.Filters()).cards]


def test_nobody_is_listed_or_live_before_being_verified(checked: Site) -> None:
    boss, anna = checked.person("Olga", "owner"), checked.person("Anna", "performer")
    room = checked.room(anna)
    assert refused(shows.go_live(room.id, anna, "free")) == "unverified"
    assert listed() == []

    apply(anna)
    assert refused(shows.go_live(room.id, anna, "free")) == "unverified"
    assert decide(boss, anna, "approved") is None

    assert listed() == ["Anna"]
    checked.go_live(room, anna)
    assert told(anna) == ["verification.approved"]
    mails = db.session.scalars(sa.select(Mail.subject)).all()
    assert any("verified" in subject for subject in mails)


def test_the_owner_may_let_the_unverified_do_each_thing(checked: Site) -> None:
    anna = checked.person("Anna", "performer")
    room = checked.room(anna)

    for key in ("unverified_may_list", "unverified_may_live"):
        transaction(lambda s, key=key: settings.save(s, "verification", key, value=True))

    assert listed() == ["Anna"]
    assert not isinstance(shows.go_live(room.id, anna, "free"), Refusal)
    from ppvcms.rooms.performing import refusal_to_perform

    assert refused(refusal_to_perform(anna, "sell")) == "unverified"


def test_under_eighteen_is_refused_by_the_servers_day(checked: Site) -> None:
    anna = checked.person("Anna", "performer")
    day = today()
    tomorrow = (day + timedelta(days=1)).replace(year=day.year - 18)

    answer = details(anna, tomorrow.isoformat())

    assert refused(answer) == "born_on"
    from plugins.verification.services import details_of

    assert details_of(str(anna.user_id)) is None
    assert details(anna, day.replace(year=day.year - 18).isoformat()) is None


def test_a_suspension_takes_off_the_air_at_once_and_says_why(checked: Site) -> None:
    boss, anna = checked.person("Olga", "owner"), checked.person("Anna", "performer")
    apply(anna)
    decide(boss, anna, "approved")
    room = checked.room(anna)
    checked.go_live(room, anna)
    assert refused(decide(boss, anna, "suspended")) == "reason"

    assert decide(boss, anna, "suspended", "The paper was somebody else's.") is None

    db.session.rollback()
    assert services.current_show(services.by_id(room.id)) is None
    assert listed() == []
    answer = shows.go_live(room.id, anna, "free")
    assert isinstance(answer, Refusal)
    assert "somebody else's" in answer.reason


def test_asking_for_more_opens_it_again_and_refusing_says_why(checked: Site) -> None:
    boss, anna = checked.person("Olga", "owner"), checked.person("Anna", "performer")
    apply(anna)
    assert refused(details(anna)) == "decided"

    assert decide(boss, anna, "more", "The back of the card, please.") is None
    assert details(anna) is None
    apply(anna)
    assert decide(boss, anna, "refused", "Blurred.") is None

    assert told(anna) == ["verification.more", "verification.refused"]
    reasons = [row.reason for row in logged("verification.case.refused")]
    assert reasons == ["Blurred."]


def test_an_approval_without_papers_needs_a_reason_that_is_kept(checked: Site) -> None:
    boss, anna = checked.person("Olga", "owner"), checked.person("Anna", "performer")

    assert refused(decide(boss, anna, "approved")) == "missing"
    assert decide(boss, anna, "approved", "Known to us for years.") is None

    (row,) = logged("verification.case.approved")
    assert row.reason == "Known to us for years."
    assert "Identity document" in row.data["missing"]


def test_papers_and_legal_names_lie_encrypted_under_a_key_of_their_own(
    checked: Site, tmp_path: Path
) -> None:
    from plugins.verification import vault

    anna = checked.person("Anna", "performer")
    bring(anna)

    files = list((tmp_path / "instance" / "private" / "verification").iterdir())
    assert len(files) == 2
    assert all(b"JFIF" not in path.read_bytes() for path in files)
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)
    stored = db.session.execute(sa.text("SELECT details FROM verification__person")).scalar_one()
    assert "Secretname" not in stored
    assert vault.take_out(files[0].name)[:3] == b"\xff\xd8\xff"
    files[0].write_bytes(files[1].read_bytes())
    with pytest.raises(InvalidTag):
        vault.take_out(files[0].name)


def test_a_look_at_a_paper_is_logged_and_sent_once(checked: Site) -> None:
    boss, anna = checked.person("Olga", "owner"), checked.person("Anna", "performer")
    mod, clerk = checked.person("Mo", "moderator"), checked.person("Cleo", "back_office")
    apply(anna)
    paper_id = db.session.execute(sa.text("SELECT id FROM verification__paper")).scalars().first()
    mods, owners = browser_of(checked, mod), browser_of(checked, boss)

    clerks = browser_of(checked, clerk)
    assert clerks.post(f"/verification/papers/{paper_id}/open").status_code == 403
    page = owners.post(f"/verification/papers/{paper_id}/open").text
    address = page.split('src="/verification/looks/')[1].split('"')[0]
    assert clerks.get(f"/verification/looks/{address}").status_code == 403
    assert mods.get(f"/verification/looks/{address}").status_code == 404
    first = owners.get(f"/verification/looks/{address}")
    again = owners.get(f"/verification/looks/{address}")

    assert (first.status_code, first.mimetype) == (200, "image/jpeg")
    assert first.headers["Cache-Control"] == "no-store"
    assert again.status_code == 404
    (row,) = logged("verification.paper.viewed")
    assert (row.actor_id, row.subject) == (boss.user_id, f"user:{anna.user_id}")


def test_only_who_reviews_reads_a_legal_name_and_it_is_logged(checked: Site) -> None:
    anna, ben = checked.person("Anna", "performer"), checked.person("Ben")
    mod = checked.person("Mo", "moderator")
    room = checked.room(anna)
    apply(anna)
    path = f"/verification/people/{anna.user_id}"

    assert browser_of(checked, ben).get(path).status_code == 403
    assert "Secretname" in browser_of(checked, mod).text(path)

    assert [row.actor_id for row in logged("verification.details.read")] == [mod.user_id]
    decide(mod, anna, "approved")
    for public in (f"/rooms/{room.slug}", f"/profile/{room.slug}", "/"):
        assert "Secretname" not in browser_of(checked, ben).get(public).text


def test_a_performer_does_it_all_in_the_browser(checked: Site) -> None:
    anna = checked.person("Anna", "performer")
    checked.room(anna)
    page = browser_of(checked, anna)
    assert "not verified" in page.text("/perform/")
    said = {
        "legal_name": "Anna Secretname",
        "born_on": "2020-01-01",
        "address": "1 Hidden Road",
        "own_country": "SE",
    }

    young = page.post("/verification/details", **said)
    page.post("/verification/details", **(said | {"born_on": "1990-01-01"}))
    day = (today() + timedelta(days=90)).isoformat()
    for kind in ("identity", "selfie"):
        file = (io.BytesIO(picture()), "paper.png")
        page.post(f"/verification/papers/{kind}", picture=file, expires_on=day)
    wrong = page.post("/verification/papers/tax", picture=(io.BytesIO(b"%PDF"), "x.pdf"))
    page.post("/verification/send")

    assert young.status_code == 422
    assert "at least 18" in plain(young.text)
    assert "Secretname" in young.text
    assert wrong.status_code == 302
    assert "being looked at" in page.text("/verification/")


def test_an_expiring_paper_is_told_once_and_an_expired_one_asks_for_more(
    checked: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from plugins.verification import duties

    boss, anna = checked.person("Olga", "owner"), checked.person("Anna", "performer")
    apply(anna)
    decide(boss, anna, "approved")
    day_ms = 86_400_000

    def later(days: int) -> Any:
        return lambda session: now_ms(session) + days * day_ms

    duties.look_at_dates()
    assert told(anna) == ["verification.approved"]
    monkeypatch.setattr(duties, "now_ms", later(371))
    duties.look_at_dates()
    duties.look_at_dates()
    assert told(anna)[1:] == ["verification.expiring"] * 2, "one for each of two papers"
    monkeypatch.setattr(duties, "now_ms", later(401))
    duties.look_at_dates()

    assert told(anna)[-1] == "verification.more"
    assert listed() == []


def test_the_records_say_who_was_shown_when_and_where(checked: Site) -> None:
    boss, anna = checked.person("Olga", "owner"), checked.person("Anna", "performer")
    apply(anna)
    room = checked.room(anna)
    fact = ShowStarted(
        id=new_id(), at=1_000, show_id=new_id(), room_id=room.id, mode="free", private=False
    )
    from ppvcms.host.dispatch import notify

    for _time in range(2):
        assert notify("on_event", event=fact) == []
    table = browser_of(checked, boss).get("/verification/records.csv").text

    assert "Anna Secretname" in table
    assert table.count(f"/rooms/{room.slug}") == 1
    assert len(logged("verification.records.exported")) == 1


def test_the_owner_sees_who_was_there_before_verification(checked: Site) -> None:
    boss = checked.person("Olga", "owner")
    checked.person("Anna", "performer")
    page = browser_of(checked, boss)

    assert "Anna" in page.text("/verification/queue?state=new")
    from plugins.verification.duties import problems

    assert any("sent no papers" in problem.text for problem in problems())


def test_a_made_up_picture_or_date_is_refused(checked: Site) -> None:
    from plugins.verification.services import add_paper, case_of

    anna = checked.person("Anna", "performer")
    ahead = today() + timedelta(days=9)

    assert refused(add_paper(anna, "identity", picture(), None)) == "expires"
    assert refused(add_paper(anna, "identity", picture(), today())) == "expires"
    assert refused(add_paper(anna, "identity", IDENTITY, ahead)) == "picture"
    assert refused(add_paper(anna, "passport", picture(), ahead)) == "kind"
    assert refused(add_paper(anna, "selfie", b"x" * (10 * 1024 * 1024 + 1), None)) == "size"
    assert case_of(str(anna.user_id)).papers == ()
