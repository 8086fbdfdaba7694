"""ppvcms: pay-per-view and pay-per-minute video sites, extended by plugins and themes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ppvcms.config import Config
    from ppvcms.host.app import Host

__version__ = "0.1.0"


def create_app(config: Config | None = None, *, role: str = "server") -> Host:
    """Put the parts together: the one place that knows them all.

    `role` is ``server``, ``meter``, ``jobs`` or ``command``; the server alone has
    sockets, the others push through Redis where there is one.
    """
    # Late: the server patches the standard library before anything else is imported.
    from ppvcms.assembly import assemble  # noqa: PLC0415
    from ppvcms.config import ensure_secret_key, load_config  # noqa: PLC0415

    return assemble(ensure_secret_key(config or load_config()), role=role)
