"""The back office: one blueprint, one module for each area, read models in `queries`."""

from __future__ import annotations

from importlib import import_module

from ppvcms.web.admin.frame import blueprint

AREAS = (
    "audit",
    "commissions",
    "configuration",
    "health",
    "hooks",
    "languages",
    "ledger",
    "library",
    "live",
    "mail",
    "overview",
    "packages",
    "packs",
    "menus",
    "pages",
    "payments",
    "people",
    "plugin_settings",
    "plugins",
    "prices",
    "recovery",
    "regions",
    "removal",
    "roles",
    "rooms",
    "sessions",
    "settings",
    "signers",
    "simulator",
    "texts",
    "themes",
    "customise",
)

# Each module adds its pages to the blueprint when it is imported.
for _area in AREAS:
    import_module(f"{__name__}.{_area}")

__all__ = ["blueprint"]
