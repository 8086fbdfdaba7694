"""What clients will read on the panel of a mode, from what the owner typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from ppvcms.api import credits_text

from .bases import BASES

if TYPE_CHECKING:
    from .services import Draft

FUNDED_MINUTES = 3


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel: the name of the mode, its terms as texts by name, and the button."""

    name: str
    button: str
    card: str
    icon: str
    terms: dict[str, Any] = field(default_factory=dict)


def panel_of(draft: Draft) -> Panel:
    """Return the panel of a draft; what nobody would see is left out."""
    base = BASES[draft.base]
    if not base.paid:
        note = _("There is no panel: everybody watches at once.")
        terms = {"summary": draft.summary, "note": note, **_carries(draft), **_extras(draft)}
        return Panel(draft.name, _("Watch"), _("Free"), draft.icon, terms)
    button = _("Ask now at these terms") if base.private else _("Enter at these terms")
    card = _("%(price)s / min", price=_money(draft.rate))
    return Panel(draft.name, button, card, draft.icon, _paid_terms(draft))


def _paid_terms(draft: Draft) -> dict[str, Any]:
    least = max(FUNDED_MINUTES, draft.minimum_minutes) * draft.rate
    minimum = draft.minimum_minutes
    return {
        "summary": draft.summary,
        "rate": _money(draft.rate),
        "grace": _("%(seconds)s s", seconds=draft.grace_s) if draft.grace_s else "",
        "minimum": _("%(minutes)s min", minutes=minimum) if minimum else "",
        "blocks": [
            _("%(minutes)s min: %(price)s", minutes=minutes, price=_money(price))
            for minutes, price in sorted(draft.blocks.items(), key=lambda pair: int(pair[0]))
        ],
        "recording": _("only if both agree") if draft.recording else _("no"),
        "funds": _money(least),
        "note": _("Nothing is charged before the click. You are counted by the second."),
        **_carries(draft),
        **_extras(draft),
    }


def _carries(draft: Draft) -> dict[str, str]:
    """Return what a show without a picture says of itself."""
    carried = {"audio": _("sound, no picture"), "text": _("text: no camera, no microphone")}
    return {"carries": carried.get(BASES[draft.base].carries, "")}


def _extras(draft: Draft) -> dict[str, str]:
    """Return the prices of the other ways into such a show."""
    usual = _("the site's rate")
    two_way = _money(draft.rate_two_way) if draft.rate_two_way else usual
    voyeur = _money(draft.rate_voyeur) if draft.rate_voyeur else usual
    return {
        "two_way": _("%(price)s / min", price=two_way) if draft.slots else "",
        "voyeur": _("%(price)s / min", price=voyeur) if draft.voyeurs != "never" else "",
    }


def _money(amount: int) -> str:
    text: str = _("%(amount)s cr", amount=credits_text(amount))
    return text
