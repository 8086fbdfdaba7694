"""The sandbox gateway's hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import hookimpl

if TYPE_CHECKING:
    from ppvcms.api import Gateway, PluginBlueprint, Problem, Task


@hookimpl
def register_gateways() -> list[Gateway]:
    """Offer the sandbox as a way to pay."""
    from .gateway import SandboxGateway

    return [SandboxGateway()]


@hookimpl
def register_blueprints() -> PluginBlueprint:
    """Serve the payment service's own page."""
    from .views import blueprint

    return blueprint


@hookimpl
def register_tasks() -> list[Task]:
    """Send notifications that are due."""
    from ppvcms.api import Task

    from .service import send_due

    return [Task("notices", 1.0, send_due)]


@hookimpl
def check_deactivation() -> list[str]:
    """Name the payments that still wait for this gateway's word."""
    from ppvcms.api import open_payments

    count = open_payments("sandbox")
    if not count:
        return []
    name = "1 payment here is" if count == 1 else f"{count} payments here are"
    return [f"{name} still open. The credits arrive only when it is on again."]


@hookimpl
def plugin_problems() -> list[Problem]:
    """Say that it takes nothing on a site that is open for business."""
    from ppvcms.api import Problem

    from .gateway import SandboxGateway

    return [Problem(text) for text in SandboxGateway().problems()]
