"""The version of the plugin interface: what does not fit is blocked, what goes is named."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pytest

from ppvcms import api, hookspecs
from ppvcms.errors import RemovedInApi2Warning
from ppvcms.host import calls, lifecycle
from ppvcms.host.states import State
from tests.host.test_lifecycle import info

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ppvcms.host.app import Host


@pytest.mark.parametrize(
    ("wanted", "remedy"),
    [
        (">=2.0,<3", "Update ppvcms, or get an older version of Plugin"),
        (">=0.8,<1", "Get a newer version of Plugin"),
    ],
)
def test_what_is_written_for_another_version_is_blocked_with_what_to_do(
    host: Host, write_plugin: Callable[..., str], wanted: str, remedy: str
) -> None:
    del host
    slug = write_plugin("raise SystemExit")
    toml = lifecycle.runtime().config.plugin_dirs[0] / slug / "plugin.toml"
    toml.write_text(toml.read_text().replace(">=1.0,<2", wanted))

    assert info(slug).state is State.BLOCKED
    (problem,) = info(slug).problems
    assert f"version {wanted} of the plugin interface" in problem
    assert remedy in problem
    assert lifecycle.install(slug, actor_id=None) is not None


@pytest.fixture
def going(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A hook that goes, and an argument of another that does."""

    def old_badge(room: object, colour: str) -> str:
        del room, colour
        return ""

    def new_badge(room: object, colour: str) -> str:
        del room, colour
        return ""

    monkeypatch.setattr(hookspecs, "RULES", dict(hookspecs.RULES))
    specs = {
        "old_badge": hookspecs._hook(
            hookspecs.HookKind.COLLECT, warn_on_impl="old_badge is new_badge now."
        )(old_badge),
        "new_badge": hookspecs._hook(
            hookspecs.HookKind.COLLECT, warn_on_impl_args={"colour": "colour says nothing now."}
        )(new_badge),
    }
    monkeypatch.setattr(calls, "RULES", hookspecs.RULES)
    for name, spec in specs.items():
        monkeypatch.setattr(calls._SPECS, name, spec, raising=False)
    calls._implemented.cache_clear()
    yield
    calls._implemented.cache_clear()


@pytest.mark.usefixtures("going")
def test_what_a_plugin_uses_that_goes_is_named_to_its_owner(switch_on: Callable[..., str]) -> None:
    slug = switch_on(
        "import warnings\n"
        "with warnings.catch_warnings():\n"
        "    warnings.simplefilter('ignore')\n"
        "    from ppvcms.api import API_VERSION\n"
        "@hookimpl\ndef old_badge(room):\n    return API_VERSION\n"
        "@hookimpl\ndef new_badge(room, colour):\n    return ''\n"
    )
    good = switch_on("@hookimpl\ndef new_badge(room):\n    return ''\n")

    told = [problem.text.partition(": ")[2] for problem in lifecycle.problems_of(slug)]

    assert told == [
        "API_VERSION is called __version__ in ppvcms.api.",
        "colour says nothing now.",
        "old_badge is new_badge now.",
    ]
    assert lifecycle.problems_of(good) == []
    assert info(slug).state is State.ACTIVE


def test_an_author_is_warned_where_the_name_is_used() -> None:
    with pytest.warns(RemovedInApi2Warning, match="__version__"):
        assert api.__version__ == api.API_VERSION  # type: ignore[attr-defined]
    with warnings.catch_warnings(), pytest.raises(AttributeError, match="docs/plugins"):
        _ = api.no_such_name  # type: ignore[attr-defined]
