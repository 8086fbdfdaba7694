"""What an owner changed of a theme: the sheet that follows, drafts, publishing, going back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flask import render_template, session

from ppvcms.host import customise, themes
from ppvcms.host.customise import BEFORE, DRAFT, PUBLISHED
from ppvcms.host.labels import label
from ppvcms.host.looks import Font, Look, look_from, ordered, sheet
from ppvcms.host.manifest import ThemeManifest
from ppvcms.host.theme_fit import lineage
from ppvcms.host.worn import FRAME, begin
from ppvcms.results import Refusal
from ppvcms.web.files import blueprint

if TYPE_CHECKING:
    from collections.abc import Callable

    from ppvcms.config import Config
    from ppvcms.host.app import Host

BASE = {
    scheme: {
        "brand": "#224488",
        "accent": "#884422",
        "paper": "#fafafa" if scheme == "light" else "#101010",
        "surface": "#ffffff" if scheme == "light" else "#181818",
        "surface-2": "#f0f0f0" if scheme == "light" else "#202020",
        "ink": "#111111" if scheme == "light" else "#eeeeee",
    }
    for scheme in ("light", "dark")
}
PLUM = {"light": {"brand": "#7a1fa2"}}


def theme(slug: str, **fields: object) -> ThemeManifest:
    return ThemeManifest(slug, slug, "1.0", "MIT", ("A",), ">=1.0", **fields)  # type: ignore[arg-type]


def test_nothing_changed_is_no_sheet() -> None:
    assert sheet(Look(), [theme("stage")], BASE, {}) == ""


def test_a_colour_of_one_scheme_leaves_the_other_alone() -> None:
    text = sheet(Look(colours=PLUM), [theme("stage")], BASE, {})

    assert text.startswith(':root:not([data-bs-theme="dark"]) {')
    assert "--pv-brand: #7a1fa2;" in text
    assert "--pv-brand-text:" in text
    assert '"dark"] {' not in text.replace(':not([data-bs-theme="dark"]) {', "")


def test_a_theme_of_data_has_its_colours_and_fonts_and_the_owner_has_the_last_word() -> None:
    data = theme("sea", kind="data", colours={"dark": {"brand": "#66ccff", "line": "#123456"}})
    child = theme("bay", kind="data", parent="sea", type={"text": "nunito"})
    fonts = {"nunito": Font("nunito", "Nunito", "Nunito Variable", "sans", "200 1000")}

    text = sheet(Look(colours={"dark": {"brand": "#ff0000"}}), [child, data], BASE, fonts)

    assert '--pv-font-text: "Nunito Variable", system-ui' in text
    assert "--pv-brand: #ff0000;" in text
    assert "--pv-line: #123456;" in text
    assert "#66ccff" not in text


def test_only_known_things_get_into_a_sheet() -> None:
    """No stored text reaches a style sheet: colours are those of the list, fonts have keys."""
    look = look_from({"colours": {"light": {"x} body{": "#000000"}}, "text": "}evil", "more": 1})

    assert sheet(look, [theme("stage")], BASE, {}) == ""
    assert look_from("nonsense") == Look()


def test_the_list_stays_on_the_start_page() -> None:
    assert ordered(["steps", "nowhere", "hero", "steps"]) == ("steps", "hero", "list")
    assert ordered([]) == ()


@pytest.mark.parametrize(
    ("slug", "line", "broken"),
    [
        ("child", ["child", "parent"], ""),
        ("alone", ["alone"], ""),
        ("orphan", ["orphan"], "'gone', which is not here"),
        ("one", ["one", "two"], "lead back to 'one'"),
    ],
)
def test_a_line_of_parents_ends_or_says_why_not(slug: str, line: list[str], broken: str) -> None:
    parents = {
        "child": "parent",
        "parent": "",
        "alone": "",
        "orphan": "gone",
        "one": "two",
        "two": "one",
    }

    found, problem = lineage(slug, parents)

    assert found == line
    assert broken in problem
    assert bool(broken) == bool(problem)


@pytest.fixture
def site(write_theme: Callable[..., str], make_host: Callable[..., Host], config: Config) -> Host:
    """A site with a theme, a child of data alone, and one of data that holds a script."""
    words = '[labels.en.client]\none = "Fan"\nother = "Fans"\n'
    write_theme("stage", words, a_dot_html="stage", **{"../static/theme.css": "p {}"})
    write_theme("sea", 'parent = "stage"\nkind = "data"\n[colours.light]\nbrand = "#005577"\n')
    write_theme("bad", 'kind = "data"\n', **{"../static/x.js": "alert()"})
    for slug in ("sea", "bad"):
        (config.theme_dirs[0] / slug / "templates").rmdir()
    app = make_host()
    app.register_blueprint(blueprint)
    return app


def test_a_theme_of_data_stands_on_its_parent(site: Host) -> None:
    with site.test_request_context("/"):
        assert themes.use("sea", actor_id=None) is None
        address = customise.sheet_in_use()

        assert render_template("a.html") == "stage"
        assert label("client") == "Fan"
        assert [part.split("/")[2] for part in customise.style_addresses()] == ["theme.stage"]
        assert "x.js" in str(themes.use("bad", actor_id=None))

    answer = site.test_client().get(address)
    assert answer.mimetype == "text/css"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "--pv-brand: #005577;" in answer.text


def test_a_draft_is_seen_in_the_owners_frame_alone_until_it_is_published(site: Host) -> None:
    words = {"en": {"client": {"one": "Guest", "other": "Guests"}}}
    with site.test_request_context("/"):
        themes.use("stage", actor_id=None)
        customise.save_draft("stage", Look(colours=PLUM, labels=words, home=("list", "hero")))
        assert customise.has_draft("stage")
        assert customise.sheet_in_use() == ""
        begin("stage", framed=True)
        kept = dict(session[FRAME])
        assert label("client") == "Fan", "this page is not in a frame"

    with site.test_request_context("/", headers={"Sec-Fetch-Dest": "iframe"}):
        assert label("client") == "Fan", "of another browser"
        session[FRAME] = kept
        assert label("client", plural=True) == "Guests"
        assert customise.home_sections() == ("list", "hero")
        assert customise.sheet_in_use()

    with site.test_request_context("/"):
        customise.publish("stage", customise.look_of("stage", DRAFT), actor_id=None)
        assert label("client") == "Guest"
        assert customise.home_sections() == ("list", "hero")


def test_publishing_is_undone_and_brought_back(site: Host) -> None:
    with site.test_request_context("/"):
        themes.use("stage", actor_id=None)
        assert isinstance(customise.undo("stage", actor_id=None), Refusal)
        customise.publish("stage", Look(colours=PLUM), actor_id=None)
        customise.save_draft("stage", Look(text="inter"))
        customise.discard("stage")
        assert customise.look_of("stage", DRAFT) == Look(colours=PLUM)

        assert customise.undo("stage", actor_id=None) is None
        assert customise.look_of("stage", PUBLISHED) == Look()
        assert customise.look_of("stage", BEFORE) == Look(colours=PLUM)

        customise.undo("stage", actor_id=None)
        customise.reset("stage")
        assert customise.look_of("stage", PUBLISHED) == Look(colours=PLUM)
        assert customise.look_of("stage", DRAFT) == Look()


def test_pictures_that_no_look_shows_are_forgotten(site: Host) -> None:
    with site.test_request_context("/"):
        old, new = (customise.add_picture(data, "image/png") for data in (b"old", b"new"))
        customise.save_draft("stage", Look(logo=old))
        customise.publish("stage", Look(logo=new), actor_id=None)

        assert customise.picture(new) == (b"new", "image/png")
        assert customise.picture(old) is None
