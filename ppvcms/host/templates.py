"""Where templates come from: the order of layers, and what happens when a theme's fails."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog
from flask.templating import Environment
from jinja2 import BaseLoader, FileSystemLoader, Template, TemplateNotFound, TemplateSyntaxError

from ppvcms.host.compiled import COMPILED
from ppvcms.host.loading import failure_of
from ppvcms.host.manifest import DATA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence

    from flask import Flask

    from ppvcms.host.runtime import Runtime

CORE_TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
CORE_PREFIX = "core:"
log = structlog.get_logger(__name__)


class Layer(NamedTuple):
    """A folder of templates; `only` are the names it may answer, None means all.

    A name in `only` that ends with a slash stands for everything below it.
    """

    kind: str
    slug: str
    folder: Path
    only: tuple[str, ...] | None = None

    def answers(self, name: str) -> bool:
        """Whether this layer may have a template of that name."""
        if self.only is None:
            return True
        return any(
            name.startswith(part) if part.endswith("/") else name == part for part in self.only
        )


class PluginTemplates(NamedTuple):
    """What template order needs to know of an active plugin."""

    slug: str
    folder: Path
    overrides: tuple[str, ...]


def template_layers(
    *,
    instance: Path,
    themes: Sequence[tuple[str, Path]],
    plugins: Iterable[PluginTemplates],
    core: Path,
) -> tuple[Layer, ...]:
    """Return the layers, the strongest first: owner's files, theme, its parent, plugins, core.

    `themes` is the active theme followed by its parents. Of two plugins that
    override one template the first in load order wins, which is why load order
    does not depend on how they were found.
    """
    own = [Layer("instance", "", instance)]
    worn = [Layer("theme", slug, folder) for slug, folder in themes]
    given = [
        Layer("plugin", plugin.slug, plugin.folder, (f"{plugin.slug}/", *plugin.overrides))
        for plugin in plugins
    ]
    return (*own, *worn, *given, Layer("core", "", core))


@dataclass(slots=True)
class _Source:
    layer: Layer
    loader: FileSystemLoader


class LayerLoader(BaseLoader):
    """Looks for a template from the strongest layer to the core's.

    ``core:`` before a name asks the core's alone, so that a theme can extend the
    template that it replaces. A theme's file that does not compile is left out.
    """

    def __init__(self, layers: Sequence[Layer], broken: set[tuple[str, str]]) -> None:
        self._sources = [_Source(layer, FileSystemLoader(layer.folder)) for layer in layers]
        self._broken = broken

    def get_source(
        self, environment: Any, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        """Return the text of the strongest template of that name."""
        core_only = template.startswith(CORE_PREFIX)
        name = template.removeprefix(CORE_PREFIX)
        for source in self._sources:
            layer = source.layer
            if core_only and layer.kind != "core":
                continue
            if layer.answers(name) and (layer.slug, name) not in self._broken:
                try:
                    return source.loader.get_source(environment, name)
                except TemplateNotFound:
                    continue
        raise TemplateNotFound(template)

    def load(
        self,
        environment: Any,
        name: str,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002 - Jinja's name
    ) -> Template:
        """Compile a template; one of a theme that cannot be compiled is passed over."""
        try:
            return super().load(environment, name, globals)
        except TemplateSyntaxError as error:
            layer = self._theme_of(error.filename)
            if layer is None:
                raise
            bare = name.removeprefix(CORE_PREFIX)
            self._broken.add((layer.slug, bare))
            environment.report(layer.slug, error)
            return self.load(environment, name, globals)

    def _theme_of(self, filename: str | None) -> Layer | None:
        if filename is None:
            return None
        for source in self._sources:
            layer = source.layer
            if layer.kind == "theme" and Path(filename).is_relative_to(layer.folder):
                return layer
        return None


class HostTemplate(Template):
    """A template that falls back to the core's when the theme's fails while rendering."""

    environment: HostEnvironment

    def render(self, *args: Any, **kwargs: Any) -> str:
        """Render; a fault inside a theme's file is reported and costs only its look."""
        try:
            return super().render(*args, **kwargs)
        except Exception as error:
            slug = self.environment.theme_at_fault(error)
            if slug is None or self.environment.fallback is None or self.name is None:
                raise
            self.environment.report(slug, error)
            plain = self.environment.fallback.get_template(self.name, globals=self.globals)
            return plain.render(*args, **kwargs)


