"""The sandbox keeps the contract of gateways, speaking as its own payment service."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

from plugins.gateway_sandbox import service
from plugins.gateway_sandbox.signing import HEADER, sign
from ppvcms.testing import GatewayContract

if TYPE_CHECKING:
    from ppvcms.testing import Payment

TYPES = {"paid": "payment.paid", "declined": "payment.declined", "unknown": "payment.maybe"}


class TestSandbox(GatewayContract):
    folder = Path(__file__).resolve().parent.parent
    key = "sandbox"

    def facts(self, payment: Payment) -> bytes:
        return json.dumps(
            {
                "id": payment.event_id,
                "type": TYPES[payment.kind],
                "payment": payment.reference,
                "op_id": payment.op_id,
                "amount": payment.amount,
                "currency": payment.currency,
            }
        ).encode()

    def proof(
        self, body: bytes, *, secret: str | None = None, at: int | None = None
    ) -> dict[str, str]:
        key = service.secret() if secret is None else secret
        return {HEADER: sign(key, body, at=int(time.time()) if at is None else at)}
