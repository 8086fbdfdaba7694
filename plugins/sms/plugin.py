"""SMS: notices to a verified number, and the number as an activation check (MS-08, AC-05)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import fills, hookimpl

if TYPE_CHECKING:
    from markupsafe import Markup

    from ppvcms.api import (
        ActivationCheck,
        NoticeChannel,
        Permission,
        PluginBlueprint,
        PluginMenuItem,
        Problem,
        SettingsSpec,
        SlotContext,
        Task,
    )


@hookimpl
def register_settings() -> SettingsSpec:
    """Let the owner say which service sends."""
    from ppvcms.api import SettingsSpec

    from .forms import DEFAULTS, SECRETS, SmsForm

    return SettingsSpec(form=SmsForm, defaults=DEFAULTS, secrets=SECRETS, title="SMS")


@hookimpl
def register_notice_channels() -> list[NoticeChannel]:
    """Bring notices by SMS."""
    from ppvcms.api import NoticeChannel

    from .services import CHANNEL, GAP_MIN, bring

    return [NoticeChannel(CHANNEL, "SMS", bring, GAP_MIN)]


@hookimpl
def register_activation_checks() -> list[ActivationCheck]:
    """Offer a code by phone as a check before the first paid act."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import ActivationCheck

    from .services import verified

    help_text = _l("We send a code by SMS, and you type it here.")
    return [ActivationCheck("sms.phone", _l("a phone number"), verified, help_text, "sms.mine")]


@hookimpl
def register_permissions() -> list[Permission]:
    """Let staff read what a site without a service keeps."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import Permission

    return [Permission("sms.view", _l("Read kept SMS"), ("owner",))]


@hookimpl
def register_blueprints() -> PluginBlueprint:
    """Serve the page of the own number."""
    from .views import blueprint

    return blueprint


@hookimpl
def register_menu() -> list[PluginMenuItem]:
    """Stand in the back office."""
    from ppvcms.api import PluginMenuItem

    return [PluginMenuItem("admin", "sms.desk", "SMS", "phone", "sms.view")]


@hookimpl
def register_tasks() -> list[Task]:
    """Forget codes and kept messages after a day."""
    from ppvcms.api import Task

    from .services import forget_old

    return [Task("forget", 3_600.0, forget_old)]


@hookimpl
@fills("account.notices")
def template_slot(context: SlotContext) -> Markup | None:
    """Stand above the choice of notices."""
    from .views import card

    return card(context)


@hookimpl
def plugin_problems() -> list[Problem]:
    """Say that no service is set, or what it lacks."""
    from flask_babel import gettext as _

    from ppvcms.api import Problem

    from .sender import problem

    wrong = problem()
    return [Problem(wrong, _("Fill in the plugin's settings."))] if wrong else []
