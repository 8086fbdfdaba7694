"""People are called what the theme calls them, and pages carry neither script nor style."""

from __future__ import annotations

import ast
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATES = sorted(
    path
    for pattern in (
        "ppvcms/templates/**/*.html",
        "ppvcms/templates/**/*.txt",
        "plugins/*/templates/**/*.html",
        "plugins/*/templates/**/*.txt",
        "themes/*/templates/**/*.html",
    )
    for path in ROOT.glob(pattern)
)
SCRIPTS = sorted(
    path
    for pattern in (
        "ppvcms/static/js/**/*.js",
        "plugins/*/static/**/*.js",
        "themes/*/static/**/*.js",
    )
    for path in ROOT.glob(pattern)
)
MODULES = sorted(
    path
    for pattern in ("ppvcms/**/*.py", "plugins/**/*.py")
    for path in ROOT.glob(pattern)
    if "tests" not in path.parts and "migrations" not in path.parts
)
ROLES = re.compile(
    r"\b(performer|client|studio|moderator|broadcaster|viewer|model|teacher|tutor|student|pupil"
    r"|artist|fan|therapist|patient|consultant|coach|customer|entertainer|streamer)s?\b",
    re.IGNORECASE,
)
TAGS = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
TEXTS = re.compile(
    r"""(?<![\w.])(?:_|_l|gettext|ngettext|lazy_gettext)\(\s*(?:"([^"]*)"|'([^']*)')"""
)
TRANS = re.compile(r"\{%-?\s*trans\b.*?%\}(.*?)\{%-?\s*endtrans\s*-?%\}", re.DOTALL)
PLACES = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
SHOWN_ATTRIBUTES = ("title", "placeholder", "alt", "aria-label", "content")
GETTEXT = {"_", "_l", "gettext", "lazy_gettext", "ngettext", "lazy_ngettext"}

ALLOWED = {
    # The words of an owner's plan for people: the names of the roles themselves, made here.
    "ppvcms/host/labels.py",
}
"""Files that may name roles, with the reason above each."""


class Words(HTMLParser):
    """Collects what a person reads in HTML, and what the security policy forbids."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []
        self.forbidden: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        names = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in names):
            self.forbidden.append(f"<{tag}>")
        for name, value in attrs:
            if name == "style" or name.startswith("on"):
                self.forbidden.append(f"{name}=")
            if name in SHOWN_ATTRIBUTES or name.startswith("data-text"):
                self.shown.append(value or "")

    def handle_endtag(self, _tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside not in ("script", "style"):
            self.shown.append(data)


def read(path: Path) -> tuple[Words, list[str]]:
    """Return a template's HTML, and the sentences in its expressions."""
    text = path.read_text()
    said = [match for groups in TEXTS.findall(text) for match in groups]
    said += [TAGS.sub("", inner) for inner in TRANS.findall(text)]
    words = Words()
    # An expression may stand inside a tag, with the quotes that would end an attribute.
    words.feed(TAGS.sub("", text))
    return words, said


def roles_in(texts: list[str]) -> list[str]:
    """Return the texts that name a role by hand."""
    return [text.strip() for text in texts if ROLES.search(PLACES.sub("", text))]


def name(path: Path) -> str:
    """Return a path as a test's id."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_no_template_names_a_role_by_hand(path: Path) -> None:
    words, said = read(path)
    texts = words.shown if path.suffix == ".html" else [TAGS.sub("", path.read_text())]

    assert roles_in([*texts, *said]) == [], "Write {{ label('...') }} instead."


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_no_template_carries_script_or_style(path: Path) -> None:
    assert read(path)[0].forbidden == []


def test_no_script_of_a_page_shows_a_role() -> None:
    """Scripts take their sentences from the page, so a text of theirs is a word between quotes."""
    shown = re.compile(
        r"""(?:textContent|innerText|innerHTML|title|placeholder)\s*=\s*(["'`].*?["'`])"""
    )
    found = {name(path): roles_in(shown.findall(path.read_text())) for path in SCRIPTS}

    assert {path: texts for path, texts in found.items() if texts} == {}


def test_no_sentence_of_the_code_names_a_role_by_hand() -> None:
    found = {}
    for path in MODULES:
        if name(path) not in ALLOWED and (texts := roles_in(sentences(path))):
            found[name(path)] = texts

    assert found == {}, "Write label('...') instead."


def sentences(path: Path) -> list[str]:
    """Return what a module gives to gettext."""
    return [
        argument.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in GETTEXT
        for argument in node.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("<p>Our performers</p>", True),
        ('<a title="For students">x</a>', True),
        ("{{ _('The client left') }}", True),
        ("{% trans %}Ask the teacher{% endtrans %}", True),
        ('<p class="client">{{ label("client") }}</p>', False),
        ("{% trans client=label('client') %}{{ client }} left{% endtrans %}", False),
        ("<p>{{ _('%(client)s left', client=x) }}</p>", False),
    ],
)
def test_the_search_sees_what_people_read_and_nothing_else(
    tmp_path: Path,
    source: str,
    seen: bool,  # noqa: FBT001 - a column of the table above
) -> None:
    page = tmp_path / "page.html"
    page.write_text(source)
    words, said = read(page)

    assert bool(roles_in([*words.shown, *said])) is seen
