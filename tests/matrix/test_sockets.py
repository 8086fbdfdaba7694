"""Every event of the wire, sent by strangers with the ids of others (T1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ppvcms.realtime import NAMESPACE
from ppvcms.wire import HANDLERS
from tests.rooms.test_wire import Page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.matrix.world import World

# What everybody may send for themselves; it names nothing of anybody else.
ONES_OWN = {"follow", "leave", "chat", "alert", "action", "watch", "quote", "next_room"}
# Who may, and what is sent; a value in braces is an id of the world.
OF_OTHERS: Mapping[str, tuple[set[str], dict[str, Any]]] = {
    "signal": ({"ben"}, {"grant": "{grant_id}", "message": {}}),
    "beat": ({"ben"}, {"grant": "{grant_id}", "frames": 10, "seq": 1}),
    "join": ({"ben", "mara"}, {"room": "mara", "page": "private", "seat": "{seat_id}"}),
    "end": ({"ben", "mara"}, {"seat": "{seat_id}"}),
    "break": ({"mara"}, {"seat": "{seat_id}", "on": True}),
    "leave_slot": ({"ben"}, {"seat": "{seat_id}"}),
    "continue": ({"ben"}, {"seat": "{seat_id}", "key": "k"}),
    "next_block": ({"ben"}, {"seat": "{seat_id}", "nr": 2}),
    "enter": ({"ben"}, {"offer": "{offer}", "key": "k"}),
    "ask": ({"ben"}, {"offer": "{offer}", "note": "", "key": "k"}),
    "answer": ({"cleo", "mara"}, {"request": "{request_id}"}),
    "withdraw": ({"cleo"}, {"request": "{request_id}"}),
    "accept": ({"mara"}, {"request": "{request_id}", "key": "k"}),
    "reject": ({"mara"}, {"request": "{request_id}", "reason": ""}),
    "reject_all": ({"mara"}, {"reason": ""}),
    "go_live": ({"mara"}, {"mode": "free"}),
    "go_off": ({"mara"}, {}),
    "mode": ({"mara"}, {"mode": "free"}),
    "ready": ({"mara"}, {}),
    "switch": ({"mara"}, {"name": "hidden", "on": True}),
    "agree_voyeurs": ({"mara"}, {"mode": "free", "on": True}),
    "publish": ({"mara"}, {}),
    "unpublish": (set(), {}),
    "snapshot": ({"mara"}, {"jpeg": b"\xff\xd8\xff"}),
}
STRANGERS = ("visitor", "cleo", "iva", "sam", "ben", "boss")


def test_every_event_of_the_wire_has_a_rule() -> None:
    assert set(HANDLERS) == ONES_OWN | set(OF_OTHERS)


@pytest.mark.parametrize("event", sorted(OF_OTHERS))
def test_a_stranger_does_nothing_with_the_ids_of_others(world: World, event: str) -> None:
    may, shape = OF_OTHERS[event]
    data = {
        name: world.ids[value[1:-1]] if isinstance(value, str) and value.startswith("{") else value
        for name, value in shape.items()
    }
    for name in STRANGERS:
        if name in may:
            continue
        page = Page(world.site, world.people[name] if name != "visitor" else None)
        page.send("join", room="mara", page="public")
        before = world.fingerprint()
        answer = page.send(event, **data)
        assert "error" in answer, (name, answer)
        assert world.fingerprint() == before, name
        page.client.disconnect(NAMESPACE)
