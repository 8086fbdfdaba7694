"""The first answer to a key, given again to whoever repeats the question (R-04)."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ppvcms.db import now_ms
from ppvcms.ledger.errors import KeyReusedError
from ppvcms.ledger.models import Idem
from ppvcms.ledger.moves import serialise
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session


def once(
    session: Session,
    key: str,
    request: dict[str, Any],
    act: Callable[[], dict[str, Any] | Refusal],
) -> dict[str, Any] | Refusal:
    """Run `act` for the first `request` with this key, and return its answer ever after.

    The answer is plain JSON. A refusal changed nothing and is not kept: the
    same key may succeed later, such as after a top-up.

    Raises:
        KeyReusedError: The key came back with another request; nothing was done.
    """
    serialise(session, f"once:{key}")
    asked = hash_of(request)
    known = session.execute(select(Idem.request_hash, Idem.answer).where(Idem.key == key)).first()
    if known is not None:
        if known.request_hash != asked:
            raise KeyReusedError(key)
        return dict(known.answer)
    answer = act()
    if not isinstance(answer, Refusal):
        session.add(
            Idem(
                key=key,
                request_hash=asked,
                answer=answer,
                answer_hash=hash_of(answer),
                made_at=now_ms(session),
            )
        )
        session.flush()
    return answer


def hash_of(value: dict[str, Any]) -> str:
    """Return the digest of plain JSON, the same for the same content."""
    plain = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(plain.encode()).hexdigest()
