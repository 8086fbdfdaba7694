"""What must hold between gateways' facts and the books (reliability.md, I12)."""

from __future__ import annotations

from ppvcms.ledger.check import Invariant, query

INVARIANTS = [
    Invariant(
        "I12",
        "a gateway's fact is credited once, verified, and as quoted; holds are given back",
        query(
            """
            SELECT provider_ref FROM payment_event WHERE transfer_id IS NOT NULL
            GROUP BY provider, provider_ref, kind HAVING count(*) > 1
            """,
            """
            SELECT e.dedupe_key FROM payment_event e JOIN payment_op o ON o.op_id = e.op_id
            WHERE e.transfer_id IS NOT NULL
              AND (NOT e.verified OR e.amount IS NULL
                   OR e.amount <> o.amount OR e.currency <> o.currency)
            """,
            """
            SELECT t.id FROM transfer t LEFT JOIN payment_event e ON e.transfer_id = t.id
            WHERE t.kind = 'deposit' GROUP BY t.id HAVING count(e.dedupe_key) <> 1
            """,
            """
            SELECT id FROM payment_intent
            WHERE (state = 'credited') <> (transfer_id IS NOT NULL)
            """,
            """
            SELECT o.op_id FROM payment_op o
            WHERE o.kind = 'authorize' AND o.state = 'ok'
              AND 1 <> (SELECT count(*) FROM payment_op r
                        WHERE r.intent_id = o.intent_id AND r.kind = 'release')
            """,
            """
            SELECT i.id FROM payment_intent i
            JOIN payment_op r ON r.intent_id = i.id AND r.kind = 'release'
            WHERE (i.state = 'released' AND r.state <> 'ok') OR i.transfer_id IS NOT NULL
            """,
        ),
    )
]
