"""The hostile set: each plugin does its worst once, and costs only itself."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from markupsafe import Markup

from ppvcms.db import db, transaction
from ppvcms.errors import PluginError
from ppvcms.host import (
    contained,
    deaths,
    follow,
    lifecycle,
    marks,
    order,
    pace,
    quarantine,
    tally,
)
from ppvcms.host.dispatch import as_html, collect, decide
from ppvcms.host.models import PluginRow
from ppvcms.host.runtime import runtime
from ppvcms.host.snapshot import current, look_again
from ppvcms.host.states import State
from ppvcms.web.admin.queries import containment
from tests.host.test_lifecycle import forget_imported, info
from tests.host.test_pages import site

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ppvcms.config import Config
    from ppvcms.host.app import Host

__all__ = ["site"]
HOOK = "@hookimpl\ndef room_state(room):\n    "
RAISING = {
    "raises": "raise ValueError('x')",
    "raises BaseException": "raise BaseException('x')",
    "ends the program": "import sys; sys.exit(3)",
    "recursion": "f = lambda g: g(g); return f(f)",
    "takes all memory": "raise MemoryError",
    "wrong type": "return ['x']",
    "too much": "return {'a': 'x' * 70_000}",
    "no JSON": "return {'a': object()}",
    "in a hook of money": "transaction(lambda s: (_ for _ in ()).throw(ValueError('x')))",
}


@pytest.mark.parametrize("case", RAISING)
def test_what_raises_is_left_out_and_put_aside_at_the_fifth(
    switch_on: Callable[..., str], case: str
) -> None:
    good = switch_on(HOOK + "return {'good': 1}")
    bad = switch_on(HOOK + RAISING[case])

    for _ in range(5):
        assert collect("room_state", room=None) == [(good, {"good": 1})]

    look_again()
    assert info(bad).state is State.QUARANTINED
    assert current().active == (good,)
    assert db.session.scalar(sa.text("SELECT 1")) == 1


def test_a_pause_ends_by_itself_twice_and_then_by_hand(switch_on: Callable[..., str]) -> None:
    bad = switch_on(HOOK + "raise ValueError('x')")

    def fail() -> State:
        for _ in range(5):
            collect("room_state", room=None)
        look_again()
        return info(bad).state

    def wait(ms: int) -> State:
        change = sa.update(PluginRow).values(quarantined_at=PluginRow.quarantined_at - ms)
        transaction(lambda session: session.execute(change))
        quarantine.bring_back()
        look_again()
        return info(bad).state

    for pause in quarantine.PAUSES_MS:
        assert fail() is State.QUARANTINED
        assert f"after {pause // 60_000} minutes" in info(bad).problems[0]
        assert wait(pause - 60_000) is State.QUARANTINED
        assert wait(60_000) is State.ACTIVE
    assert fail() is State.QUARANTINED
    assert "until somebody tries it" in info(bad).problems[0]
    assert wait(86_400_000) is State.QUARANTINED
    assert lifecycle.reset(bad, actor_id=None) is None
    assert info(bad).state is State.ACTIVE


def test_html_is_escaped_and_too_much_of_it_is_left_out(switch_on: Callable[..., str]) -> None:
    switch_on(
        "@hookimpl\ndef template_slot(name):\n"
        "    return '<script>' if name == 'a' else 'x' * 50_000_000\n"
    )

    (pair,) = collect("template_slot", name="a", context=None)
    assert as_html(pair[1]) == Markup("&lt;script&gt;")
    assert collect("template_slot", name="b", context=None) == []


GUARD = "@hookimpl\ndef check_purchase(actor):\n    return None\n"


def test_a_guard_that_is_broken_or_gone_keeps_shut_what_it_guards(
    switch_on: Callable[..., str], make_host: Callable[..., Host], config: Config, tmp_path: Path
) -> None:
    slug = switch_on(GUARD, manifest='guards = ["purchase"]')
    asked = {"actor": None, "purpose": "", "amount": 1, "currency": "CRD"}
    assert decide("check_purchase", **asked) is None
    folder = config.plugin_dirs[0] / slug

    (folder / "plugin.toml").write_text("slug = ")
    with make_host().app_context():
        assert decide("check_purchase", **asked) is not None
    folder.rename(tmp_path / "gone")
    with make_host().app_context():
        assert decide("check_purchase", **asked) is not None
        assert lifecycle.deactivate(slug, actor_id=None) is None
        assert decide("check_purchase", **asked) is None


def in_child(act: Callable[[], object], *, until: Callable[[int], bool] | None = None) -> int:
    """Run something in a process of its own; return its signal, or its exit code below 0."""
    db.session.remove()
    db.engine.dispose()
    child = os.fork()
    if child == 0:
        faulthandler.disable()
        try:
            answer = act()
        except BaseException:  # noqa: BLE001 - the code tells
            os._exit(70)
        os._exit(0 if answer in {None, True} else 71)
    if until is not None:
        while not until(child):
            time.sleep(0.01)
        # What the supervisor does with a server that does not go round any more.
        os.kill(child, signal.SIGKILL)
    _pid, status = os.waitpid(child, 0)
    look_again()
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status)


DEADLY = {
    "os._exit": ("import os; os._exit(1)", -1),
    "segfault": ("import ctypes; ctypes.string_at(0)", signal.SIGSEGV),
    "killed for its memory": ("import os, signal; os.kill(os.getpid(), 9)", signal.SIGKILL),
    "endless loop": ("while True: pass", signal.SIGKILL),
    "sleeps for ever": ("import signal; signal.pause()", signal.SIGKILL),
}


@pytest.mark.parametrize("case", DEADLY)
def test_who_ends_or_stops_the_process_is_named_and_put_aside(
    switch_on: Callable[..., str], make_host: Callable[..., Host], config: Config, case: str
) -> None:
    code, end = DEADLY[case]
    bad, boot = switch_on(HOOK + code), config.instance / "boot"

    def work() -> None:
        deaths.begin(config.instance)
        marks.beat()
        collect("room_state", room=None)

    def stuck(pid: int) -> bool:
        path = boot / f"{pid}.mark"
        return path.exists() and bad.encode() in path.read_bytes()

    hangs = case in {"endless loop", "sleeps for ever"}
    assert in_child(work, until=stuck if hangs else None) == end

    def next_start() -> bool:
        assert deaths.begin(config.instance) is False, "it had served, so the start did not fail"
        with make_host().app_context():
            return info(bad).state is State.QUARANTINED and "room_state" in info(bad).problems[0]

    assert in_child(next_start) == 0
    assert info(bad).state is State.QUARANTINED


def test_what_dies_while_it_is_imported_is_skipped_once_then_put_aside(
    switch_on: Callable[..., str],
    write_plugin: Callable[..., str],
    make_host: Callable[..., Host],
    config: Config,
) -> None:
    good, bad = switch_on(""), switch_on("")
    write_plugin("import os; os._exit(9)", slug=bad)
    forget_imported(bad)

    def start() -> bool:
        safe = deaths.begin(config.instance)
        with make_host().app_context():
            marks.beat()
            marks.end()
            return not safe and current().active == (good,) and bool(info(bad).problems)

    assert in_child(start) == -9
    assert in_child(start) == 0, "left out this once"
    assert in_child(start) == -9
    assert in_child(start) == 0
    with make_host().app_context():
        assert info(bad).state is State.QUARANTINED
        assert "2 processes died" in info(bad).problems[0]
        assert current().active == (good,), "put aside, it is not imported"


def test_three_failed_starts_make_the_next_one_safe(host: Host, config: Config) -> None:
    del host

    def fails() -> None:
        deaths.begin(config.instance)
        os._exit(1)

    for _ in range(3):
        assert in_child(fails) == -1
    assert in_child(lambda: deaths.begin(config.instance)) == 0, "the fourth is safe"
    deaths.forget_starts(config.instance)
    assert in_child(lambda: not deaths.begin(config.instance)) == 0, "that one died too, alone"


def test_who_does_not_go_round_is_seen(tmp_path: Path) -> None:
    def work() -> bool:
        unknown = marks.silent_for(tmp_path, os.getpid())
        marks.begin(tmp_path)
        quiet = marks.silent_for(tmp_path, os.getpid())
        marks.beat()
        heard = marks.silent_for(tmp_path, os.getpid())
        return unknown == 0 and quiet is None and heard is not None and heard < 60

    assert in_child_alone(work)


def test_meter_and_jobs_end_when_a_plugin_does_not_give_them_back(
    switch_on: Callable[..., str], config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = switch_on(HOOK + "from ppvcms.host import follow; follow._end_if_held()")

    def work() -> None:
        deaths.begin(config.instance)
        marks.beat()
        collect("room_state", room=None)
        monkeypatch.setattr(follow, "HOOK_AT_MOST_S", -1.0)
        collect("room_state", room=None)

    assert in_child(work) == -1
    (left,) = marks.left_behind(config.instance)
    assert (left.slug, left.where, left.had_begun) == (bad, "room_state", True)


def in_child_alone(act: Callable[[], object]) -> bool:
    child = os.fork()
    if child == 0:
        os._exit(0 if act() else 1)
    return os.waitpid(child, 0)[1] == 0


SLOW = """
import time
from plugins.SLUG import clock

