"""The errors of the core, each with a sentence that says what to do."""

from __future__ import annotations


class PpvcmsError(Exception):
    """The base of every error that the core raises on purpose."""


class RemovedInApi2Warning(DeprecationWarning):
    """A plugin uses what version 2 of the plugin interface will not have."""


class ConfigError(PpvcmsError):
    """The configuration cannot work; the message is one line for an operator."""


class NotFoundError(PpvcmsError):
    """What was asked for does not exist, or not for this person."""


class PluginError(PpvcmsError):
    """A plugin broke a rule of the host."""

    def __init__(self, slug: str, message: str) -> None:
        """Keep the slug beside a sentence that names it."""
        super().__init__(f"Plugin '{slug}': {message}")
        self.slug = slug
