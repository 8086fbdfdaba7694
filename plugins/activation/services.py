"""Which checks somebody has passed, what keeps them from paying, what staff ticks (AC-05)."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ppvcms.api import (
    Refusal,
    activation_checks,
    audit,
    can_hold,
    card_checked,
    check_card,
    db,
    names_of,
    now_ms,
    send_notice,
    settings,
    transaction,
)

from .models import Tick

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.api import ActivationCheck, Actor, IntentView

SLUG = "activation"
CARD = "activation.card"
OWN = ("manual", "wire")
"""The checks that staff ticks here."""
MOST = 200


@dataclass(frozen=True, slots=True)
class Step:
    """One needed check as somebody sees it; `name` is set where staff ticks it."""

    check: ActivationCheck
    done: bool
    name: str = ""
    state: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A person who asked for a check."""

    user_id: str
    person: str
    name: str
    asked_at: int


def steps(user_id: str) -> list[Step]:
    """Return the checks that the owner needs, and whether somebody passed each."""
    found = activation_checks()
    ticks = {tick.name: tick for tick in _ticks(user_id)}
    made = []
    for key in settings(SLUG).needed:
        check = found.get(key)
        if check is None:
            continue
        name = key.partition(".")[2] if key.startswith(f"{SLUG}.") else ""
        tick = ticks.get(name)
        state, reason = (tick.state, tick.reason) if tick is not None else ("", "")
        made.append(Step(check, check.done(user_id), name, state, reason))
    return made


def refusal_to_pay(actor: Actor) -> Refusal | None:
    """Refuse what is paid until every needed check is passed; nothing was taken."""
    if actor.user_id is None:
        return None
    needed = settings(SLUG).needed
    missing = [key for key in needed if key not in activation_checks()]
    open_ones = [str(step.check.label) for step in steps(actor.user_id) if not step.done]
    if missing:
        # A check whose plugin is off must not open the door.
        open_ones.append(_("a check that is not available now"))
    if not open_ones:
        return None
    return Refusal(
        "activation",
        _("Before you pay: %(what)s. Nothing was taken.", what=", ".join(open_ones)),
        _("Look at Activation in your account."),
    )


def begin_card(actor: Actor, key: str) -> IntentView | Refusal:
    """Begin to check a card: the person goes on at /pay/checkout/<id>."""
    if actor.user_id is not None and card_checked(actor.user_id):
        return Refusal("done", _("Your card is confirmed already. Nothing was held."))
    amount = settings(SLUG).card_amount
    return check_card(actor, amount=amount, key=key, return_to="/activation/")


def problem() -> tuple[str, str] | None:
    """Return what the owner should mend, with its remedy."""
    if CARD not in settings(SLUG).needed or can_hold():
        return None
    return (
        _("A card is needed before the first paid act, and no way to pay can check one."),
        _("Switch a payment plugin on that can hold an amount, or need another check."),
    )


def ticked(user_id: str, name: str) -> bool:
    """Whether staff ticked a check of somebody."""
    tick = db.session.get(Tick, (user_id, name), populate_existing=True)
    return tick is not None and tick.state == "done"


def ask(actor: Actor, name: str) -> Refusal | None:
    """Ask staff to tick a check."""
    if name not in OWN:
        return Refusal("check", _("There is no such check."))
    user_id = str(actor.user_id)

    def act(session: Session) -> None:
        tick = _tick(session, user_id, name)
        if tick.state != "done":
            tick.state, tick.asked_at = "asked", now_ms(session)

    transaction(act)
    return None


def decide(actor: Actor, user_id: str, name: str, *, reason: str, done: bool) -> Refusal | None:
    """Tick a check or refuse it with a reason, and tell the person."""
    why = " ".join(reason.split())[:300]
    if name not in OWN:
        return Refusal("check", _("There is no such check. Nothing was changed."))
    if not done and not why:
        return Refusal("reason", _("Say why: the person reads it. Nothing was changed."))

    def act(session: Session) -> None:
        tick = _tick(session, user_id, name)
        tick.state, tick.reason = ("done" if done else "refused"), why
        tick.decided_at, tick.decided_by = now_ms(session), actor.user_id
        what = f"activation.check.{'ticked' if done else 'refused'}"
        audit(session, actor.user_id, what, f"user:{user_id}", reason=why, data={"check": name})
        kind = "activation.done" if done else "activation.refused"
        send_notice(session, user_id, kind, values={"reason": why}, link="/activation/")

    transaction(act)
    return None


def waiting() -> list[Waiting]:
    """Return who asked, who waits longest first."""
    query = select(Tick).where(Tick.state == "asked").order_by(Tick.asked_at).limit(MOST)
    rows = list(db.session.scalars(query))
    names = names_of({row.user_id for row in rows})
    return [
        Waiting(row.user_id, names.get(row.user_id, ""), row.name, row.asked_at or 0)
        for row in rows
    ]


def _ticks(user_id: str) -> list[Tick]:
    query = select(Tick).where(Tick.user_id == user_id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def _tick(session: Session, user_id: str, name: str) -> Tick:
    tick = session.get(Tick, (user_id, name), with_for_update=True, populate_existing=True)
    if tick is not None:
        return tick
    # When another page makes it at this moment, it is there to be locked.
    with contextlib.suppress(IntegrityError), session.begin_nested():
        session.add(Tick(user_id=user_id, name=name, state=""))
    return session.get_one(Tick, (user_id, name), with_for_update=True, populate_existing=True)
