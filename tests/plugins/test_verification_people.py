"""AC-12, CM-09, CM-11: several people in one account, companies, papers that a studio brings."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ppvcms.accounts.models import AuditLog
from ppvcms.accounts.studio_parts import begin_part
from ppvcms.db import db, transaction
from ppvcms.events import ShowEnded, ShowStarted
from ppvcms.host import registry
from ppvcms.host.dispatch import notify
from ppvcms.ids import new_id
from ppvcms.results import Refusal
from ppvcms.rooms import services, shows
from ppvcms.rooms.performing import alerts_of
from tests.live import refused
from tests.plugins.test_verification import apply, checked, decide, picture, today, told
from tests.web.office import browser_of

if TYPE_CHECKING:
    from ppvcms.accounts.actor import Actor
    from ppvcms.rooms.models import Room, Show
    from tests.live import Site

__all__ = ["checked"]


def here(room: Room, actor: Actor, *people: str) -> Any:
    """Say over the live page's socket who is there."""
    view = services.view_of(services.by_id(room.id))
    act: Any = registry.room_actions()["verification.present"]
    answer = act(view, actor, {"people": list(people)})
    if isinstance(answer, Refusal):
        return answer
    return [line["id"] for line in answer["lines"] if line["present"]]


def hears(kind: type[ShowStarted | ShowEnded], show: Show, **more: Any) -> None:
    """Let plugins hear of a show, twice as it may happen."""
    at = (show.started_at or 0) + 2_000
    fact = kind(id=new_id(), at=at, show_id=show.id, room_id=show.room_id, **more)
    for _time in range(2):
        assert notify("on_event", event=fact) == []


def stays(show: Show) -> list[tuple[str, bool]]:
    from plugins.verification.models import Present

    db.session.rollback()
    query = sa.select(Present).where(Present.show_id == show.id).order_by(Present.id)
    return [(row.name, row.until_at is not None) for row in db.session.scalars(query)]


def verify(boss: Actor, account: Actor, member: str) -> None:
    """Let somebody further bring their own papers and consent, and be approved."""
    from plugins.verification.review import State
    from plugins.verification.review import decide as act
    from plugins.verification.services import Details, add_paper, save_details, send

    said = Details("Cora Hidden", "", "1995-05-05", "2 Hidden Road", {"country": "SE"})
    assert save_details(account, said, member) is None
    assert refused(send(account, member)) == "missing"
    ahead = today() + timedelta(days=400)
    for kind in ("identity", "selfie", "consent"):
        assert add_paper(account, kind, picture(), ahead, member) is None
    assert send(account, member) is None
    assert act(boss, member, State.APPROVED, "") is None


def test_nobody_is_seen_in_an_account_without_papers_of_their_own(checked: Site) -> None:
    from plugins.verification.members import add_member, let_go
    from plugins.verification.review import State
    from plugins.verification.review import decide as act
    from plugins.verification.services import add_paper

    boss, anna = checked.person("Olga", "owner"), checked.person("Anna", "performer")
    other = checked.person("Bea", "performer")
    apply(anna)
    decide(boss, anna, "approved")
    room, a = checked.room(anna), str(anna.user_id)
    cora = str(add_member(anna, "Cora"))

    assert refused(shows.go_live(room.id, anna, "free")) == "present", "nobody said who is there"
    assert refused(here(room, anna)) == "present"
    assert refused(here(room, anna, a, cora)) == "unverified"
    assert refused(here(room, other, a)) == "forbidden"
    assert here(room, anna, a) == [a]
    show = checked.go_live(room, anna)
    hears(ShowStarted, show, mode="free", private=False)
    assert refused(here(room, anna, a, cora)) == "unverified", "nor during a show"
    assert refused(add_paper(other, "identity", picture(), None, cora)) == "gone"
    assert browser_of(checked, other).get(f"/verification/for/{cora}").status_code == 404
    verify(boss, anna, cora)
    assert here(room, anna, a, cora) == [a, cora]
    assert refused(let_go(anna, cora)) == "present"
    assert stays(show) == [("Anna", False), ("Cora", False)]
    assert here(room, anna, cora) == [cora]
    assert stays(show) == [("Anna", True), ("Cora", False)], "kept with the show"

    assert act(boss, cora, State.SUSPENDED, "The consent was taken back.") is None
    db.session.rollback()
    assert services.current_show(services.by_id(room.id)) is None, "off the air at once"
    hears(ShowEnded, show, reason="staff")
    assert stays(show) == [("Anna", True), ("Cora", True)]
    assert told(anna)[-1] == "verification.suspended"
    assert refused(shows.go_live(room.id, anna, "free")) == "present", "asked for each show"
    table = browser_of(checked, boss).get("/verification/records.csv").text
    assert "Cora (Anna),Cora Hidden" in table
    assert f"/rooms/{room.slug}" in table.split("Cora (Anna)")[1].splitlines()[0]
    page = browser_of(checked, anna)
    assert "Cora" in page.text("/verification/")
    assert "Who is present" in page.text("/perform/live")
    assert page.post(f"/verification/for/{cora}/leave").status_code == 302
    checked.go_live(room, anna)


def test_a_studio_brings_papers_of_its_own_and_of_who_allows_it(checked: Site) -> None:
    boss, anna = checked.person("Olga", "owner"), checked.person("Anna", "performer")
    north, south = checked.person("North", "studio"), checked.person("South", "studio")
    a, n = str(anna.user_id), str(north.user_id)
    transaction(
        lambda s: begin_part(s, performer_id=a, studio_id=n, percent=20, source="test:contract")
    )
    studio, person = browser_of(checked, north), browser_of(checked, anna)
    day = (today() + timedelta(days=20)).isoformat()

    def brings(subject: str, kind: str) -> int:
        file = (io.BytesIO(picture()), "paper.png")
        path = f"/verification/for/{subject}/papers/{kind}"
        return studio.post(path, picture=file, expires_on=day).status_code

    assert "Extract from the register" in studio.text("/verification/company")
    assert [brings(n, "register"), brings(n, "owner")] == [302, 302]
    assert "not allowed by them" in studio.text("/verification/crew")
    assert brings(a, "identity") == 404
    assert person.post("/verification/studio", allowed="yes").status_code == 302
    assert brings(a, "identity") == 302
    assert studio.post(f"/verification/for/{a}/details", legal_name="x").status_code == 404
    assert studio.post(f"/verification/for/{a}/send").status_code == 404
    assert browser_of(checked, south).get(f"/verification/for/{a}").status_code == 404
    assert "by North" in person.text("/verification/")
    assert "by North" in browser_of(checked, boss).text(f"/verification/people/{a}")
    query = sa.select(AuditLog.actor_id).where(AuditLog.action == "verification.paper.added")
    assert set(db.session.scalars(query)) == {n}
    told_of = alerts_of([a, n])
    assert told_of[a] == ["Cannot go live: papers not verified."]
    assert told_of[n] == ["The company's papers: not verified."]
    assert decide(boss, anna, "approved", "Known to us.") is None
    assert alerts_of([a])[a] == [f"A paper expires on {day}."]
    assert person.post("/verification/studio", allowed="no").status_code == 302
    assert brings(a, "identity") == 404
    assert not isinstance(decide(boss, north, "approved", "Known to us."), Refusal)
    assert alerts_of([n])[n] == [f"A paper expires on {day}."]
