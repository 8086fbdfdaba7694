"""ppvcms: pay-per-view and pay-per-minute video sites, extended by plugins and themes."""

from __future__ import annotations

__version__ = "0.1.0"
