"""The four ways to ask plugins, and what one that fails costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from markupsafe import Markup

from ppvcms.accounts.actor import VISITOR
from ppvcms.db import db, unit_of_work
from ppvcms.errors import PpvcmsError
from ppvcms.events import ShowEnded
from ppvcms.host import lifecycle, slots, tally
from ppvcms.host.contract import RoomView
from ppvcms.host.dispatch import collect, decide, filter_value, first, notify
from ppvcms.host.models import PluginRow
from ppvcms.host.states import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from ppvcms.host.app import Host

pytestmark = pytest.mark.usefixtures("host")
ROOM = RoomView("r1", "room", "Room", "p1", "online", None)
ASKED = {"room": ROOM, "actor": VISITOR}
LINE = {"message": "hello", **ASKED}
ENDED = ShowEnded(id="e1", at=1, show_id="s", room_id="r", reason="over")

STATE = "@hookimpl\ndef room_state(room, actor):\n    return {'slug': 'SLUG'}\n"
BREAKS = "@hookimpl\ndef {}:\n    raise RuntimeError('broken')\n"
GUARD = "guards = ['message']"


def state_of(slug: str) -> State:
    return next(each for each in lifecycle.overview() if each.slug == slug).state


def test_collect_gives_each_answer_with_its_slug(switch_on: Callable[..., str]) -> None:
    one, two = switch_on(STATE), switch_on(STATE)

    assert collect("room_state", **ASKED) == [(one, {"slug": one}), (two, {"slug": two})]


def test_collect_leaves_a_failing_plugin_out(switch_on: Callable[..., str]) -> None:
    switch_on(BREAKS.format("room_state(room)"))
    good = switch_on(STATE)

    assert collect("room_state", **ASKED) == [(good, {"slug": good})]


@pytest.mark.parametrize("answer", ["'text'", "[]", "{'x': 'y' * 70_000}", "{'x': object()}"])
def test_collect_leaves_an_answer_of_wrong_type_or_size_out(
    switch_on: Callable[..., str], answer: str
) -> None:
    switch_on(f"@hookimpl\ndef room_state(room):\n    return {answer}\n")

    assert collect("room_state", **ASKED) == []


def test_filter_keeps_the_value_before_the_plugin_that_fails(
    switch_on: Callable[..., str],
) -> None:
    switch_on("@hookimpl\ndef filter_message(message):\n    return message + ' one'\n")
    switch_on(BREAKS.format("filter_message(message)"))
    switch_on("@hookimpl\ndef filter_message(message):\n    return 42\n")
    switch_on("@hookimpl\ndef filter_message(message):\n    return message + ' two'\n")

    value = filter_value("filter_message", "message", "hello", **ASKED)

    assert value == "hello one two"


def test_decide_says_nothing_when_nobody_refuses(switch_on: Callable[..., str]) -> None:
    switch_on("@hookimpl\ndef check_message(message):\n    return None\n", manifest=GUARD)

    assert decide("check_message", **LINE) is None


def test_decide_gives_the_first_refusal(switch_on: Callable[..., str]) -> None:
    code = "@hookimpl\ndef check_message(message):\n    return Refusal('rude', 'No.')\n"
    switch_on(code, manifest=GUARD)

    refusal = decide("check_message", **LINE)

    assert refusal is not None
    assert refusal.code == "rude"


@pytest.mark.parametrize("body", ["raise RuntimeError('broken')", "return True", "exit(3)"])
def test_a_decision_that_fails_is_a_refusal(switch_on: Callable[..., str], body: str) -> None:
    switch_on(f"@hookimpl\ndef check_message(message):\n    {body}\n", manifest=GUARD)

    refusal = decide("check_message", **LINE)

    assert refusal is not None
    assert "Nothing was charged" in str(refusal) or "nothing was charged" in str(refusal)


def test_what_a_plugin_guards_stays_shut_when_it_was_put_aside(
    switch_on: Callable[..., str],
) -> None:
    slug = switch_on(BREAKS.format("check_message(message)"), manifest=GUARD)
    for _ in range(5):
        decide("check_message", **LINE)

    assert state_of(slug) is State.QUARANTINED
    assert decide("check_message", **LINE) is not None


def test_a_plugin_that_decides_must_say_so_in_its_manifest(
    write_plugin: Callable[..., str],
) -> None:
    slug = write_plugin("@hookimpl\ndef check_message(message):\n    return None\n")

    refusal = lifecycle.install(slug, actor_id=None)

    assert "guards = ['message']" in str(refusal)


def test_the_first_answer_counts(switch_on: Callable[..., str]) -> None:
    switch_on("@hookimpl\ndef select_gateway(gateways):\n    return None\n")
    switch_on("@hookimpl\ndef select_gateway(gateways):\n    return gateways[1]\n")
    switch_on("@hookimpl\ndef select_gateway(gateways):\n    return gateways[0]\n")

    chosen = first("select_gateway", gateways=["card", "wire"], purpose="credits", currency="USD")

    assert chosen == "wire"


def test_notify_names_who_failed_so_that_it_can_be_told_again(
    switch_on: Callable[..., str],
) -> None:
    bad = switch_on(BREAKS.format("on_event(event)"))
    switch_on("@hookimpl\ndef on_event(event):\n    pass\n")

    assert notify("on_event", event=ENDED) == [bad]
    assert notify("on_event", only=[], event=ENDED) == []


@pytest.mark.parametrize("way", [collect, decide, first, notify])
def test_a_hook_is_asked_in_its_own_way_alone(way: Callable[..., object]) -> None:
    with pytest.raises(PpvcmsError, match="filter_message"):
        way("filter_message", **LINE)


def test_no_hook_runs_inside_a_write_transaction() -> None:
    with unit_of_work(), pytest.raises(PpvcmsError, match="transaction"):
        collect("room_state", **ASKED)


def test_the_fifth_fault_within_a_minute_puts_a_plugin_aside_and_reset_brings_it_back(
    switch_on: Callable[..., str],
) -> None:
    slug = switch_on(BREAKS.format("room_state(room)"))
    for _ in range(4):
        collect("room_state", **ASKED)
    assert state_of(slug) is State.ACTIVE

    collect("room_state", **ASKED)

    assert state_of(slug) is State.QUARANTINED
    row = db.session.get(PluginRow, slug)
    assert row is not None
    assert "RuntimeError: broken" in str(row.last_error)
    assert lifecycle.reset(slug, actor_id=None) is None
    assert state_of(slug) is State.ACTIVE


def test_text_in_a_slot_is_escaped_and_markup_is_not(switch_on: Callable[..., str]) -> None:
    switch_on("@hookimpl\ndef template_slot(name):\n    return '<b>text</b>'\n")
    switch_on(
        "from markupsafe import Markup\n"
        "@hookimpl\ndef template_slot(name):\n    return Markup('<i>markup</i>')\n"
    )

    shown = slots.fill("room.sidebar", VISITOR, ROOM)

    assert shown == Markup("&lt;b&gt;text&lt;/b&gt;<i>markup</i>")


def test_who_says_which_places_it_fills_is_asked_for_no_other(
    switch_on: Callable[..., str],
) -> None:
    slug = switch_on("@hookimpl\n@fills('room.sidebar')\ndef template_slot():\n    return 'x'\n")
    switch_on("@hookimpl\ndef template_slot(name):\n    return name\n")

    assert slots.fill("base.footer", VISITOR) == Markup("base.footer")
    assert tally.of(slug, "template_slot").calls == 0
    assert slots.fill("room.sidebar", VISITOR, ROOM) == Markup("xroom.sidebar")


def test_the_database_is_usable_after_a_plugin_broke_its_session(
    switch_on: Callable[..., str],
) -> None:
    switch_on(
        "from sqlalchemy import text\n"
        "@hookimpl\ndef room_state(room):\n    db.session.execute(text('SELECT nonsense'))\n"
    )

    assert collect("room_state", **ASKED) == []
    assert db.session.get(PluginRow, "nobody") is None


def test_a_decision_may_not_be_asked_of_nobody(host: Host) -> None:
    assert host.extensions["ppvcms_host"].loaded == {}
    assert decide("check_message", **LINE) is None
