"""Who takes part at which hook, in which order, and what it has cost in this process."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import render_template
from flask_babel import format_decimal
from flask_babel import gettext as _

from ppvcms.hookspecs import RULES
from ppvcms.host import tally
from ppvcms.host.runtime import runtime
from ppvcms.host.snapshot import core_template, current
from ppvcms.web.admin.frame import blueprint
from ppvcms.web.admin.plugins import MANAGE
from ppvcms.web.guards import policy

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.hookspecs import HookRule
    from ppvcms.host.calls import Hooks
    from ppvcms.host.tally import Spent


@dataclass(frozen=True, slots=True)
class Part:
    """One plugin at a hook, with its calls in this process."""

    slug: str
    name: str
    spent: Spent


@dataclass(frozen=True, slots=True)
class HookLine:
    """A hook with its plugins, in the order in which they are called."""

    name: str
    rule: HookRule
    parts: tuple[Part, ...]

    @property
    def calls(self) -> int:
        """Return how often plugins were called here."""
        return sum(part.spent.calls for part in self.parts)

    @property
    def total_ms(self) -> float:
        """Return how long all of them took together."""
        return sum(part.spent.total_ms for part in self.parts)

    @property
    def worst_ms(self) -> float:
        """Return how long the slowest call took."""
        return max(part.spent.worst_ms for part in self.parts)


@blueprint.get("/plugins/hooks")
@policy(who=MANAGE)
def hooks() -> ResponseReturnValue:
    """Show every hook with its plugins in order, how often each was called and how long it took."""
    lines = _lines(current().hooks)
    return render_template(
        core_template("admin/hooks.html"),
        lines=sorted((line for line in lines if line.parts), key=_cost),
        unused=[line.name for line in lines if not line.parts],
        calls=format_decimal(sum(line.calls for line in lines)),
        total_ms=sum(line.total_ms for line in lines),
        process=os.getpid(),
        number=format_decimal,
        ms=_ms,
    )


def _cost(line: HookLine) -> tuple[float, int]:
    return -line.total_ms, -line.calls


def _ms(spent_ms: float) -> str:
    """Write a time to the hundredth of a millisecond."""
    return str(_("%(time)s ms", time=format_decimal(spent_ms, format="#,##0.00")))


def _lines(known: Hooks) -> list[HookLine]:
    return [
        HookLine(
            hook,
            rule,
            tuple(
                Part(impl.plugin_name, _name(impl.plugin_name), tally.of(impl.plugin_name, hook))
                for impl in known.get(hook, ())
            ),
        )
        for hook, rule in RULES.items()
    ]


def _name(slug: str) -> str:
    found = runtime().found.get(slug)
    return found.manifest.name if found and found.manifest else slug
