"""What pages send: one door from Socket.IO to the core, checked before anything runs.

A handler is declared with who may send it, which fields it takes and how often.
It gets a `Caller` and plain values, and returns what the answer carries, or a
Refusal. Handlers of one event are declared once, when their module is imported.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog
from flask import current_app, request
from flask_babel import gettext as _
from flask_socketio import disconnect, join_room, leave_room

from ppvcms.errors import NotFoundError, PpvcmsError
from ppvcms.realtime import NAMESPACE
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Flask
    from flask_socketio import SocketIO

    from ppvcms.accounts.actor import Actor

RECHECK_S = 10.0
MOST_CONNECTIONS_PER_PERSON = 20
log = structlog.get_logger(__name__)


class Who(StrEnum):
    """Who may send an event; finer rights are checked by the service."""

    ANYONE = "anyone"
    SIGNED_IN = "signed_in"


class Rate(NamedTuple):
    """How often one connection may send an event: `burst` at once, then `per_second`."""

    burst: int
    per_second: float


USUAL_RATE = Rate(10, 2.0)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a payload: its type and its bounds."""

    kind: type
    most: int = 64
    least: int = 0
    needed: bool = True
    among: tuple[str, ...] = ()

    def fits(self, value: object) -> bool:
        """Whether a value may be used."""
        if type(value) is not self.kind:
            return False
        if isinstance(value, str | bytes):
            return len(value) <= self.most and (not self.among or value in self.among)
        if isinstance(value, int) and self.kind is int:
            return self.least <= value <= self.most
        return True


def text(most: int = 64, *, needed: bool = True) -> Field:
    """Return a field of words, at most `most` characters long."""
    return Field(str, most=most, needed=needed)


def one_of(*words: str) -> Field:
    """Return a field that takes one of a few words."""
    return Field(str, among=words)


def number(*, most: int = 2**53, least: int = 0, needed: bool = True) -> Field:
    """Return a field for a whole number."""
    return Field(int, most=most, least=least, needed=needed)


@dataclass
class Caller:
    """One connection: who is at the other end and which place its page is in."""

    sid: str
    actor: Actor
    checked: float
    address: str = ""
    room_id: str | None = None
    page: str = ""
    show_id: str | None = None
    seat_id: str | None = None
    channels: set[str] = field(default_factory=set)
    tokens: dict[str, tuple[float, float]] = field(default_factory=dict)
    frames: dict[str, int] = field(default_factory=dict)

    def enter(self, channel: str) -> None:
        """Hear what is pushed on a channel."""
        join_room(channel, sid=self.sid, namespace=NAMESPACE)
        self.channels.add(channel)

    def leave(self, channel: str) -> None:
        """Stop hearing a channel."""
        leave_room(channel, sid=self.sid, namespace=NAMESPACE)
        self.channels.discard(channel)

    def may_send(self, event: str, rate: Rate) -> bool:
        """Take one token from the bucket of an event."""
        now = time.monotonic()
        left, then = self.tokens.get(event, (float(rate.burst), now))
        left = min(float(rate.burst), left + (now - then) * rate.per_second)
        self.tokens[event] = (max(0.0, left - 1), now)
        return left >= 1


Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Handler:
    """A declared event."""

    name: str
    who: Who
    fields: Mapping[str, Field]
    rate: Rate
    run: Callable[[Caller, dict[str, Any]], Answer | Refusal | None]


HANDLERS: dict[str, Handler] = {}
_on_leave: list[Callable[[Caller], None]] = []


def event(
    name: str,
    *,
    who: Who = Who.SIGNED_IN,
    fields: Mapping[str, Field] | None = None,
    rate: Rate = USUAL_RATE,
) -> Callable[
    [Callable[[Caller, dict[str, Any]], Answer | Refusal | None]],
    Callable[[Caller, dict[str, Any]], Answer | Refusal | None],
]:
    """Declare the one handler of an event."""

    def declare(
        run: Callable[[Caller, dict[str, Any]], Answer | Refusal | None],
    ) -> Callable[[Caller, dict[str, Any]], Answer | Refusal | None]:
        HANDLERS[name] = Handler(name, who, fields or {}, rate, run)
        return run

    return declare


def on_leave(act: Callable[[Caller], None]) -> Callable[[Caller], None]:
    """Declare what is done when a page leaves its place or its connection ends."""
    _on_leave.append(act)
    return act


def init_wire(app: Flask, socketio: SocketIO, *, identify: Callable[[], Actor]) -> None:
    """Bind every declared event; `identify` reads the session of the current request."""
    callers: dict[str, Caller] = {}
    app.extensions["ppvcms_callers"] = callers
    app.extensions["ppvcms_identify"] = identify
    socketio.on_event("connect", _connect, namespace=NAMESPACE)
    socketio.on_event("disconnect", _disconnect, namespace=NAMESPACE)
    for handler in HANDLERS.values():
        socketio.on_event(handler.name, _receiver(handler), namespace=NAMESPACE)


