"""Tables that people download: CSV that a spreadsheet shows and never runs."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from flask import Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NUMBER = re.compile(r"-?\d+([.,]\d+)?")


def csv_file(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Return rows as a CSV file to be saved."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([[safe_cell(value) for value in row] for row in rows])
    # The mark lets spreadsheets read the letters as UTF-8.
    answer = Response("\N{ZERO WIDTH NO-BREAK SPACE}" + text.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def safe_cell(value: object) -> str:
    """Return a value that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    begins = text[:1] in {"=", "+", "-", "@", "\t", "\r"}
    return f"'{text}" if begins and not NUMBER.fullmatch(text) else text
