"""What every page of the back office shares: the blueprint, the navigation, small answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Blueprint, current_app, flash, request, url_for
from flask_babel import gettext as _

from ppvcms.db import now_ms
from ppvcms.host import registry
from ppvcms.host.files import plugin_asset
from ppvcms.host.labels import label
from ppvcms.web.guards import current_actor
from ppvcms.web.menus import added_items

if TYPE_CHECKING:
    from flask.blueprints import BlueprintSetupState
    from sqlalchemy.orm import Session

    from ppvcms.results import Refusal

blueprint = Blueprint("admin", __name__, url_prefix="/admin")
DAY_MS = 86_400_000


class Door(NamedTuple):
    """A page of the navigation and the permission that opens it."""

    endpoint: str
    label: str
    icon: str
    permission: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class NavItem:
    """A line of the navigation, ready to be shown."""

    label: str
    url: str
    icon: str
    active: bool = False
    group: str = ""
    badge: int | None = None
    short: str = ""
    endpoint: str = ""


def doors() -> list[Door]:
    """Return the pages of the core in the order of the navigation."""
    return [
        Door("admin.overview", _("Overview"), "speedometer2", "admin.view"),
        Door("admin.live", _("Live monitor"), "broadcast", "shows.manage"),
        Door("admin.rooms", label("room", plural=True), "door-open", "rooms.manage"),
        Door("admin.people", _("People"), "people", "people.view"),
        Door("admin.roles", _("Roles"), "person-lock", "roles.manage"),
        Door("admin.seats", _("Sessions"), "stopwatch", "ledger.view", _("Business")),
        Door("admin.shows", label("show", plural=True), "camera-video", "shows.manage"),
        Door("admin.ledger", _("Ledger"), "journal-text", "ledger.view"),
        Door("admin.commissions", _("Commissions"), "percent", "ledger.view"),
        Door("admin.payments", _("Payments"), "credit-card", "ledger.view"),
        Door("admin.packs", _("Credit packs"), "stack", "packs.manage", _("Offer")),
        Door("admin.prices", _("Prices and shares"), "tag", "settings.manage"),
        Door("admin.simulator", _("Simulator"), "calculator", "settings.manage"),
        Door("admin.categories", _("Categories"), "bookshelf", "rooms.manage"),
        Door("admin.plugins", _("Plugins"), "puzzle", "plugins.manage", _("Site")),
        Door("admin.themes", _("Themes"), "palette", "themes.manage"),
        Door("admin.pages", _("Pages"), "file-text", "pages.manage"),
        Door("admin.library", _("Media library"), "images", "library.manage"),
        Door("admin.menus", _("Menus"), "list", "pages.manage"),
        Door("admin.settings", _("Settings"), "sliders", "settings.manage"),
        Door("admin.texts_index", _("Mails and notices"), "chat-square-text", "settings.manage"),
        Door("admin.languages", _("Languages"), "translate", "settings.manage"),
        Door("admin.mail", _("Mail"), "envelope", "mail.view", _("Care")),
        Door("admin.audit", _("Audit log"), "clock-history", "audit.view"),
        Door("admin.health", _("Health"), "heart-pulse", "health.view"),
    ]


def admin_nav() -> list[NavItem]:
    """Return what this reader may open: the core's pages, then the plugins'."""
    actor, group, items = current_actor(), "", []
    for door in doors():
        group = door.group or group
        known = door.endpoint in current_app.view_functions
        if not known or not actor.can(door.permission):
            continue
        url = url_for(door.endpoint)
        items.append(NavItem(door.label, url, door.icon, active=_inside(url), group=group))
        group = ""
    added = [
        NavItem(
            item.label,
            item.url,
            item.icon or "puzzle",
            active=_inside(item.url),
            group=item.group,
        )
        for item in added_items("admin")
    ]
    return [*items, *added]


def admin_assets() -> dict[str, list[str]]:
    """Return the addresses of the styles and modules that plugins add to the back office."""
    found: dict[str, list[str]] = {"styles": [], "modules": []}
    for slug, group in registry.assets("admin"):
        found["styles"] += [plugin_asset(slug, path) for path in group.styles]
        found["modules"] += [plugin_asset(slug, path) for path in group.modules]
    return found


def _inside(url: str) -> bool:
    if url == url_for("admin.overview"):
        return request.path == url
    return f"{request.path}/".startswith(f"{url}/")


@blueprint.record_once
def _tell_templates(state: BlueprintSetupState) -> None:
    # A global, so that the admin pages of plugins have the navigation too.
    state.app.jinja_env.globals.update(admin_nav=admin_nav, admin_assets=admin_assets)


def tell(refusal: Refusal | None, done: str) -> bool:
    """Show what came of an act above the next page; return whether it was done."""
    if refusal is None:
        flash(done, "success")
        return True
    flash(str(refusal), "error")
    return False


def page_number() -> int:
    """Return the page of a list that the address asks for, from 1."""
    asked = request.args.get("page", "")
    return max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1  # noqa: PLR2004 - digits


def page_url(number: int) -> str:
    """Return the address of another page of the same list."""
    values: dict[str, Any] = {**kept_args(), **(request.view_args or {}), "page": number}
    return url_for(request.endpoint or "", **values)


def kept_args() -> dict[str, Any]:
    """Return the filters of this page's address, to be built into another one."""
    # A name such as _scheme would speak to url_for itself.
    own = {"page", *(request.view_args or {})}
    return {
        name: value
        for name, value in request.args.items()
        if value and name not in own and name.isascii() and name.isalpha()
    }


def days_back(session: Session, days: int) -> int:
    """Return the moment some days ago, by the database's clock."""
    return now_ms(session) - days * DAY_MS
