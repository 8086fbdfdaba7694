"""What pages say to the engine: offers and candidates, under a grant that is theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppvcms.accounts.guard import visitor_key
from ppvcms.media import services
from ppvcms.results import Refusal
from ppvcms.wire import Caller, Field, Rate, Who, event, text

if TYPE_CHECKING:
    from ppvcms.wire import Answer


def holder_of(caller: Caller) -> services.Holder:
    """Return who a connection is, for media."""
    visitor = visitor_key(caller.address) if caller.actor.user_id is None else None
    return services.Holder(caller.actor.user_id, caller.sid, visitor)


@event(
    "signal",
    who=Who.ANYONE,
    fields={"grant": text(26), "message": Field(dict)},
    rate=Rate(20, 20.0),
)
def signal(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """Pass a message on and give the engine's answers back."""
    answers = services.signal(data["grant"], holder_of(caller), data["message"])
    return answers if isinstance(answers, Refusal) else {"answers": answers}
