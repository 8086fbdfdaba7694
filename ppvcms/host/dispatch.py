"""Asking plugins: four ways, each of which outlives a plugin that fails.

Pluggy's own call ends at the first exception, so it is not used: implementations
are called one by one, isolated, and a fault costs the plugin a strike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from flask_babel import gettext as _
from markupsafe import Markup, escape

from ppvcms.db import db, in_transaction
from ppvcms.errors import PluginError, PpvcmsError
from ppvcms.hookspecs import RULES, HookKind
from ppvcms.host import marks, pace
from ppvcms.host.calls import invoke, running_plugin
from ppvcms.host.quarantine import strike, strike_slow
from ppvcms.host.snapshot import current
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from pluggy import HookImpl

    from ppvcms.host.contract import SlotContext
    from ppvcms.host.pace import Watch

V = TypeVar("V")
FAILED = object()


def collect(hook: str, **arguments: Any) -> list[tuple[str, Any]]:
    """Return (slug, answer) of every plugin that has one, in load order."""
    _expect(hook, HookKind.COLLECT)
    return _answers(current().hooks.get(hook, ()), hook, arguments)


def collect_at(place: str, context: SlotContext) -> list[tuple[str, Any]]:
    """Return (slug, answer) of every plugin that puts something into a place of a page."""
    _expect("template_slot", HookKind.COLLECT)
    return _answers(current().at(place), "template_slot", {"name": place, "context": context})


def _answers(
    impls: Iterable[HookImpl], hook: str, arguments: dict[str, Any]
) -> list[tuple[str, Any]]:
    answers, watch = [], None
    for impl in impls:
        watch = pace.begin(watch)
        answer = _isolated(impl, hook, arguments, watch)
        if answer is not FAILED and answer is not None:
            answers.append((impl.plugin_name, answer))
    return answers


def anybody(hook: str) -> bool:
    """Whether an active plugin implements a hook, so that nothing is prepared for nobody."""
    return hook in current().hooks


def filter_value(hook: str, value_name: str, value: V, **arguments: Any) -> V:
    """Return `value` after every plugin had it; a failing plugin's change is left out."""
    _expect(hook, HookKind.FILTER)
    for impl in current().hooks.get(hook, ()):
        answer = _isolated(impl, hook, {**arguments, value_name: value})
        if answer is not FAILED and answer is not None:
            value = answer
    return value


def decide(hook: str, **arguments: Any) -> Refusal | None:
    """Return the first refusal, or None; a plugin that fails or is missing refuses."""
    _expect(hook, HookKind.DECIDE)
    snapshot = current()
    if hook in snapshot.shut:
        return _closed()
    for impl in snapshot.hooks.get(hook, ()):
        answer = _isolated(impl, hook, arguments)
        if answer is FAILED:
            return _closed()
        if isinstance(answer, Refusal):
            return answer
        if answer is not None:
            kind = type(answer).__name__
            fault = PluginError(impl.plugin_name, f"{hook} must return a Refusal, not {kind}.")
            strike(impl.plugin_name, fault, where=hook)
            return _closed()
    return None


def first(hook: str, **arguments: Any) -> Any:
    """Return the first answer that is not None; a plugin that fails has none."""
    _expect(hook, HookKind.DECIDE)
    if not RULES[hook].first:
        raise PpvcmsError(f"{hook} has no first answer; ask it with decide().")
    for impl in current().hooks.get(hook, ()):
        answer = _isolated(impl, hook, arguments)
        if answer is not FAILED and answer is not None:
            return answer
    return None


def permits(slug: str, hook: str, **arguments: Any) -> bool:
    """Ask one plugin alone, and take nothing but True for a yes.

    A plugin that is off, fails, or has nothing to say, permits nothing.
    """
    _expect(hook, HookKind.DECIDE)
    for impl in current().hooks.get(hook, ()):
        if impl.plugin_name == slug:
            return _isolated(impl, hook, arguments) is True
    return False


def notify(hook: str, *, only: Collection[str] | None = None, **arguments: Any) -> list[str]:
    """Tell every plugin, or `only` those named, and return the slugs that failed.

    The caller tells those again later.
    """
    _expect(hook, HookKind.NOTIFY)
    return [
        impl.plugin_name
        for impl in current().hooks.get(hook, ())
        if (only is None or impl.plugin_name in only) and _isolated(impl, hook, arguments) is FAILED
    ]


def ask(slug: str, where: str, function: Callable[..., V], *arguments: Any) -> V | Refusal:
    """Call a function that a plugin registered, such as a mode's quote; failing, it refuses."""
    token = running_plugin.set(slug)
    mark = marks.enter(slug, where)
    try:
        return function(*arguments)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        db.session.rollback()
        strike(slug, error, where=where)
        return _closed()
    finally:
        marks.leave(mark)
        running_plugin.reset(token)


def as_html(answer: object) -> Markup:
    """Return a plugin's text for a page: escaped, unless it is markup already."""
    return answer if isinstance(answer, Markup) else escape(answer)


def _isolated(
    impl: HookImpl, hook: str, arguments: dict[str, Any], watch: Watch | None = None
) -> Any:
    watch = watch or pace.begin()
    try:
        answer = invoke(impl, hook, arguments)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # Its half-done reading must not poison the rest of the request.
        db.session.rollback()
        strike(impl.plugin_name, error, where=hook)
        return FAILED
    if text := pace.fault(watch, impl.plugin_name, hook):
        strike_slow(impl.plugin_name, text, where=hook)
    return answer


def _expect(hook: str, kind: HookKind) -> None:
    rule = RULES.get(hook)
    if rule is None or rule.kind is not kind:
        actual = rule.kind if rule else "unknown"
        raise PpvcmsError(f"The hook '{hook}' is {actual}, not {kind}.")
    if in_transaction():
        raise PpvcmsError(f"The hook '{hook}' was called inside a write transaction. Ask before.")


def _closed() -> Refusal:
    return Refusal(
        "closed",
        _("This is not possible right now, because a safeguard of the site is not working."),
        _("Nothing was done and nothing was charged. Please try again later."),
    )
