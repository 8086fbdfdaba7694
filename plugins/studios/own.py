"""A performer's own page: the contract, offers, leaving, rooms that were given (CM-07, CM-10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, render_template, session, url_for
from flask_babel import gettext as _

from ppvcms.api import Refusal, current_actor, now_ms, people, policy, transaction

from . import contracts, leaving, rooms
from .pages import blueprint, me, tell

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

PERFORMS = "room.perform"


@blueprint.get("/mine")
@policy(who=PERFORMS)
def mine() -> ResponseReturnValue:
    """Show every version of one's contracts, what is offered, and the rooms one may work in."""
    rows = contracts.all_of(performer_id=me())
    return render_template(
        "studios/mine.html",
        rows=rows,
        running=contracts.running(performer_id=me()),
        offers=[one for one in rows if one.state == "proposed"],
        names={id_: one.name for id_, one in people(row.studio_id for row in rows).items()},
        rooms=rooms.given_to(me()),
        me=me(),
    )


@blueprint.post("/mine/<contract_id>/accept")
@policy(who=PERFORMS)
def accept(contract_id: str) -> ResponseReturnValue:
    """Accept an offer."""
    tell(contracts.accept(contract_id, current_actor()), _("You accepted the contract."))
    return redirect(url_for("studios.mine"))


@blueprint.post("/mine/<contract_id>/refuse")
@policy(who=PERFORMS)
def refuse(contract_id: str) -> ResponseReturnValue:
    """Refuse an offer."""
    tell(contracts.refuse(contract_id, current_actor()), _("You refused. Nothing was changed."))
    return redirect(url_for("studios.mine"))


@blueprint.post("/mine/<contract_id>/leave")
@policy(who=PERFORMS)
def leave(contract_id: str) -> ResponseReturnValue:
    """Give notice."""
    answer = contracts.give_notice(contract_id, current_actor())
    refusal = answer if isinstance(answer, Refusal) else None
    tell(refusal, _("You gave notice. Your account, followers and items stay yours."))
    return redirect(url_for("studios.mine"))


@blueprint.post("/mine/rooms/<room_id>/take")
@policy(who=PERFORMS)
def take(room_id: str) -> ResponseReturnValue:
    """Work in a room that was given to one."""
    refusal = rooms.take(current_actor(), room_id)
    if refusal is None:
        session["perform_room"] = room_id
        return redirect(url_for("perform.live"))
    tell(refusal, "")
    return redirect(url_for("studios.mine"))


def tidy() -> None:
    """Follow what the business has ended, and take rooms from those who have left."""
    transaction(leaving.follow_parts)
    transaction(lambda each: leaving.leave_rooms(each, now_ms(each)))
