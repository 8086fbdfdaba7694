"""The mode editor: owners make kinds of shows without code (MD-03, BO-04)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import hookimpl

if TYPE_CHECKING:
    from ppvcms.api import Assets, Permission, PluginBlueprint, PluginMenuItem, RoomMode


@hookimpl
def register_room_modes() -> list[RoomMode]:
    """Offer what stands in the table; a change of it calls `registrations_changed`."""
    from .modes import offered_modes

    return offered_modes()


@hookimpl
def register_blueprints() -> PluginBlueprint:
    """Serve the editor."""
    from .views import blueprint

    return blueprint


@hookimpl
def register_permissions() -> list[Permission]:
    """Let owners edit, and whom they choose."""
    from ppvcms.api import Permission

    return [Permission("mode_editor.manage", "Make and change kinds of shows")]


@hookimpl
def register_menu() -> list[PluginMenuItem]:
    """Put the editor into the back office."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import PluginMenuItem

    return [
        PluginMenuItem(
            "admin",
            "mode_editor.index",
            _l("Own kinds of shows"),
            icon="sliders2",
            permission="mode_editor.manage",
        )
    ]


@hookimpl
def register_assets() -> list[Assets]:
    """Load the live preview in the back office."""
    from ppvcms.api import Assets

    return [Assets("admin", styles=("editor.css",), modules=("editor.js",))]
