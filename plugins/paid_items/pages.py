"""The plugin's blueprint, with every page's views in it."""

from __future__ import annotations

from ppvcms.api import PluginBlueprint

from . import author, office, recordings, views
from .kinds import SLUG

blueprint = PluginBlueprint(SLUG, __name__, url_prefix="/items")
for part in (recordings, views, author, office):
    part.add_to(blueprint)
