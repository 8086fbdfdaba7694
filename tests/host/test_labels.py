"""What people call a role: theme, parent, wider language, plain English."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ppvcms.db import transaction
from ppvcms.host import themes
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
