"""Tips and gifts that staff give back, each with a reason (R-46)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _

from ppvcms.accounts import audit
from ppvcms.db import transaction
from ppvcms.ledger.models import Transfer
from ppvcms.ledger.store import reverse_transfer
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

KINDS = frozenset({"tip", "gift"})
"""What has nothing beside the money: sales and shows are undone in their own ways."""
LONGEST = 200


def take_back(transfer_id: str, *, reason: str, actor_id: str | None) -> Refusal | None:
    """Give a posted tip or gift back to who paid it, once, by a transfer that names it (R-02).

    The refusals: "reason" when none is given, "kind" for other transfers,
    "reversed" and "funds" as of `reverse_transfer`.
    """
    words = " ".join(reason.split())[:LONGEST]
    if not words:
        return Refusal("reason", _("Say why. Nothing was given back."))

    def act(session: Session) -> Refusal | None:
        written = session.get(Transfer, transfer_id)
        if written is None or written.kind not in KINDS:
            return Refusal("kind", _("Only tips and gifts are given back here. Nothing was moved."))
        answer = reverse_transfer(
            session, transfer_id, key=f"taken-back:{transfer_id}", reason=words, actor_id=actor_id
        )
        if isinstance(answer, Refusal):
            return answer
        if not answer.repeated:
            subject = f"transfer:{transfer_id}"
            audit.record(session, actor_id, "ledger.transfer.reversed", subject, reason=words)
        return None

    return transaction(act)
