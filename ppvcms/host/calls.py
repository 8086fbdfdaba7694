"""Calling one function of one plugin: under its name, timed, its answer checked."""

from __future__ import annotations

import json
import time
from contextvars import ContextVar
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

import pluggy
import structlog

from ppvcms import hookspecs
from ppvcms.errors import PluginError
from ppvcms.hookspecs import PROJECT, RULES
from ppvcms.host import marks, tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pluggy import HookImpl

Hooks: TypeAlias = "Mapping[str, tuple[HookImpl, ...]]"
"""Who implements each hook, in load order; a hook that nobody implements is not in it."""

LARGEST_TEXT = 256 * 1024
LARGEST_JSON = 64 * 1024
GUARDED_HOOKS = {
    "check_permission": "permission",
    "check_room_entry": "room_entry",
    "check_performer": "performing",
    "check_price": "performing",
    "check_message": "message",
    "check_purchase": "purchase",
}

# The module holds much else, and pluggy looks at each name of it.
_SPECS = ModuleType("hooks")
vars(_SPECS).update({hook: getattr(hookspecs, hook) for hook in RULES})
running_plugin: ContextVar[str] = ContextVar("ppvcms_running_plugin", default="")
traced = False
"""Whether every call is written into the log: set once, when a process has its configuration."""
last_asked: ContextVar[str] = ContextVar("ppvcms_last_asked", default="")
log = structlog.get_logger(__name__)


def hooks_of(modules: Mapping[str, ModuleType]) -> Hooks:
    """Return who implements each hook, of these plugins in this order.

    Raises:
        PluginError: A plugin implements a hook that does not exist, with arguments
            that the hook does not have, or asks to be called before or around others.
    """
    result: dict[str, tuple[HookImpl, ...]] = {}
    for slug, module in modules.items():
        for hook, impls in _implemented(slug, module).items():
            result[hook] = (*result.get(hook, ()), *impls)
    return result


@lru_cache(maxsize=512)
def _implemented(slug: str, module: ModuleType) -> Hooks:
    """Return a plugin's hooks; what was imported stays as it is."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(_SPECS)
    try:
        manager.register(module, name=slug)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginError(slug, f"{error} See docs/plugins.md.") from error
    callers = manager.get_hookcallers(module) or []
    found = {caller.name: tuple(caller.get_hookimpls()) for caller in callers}
    for hook, impls in found.items():
        _refuse_wrappers(slug, hook, impls)
    return found


def invoke(impl: HookImpl, hook: str, arguments: Mapping[str, Any]) -> Any:
    """Call a plugin's hook with the arguments it names and return its checked answer.

    Raises:
        PluginError: The answer has a wrong type or size.
        BaseException: Whatever the plugin raises.
    """
    slug = impl.plugin_name
    last_asked.set(slug)
    token = running_plugin.set(slug)
    mark = marks.enter(slug, hook)
    started = time.perf_counter()
    try:
        answer = impl.function(*[arguments[name] for name in impl.argnames])
    finally:
        spent_ms = (time.perf_counter() - started) * 1000
        tally.add(slug, hook, spent_ms)
        marks.leave(mark)
        running_plugin.reset(token)
    if spent_ms > RULES[hook].budget_ms:
        log.warning("hook_over_budget", plugin=slug, hook=hook, ms=round(spent_ms))
    if traced:
        log.info("hook", plugin=slug, hook=hook, ms=round(spent_ms, 2), answer=repr(answer)[:200])
    if answer is not None:
        _check(slug, hook, answer)
    return answer


def _refuse_wrappers(slug: str, hook: str, impls: Iterable[HookImpl]) -> None:
    for impl in impls:
        if impl.hookwrapper or impl.wrapper or impl.tryfirst or impl.trylast:
            raise PluginError(slug, f"{hook}: wrappers, tryfirst and trylast are not allowed.")


def _check(slug: str, hook: str, answer: Any) -> None:
    wanted = RULES[hook].result
    if wanted and not isinstance(answer, wanted):
        names = " or ".join(kind.__name__ for kind in wanted)
        raise PluginError(slug, f"{hook} must return {names}, not {type(answer).__name__}.")
    if isinstance(answer, str) and len(answer) > LARGEST_TEXT:
        raise PluginError(slug, f"{hook} returned {len(answer)} characters, which is too many.")
    if isinstance(answer, (list, tuple)) and len(answer) > RULES[hook].longest:
        raise PluginError(slug, f"{hook} returned {len(answer)} things, which is too many.")
    if hook == "room_state" and len(json.dumps(answer)) > LARGEST_JSON:
        raise PluginError(slug, f"{hook} returned more than {LARGEST_JSON} bytes of JSON.")
