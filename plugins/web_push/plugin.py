"""Web push: notices in browsers that people let in (MS-08)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import fills, hookimpl

if TYPE_CHECKING:
    from markupsafe import Markup

    from ppvcms.api import Assets, NoticeChannel, PluginBlueprint, SettingsSpec, SlotContext


@hookimpl
def register_settings() -> SettingsSpec:
    """Let the owner say which push services may be called."""
    from ppvcms.api import SettingsSpec

    from .forms import DEFAULTS, WebPushForm

    return SettingsSpec(form=WebPushForm, defaults=DEFAULTS, title="Web push")


@hookimpl
def register_notice_channels() -> list[NoticeChannel]:
    """Bring notices to browsers; who lets one in wants what is mailed."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import NoticeChannel

    from .services import CHANNEL, GAP_MIN, bring

    return [NoticeChannel(CHANNEL, _l("Browser"), bring, GAP_MIN, preset=True)]


@hookimpl
def register_blueprints() -> PluginBlueprint:
    """Serve the worker and the two answers to its page."""
    from .views import blueprint

    return blueprint


@hookimpl
def register_assets() -> list[Assets]:
    """Load the button's module in the account."""
    from ppvcms.api import Assets

    return [Assets("dashboard", modules=("web_push.js",))]


@hookimpl
@fills("account.notices")
def template_slot(context: SlotContext) -> Markup | None:
    """Stand above the choice of notices."""
    from .views import card

    return card(context)
