"""The pages of the site: public, dashboards and back office."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

PARTS = (
    "ppvcms.web.files",
    "ppvcms.web.media_files",
    "ppvcms.web.languages",
    "ppvcms.web.search",
    "ppvcms.web.webapp",
    "ppvcms.web.site",
    "ppvcms.web.pages",
    "ppvcms.web.auth",
    "ppvcms.web.account",
    "ppvcms.web.factor",
    "ppvcms.web.notices",
    "ppvcms.web.receipts",
    "ppvcms.web.wallet",
    "ppvcms.web.pay",
    "ppvcms.web.own_settings",
    "ppvcms.web.perform",
    "ppvcms.web.earnings",
    "ppvcms.web.admin",
)
"""Modules with a `blueprint`."""


def register(app: Flask) -> None:
    """Add every part's pages."""
    for name in PARTS:
        app.register_blueprint(import_module(name).blueprint)
