"""Template order, explicit parents, and a theme that fails."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import render_template
from hypothesis import given
from hypothesis import strategies as st

from ppvcms.host import themes
from ppvcms.host.runtime import runtime
from ppvcms.host.templates import Layer, PluginTemplates, template_layers

if TYPE_CHECKING:
    from collections.abc import Callable

    from ppvcms.config import Config
    from ppvcms.host.app import Host

slugs = st.lists(st.text("abcdef", min_size=1, max_size=3), unique=True, max_size=5)
PAGE = "errors__error_dot_html"
ERROR_PAGE = {"code": 404, "error_title": "T", "error_text": "X"}


def layers_of(worn: list[str], plugins: list[str]) -> tuple[Layer, ...]:
    return template_layers(
        instance=Path("/i"),
        themes=[(slug, Path("/t") / slug) for slug in worn],
        plugins=[PluginTemplates(slug, Path("/p") / slug, ("base.html",)) for slug in plugins],
        core=Path("/core"),
    )


@given(slugs, slugs)
def test_the_owner_beats_the_theme_beats_its_parent_beats_plugins_beats_the_core(
    worn: list[str], plugins: list[str]
) -> None:
    layers = layers_of(worn, plugins)

    kinds = [layer.kind for layer in layers]
    assert kinds == ["instance", *["theme"] * len(worn), *["plugin"] * len(plugins), "core"]
    assert [layer.slug for layer in layers if layer.kind == "theme"] == worn
    assert [layer.slug for layer in layers if layer.kind == "plugin"] == plugins


def test_a_plugin_answers_for_its_own_folder_and_what_it_declared() -> None:
    plugin = layers_of([], ["tips"])[1]

    assert plugin.answers("tips/buttons.html")
    assert plugin.answers("base.html")
    assert not plugin.answers("site/home.html")
    assert not plugin.answers("tips_extra/page.html")


def rendered(app: Host, name: str = "errors/error.html", **context: object) -> str:
    with app.test_request_context("/"):
        return render_template(name, **{**ERROR_PAGE, **context})


@pytest.fixture
def plain_page(config: Config) -> Callable[[str], None]:
    """Write a template of the owner's, so that the test needs no page of the core."""

    def write(text: str, name: str = "page.html") -> None:
        path = config.instance / "templates" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    return write


def test_the_owners_file_wins(
    write_theme: Callable[..., str], make_host: Callable[..., Host], plain_page: Callable[..., None]
) -> None:
    write_theme("stage", **{PAGE: "theme"})
    plain_page("owner", "errors/error.html")

    assert rendered(make_host()) == "owner"


def test_a_child_theme_wins_over_its_parent_and_fills_from_it(
    write_theme: Callable[..., str], make_host: Callable[..., Host]
) -> None:
    write_theme("parent", a_dot_html="parent a", b_dot_html="parent b")
    write_theme("stage", 'parent = "parent"', a_dot_html="child a")
    app = make_host()

    assert rendered(app, "a.html") == "child a"
    assert rendered(app, "b.html") == "parent b"


def test_a_theme_may_extend_the_template_that_it_replaces(
    write_theme: Callable[..., str], make_host: Callable[..., Host]
) -> None:
    text = '{% extends "core:ui/feedback.html" %}'
    write_theme("stage", ui__feedback_dot_html=text)

    assert rendered(make_host(), "ui/feedback.html").strip() == ""


@pytest.mark.parametrize("fault", ["{% if %}", "{{ 1 // 0 }}", "{{ nothing.at.all }}"])
def test_a_theme_that_fails_costs_only_its_look(
    write_theme: Callable[..., str],
    make_host: Callable[..., Host],
    fault: str,
) -> None:
    write_theme("stage", **{"partials/_scheme.html": fault})
    app = make_host()

    assert "color-scheme" in rendered(app, "partials/_scheme.html")
    with app.app_context():
        shown = next(theme for theme in themes.overview() if theme.slug == "stage")
        assert shown.problems
        assert runtime().theme_faults["stage"]


def test_a_fault_of_the_page_itself_is_not_hidden(
    write_theme: Callable[..., str], make_host: Callable[..., Host], plain_page: Callable[..., None]
) -> None:
    write_theme("stage", other_dot_html="fine")
    plain_page("{{ 1 // 0 }}")

    with pytest.raises(ZeroDivisionError):
        rendered(make_host(), "page.html")


def test_a_preview_is_seen_by_one_browser_alone(
    write_theme: Callable[..., str], make_host: Callable[..., Host]
) -> None:
    write_theme("stage", a_dot_html="stage")
    write_theme("classroom", a_dot_html="classroom")
    app = make_host()
    with app.test_request_context("/"):
        assert themes.preview("classroom") is None
        assert render_template("a.html") == "classroom"

    assert rendered(app, "a.html") == "stage"


def test_another_process_wears_the_new_theme(
    write_theme: Callable[..., str], make_host: Callable[..., Host]
) -> None:
    write_theme("stage", a_dot_html="stage")
    write_theme("classroom", a_dot_html="classroom")
    one, other = make_host(), make_host()
    assert rendered(other, "a.html") == "stage"

    with one.app_context():
        assert themes.use("classroom", actor_id=None) is None

    runtime_of = other.extensions["ppvcms_host"]
    runtime_of.checked = float("-inf")  # a second later
    assert rendered(other, "a.html") == "classroom"


def test_an_unknown_theme_is_refused_with_those_there_are(
    write_theme: Callable[..., str], make_host: Callable[..., Host]
) -> None:
    write_theme("stage")
    with make_host().app_context():
        assert "stage" in str(themes.use("nowhere", actor_id=None))


def test_a_template_is_compiled_once_for_all_and_anew_when_it_is_edited(
    make_host: Callable[..., Host], plain_page: Callable[..., None]
) -> None:
    def code(app: Host) -> object:
        with app.test_request_context("/"):
            return app.jinja_env.get_template("page.html").root_render_func.__code__

    plain_page("{{ 1 }} of one length")
    first, second = make_host(), make_host()
    assert code(first) is code(second)

    plain_page("{{ 2 }} of one length")
    assert rendered(make_host(), "page.html") == "2 of one length"