def leave_place(caller: Caller) -> None:
    """Leave the place that the page is in, with everything that hangs on it."""
    for act in _on_leave:
        act(caller)
    for channel in [name for name in caller.channels if not name.startswith(("user:", "site"))]:
        caller.leave(channel)
    caller.room_id, caller.page, caller.show_id, caller.seat_id = None, "", None, None
    caller.frames.clear()


def _callers() -> dict[str, Caller]:
    found: dict[str, Caller] = current_app.extensions["ppvcms_callers"]
    return found


def _identify() -> Actor:
    actor: Actor = current_app.extensions["ppvcms_identify"]()
    return actor


def _sid() -> str:
    return str(request.sid)  # type: ignore[attr-defined] # Flask-SocketIO puts it there


def _connect(_auth: object = None) -> bool | None:
    actor = _identify()
    callers = _callers()
    if actor.user_id is not None:
        mine = sum(caller.actor.user_id == actor.user_id for caller in callers.values())
        if mine >= MOST_CONNECTIONS_PER_PERSON:
            return False
    caller = Caller(_sid(), actor, time.monotonic(), request.remote_addr or "")
    callers[caller.sid] = caller
    if actor.user_id is not None:
        caller.enter(f"user:{actor.user_id}")
    return None


def _disconnect(_reason: object = None) -> None:
    caller = _callers().pop(_sid(), None)
    if caller is None:
        return
    for act in _on_leave:
        try:
            act(caller)
        except Exception:
            log.exception("leaving_failed", sid=caller.sid)


def _receiver(handler: Handler) -> Callable[..., Answer]:
    def receive(data: object = None, *_more: object) -> Answer:
        caller = _callers().get(_sid())
        if caller is None or not _still_signed_in(caller):
            return error_of(_sign_in())
        try:
            answer = _answer(handler, caller, data)
        except NotFoundError:
            answer = Refusal("not_found", _("This is not there any more."), _("Load it again."))
        except PpvcmsError as problem:
            answer = Refusal("refused", str(problem))
        except Exception:
            log.exception("event_failed", wire_event=handler.name)
            answer = Refusal(
                "failed",
                _("Something went wrong here, and nothing was changed."),
                _("Try again in a moment."),
            )
        return error_of(answer) if isinstance(answer, Refusal) else {"ok": True, **(answer or {})}

    return receive


def _answer(handler: Handler, caller: Caller, data: object) -> Answer | Refusal | None:
    if not caller.may_send(handler.name, handler.rate):
        return Refusal("too_fast", _("That was too fast."), _("Wait a moment and try again."))
    if handler.who is Who.SIGNED_IN and caller.actor.user_id is None:
        return _sign_in()
    payload = checked(handler.fields, data)
    return payload if isinstance(payload, Refusal) else handler.run(caller, payload)


def checked(fields: Mapping[str, Field], data: object) -> dict[str, Any] | Refusal:
    """Return the payload with its known fields, or say which field does not fit."""
    payload = {} if data is None else data
    bad = Refusal("bad_request", _("The page sent something unexpected."), _("Load it again."))
    if not isinstance(payload, dict) or not payload.keys() <= fields.keys():
        return bad
    for name, rule in fields.items():
        if name not in payload:
            if rule.needed:
                return bad
        elif not rule.fits(payload[name]):
            return bad
    return payload


def error_of(refusal: Refusal) -> Answer:
    """Return the JSON form of a refusal."""
    error: Answer = {
        "code": refusal.code,
        "reason": refusal.reason,
        "remedy": refusal.remedy,
    }
    if refusal.missing:
        error["missing"] = refusal.missing
    if refusal.details:
        error["details"] = dict(refusal.details)
    return {"error": error}


def _sign_in() -> Refusal:
    return Refusal("sign_in", _("You are not signed in."), _("Sign in to go on."))


def _still_signed_in(caller: Caller) -> bool:
    """Look at the session again from time to time: a revoked one ends here (AC-06)."""
    now = time.monotonic()
    if now - caller.checked < RECHECK_S:
        return True
    actor = _identify()
    if actor.user_id != caller.actor.user_id:
        socketio: SocketIO = current_app.extensions["ppvcms_realtime"]
        socketio.emit("signed_out", {}, to=caller.sid, namespace=NAMESPACE)
        disconnect(caller.sid, namespace=NAMESPACE)
        return False
    caller.actor, caller.checked = actor, now
    return True
