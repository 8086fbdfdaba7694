"""Sentences that the scripts of live pages show, in the reader's language."""

from __future__ import annotations

from flask_babel import gettext as _

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
    ]


def room(name: str) -> dict[str, str]:
    """Return the sentences of the public room page."""
    states = {
        f"state_{key}": state(key)
        for key in ("online", "group", "private", "away", "hidden", "offline")
    }
    return states | {
        "since": _("since {time}"),
        "none": _("none"),
        "yes": _("yes"),
        "no": _("no"),
        "minutes": _("{n} min"),
        "buys": _("enough for {n} minutes"),
        "grace_note": _("leave in this time and you pay nothing"),
        "lacks": _("This needs {needed} and you have {available}. Add at least {missing} to ask."),
        "auto_reject": _("%(name)s takes no requests at the moment.", name=name),
        "closed": _("%(name)s cannot be asked at the moment.", name=name),
        "closed_offline": _("%(name)s is not here. You can ask when the room is live.", name=name),
        "rejected": _("%(name)s cannot now. Nothing was charged.", name=name),
        "expired_request": _(
            "%(name)s did not answer in time. Nothing was charged; you can ask again.", name=name
        ),
        "closed_request": _("Your request has ended. Nothing was charged."),
        "alert_on": _("We will tell you once."),
        "alert_off": _("We will not tell you."),
    }


def _lines() -> dict[str, str]:
    return {
        "line_up": _("line good"),
        "line_down": _("no picture"),
        "line_waiting": _("waiting"),
        "connecting": _("Connecting. Nothing is counted before both pictures arrive."),
        "running": _("Counted by the second."),
        "exhausted_title": _("Your credits are used up"),
        "end_yes": _("End it"),
    }


def private(name: str) -> dict[str, str]:
    """Return the sentences of the payer's page of a private show."""
    return _lines() | {
        "free": _("Free for another {time}. Leave now and you pay nothing."),
        "low": _("About one minute left. Add credits to go on without a break."),
        "critical": _("Only seconds left. It stops at the last second you can pay, never later."),
        "paused": _("Paused, not billed. Waiting another {time}."),
        "paused_note": _("One of the lines is down."),
        "paused_performer": _("The line to %(name)s is down.", name=name),
        "paused_payer": _("Your own line is down."),
        "exhausted": _("Stopped at your last paid second. Add credits within {time} to go on."),
        "no_camera": _("No camera or microphone. You can watch and write all the same."),
        "end_question": _("End the show with %(name)s now?", name=name),
    }


def perform() -> dict[str, str]:
    """Return the sentences of the live page."""
    client = label("client")
    return _lines() | {
        "free": _("Free seconds: {time} left, then it counts."),
        "low": _("The %(role)s can pay for about one more minute.", role=client),
        "critical": _("The %(role)s is about to run out of time.", role=client),
        "paused": _("Paused, not billed. Waiting another {time}."),
        "exhausted": _("The %(role)s is out of time and may come back within {time}.", role=client),
        "minutes": _("{n} min"),
        "new_request": _("{name} asks for a private show."),
        "camera_first": _("Turn your camera on first."),
        "private_begins": _("The private show begins."),
        "private_ended": _("The private show is over."),
        "ended_payer_ended": _("The %(role)s ended the show.", role=client),
        "ended_exhausted": _("The %(role)s ran out of time.", role=client),
        "ended_not_connected": _("The show did not connect. Nothing was charged."),
        "end_question": _("End the private show now?"),
        "off_question": _("Go off air? Everybody who watches will see that you left."),
        "off_yes": _("Go off air"),
        "reject_all_question": _("Refuse everybody who waits?"),
        "reject_all_yes": _("Refuse all"),
    }
