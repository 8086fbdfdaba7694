"""What the books refuse because the caller made a mistake."""

from __future__ import annotations

from ppvcms.errors import PpvcmsError


class LedgerError(PpvcmsError):
    """The base: the books were asked for something that must never happen."""


class NotBalancedError(LedgerError):
    """The lines of a transfer do not sum to 0 in each currency, or are no lines at all (R-02)."""


class KeyReusedError(LedgerError):
    """A key came back with other content; the first act stands, nothing was done (R-04, 409)."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"The key '{key}' was used for something else. Nothing was done; use a new key."
        )
        self.key = key


class HoldError(LedgerError):
    """A hold was asked for more than its open part, or after its end."""
