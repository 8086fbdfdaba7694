"""RM-01: what is kept of a list is never old, and nobody sees what is drawn for another."""

from __future__ import annotations

import contextvars
import random
import re
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from flask import render_template_string, session

from ppvcms import create_app
from ppvcms.accounts.models import User
from ppvcms.db import db, transaction
from ppvcms.host import lifecycle
from ppvcms.host.kept import EXTENSION, MOST_THINGS, Shelf
from ppvcms.host.settings import forget, save, save_site
from ppvcms.host.snapshot import look_again
from ppvcms.rooms import presence, rates, services, shows, switches
from ppvcms.rooms.models import Category, Room
from ppvcms.rooms.services import RoomEdit
from ppvcms.web.drawing import drawn
from ppvcms.web.guards import TOKEN as TOKEN_OF_SIGN_IN
from ppvcms.web.guards import current_actor
from tests.live import Site, site_at
from tests.web.office import browser_of, sign_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flask.testing import FlaskClient

    from tests.web.office import Browser

TOKEN = re.compile(r'(name="csrf[-_]token"[^>]*? (?:content|value)=)"[^"]+"')


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    """A site where people follow; what is compared is not the database's."""
    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path, "follow") as made:
        yield made


def page(asker: FlaskClient, **more: Any) -> str:
    """The start page as somebody gets it, without the reader's own token."""
    answer = contextvars.Context().run(asker.get, "/", **more)
    assert answer.status_code == 200
    return TOKEN.sub(r"\1", answer.text)


def changes(site: Site, dice: random.Random) -> list[Callable[[], object]]:
    """What happens on a site, in any order: each changes something that cards show."""
    owner, anna = site.person("Olga", "owner"), site.person("Anna", "performer")
    room, other = site.room(anna, "Songs"), site.room(site.person("Bela", "performer"), "Talk")
    transaction(lambda s: s.add(Category(id="c" * 26, slug="music", name="Music")))

    def edit(**fields: Any) -> object:
        return services.edit_room(room.id, anna, RoomEdit(**fields))

    def put(kind: type, key: str, **values: Any) -> object:
        return transaction(
            lambda s: s.execute(sa.update(kind).where(kind.id == key).values(**values))  # type: ignore[attr-defined]
        )

    def price() -> object:
        return rates.set_rate(room.id, "private", owner, rate=dice.randrange(2, 9) * 50)

    def usual_price() -> object:
        rate = dice.randrange(2, 90) * 5
        return transaction(lambda s: save(s, "mode_private", "rate_private", rate))

    def look() -> object:
        core = {
            "theme": dice.choice(("stage", "classroom")),
            "unit_sign": dice.choice("$€"),
            "show_viewers": dice.random() < 0.5,
        }
        return transaction(lambda s: save_site(s, None, core))

    def sign(text: str) -> Callable[[], object]:
        return lambda: transaction(lambda s: save_site(s, None, {"unit_sign": text}))

    return [
        lambda: site.go_live(room, anna),
        price,
        usual_price,
        look,
        sign("points"),
        lambda: lifecycle.deactivate("follow", actor_id=None),
        lambda: edit(title=f"Songs {dice.randrange(9)}", brief=dice.choice(("", "<b>Now</b>"))),
        lambda: edit(language="de", tags=(dice.choice("abc"),)),
        lambda: edit(category_id="c" * 26),
        lambda: put(Category, "c" * 26, name=f"Music {dice.randrange(9)}"),
        lambda: put(User, str(anna.user_id), display_name=f"Anna {dice.randrange(9)}"),
        lambda: put(Room, other.id, listed=dice.random() < 0.5, featured=dice.randrange(3)),
        lambda: switches.switch(room.id, anna, "hidden", on=True),
        lambda: switches.switch(room.id, anna, "away", on=True),
        lambda: switches.switch(room.id, anna, "hidden", on=False),
        lambda: switches.switch(room.id, anna, "away", on=False),
        lambda: presence.enter("s1", room.id, user_id=None, role="visitor"),
        price,
        sign("cr"),
        lambda: shows.go_off(room.id, anna),
    ]