@hookimpl
def room_state(room):
    until = time.thread_time() + clock.works_s
    while time.thread_time() < until:
        pass
"""


def test_who_is_slow_by_its_own_work_gets_strikes_that_weigh_less_than_faults(
    switch_on: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = switch_on(SLOW, clock_dot_py="works_s = 0.06")

    def strikes() -> int:
        collect("room_state", room=None)
        db.session.rollback()
        return len(db.session.get_one(PluginRow, slow).strikes.get("slow", ()))

    monkeypatch.setattr(pace, "COUNTED_EVERY_S", 600)
    assert strikes() == 0, "the first call imports what it needs"
    assert strikes() == 1
    assert strikes() == 1, "one in a while is enough"
    monkeypatch.setattr(sys.modules[f"plugins.{slow}.clock"], "works_s", 0)
    monkeypatch.setattr(pace, "COUNTED_EVERY_S", 0)
    assert strikes() == 1

    for _ in range(18):
        quarantine.strike_slow(slow, "it worked for long.", where="room_state")
    look_again()
    assert info(slow).state is State.ACTIVE
    quarantine.strike_slow(slow, "it worked for long.", where="room_state")
    look_again()
    assert info(slow).state is State.QUARANTINED


def test_waiting_counts_when_the_server_was_held_up_and_the_machine_was_free(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    del host
    monkeypatch.setattr(pace, "COUNTED_EVERY_S", 0)
    for _ in range(2):
        tally.add("waits", "room_state", 1)

    def waited(seconds: float, *, busy: bool) -> str:
        watch = pace.begin()._replace(wall=time.perf_counter() - seconds)
        return pace.fault(watch, "waits", "room_state", busy=lambda: busy)

    assert "held the server up for 3.0 s" in waited(3, busy=False)
    assert waited(3, busy=True) == "", "everything waits then"
    assert waited(1.5, busy=False) == ""


def test_who_replaces_functions_of_the_core_or_starts_threads_is_named(
    switch_on: Callable[..., str],
) -> None:
    assert (contained.replaced(), contained.threads()) == ([], {})
    before = order.unmet, tally.Spent.mean_ms
    bad = switch_on(
        "import functools, threading\nfrom ppvcms.host import order, tally\n"
        "def mine(*args): return ()\n"
        "over = threading.Event()\n"
        "threading.Thread(target=over.wait, daemon=True).start()\n"
        "class Own(threading.Thread):\n    def run(self): over.wait()\n"
        "Own(daemon=True).start()\n"
        "order.unmet = functools.partial(mine, 1)\n"
        "tally.Spent.mean_ms = property(mine)\n"
    )
    try:
        assert [(each.name, each.slug) for each in contained.replaced()] == [
            ("ppvcms.host.order.unmet", bad),
            ("ppvcms.host.tally.Spent.mean_ms", bad),
        ]
        assert contained.threads() == {bad: 1}, "whose code a thread began in"
        texts = [each.text for each in containment.contained()]
        assert f"ppvcms.host.order.unmet ({bad})" in texts[0]
        assert f"{bad} (1)" in texts[1]
    finally:
        order.unmet, tally.Spent.mean_ms = before
        sys.modules[f"plugins.{bad}.plugin"].over.set()


def test_a_forked_copy_of_a_server_ends_at_once(switch_on: Callable[..., str]) -> None:
    switch_on(HOOK + "import os; return {'code': os.waitpid(os.fork(), 0)[1] >> 8}")

    def work() -> bool:
        contained.end_forked_children()
        ((_slug, answer),) = collect("room_state", room=None)
        return answer == {"code": contained.FORKED}

    assert in_child(work) == 0


CLOSES = """
import sqlalchemy as sa

