"""What was sold on each day, as a chart reads it: pure but for the clock."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterable

DAY_S = 86_400
DAYS = 30


def per_day(sales: Iterable[Any]) -> dict[str, Any]:
    """Return what was paid on each of the last 30 days (UTC), in credits."""
    today = int(time.time()) // DAY_S
    sums: Counter[int] = Counter()
    for sale in sales:
        if sale.undone_at is None:
            sums[sale.made_at // 1000 // DAY_S] += sale.price
    days = range(today - DAYS + 1, today + 1)
    values = [round(sums[day] / 100, 2) for day in days]
    return {
        "x": [day * DAY_S for day in days],
        "series": [{"label": str(_("Paid")), "values": values}],
    }
