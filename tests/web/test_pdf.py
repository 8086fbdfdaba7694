"""Tables as PDF, in the letters of the people in them."""

from __future__ import annotations

import pytest

from ppvcms.web.pdf import MOST_ROWS, Column, pdf_file, table

pytestmark = pytest.mark.usefixtures("quick_site")
COLUMNS = (Column("Who", 3), Column("Amount", 1, figures=True))


def pages(content: bytes) -> int:
    return content.count(b"/Type /Page\n")


def test_names_of_many_scripts_find_their_letters() -> None:
    content = table("Zoë Łukasz", [("Name", "Ηλίας Дарья")], COLUMNS, [("Əli", "1.00")])
    assert content.startswith(b"%PDF-")
    assert pages(content) == 1
    assert b"DejaVu" in content


def test_a_long_table_goes_on_over_pages_and_is_cut_with_a_word() -> None:
    rows = [("A name " * 30, "1.00")] * (MOST_ROWS + 2)
    content = table("Long", [], COLUMNS, rows, ["A note"])
    assert pages(content) > 20
    assert content != table("Long", [], COLUMNS, rows[:MOST_ROWS], ["A note"])


def test_a_file_is_saved_under_its_name() -> None:
    answer = pdf_file("sessions", b"%PDF-")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="sessions.pdf"'
