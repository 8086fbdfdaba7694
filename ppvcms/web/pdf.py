"""Tables that people download as PDF: receipts, earnings, statements.

Names of people come in any script, so the letters are embedded from a font of our own;
scripts that it has not come from the fonts that the owner put into ``instance/fonts``.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Response, current_app
from flask_babel import gettext as _
from fpdf import FPDF

from ppvcms.accounts.passwords import off_hub

if TYPE_CHECKING:
    from collections.abc import Sequence

FONTS = Path(__file__).with_name("fonts")
FAMILY = "dejavu"
MARGIN_MM = 15
TEXT_PT, SMALL_PT, TITLE_PT = 9, 8, 16
LINE_MM, ROW_MM, FACT_MM = 5.2, 6.4, 45
SHADE, LINE, MUTED = (244, 244, 246), (205, 205, 212), 95
CUT = "\N{HORIZONTAL ELLIPSIS}"
MOST_ROWS = 1_000
"""A longer list is for a spreadsheet; the page says so."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its head, its width beside the others', and whether it holds figures."""

    label: str
    width: int = 1
    figures: bool = False

    @property
    def align(self) -> str:
        """Where its texts stand."""
        return "R" if self.figures else "L"


class _Sheet(FPDF):
    """A page with a number at its foot."""

    def footer(self) -> None:
        """Write the number of the page."""
        self.set_y(-MARGIN_MM)
        self.set_font(FAMILY, size=SMALL_PT)
        self.set_text_color(MUTED)
        self.cell(w=0, text=f"{self.page_no()} / {{nb}}", align="R")


def table(
    title: str,
    facts: Sequence[tuple[str, str]],
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    notes: Sequence[str] = (),
) -> bytes:
    """Return a PDF: a title, facts as lines of label and value, a table, and closing notes.

    Cells are texts as people read them, one for each column; one that is too long
    for its column is cut. The head of the table is repeated on every page.
    """
    cut = len(rows) - MOST_ROWS
    more = [_("%(count)s more lines are in the CSV file.", count=cut)] if cut > 0 else []
    fonts = _extra_fonts(current_app.config["PPVCMS"].instance / "fonts")
    return off_hub(_draw, title, facts, columns, rows[:MOST_ROWS], [*more, *notes], fonts)


def pdf_file(name: str, content: bytes) -> Response:
    """Return a PDF as a file to be saved."""
    answer = Response(content, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return answer


def _draw(
    title: str,
    facts: Sequence[tuple[str, str]],
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    notes: Sequence[str],
    fonts: Sequence[Path],
) -> bytes:
    sheet = _sheet(title, fonts)
    _write_facts(sheet, facts)
    widths = _widths(sheet, columns)
    _write_head(sheet, columns, widths)
    for row in rows:
        if sheet.will_page_break(ROW_MM):
            sheet.add_page()
            _write_head(sheet, columns, widths)
        _write_row(sheet, columns, widths, row)
    sheet.set_text_color(MUTED)
    for note in notes:
        sheet.ln(3)
        sheet.multi_cell(w=0, h=LINE_MM, text=note, new_x="LMARGIN", new_y="NEXT")
    return bytes(sheet.output())


def _sheet(title: str, fonts: Sequence[Path]) -> _Sheet:
    sheet = _Sheet(format="A4")
    sheet.set_margin(MARGIN_MM)
    sheet.set_auto_page_break(auto=True, margin=MARGIN_MM + 5)
    sheet.add_font(FAMILY, fname=FONTS / "DejaVuSans.ttf")
    sheet.add_font(FAMILY, style="B", fname=FONTS / "DejaVuSans-Bold.ttf")
    for path in fonts:
        sheet.add_font(path.stem, fname=path)
    if fonts:
        sheet.set_fallback_fonts([path.stem for path in fonts], exact_match=False)
    sheet.set_title(title)
    sheet.add_page()
    sheet.set_font(FAMILY, style="B", size=TITLE_PT)
    sheet.multi_cell(w=0, h=8, text=title, new_x="LMARGIN", new_y="NEXT")
    sheet.ln(3)
    return sheet


@functools.cache
def _extra_fonts(folder: Path) -> tuple[Path, ...]:
    return tuple(path for path in sorted(folder.glob("*")) if path.suffix in {".ttf", ".otf"})


def _write_facts(sheet: _Sheet, facts: Sequence[tuple[str, str]]) -> None:
    for name, value in facts:
        sheet.set_font(FAMILY, size=TEXT_PT)
        sheet.set_text_color(MUTED)
        sheet.cell(w=FACT_MM, h=LINE_MM, text=name)
        sheet.set_text_color(0)
        sheet.set_font(FAMILY, style="B", size=TEXT_PT)
        sheet.multi_cell(w=0, h=LINE_MM, text=value, new_x="LMARGIN", new_y="NEXT")
    sheet.ln(4)


def _widths(sheet: _Sheet, columns: Sequence[Column]) -> list[float]:
    whole = sum(column.width for column in columns)
    return [sheet.epw * column.width / whole for column in columns]


def _write_head(sheet: _Sheet, columns: Sequence[Column], widths: Sequence[float]) -> None:
    sheet.set_font(FAMILY, style="B", size=SMALL_PT)
    sheet.set_fill_color(*SHADE)
    sheet.set_draw_color(*LINE)
    for column, width in zip(columns, widths, strict=True):
        text = _fitting(sheet, column.label, width)
        sheet.cell(w=width, h=ROW_MM, text=text, align=column.align, border="B", fill=True)
    sheet.ln(ROW_MM)
    sheet.set_font(FAMILY, size=SMALL_PT)
    sheet.set_text_color(0)


def _write_row(
    sheet: _Sheet, columns: Sequence[Column], widths: Sequence[float], row: Sequence[str]
) -> None:
    for column, width, text in zip(columns, widths, row, strict=True):
        shown = _fitting(sheet, text, width)
        sheet.cell(w=width, h=ROW_MM, text=shown, align=column.align, border="B")
    sheet.ln(ROW_MM)


def _fitting(sheet: _Sheet, text: str, width: float) -> str:
    """Return a text, cut where its column ends."""
    room = width - 2 * sheet.c_margin
    if sheet.get_string_width(text) <= room:
        return text
    while text and sheet.get_string_width(text + CUT) > room:
        text = text[:-1]
    return text.rstrip() + CUT