def test_a_page_of_kept_parts_is_the_page_drawn_anew(here: Site) -> None:
    dice = random.Random(7)  # noqa: S311 - a play, no secret
    acts = changes(here, dice)
    ben = browser_of(here, here.person("Ben")).client
    visitor = here.app.test_client()
    elsewhere = create_app(here.app.config["PPVCMS"], role="command")
    seen = set()
    first, *acts, last = acts
    dice.shuffle(acts)
    acts = [first, *acts, last]
    for step, act in enumerate(acts):
        act()
        db.session.rollback()
        for asker in (visitor, ben):
            kept = page(asker)
            here.app.extensions.pop(EXTENSION)
            assert page(asker) == kept
            seen.add(kept)
        if step % 5 == 0:
            with elsewhere.app_context():
                # Of settings and plugins another process hears within a second.
                forget()
                look_again()
            assert page(elsewhere.test_client()) == page(visitor)
    assert len(seen) > len(acts)


def test_a_change_is_in_the_next_page_of_another_process(here: Site) -> None:
    anna, owner = here.person("Anna", "performer"), here.person("Olga", "owner")
    room = here.room(anna, "Songs")
    elsewhere = create_app(here.app.config["PPVCMS"], role="command").test_client()
    assert 'data-state="offline"' in page(elsewhere)
    here.go_live(room, anna)
    assert 'data-state="online"' in page(elsewhere)
    rates.set_rate(room.id, "private", owner, rate=350)
    assert "3.50" in page(elsewhere)
    rates.set_rate(room.id, "private", owner, rate=200)
    assert "3.50" not in page(elsewhere)


def test_nobody_sees_what_is_for_another(here: Site) -> None:
    anna, ben = here.person("Anna", "performer"), here.person("Ben")
    here.room(anna, "Songs")
    transaction(lambda s: save_site(s, None, {"locales": ("en", "de")}))
    mine, hers = browser_of(here, ben), browser_of(here, here.person("Cleo"))
    assert mine.post("/follow/songs").status_code == 302
    heart, filled = 'aria-pressed="false"', 'aria-pressed="true"'
    for _again in range(2):
        assert filled in mine.get("/").text
        assert "Your favourites" in mine.get("/").text
        assert heart in hers.get("/").text
        assert filled not in hers.get("/").text
        assert "csrf" not in here.app.test_client().get("/").text
    assert _tokens(mine) == {mine.token()}
    assert _tokens(hers) == {hers.token()} != _tokens(mine)

    german = {"Accept-Language": "de"}
    first, second = (page(here.app.test_client(), headers=each) for each in ({}, german))
    assert 'value="en">English<' in first
    assert 'value="en">Englisch<' in second


def _tokens(browser: Browser) -> set[str]:
    return set(re.findall(r'name="csrf_token" value="([^"]+)"', browser.get("/").text))


def test_what_is_drawn_knows_its_values_and_no_reader(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    templates = tmp_path / "instance" / "templates"
    templates.mkdir(parents=True)
    (templates / "part.html").write_text(
        "{{ what }}|{{ current_user.display_name }}|{{ actor.name }}|{{ session|length }}"
        "|{{ wallet }}|{{ csrf_token() }}"
    )
    here: Site = request.getfixturevalue("here")
    ben = here.person("Ben")
    for what in ("<one>", "two", "<one>"):
        with here.app.test_request_context():
            session[TOKEN_OF_SIGN_IN] = sign_in(ben)
            assert current_actor().name == "Ben"
            html = drawn("part.html", what=what)
            own = render_template_string("{{ csrf_token() }}")
        said = "&lt;one&gt;" if what == "<one>" else what
        assert html == f"{said}|||0|None|{own}"


def test_a_shelf_makes_room_for_the_new() -> None:
    shelf = Shelf()
    for number in range(MOST_THINGS + 3):
        shelf.keep(number, number)
    assert len(shelf) == MOST_THINGS
    assert 2 not in shelf
    assert MOST_THINGS + 2 in shelf
