"""The menus of a page: the core's lines, the owner's and the plugins', as the owner wants them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import structlog
from flask import g, has_request_context, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.routing import BuildError

from ppvcms.content.audiences import ALL, SIGNED_IN, VISITORS, admits
from ppvcms.content.menus import OWN
from ppvcms.content.models import MenuEntry
from ppvcms.db import reading
from ppvcms.host import registry
from ppvcms.web.drawing import shelf_of_readers
from ppvcms.web.guards import current_actor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ppvcms.accounts.actor import Actor

_ENTRIES = select(
    MenuEntry.menu,
    MenuEntry.id,
    MenuEntry.source,
    MenuEntry.label,
    MenuEntry.url,
    MenuEntry.weight,
    MenuEntry.hidden,
    MenuEntry.audience,
    MenuEntry.page,
).order_by(MenuEntry.weight, MenuEntry.id)
# Nothing moved: the core's lines, then the owner's (0 to 999), then the plugins'.
CORE_FROM, OWN_LAST, PLUGINS_FROM = -100, 999, 1_000
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class MenuItem:
    """A line of a menu, ready to be shown."""

    label: str
    url: str
    icon: str = ""
    active: bool = False
    method: str = "get"
    badge: int | None = None
    group: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a menu with all that decides who sees it, and where.

    `needs` is the line's own condition (an audience or a permission), `audience`
    what the owner asks besides.
    """

    key: str
    name: str
    url: str
    icon: str = ""
    needs: str = ALL
    weight: int = 0
    label: str = ""
    hidden: bool = False
    audience: str = ALL

    @property
    def changed(self) -> bool:
        """Whether the owner wants another's line otherwise than it came."""
        return bool(self.label or self.hidden or self.audience != ALL)

    @property
    def own(self) -> bool:
        """Whether the owner added it."""
        return self.key.startswith(OWN)

    @property
    def item(self) -> MenuItem:
        """The line as it is shown."""
        return _item(self.label or self.name, self.url, self.icon)


class _Core(NamedTuple):
    endpoint: str
    label: str
    icon: str
    needs: str = ALL


class _Given(NamedTuple):
    core: tuple[Line, ...]
    plugins: tuple[Line, ...]


class _Entry(NamedTuple):
    menu: str
    id: str
    source: str | None
    label: str
    url: str
    weight: int | None
    hidden: bool
    audience: str
    page: str | None


def menu(name: str) -> list[MenuItem]:
    """Return the lines of a menu that the reader sees; put together once per request."""
    menus: dict[str, list[MenuItem]] = g.setdefault("menus", {})
    if name not in menus:
        actor = current_actor()
        seen = [line.item for line in lines(name) if _sees(actor, line)]
        menus[name] = [*seen, *_last_items(name)]
    return menus[name]


def added_items(name: str) -> list[MenuItem]:
    """Return what the owner and plugins add to a menu, as far as the reader sees it.

    The first bears the heading that parts them from the core's own lines.
    """
    actor = current_actor()
    found = _arranged(name, [*_own_lines(name), *_given_lines(name).plugins])
    seen = [line.item for line in found if _sees(actor, line)]
    return [replace(seen[0], group=_("More")), *seen[1:]] if seen else []


def lines(name: str) -> list[Line]:
    """Return every line of a menu in its order, whoever may see it."""
    given = _given_lines(name)
    return _arranged(name, [*given.core, *_own_lines(name), *given.plugins])


def _arranged(name: str, found: list[Line]) -> list[Line]:
    changes = {entry.source: entry for entry in _entries(name) if entry.source is not None}
    wanted = [_changed(line, changes.get(line.key)) for line in found]
    return sorted(wanted, key=lambda line: line.weight)


def _changed(line: Line, entry: _Entry | None) -> Line:
    if entry is None:
        return line
    return Line(
        line.key,
        line.name,
        line.url,
        line.icon,
        line.needs,
        line.weight if entry.weight is None else entry.weight,
        entry.label,
        entry.hidden,
        entry.audience,
    )


def _sees(actor: Actor, line: Line) -> bool:
    if line.hidden or not admits(line.audience, actor):
        return False
    if line.needs in {ALL, SIGNED_IN, VISITORS}:
        return admits(line.needs, actor)
    return actor.can(line.needs)


def _given_lines(name: str) -> _Given:
    """Return the lines of a menu that differ by language and address alone, made once."""
    shelf = shelf_of_readers()
    found: _Given | None = shelf.get(("menu", name))
    if found is None:
        found = _Given(tuple(_core_lines(name)), tuple(_plugin_lines(name)))
        shelf.keep(("menu", name), found)
    return found


def _core_lines(name: str) -> Iterator[Line]:
    for place, core in enumerate(_core(name)):
        url = built(core.endpoint)
        if url is not None:
            key, weight = f"core:{core.endpoint}", CORE_FROM + place
            yield Line(key, core.label, url, core.icon, core.needs, weight)


def _core(name: str) -> list[_Core]:
    if name == "main":
        return [_Core("site.home", _("Live"), "broadcast")]
    if name == "account":
        return [
            _Core("auth.sign_in", _("Sign in"), "box-arrow-in-right", VISITORS),
            _Core("auth.register", _("Register"), "person-plus", VISITORS),
            _Core("perform.overview", _("My room"), "camera-video", "room.perform"),
            _Core("account.overview", _("Account"), "person", SIGNED_IN),
            _Core("admin.overview", _("Back office"), "speedometer2", "admin.view"),
        ]
    return []


def _own_lines(name: str) -> Iterator[Line]:
    pages = registry.plugin_pages()
    for row in _entries(name):
        if row.source is None and (row.page is None or row.page in pages):
            yield Line(
                f"{OWN}{row.id}",
                row.label or (str(pages[row.page].title) if row.page else ""),
                row.url,
                weight=OWN_LAST if row.weight is None else row.weight,
                hidden=row.hidden,
                audience=row.audience,
            )


def _plugin_lines(name: str) -> Iterator[Line]:
    for slug, item in registry.menu_items(name):
        url = built(item.endpoint)
        if url is None:
            log.warning("menu_item_left_out", plugin=slug, endpoint=item.endpoint)
            continue
        needs = item.permission or (SIGNED_IN if name == "account" else ALL)
        key, weight = f"{slug}:{item.endpoint}"[:120], PLUGINS_FROM + item.weight
        yield Line(key, item.label, url, item.icon, needs, weight)


def _last_items(name: str) -> list[MenuItem]:
    if name == "studio":
        url = built("studio_settings.settings_of_studio")
        return [_item(_("Settings"), url, "sliders")] if url else []
    if name != "account" or current_actor().user_id is None:
        return []
    url = built("auth.sign_out")
    return [MenuItem(_("Sign out"), url, "box-arrow-right", method="post")] if url else []


def _entries(name: str) -> list[_Entry]:
    if "menu_entries" not in g:
        entries: dict[str, list[_Entry]] = {}
        for row in reading().execute(_ENTRIES).all():
            entries.setdefault(row.menu, []).append(_Entry(*row))
        g.menu_entries = entries
    found: list[_Entry] = g.menu_entries.get(name, [])
    return found


def _item(text: str, url: str, icon: str = "") -> MenuItem:
    here = has_request_context() and request.path == url
    return MenuItem(text, url, icon, active=here)


def built(endpoint: str) -> str | None:
    """Return the address of a page, or None where the site has no such page."""
    try:
        return url_for(endpoint)
    except BuildError:
        return None
