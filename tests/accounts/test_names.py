"""AC-13: names that people cannot tell apart are one name."""

from __future__ import annotations

import unicodedata

import pytest
from flask import Flask
from flask_babel import Babel
from hypothesis import given
from hypothesis import strategies as st

from ppvcms.accounts.names import clean_name, name_key, refusal_of_name


@pytest.mark.parametrize(
    "other",
    [
        "paul smith",
        "PAUL SMITH",
        "Paul  Smith",
        "PaulSmith",
        "Paul-Smith",
        "Paul_Smith.",
        "Раul Smith",  # noqa: RUF001 - a Cyrillic P and a
        "Ｐａｕｌ Ｓｍｉｔｈ",  # noqa: RUF001 - full width
        "Pául Smith",
        "Pau1 Smith",
        "PauI Smith",
        "Paul\u200b Smith",
        "Paul\u00a0Smith",
    ],
)
def test_a_name_that_looks_like_another_has_its_key(other: str) -> None:
    assert name_key(other) == name_key("Paul Smith")


def test_names_that_differ_to_the_eye_differ() -> None:
    keys = {name_key(name) for name in ("Paul", "Paula", "Raul", "Saul", "Пётр", "بول", "保罗")}

    assert len(keys) == 7


@given(st.text(max_size=40))
def test_the_unicode_form_of_a_name_makes_no_difference(name: str) -> None:
    forms = ("NFC", "NFD", "NFKC", "NFKD")

    assert len({name_key(unicodedata.normalize(form, name)) for form in forms}) == 1


@pytest.mark.parametrize(
    "name", ["A", "", "x" * 41, "<b>", "a@b.c", "Ann\u202eeve", "- -", "\u0301\u0301"]
)
def test_a_name_has_letters_and_a_length(name: str) -> None:
    assert refused(clean_name(name))


@pytest.mark.parametrize(
    "name",
    ["Admin", "Аdmin", "a.d.m.i.n", "Site Admin", "ADM1N", "the-owner"],  # noqa: RUF001 - Cyrillic
)
def test_a_kept_name_is_refused_however_it_is_written(name: str) -> None:
    assert refused(name, "admin", "owner")


@pytest.mark.parametrize("name", ["Badminton", "Mara Lind", "O'Neil", "Zoë", "Дарья", "李娜"])
def test_ordinary_names_are_fine(name: str) -> None:
    assert not refused(name, "admin", "owner")


def refused(name: str, *banned: str) -> bool:
    app = Flask(__name__)
    Babel(app)
    with app.app_context():
        return refusal_of_name(name, banned=banned) is not None