class HostEnvironment(Environment):
    """Flask's environment, of one generation and one theme."""

    template_class = HostTemplate
    fallback: HostEnvironment | None = None
    theme_folders: Mapping[str, Path] = {}
    faults: dict[str, str] | None = None

    def theme_at_fault(self, error: BaseException) -> str | None:
        """Return the theme whose file is innermost in the traceback, if one is."""
        trace, found = error.__traceback__, None
        while trace is not None:
            filename = trace.tb_frame.f_code.co_filename
            for slug, folder in self.theme_folders.items():
                if filename.startswith(f"{folder}/"):
                    found = slug
            trace = trace.tb_next
        return found

    def report(self, slug: str, error: BaseException) -> None:
        """Remember what a theme did wrong, for the themes page."""
        log.error("theme_failed", theme=slug, error=failure_of(error), exc_info=error)
        if self.faults is not None:
            self.faults[slug] = failure_of(error)


def environment(
    app: Flask,
    theme: str,
    active: Sequence[str],
    globals_: Mapping[str, Callable[..., object]],
) -> HostEnvironment:
    """Return an environment of its own for one generation under one theme.

    Under ``core:`` it has the core's templates alone, for pages that must work
    whatever plugins, themes and the owner's own files do.
    """
    if theme == CORE_PREFIX:
        return _overlay(app, [Layer("core", "", CORE_TEMPLATES)], {})
    host: Runtime = app.extensions["ppvcms_host"]
    plugins = [
        PluginTemplates(slug, host.loaded[slug].path / "templates", _overrides(host, slug))
        for slug in active
    ]
    plain = _overlay(
        app,
        template_layers(
            instance=host.config.instance / "templates",
            themes=(),
            plugins=plugins,
            core=CORE_TEMPLATES,
        ),
        globals_,
    )
    worn = theme_chain(host, theme)
    if not worn:
        return plain
    layers = template_layers(
        instance=host.config.instance / "templates",
        themes=worn,
        plugins=plugins,
        core=CORE_TEMPLATES,
    )
    made = _overlay(app, layers, globals_)
    made.fallback, made.theme_folders, made.faults = plain, dict(worn), host.theme_faults
    return made


def theme_chain(host: Runtime, theme: str) -> list[tuple[str, Path]]:
    """Return a theme's template folder and its parents', the child first.

    A theme that is data alone has none, and its parent's count.
    """
    chain: list[tuple[str, Path]] = []
    seen: set[str] = set()
    while theme in host.themes and theme not in seen:
        seen.add(theme)
        found = host.themes[theme]
        if found.manifest is None or found.problems:
            break
        if found.manifest.kind != DATA:
            chain.append((theme, found.path / "templates"))
        theme = found.manifest.parent
    return chain


def _overrides(host: Runtime, slug: str) -> tuple[str, ...]:
    return host.loaded[slug].manifest.overrides


def _overlay(
    app: Flask, layers: Sequence[Layer], globals_: Mapping[str, Callable[..., object]]
) -> HostEnvironment:
    base: HostEnvironment = app.base_jinja  # type: ignore[attr-defined] # app is our Host
    # cache_size makes a cache of its own; filters and globals would be shared otherwise.
    made: HostEnvironment = base.overlay(
        loader=LayerLoader(layers, set()), cache_size=400, bytecode_cache=COMPILED
    )
    made.filters = dict(base.filters)
    made.globals = {**base.globals, **globals_}
    return made