def close():
    db.session.connection().connection.dbapi_connection.close()

@hookimpl
def template_slot(name):
    return close() if name == "auth.sign_in" else None

@hookimpl
def register_blueprints():
    blueprint = PluginBlueprint("SLUG", __name__, url_prefix="/SLUG")
    @blueprint.route("/")
    @policy(who="public")
    def page():
        close()
        return str(db.session.scalar(sa.text("SELECT 1")))
    return blueprint
"""


def test_who_closes_the_connection_is_charged_and_the_next_request_has_another(
    site: Host, write_plugin: Callable[..., str]
) -> None:
    bad = write_plugin(CLOSES)
    with site.app_context():
        assert lifecycle.install(bad, actor_id=None) is None
        assert lifecycle.activate(bad, actor_id=None) is None
    client = site.test_client()

    def struck(path: str, status: int) -> int:
        answer = client.get(path)
        assert answer.status_code == status
        assert ("This did not work" in answer.text) is (status == 500)
        assert client.get("/forgot").status_code == 200
        with site.app_context():
            return len(db.session.get_one(PluginRow, bad).strikes["at"])

    assert struck("/sign-in", 200) == 1, "the page was ready, so nothing is told but the log"
    assert struck(f"/{bad}/", 500) == 2


def test_what_a_plugin_keeps_is_refused_to_another(switch_on: Callable[..., str]) -> None:
    papers = switch_on(
        "def kept(): return private_folder('SLUG').name, len(signing_secret('SLUG'))\n"
    )
    thief = switch_on(
        f"def folder(): return private_folder('{papers}')\n"
        f"def secret(): return signing_secret('{papers}')\n"
    )
    loaded = runtime().loaded

    assert loaded[papers].module.kept() == (papers, 64)
    for take in (loaded[thief].module.folder, loaded[thief].module.secret):
        with pytest.raises(PluginError, match=f"'{thief}': what '{papers}' keeps"):
            take()
