"""The sandbox gateway's hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import hookimpl

if TYPE_CHECKING:
    from ppvcms.api import Gateway, PluginBlueprint, Task


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
