"""Activation: what people pass before their first paid act (AC-05)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ppvcms.api import hookimpl

if TYPE_CHECKING:
    from markupsafe import Markup

    from ppvcms.api import (
        ActivationCheck,
        Actor,
        DemoContext,
        NoticeKind,
        Permission,
        PluginBlueprint,
        PluginMenuItem,
        Problem,
        Refusal,
        SettingsSpec,
        SlotContext,
    )


@hookimpl
def register_settings() -> SettingsSpec:
    """Let the owner choose which checks are needed."""
    from ppvcms.api import SettingsSpec

    from .forms import DEFAULTS, ActivationForm

    return SettingsSpec(form=ActivationForm, defaults=DEFAULTS, title="Activation")


@hookimpl
def register_activation_checks() -> list[ActivationCheck]:
    """Offer a card that a gateway confirms, and what staff ticks by hand."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import ActivationCheck, card_checked

    from .services import CARD, ticked

    return [
        ActivationCheck(
            CARD,
            _l("a card"),
            card_checked,
            _l("A small amount is held on your card and given back at once. Nothing is taken."),
            "activation.card",
        ),
        ActivationCheck(
            "activation.manual",
            _l("approval by the site"),
            partial(ticked, name="manual"),
            _l("Somebody of the site looks at your account."),
        ),
        ActivationCheck(
            "activation.wire",
            _l("a bank transfer that arrived"),
            partial(ticked, name="wire"),
            _l("Send a first bank transfer; we tick it when it is here."),
        ),
    ]


@hookimpl
def register_permissions() -> list[Permission]:
    """Let staff tick checks."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import Permission

    given = ("owner", "moderator", "back_office")
    return [Permission("activation.manage", _l("Activate accounts"), given)]


@hookimpl
def register_blueprints() -> PluginBlueprint:
    """Serve the page of both sides."""
    from .views import blueprint

    return blueprint


@hookimpl
def register_menu() -> list[PluginMenuItem]:
    """Stand in the back office."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import PluginMenuItem

    manage = "activation.manage"
    return [
        PluginMenuItem("admin", "activation.desk", _l("Activation"), "person-check", manage),
    ]


@hookimpl
def template_slot(name: str, context: SlotContext) -> Markup | None:
    """Stand in the account while something is to be passed, and before who decides."""
    from . import views

    if name == "admin.overview":
        return views.waits(context.actor)
    return views.reminder(context) if name == "account.overview" else None


@hookimpl
def register_notices() -> list[NoticeKind]:
    """Tell people what staff decided."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import NoticeKind

    return [
        NoticeKind(
            "activation.done",
            _l("Account activated"),
            _l("A check of your account is passed"),
            _l("You are one step further. Look at your account for what is left, if anything."),
        ),
        NoticeKind(
            "activation.refused",
            _l("Activation refused"),
            _l("A check of your account was refused"),
            _l("The reason: %(reason)s"),
        ),
    ]


@hookimpl
def plugin_problems() -> list[Problem]:
    """Say when a card is needed and nobody can check one."""
    from ppvcms.api import Problem

    from .services import problem

    wrong = problem()
    return [Problem(*wrong, serious=True)] if wrong else []


@hookimpl
def check_purchase(actor: Actor) -> Refusal | None:
    """Refuse a paid act before the needed checks are passed."""
    from .services import refusal_to_pay

    return refusal_to_pay(actor)


@hookimpl
def demo_content(ctx: DemoContext) -> None:
    """Leave a question for the owner of the demo."""
    from .services import ask

    for client in ctx.clients[-1:]:
        ask(client, "manual")
