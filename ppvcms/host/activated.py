"""What parts of the core do, in the same transaction, when a plugin is switched on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from sqlalchemy.orm import Session

_KEY = "ppvcms_activated"


def add(app: Flask, function: Callable[[Session, str, str | None], None]) -> None:
    """Let a part of the core act, by slug and whose act it is; raising leaves the plugin off."""
    app.extensions.setdefault(_KEY, []).append(function)


def tell(session: Session, slug: str, actor_id: str | None) -> None:
    """Let every part of the core do what it has to do for a plugin."""
    for function in current_app.extensions.get(_KEY, ()):
        function(session, slug, actor_id)
