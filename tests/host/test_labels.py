"""What people call a role: theme, parent, wider language, plain English."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ppvcms.config import ROOT
from ppvcms.db import transaction
from ppvcms.host import themes
from ppvcms.host.finder import find_themes
from ppvcms.host.labels import chosen_label, label
from ppvcms.host.settings import save_site

if TYPE_CHECKING:
    from collections.abc import Callable

    from ppvcms.host.app import Host

CHILD = {"de": {"performer": {"one": "Lehrerin", "other": "Lehrerinnen"}}}
PARENT = {
    "en": {"performer": {"one": "Teacher", "other": "Teachers"}},
    "de": {"client": {"one": "Schüler", "other": "Schüler"}},
}
CLASSROOM = """
[labels.en.performer]
one = "Teacher"
other = "Teachers"
[labels.de.performer]
one = "Lehrkraft"
other = "Lehrkräfte"
"""


@pytest.mark.parametrize(
    ("role", "locale", "plural", "expected"),
    [
        ("performer", "de", False, "Lehrerin"),
        ("performer", "de_AT", True, "Lehrerinnen"),
        ("performer", "de-CH", False, "Lehrerin"),
        ("client", "de", False, "Schüler"),
        ("performer", "fr", True, "Teachers"),
        ("performer", "en", False, "Teacher"),
        ("studio", "de", True, "Studios"),
        ("back_stage", "en", False, "Back stage"),
    ],
)
def test_the_nearest_label_counts(role: str, locale: str, *, plural: bool, expected: str) -> None:
    assert chosen_label([CHILD, PARENT], role, locale, plural=plural) == expected


ARABIC = {"ar": {"client": {"one": "مريض", "few": "مرضى", "other": "مريض", "plural": "المرضى"}}}


@pytest.mark.parametrize(
    ("locale", "count", "expected"),
    [
        ("en", 1, "Teacher"),
        ("en", 0, "Teachers"),
        ("fr", 3, "Teachers"),
    ],
)
def test_beside_a_number_the_word_takes_its_form(locale: str, count: int, expected: str) -> None:
    assert chosen_label([PARENT], "performer", locale, count=count) == expected


def test_a_language_has_as_many_forms_as_it_needs() -> None:
    forms = [chosen_label([ARABIC], "client", "ar", count=count) for count in (1, 2, 3, 100)]

    assert forms == ["مريض", "مريض", "مرضى", "مريض"]
    assert chosen_label([ARABIC], "client", "ar", plural=True) == "المرضى"


def test_every_bundled_theme_names_every_role_in_the_languages_of_the_site() -> None:
    found = find_themes([ROOT / "themes"])
    assert {"stage", "classroom", "clinic", "advisory", "broadcast"} <= set(found)

    for slug, theme in found.items():
        assert theme.problems == ()
        assert theme.manifest is not None
        roles = {locale: set(words) for locale, words in theme.manifest.labels.items()}
        assert set(roles) == {"en", "de", "es", "ar"}, slug
        assert len(set(map(frozenset, roles.values()))) == 1, slug
        for forms in theme.manifest.labels["ar"].values():
            assert {"one", "two", "few", "many", "other", "plural"} <= set(forms), slug


def test_without_a_theme_roles_have_plain_names() -> None:
    assert chosen_label([], "performer", "de", plural=True) == "Performers"


def test_switching_the_theme_changes_what_people_are_called(
    write_theme: Callable[..., str], make_host: Callable[..., Host]
) -> None:
    write_theme("classroom", CLASSROOM)
    app = make_host()
    with app.app_context():
        assert label("performer") == "Performer"

        assert themes.use("classroom", actor_id=None) is None

        assert label("performer", plural=True) == "Teachers"
        assert label("performer", locale="de") == "Lehrkraft"


def test_a_theme_that_is_gone_leaves_plain_names(host: Host) -> None:
    del host
    transaction(lambda session: save_site(session, None, {"theme": "vanished"}))

    assert label("performer") == "Performer"
