"""Making the standard library cooperate, before anything else is imported."""

from __future__ import annotations

import warnings


def patch(async_mode: str) -> None:
    """Patch the standard library for the chosen way of waiting."""
    if async_mode == "eventlet":
        # We know, and keep it behind the setting async_mode.
        warnings.filterwarnings("ignore", r"\s*Eventlet is deprecated")
        import eventlet  # noqa: PLC0415 - a deprecated library stays out of other processes

        eventlet.monkey_patch()
    elif async_mode == "gevent":
        from gevent import monkey  # type: ignore[import-untyped]  # noqa: PLC0415 - only where it was chosen

        monkey.patch_all()
