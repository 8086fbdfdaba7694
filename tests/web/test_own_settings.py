"""What rooms and studios set for themselves: pages of the core, values of plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.db import transaction
from ppvcms.host import settings
from ppvcms.host.scopes import Place, Scope
from ppvcms.rooms.services import view_of
from tests.web.office import browser_of

if TYPE_CHECKING:
    from tests.live import Site
    from tests.web.office import Browser

ROOM, STUDIO, OFFICE = "/perform/settings", "/studio-settings/", "/admin/plugins/tips/settings"


def test_a_room_narrows_what_the_owner_allows_and_follows_the_site_again(
    quick_site: Site, owner: Browser
) -> None:
    anna = quick_site.person("Anna", "performer")
    room = quick_site.room(anna)
    hers = browser_of(quick_site, anna)
    hers.any_page = ROOM
    assert "Least own amount" in hers.text(ROOM)
    assert "Seconds between two tips" not in hers.text(ROOM)

    def least() -> int:
        settings.forget()
        return int(settings.of("tips", room=view_of(room)).least)

    assert hers.post(ROOM, plugin="tips", least="5", most="500").status_code == 302
    assert (least(), settings.of("tips").least) == (500, 100)
    page = hers.text(ROOM)
    assert "otherwise it would be: 1.00" in page
    assert page.count("As on the whole site") == 1
    for wrong, sentence in (
        ({"least": "0.50", "most": "500"}, "The least here is 1.00"),
        ({"least": "5", "most": "5000"}, "The most here is 500.00"),
        ({"least": "9", "most": "8"}, "The most is below the least."),
        ({"least": "nine", "most": "8"}, "Write an amount such as 2.50."),
    ):
        answer = hers.post(ROOM, plugin="tips", **wrong)
        assert (answer.status_code, sentence in answer.text) == (422, True), wrong
    # What the owner alone sets is not taken from a room's page.
    hers.post(ROOM, plugin="tips", least="6", most="500", gap_s="0")
    assert (least(), settings.of("tips", room=view_of(room)).gap_s) == (600, 3)

    assert "may set for their own room" in owner.text(OFFICE)
    owner.post(OFFICE, least="2", most="500", gap_s="3", shared_room="most")
    assert least() == 200
    assert "Least own amount" not in hers.text(ROOM)
    assert "at first it was: 1.00" in owner.text(OFFICE)
    owner.post(OFFICE, least="2", most="500", gap_s="3", shared_room=["least", "most"])
    assert least() == 600
    hers.post(ROOM, plugin="tips", reset="least")
    assert least() == 200
    for bad in ({"plugin": "none"}, {"plugin": "tips", "reset": "gap_s"}):
        assert hers.post(ROOM, **bad).status_code == 404


def test_a_studio_sets_for_its_people_and_nobody_else_gets_there(quick_site: Site) -> None:
    boss = browser_of(quick_site, quick_site.person("Boss", "studio"))
    boss.any_page = STUDIO
    assert "Least own amount" in boss.text(STUDIO)
    boss.post(STUDIO, plugin="tips", least="3", most="500")

    [studio] = [part for part in db_places() if part.scope is Scope.STUDIO]
    assert settings.of("tips", studio=studio.id).least == 300
    transaction(lambda s: settings.allow(s, "tips", Scope.STUDIO, [], actor_id=None))
    assert "Nothing to set here" in boss.text(STUDIO)
    client = browser_of(quick_site, quick_site.person("Carl"))
    assert {client.get(path).status_code for path in (ROOM, STUDIO)} == {403}


def db_places() -> list[Place]:
    """Return where values of tips were set."""
    from ppvcms.db import db
    from ppvcms.host.models import Setting

    rows = db.session.scalars(db.select(Setting).where(Setting.plugin == "tips")).all()
    return [Place(Scope(row.scope), row.scope_id) for row in rows]
