"""What a plugin may know of the installation it runs in."""

from __future__ import annotations

import hashlib
import hmac
import inspect
from typing import TYPE_CHECKING

from flask import current_app

from ppvcms.errors import PluginError
from ppvcms.host.settings import site

if TYPE_CHECKING:
    from pathlib import Path


def public_url() -> str:
    """Return the site's address, without a slash at the end."""
    return str(current_app.config["PPVCMS"].public_url)


def test_mode() -> bool:
    """Whether the site still tries things out, so that no real money may move."""
    return site().test_mode


def shop_currency() -> str:
    """Return the real currency in which people pay at gateways."""
    return site().shop_currency


def private_folder(slug: str) -> Path:
    """Return a plugin's own folder outside everything that is served, for the site's user alone.

    Raises:
        PluginError: Another plugin's code asks.
    """
    _require_own(slug)
    folder: Path = current_app.config["PPVCMS"].instance / "private" / slug
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def signing_secret(slug: str) -> str:
    """Return a secret of this site for one plugin, derived from the site's own.

    Raises:
        PluginError: Another plugin's code asks.
    """
    _require_own(slug)
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, f"plugin:{slug}".encode(), hashlib.sha256).hexdigest()


def _require_own(slug: str) -> None:
    """Refuse a plugin that asks in another's name: by whose code asks, not by what it says."""
    frame = inspect.currentframe()
    while frame is not None:
        head, _dot, rest = str(frame.f_globals.get("__name__", "")).partition(".")
        if head == "plugins":
            caller = rest.partition(".")[0]
            if caller != slug:
                raise PluginError(caller, f"what '{slug}' keeps is for '{slug}' alone.")
            return
        frame = frame.f_back
