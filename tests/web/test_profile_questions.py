"""Questions of the owner to who performs: asked in the dashboard, shown, and filtered by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.office import browser_of

if TYPE_CHECKING:
    from tests.live import Site
    from tests.web.office import Browser

LINES = "genre | Genre | choice | Pop, Jazz\nsince | On stage since | text"


def test_an_answer_stands_on_the_profile_and_narrows_the_list(
    quick_site: Site, owner: Browser
) -> None:
    rooms = {name: quick_site.person(name, "performer") for name in ("Anna", "Bea")}
    for name, performer in rooms.items():
        quick_site.room(performer, name)
    group = {"group": "rooms", "per_page": "24", "snapshot_every_s": "60", "show_viewers": "1"}
    wrong = owner.post("/admin/settings", profile_fields="genre | Genre | choice", **group)
    assert (wrong.status_code, "write its choices" in wrong.text) == (422, True)
    assert owner.post("/admin/settings", profile_fields=LINES, **group).status_code == 302

    hers = browser_of(quick_site, rooms["Anna"])
    hers.any_page = "/perform/room"
    assert "On stage since" in hers.text("/perform/room")
    said = {"title": "Anna", "language": "en", "image_source": "snapshot", "category_id": ""}
    odd = hers.post("/perform/room", answer_genre="Polka", **said)
    assert "Not a valid choice" in odd.text
    hers.post("/perform/room", answer_genre="Jazz", answer_since="2019", **said)

    assert "Genre Jazz On stage since 2019" in owner.text("/profile/anna")
    assert "On stage since" not in owner.text("/profile/bea")
    assert listed(owner, "/") == {"Anna", "Bea"}
    assert listed(owner, "/?is_genre=Jazz") == {"Anna"}
    assert listed(owner, "/?is_genre=Pop") == set()
    # What is no question narrows nothing.
    assert listed(owner, "/?is_shoe=44&all=") == {"Anna", "Bea"}
    assert "<option selected>Jazz</option>" in owner.get("/?is_genre=Jazz").text


def listed(browser: Browser, path: str) -> set[str]:
    """Return whose cards a list shows."""
    html = browser.get(path).text
    return {name for name in ("Anna", "Bea") if f'/{name.lower()}"' in html}
