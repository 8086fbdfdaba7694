"""Sentences that the scripts of live pages show, in the reader's language."""

from __future__ import annotations

from flask_babel import gettext as _

from ppvcms.host import registry
from ppvcms.host.labels import label


def state(name: str) -> str:
    """Return the name of a room's state, as filters show it."""
    names: dict[str, str] = {
        "live": _("Here now"),
        "online": _("Online"),
        "group": _("Group"),
        "private": _("In private"),
        "away": _("Away"),
        "hidden": _("On request"),
        "offline": _("Offline"),
    }
    return names.get(name, name)


def orders() -> list[tuple[str, str]]:
    """Return the ways to sort the list."""
    return [
        ("state", _("Here now first")),
        ("name", _("By name")),
        ("price", _("By price")),
        ("new", _("Newest first")),
        ("viewers", _("Most watched")),
        ("rating", _("Best rated")),
    ]


def modes() -> dict[str, str]:
    """Return the names of all kinds of shows, and what each says of itself."""
    found: dict[str, str] = {}
    for mode in registry.room_modes().values():
        found[f"mode_{mode.key}"] = str(mode.label)
        found[f"text_{mode.key}"] = str(mode.summary)
    return found


def room(name: str) -> dict[str, str]:
    """Return the sentences of the public room page."""
    states = {
        f"state_{key}": state(key)
        for key in ("online", "group", "private", "away", "hidden", "offline")
    }
    return (
        states
        | _seat(name)
        | _panel(name)
        | _requests(name)
        | _ends(name)
        | {
            "since": _("since {time}"),
            "auto_reject": _("%(name)s takes no requests at the moment.", name=name),
            "closed": _("%(name)s cannot be asked at the moment.", name=name),
            "closed_offline": _(
                "%(name)s is not here. You can ask when the room is live.", name=name
            ),
            "closed_away": _("%(name)s is away for a moment.", name=name),
            "door_grace": _("first {n} seconds free"),
            "mode_changed": _("The show goes on as: {mode}."),
            "see_receipt": _("See the receipt"),
            "alert_on": _("We will tell you once."),
            "alert_off": _("We will not tell you."),
            "end_question": _("Leave the show of %(name)s now?", name=name),
            "end_yes": _("Leave"),
            "next_failed": _("Nobody else is here at the moment."),
        }
    )


def _panel(name: str) -> dict[str, str]:
    """Return what the entry panel says."""
    return {
        "none": _("none"),
        "carries_audio": _("sound, no picture"),
        "carries_text": _("text: no camera, no microphone"),
        "yes": _("yes"),
        "no": _("no"),
        "recording": _("possible; you are never in it"),
        "minutes": _("{n} min"),
        "per_minute": _("{price} / min"),
        "by_minute": _("By the minute"),
        "block": _("{minutes} min: {price}"),
        "buys": _("enough for {n} minutes"),
        "grace_note": _("leave in this time and you pay nothing"),
        "lacks": _(
            "This needs {needed} and you have {available}. Add at least {missing} to go on."
        ),
        "covered": _("What you paid to come in covers the minutes of this show."),
        "change_note": _("You are in the show already. From the click on this rate holds."),
        "note_click": _(
            "Nothing is charged before the click. You are counted by the second and can leave "
            "at any moment."
        ),
        "note_request": _(
            "Nothing is charged before both of you are connected. You are counted by the second "
            "and can end at any moment."
        ),
        "note_admit": _(
            "%(name)s lets you in, and only %(name)s sees your camera. You are counted by the "
            "second from then on.",
            name=name,
        ),
        "send_click": _("Enter now at these terms"),
        "send_request": _("Ask now at these terms"),
        "send_admit": _("Ask to be let in at these terms"),
        "send_change": _("Change at these terms"),
        "end_other_question": _("End that one now and go on here?"),
        "end_other_yes": _("End that one and go on"),
    }


def _requests(name: str) -> dict[str, str]:
    """Return what becomes of one's own request."""
    return {
        "asked_request": _("%(name)s has your request", name=name),
        "asked_admit": _("%(name)s is asked to let you in", name=name),
        "asked_queued": _(
            "%(name)s is in a private show. Your place in the queue: {place}", name=name
        ),
        "asked_called": _("It is your turn with %(name)s. Are you there?", name=name),
        "request_rejected": _("%(name)s cannot now. Nothing was charged.", name=name),
        "request_expired": _(
            "%(name)s did not answer in time. Nothing was charged; you can ask again.", name=name
        ),
        "request_closed": _("Your request has ended. Nothing was charged."),
    }


def _ends(name: str) -> dict[str, str]:
    """Return why one's own seat in a public show is over."""
    return {
        "ended": _("Your time in the show is over."),
        "ended_payer_ended": _("You have left the show."),
        "ended_left": _("You have left the show."),
        "ended_performer_ended": _("%(name)s has ended your time in the show.", name=name),
        "ended_went_off": _("%(name)s has gone off air.", name=name),
        "ended_exhausted": _("Your credits were used up."),
        "ended_limit": _("Your spending limit was reached."),
        "ended_left_break": _("You have left the show."),
        "ended_break_over": _("%(name)s did not come back from a break in time.", name=name),
        "ended_resume_window": _("The line did not come back in time."),
        "ended_pause_cap": _("The line was away for too long in all."),
        "ended_not_connected": _("No connection came about. Nothing was charged."),
        "ended_mode_changed": _(
            "The kind of show has changed. You were charged up to that second."
        ),
        "ended_not_continued": _(
            "You did not go on after the private show. Nothing was charged for the wait."
        ),
        "ended_block_over": _("The time you bought is over."),
        "ended_staff": _("The site has ended the show."),
    }


