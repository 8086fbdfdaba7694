"""What the core knows against switching a plugin off, beside the plugin's own reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

_KEY = "ppvcms_reasons"


def add(app: Flask, function: Callable[[str], list[str]]) -> None:
    """Let a part of the core say, by a plugin's slug, what speaks against switching it off."""
    app.extensions.setdefault(_KEY, []).append(function)


def of(slug: str) -> list[str]:
    """Return the sentences of all parts of the core about a plugin."""
    return [text for function in current_app.extensions.get(_KEY, ()) for text in function(slug)]
