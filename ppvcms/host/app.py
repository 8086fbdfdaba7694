"""The Flask application that follows the host's generations."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Flask, current_app, has_app_context, request
from werkzeug.routing import Rule
from werkzeug.routing.converters import DEFAULT_CONVERTERS

from ppvcms.host import marks
from ppvcms.host.snapshot import READ_EVERY_S, current, newest
from ppvcms.host.templates import HostEnvironment
from ppvcms.host.worn import theme_in_use

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flask.typing import ResponseReturnValue
    from flask.wrappers import Request
    from werkzeug.routing import BaseConverter, MapAdapter
    from werkzeug.routing.rules import RulePart

    from ppvcms.host.runtime import Runtime
    from ppvcms.host.snapshot import Snapshot


class _Path(NamedTuple):
    """What Werkzeug makes of a route's path, which is the same in every map."""

    parts: tuple[RulePart, ...]
    trace: tuple[tuple[bool, str], ...]
    converters: dict[str, BaseConverter]


_paths: dict[str, _Path] = {}


class LateRule(Rule):
    """A route whose path is read once per process, and compiled at its first link.

    Werkzeug reads the path and compiles two functions of Python code for each route of
    each map, which took most of the time to make a site and to build a generation.
    """

    # Both are Werkzeug's own names; if one goes, work is done early again and nothing else changes.
    def _parse_rule(self, rule: str) -> Iterable[RulePart]:
        if self.map is None or self.map.converters != DEFAULT_CONVERTERS:
            return super()._parse_rule(rule)
        if rule not in _paths:
            began = len(self._trace)
            parts = tuple(super()._parse_rule(rule))
            trace = tuple(self._trace[began:])
            own = {name: self._converters[name] for varies, name in trace if varies}
            _paths[rule] = _Path(parts, trace, own)
            return parts
        known = _paths[rule]
        self._trace.extend(known.trace)
        self._converters.update(known.converters)
        self.arguments.update(known.converters)
        return known.parts

    def _compile_builder(
        self,
        append_unknown: bool = True,  # noqa: FBT001, FBT002 - as it is there
    ) -> Callable[..., tuple[str, str]]:
        early = super()._compile_builder
        made: list[Callable[..., tuple[str, str]]] = []

        def build(rule: Rule, /, **values: Any) -> tuple[str, str]:
            if not made:
                made.append(early(append_unknown))
            return made[0](rule, **values)

        return build


class Host(Flask):
    """Flask whose routes and templates are those of the request's snapshot."""

    jinja_environment = HostEnvironment
    url_rule_class = LateRule

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._base_jinja: HostEnvironment | None = None
        self.serving = False
        self.draining = False
        super().__init__(*args, **kwargs)

    @property
    def base_jinja(self) -> HostEnvironment:
        """The environment that the core's filters and globals are registered on."""
        if self._base_jinja is None:
            made = self.create_jinja_environment()
            assert isinstance(made, HostEnvironment)  # noqa: S101 - by jinja_environment
            self._base_jinja = made
        return self._base_jinja

    @property
    def jinja_env(self) -> HostEnvironment:
        """The environment of the current request; while the app is set up, the base."""
        if not has_app_context() or current_app != self or self._host is None:
            return self.base_jinja
        return current().jinja(self, theme_in_use())

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Match and build with the routes of the request's snapshot alone."""
        # Werkzeug checks trusted hosts in there.
        adapter = super().create_url_adapter(request)
        host = self._host
        if adapter is None or host is None:
            return adapter
        if request is not None:
            self.serving = True
            request.ppvcms_snapshot = self._snapshot(host)  # type: ignore[attr-defined]
            adapter.map = request.ppvcms_snapshot.url_map  # type: ignore[attr-defined]
        elif host.snapshot is not None:
            adapter.map = host.snapshot.url_map
        return adapter

    def dispatch_request(self) -> ResponseReturnValue:
        """Answer a request; while a plugin's page does, its name is written down."""
        slug = request.blueprints[-1] if request.blueprints else ""
        host = self._host
        if host is None or slug not in host.loaded:
            return super().dispatch_request()
        mark = marks.enter(slug, request.path)
        try:
            return super().dispatch_request()
        finally:
            marks.leave(mark)

    @property
    def _host(self) -> Runtime | None:
        return self.extensions.get("ppvcms_host")

    def _snapshot(self, host: Runtime) -> Snapshot:
        if host.snapshot is not None and time.monotonic() - host.checked < READ_EVERY_S:
            return host.snapshot
        with self.app_context():
            return newest()
