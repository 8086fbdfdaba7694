"""Letting browsers in and out, and bringing notices to those of a person."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import delete, func, select

from ppvcms.api import (
    Carriage,
    Carried,
    Refusal,
    db,
    new_id,
    now_ms,
    set_reachable,
    transaction,
)

from .crypto import AUTH, LONGEST, from_text, is_point
from .models import Device
from .sender import SLUG, allowed, is_allowed, push, target_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.api import Actor, NoticeMessage

    from .sender import Target

CHANNEL = f"{SLUG}.push"
GAP_MIN = 1
MOST_DEVICES = 5
"""Browsers of one person; a further one takes the place of the oldest."""
LONGEST_ADDRESS = 1000
LONGEST_BODY = 600


def let_in(actor: Actor, subscription: Any) -> Refusal | None:
    """Keep a browser's subscription, as its script handed it over.

    A browser that was another person's is this one's now. The refusals are "form"
    and "service".
    """
    found = _read(subscription)
    if isinstance(found, Refusal):
        return found
    endpoint, p256dh, auth = found
    user_id = str(actor.user_id)

    def act(session: Session) -> None:
        _forget(session, Device.endpoint_hash == _hash(endpoint))
        device = Device(
            id=new_id(),
            user_id=user_id,
            endpoint=endpoint,
            endpoint_hash=_hash(endpoint),
            p256dh=p256dh,
            auth=auth,
            made_at=now_ms(session),
        )
        session.add(device)
        session.flush()
        _keep_newest(session, user_id)
        set_reachable(session, user_id, CHANNEL, reachable=True)

    transaction(act)
    return None


def let_out(actor: Actor, endpoint: str) -> None:
    """Forget one browser of somebody, or all of them when no address is given."""
    mine = Device.user_id == str(actor.user_id)
    one = mine & (Device.endpoint_hash == _hash(endpoint)) if endpoint else mine
    transaction(lambda session: _forget(session, one))


def count_of(user_id: str) -> int:
    """Return how many browsers somebody let in."""
    query = select(func.count()).where(Device.user_id == user_id)
    return db.session.scalar(query) or 0


def bring(message: NoticeMessage) -> Carriage:
    """Bring a notice to all browsers of a person; one that takes it is enough."""
    query = select(Device).where(Device.user_id == message.user_id).order_by(Device.id.desc())
    targets = [target_of(device) for device in db.session.scalars(query)]
    db.session.rollback()
    if not targets:
        return Carriage(Carried.NEVER, _("The person has no browser any more."))
    return _worst_but_sent(_push_all(targets, message))


def payload(message: NoticeMessage) -> bytes:
    """Return what the browser's worker reads, short enough for one record."""
    body = message.body[:LONGEST_BODY]
    facts = {"id": message.id, "title": message.title, "body": body, "url": message.url}
    raw = json.dumps(facts, ensure_ascii=False).encode()
    if len(raw) > LONGEST:
        raw = json.dumps({**facts, "body": ""}, ensure_ascii=False).encode()
    return raw


def _push_all(targets: list[Target], message: NoticeMessage) -> list[Carriage]:
    plain = payload(message)
    answers, silent = [], set()
    for target in targets:
        service = target.endpoint.split("/")[2]
        if service in silent:
            # A service that does not answer is not waited for again.
            continue
        answer, gone = push(target, plain, message.id)
        answers.append(answer)
        if gone:
            transaction(partial(_forget, which=Device.id == target.id))
        elif answer.outcome is Carried.LATER:
            silent.add(service)
    return answers


def _worst_but_sent(answers: list[Carriage]) -> Carriage:
    order = (Carried.SENT, Carried.LATER, Carried.NEVER)
    return min(answers, key=lambda answer: order.index(answer.outcome))


def _read(subscription: Any) -> tuple[str, str, str] | Refusal:
    wrong = Refusal("form", _("The browser's answer could not be read. Nothing was changed."))
    try:
        endpoint, keys = subscription["endpoint"], subscription["keys"]
        p256dh, auth = keys["p256dh"], keys["auth"]
        fits = is_point(from_text(p256dh)) and len(from_text(auth)) == AUTH
    except (TypeError, KeyError, ValueError, AttributeError):
        return wrong
    if not fits or not isinstance(endpoint, str) or len(endpoint) > LONGEST_ADDRESS:
        return wrong
    if not is_allowed(endpoint, allowed()):
        reason = _("This browser's push service is not one that the site uses.")
        return Refusal("service", reason, _("Nothing was changed."))
    return endpoint, p256dh.rstrip("="), auth.rstrip("=")


def _forget(session: Session, which: Any) -> None:
    """Forget browsers; who has none left is not reached this way any more."""
    users = set(session.scalars(select(Device.user_id).where(which)))
    session.execute(delete(Device).where(which))
    for user_id in users:
        if not session.scalar(select(func.count()).where(Device.user_id == user_id)):
            set_reachable(session, user_id, CHANNEL, reachable=False)


def _keep_newest(session: Session, user_id: str) -> None:
    mine = select(Device.id).where(Device.user_id == user_id).order_by(Device.id.desc())
    old = list(session.scalars(mine.offset(MOST_DEVICES)))
    if old:
        session.execute(delete(Device).where(Device.id.in_(old)))


def _hash(endpoint: str) -> str:
    return hashlib.sha256(endpoint.encode()).hexdigest()