def _lines() -> dict[str, str]:
    return {
        "line_up": _("line good"),
        "line_down": _("line down"),
        "line_waiting": _("waiting"),
        "connecting": _("Connecting. Nothing is counted before both of you are there."),
        "running": _("Counted by the second."),
        "exhausted_title": _("Your credits are used up"),
        "no_limit": _("no limit"),
        "end_yes": _("End it"),
    }


def _seat(name: str) -> dict[str, str]:
    """Return what the payer's meter and picture say."""
    return _lines() | {
        "free": _("Free for another {time}. Leave now and you pay nothing."),
        "low": _("About one minute left. Add credits to go on without a break."),
        "critical": _("Only seconds left. It stops at the last second you can pay, never later."),
        "paused": _("Paused, not billed. Waiting another {time}."),
        "paused_note": _("One of the lines is down."),
        "paused_performer": _("The line to %(name)s is down.", name=name),
        "paused_payer": _("Your own line is down."),
        "waiting": _("A private show runs. You are not billed while you wait."),
        "break": _("%(name)s takes a break. Not billed; at most {time} more.", name=name),
        "break_text": _("You are not billed, and may leave without any minimum."),
        "waiting_text": _(
            "%(name)s is with somebody else. You are not billed, and nobody else takes your place.",
            name=name,
        ),
        "continue_title": _("%(name)s is back", name=name),
        "continue_text": _("Your money was given back for the wait. Go on at the same terms?"),
        "continue": _("%(name)s is back. Nothing is billed before you press Continue.", name=name),
        "exhausted": _("Stopped at your last paid second. Add credits within {time} to go on."),
        "limited": _("Your spending limit is reached. The show ends by itself in {time}."),
        "block": _("The time you bought is over. Take more within {time} to go on."),
        "no_camera": _("No camera or microphone. You can watch and write all the same."),
        "next_block": _("{minutes} more minutes for {price}?"),
    }


def private(name: str) -> dict[str, str]:
    """Return the sentences of the payer's page of a private show."""
    return _seat(name) | {"end_question": _("End the show with %(name)s now?", name=name)}


def guest() -> dict[str, str]:
    """Return the sentences of the page of who is checked in to another's show."""
    return {
        "sending": _("You are sending. Everybody in the show sees you."),
        "ended": _("The show is over. What was earned stays shared as it was."),
        "checked_out": _(
            "You are not in this show any more. What was earned until now stays shared."
        ),
    }


def perform() -> dict[str, str]:
    """Return the sentences of the live page."""
    client = label("client")
    return _lines() | {
        "free": _("Free seconds: {time} left, then it counts."),
        "low": _("The %(role)s can pay for about one more minute.", role=client),
        "critical": _("The %(role)s is about to run out of time.", role=client),
        "paused": _("Paused, not billed. Waiting another {time}."),
        "break": _("Your break: not billed. Be back within {time}, or the show ends."),
        "exhausted": _("The %(role)s is out of time and may come back within {time}.", role=client),
        "minutes": _("{n} min"),
        "per_minute": _("{price} / min"),
        "free_show": _("free"),
        "slots": _("{free} of {total} places with camera are free"),
        "new_request": _("{name} asks for a private show."),
        "new_admit": _("{name} asks for a place with camera."),
        "accept_request": _("Accept"),
        "accept_admit": _("Let in"),
        "request_queued": _("Waits in the queue and is called when you are ready."),
        "request_called": _("Was called, and has a minute to answer."),
        "viewer_secured": _("connects"),
        "viewer_paused": _("line lost"),
        "viewer_waiting": _("waits"),
        "viewer_exhausted": _("out of time"),
        "left_exhausted": _("A %(role)s is out of time.", role=client),
        "out_question": _("End the time of {name} in this show? What was counted is charged."),
        "out_yes": _("End it"),
        "mode_question": _(
            "Go on as: {mode}? Everybody has 10 free seconds, then must agree anew."
        ),
        "mode_yes": _("Change it"),
        "camera_first": _("Turn your camera on first."),
        "sound_only": _("No camera, sound alone"),
        "private_begins": _("The private show begins."),
        "break_begin": _("Take a break"),
        "break_over": _("I am back"),
        "private_ended": _("The private show is over."),
        "ended_payer_ended": _("The %(role)s ended the show.", role=client),
        "ended_exhausted": _("The %(role)s ran out of time.", role=client),
        "ended_limit": _("The %(role)s ran out of time.", role=client),
        "ended_left_break": _("The %(role)s ended the show.", role=client),
        "ended_break_over": _("Your break became too long, so the show has ended."),
        "ended_not_connected": _("The show did not connect. Nothing was charged."),
        "end_question": _("End the private show now?"),
        "off_question": _("Go off air? Everybody who watches will see that you left."),
        "off_yes": _("Go off air"),
        "reject_all_question": _("Refuse everybody who waits?"),
        "reject_all_yes": _("Refuse all"),
    }
