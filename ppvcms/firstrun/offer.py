"""What the bundled plugins offer to a site that does not stand yet, from their manifests alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from ppvcms.config import ROOT
from ppvcms.content.presets import GATEWAY, MODE, earns
from ppvcms.host.finder import find_plugins

if TYPE_CHECKING:
    from pathlib import Path

    from ppvcms.host.manifest import Manifest

PLUGINS = ROOT / "plugins"


@dataclass(frozen=True, slots=True)
class Way:
    """A plugin that can be chosen: what it is called, and whether it is a kind of show."""

    slug: str
    name: str
    summary: str
    is_show: bool


def ways() -> list[Way]:
    """Return what a site can earn by, kinds of shows first, in the reader's language."""
    found = [_way(one) for one in _manifests() if earns(one.category, one.capabilities)]
    return sorted(found, key=lambda way: (not way.is_show, way.name.casefold()))


def gateways() -> list[Way]:
    """Return the ways in which people can pay."""
    return [_way(one) for one in _manifests() if GATEWAY in one.capabilities]


def text_folders() -> list[Path]:
    """Return where the words of plugins are in other languages."""
    return [PLUGINS / one.slug / "translations" for one in _manifests()]


def _way(plugin: Manifest) -> Way:
    return Way(plugin.slug, _(plugin.name), _(plugin.summary), plugin.category == MODE)


@cache
def _manifests() -> tuple[Manifest, ...]:
    found = find_plugins([PLUGINS]).values()
    return tuple(one.manifest for one in found if one.manifest and not one.problems)
