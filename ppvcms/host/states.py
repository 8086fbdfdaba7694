"""What a plugin is right now: computed from what was asked for, its files and this process."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from ppvcms.host.order import Wish, load_order, unmet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ppvcms.host.finder import Found
    from ppvcms.host.manifest import Manifest


class State(StrEnum):
    """The states an owner sees; `active` alone has hooks and pages."""

    DISCOVERED = "discovered"
    INACTIVE = "inactive"
    ACTIVE = "active"
    BLOCKED = "blocked"
    QUARANTINED = "quarantined"
    UPGRADE_PENDING = "upgrade"
    MISSING = "missing"
    WAITING = "waiting"


class Desired(StrEnum):
    """What the owner asked for."""

    INACTIVE = "inactive"
    ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Asked:
    """The part of a plugin's row that decides its state."""

    desired: Desired
    version: str
    weight: int = 0
    quarantined: bool = False
    last_error: str = ""
    guards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """A plugin's state and, where it is not what was asked for, why."""

    state: State
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What this process knows: rows, files, failed imports, what is left out by hand."""

    asked: Mapping[str, Asked]
    found: Mapping[str, Found[Manifest]]
    failures: Mapping[str, str] = field(default_factory=dict)
    loaded: frozenset[str] = frozenset()
    disabled: frozenset[str] = frozenset()
    safe_mode: bool = False


def standings(facts: Facts) -> dict[str, Standing]:
    """Return the state of every plugin that has files or a row."""
    slugs = sorted({*facts.asked, *facts.found})
    result = {slug: _alone(slug, facts) for slug in slugs}
    while waiting := _without_needs(result, facts):
        result |= waiting
    circular = load_order(_wishes(result, facts)).circular
    for slug in circular:
        text = f"{', '.join(circular)} wait for each other. Correct requires or after."
        result[slug] = Standing(State.BLOCKED, (text,))
    return result


def active_in_order(result: Mapping[str, Standing], facts: Facts) -> tuple[str, ...]:
    """Return the active plugins in load order."""
    return load_order(_wishes(result, facts)).slugs


def _wishes(result: Mapping[str, Standing], facts: Facts) -> dict[str, Wish]:
    wishes = {}
    for slug, standing in result.items():
        manifest = facts.found[slug].manifest if slug in facts.found else None
        if standing.state is State.ACTIVE and manifest:
            wishes[slug] = Wish(
                frozenset(manifest.requires), frozenset(manifest.after), facts.asked[slug].weight
            )
    return wishes


def _without_needs(result: Mapping[str, Standing], facts: Facts) -> dict[str, Standing]:
    active = [slug for slug, standing in result.items() if standing.state is State.ACTIVE]
    waiting = {}
    for slug in active:
        manifest = facts.found[slug].manifest
        if manifest and (names := unmet(slug, manifest.requires, active)):
            text = f"It needs {', '.join(names)}, which is not active. Activate that first."
            waiting[slug] = Standing(State.BLOCKED, (text,))
    return waiting


def _alone(slug: str, facts: Facts) -> Standing:
    asked, found = facts.asked.get(slug), facts.found.get(slug)
    if found is None:
        text = f"The folder of '{slug}' is gone. Put it back, or deactivate the plugin."
        return Standing(State.MISSING, (text,))
    if found.manifest is None or found.problems:
        return Standing(State.BLOCKED, found.problems)
    if asked is None:
        return Standing(State.DISCOVERED)
    fault = facts.failures.get(slug) or (asked.last_error if asked.quarantined else None)
    if fault is not None:
        return Standing(State.QUARANTINED, (fault,))
    return _outdated(asked, found.manifest) or _as_asked(slug, asked, facts)


def _outdated(asked: Asked, manifest: Manifest) -> Standing | None:
    if asked.version == manifest.version:
        return None
    text = (
        f"Version {manifest.version} lies in the folder, {asked.version} is installed. "
        "Upgrade it to switch it on again."
    )
    return Standing(State.UPGRADE_PENDING, (text,))


def _as_asked(slug: str, asked: Asked, facts: Facts) -> Standing:
    if asked.desired is Desired.INACTIVE:
        return Standing(State.INACTIVE)
    if facts.safe_mode:
        return Standing(State.INACTIVE, ("The site is in safe mode, which runs no plugins.",))
    if slug in facts.disabled:
        return Standing(State.INACTIVE, ("It is left out by PPVCMS_DISABLE.",))
    if slug not in facts.loaded:
        return Standing(State.WAITING, ("It runs as soon as the server has started anew.",))
    return Standing(State.ACTIVE)
