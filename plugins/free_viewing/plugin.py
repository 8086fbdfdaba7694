"""Free viewing: a bound on what is watched without paying (AC-16)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import hookimpl

if TYPE_CHECKING:
    from ppvcms.api import Actor, RoomView, SettingsSpec


@hookimpl
def register_settings() -> SettingsSpec:
    """Let the owner set the minutes."""
    from ppvcms.api import SettingsSpec

    from .forms import DEFAULTS, FreeViewingForm

    return SettingsSpec(form=FreeViewingForm, defaults=DEFAULTS, title="Free viewing")


@hookimpl
def limit_watching(room: RoomView, actor: Actor, used_s: int) -> int | None:
    """Say how long somebody may go on."""
    from .rules import seconds_left

    return seconds_left(room, actor, used_s)
