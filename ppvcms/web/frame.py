"""What every page shows around its own content: site facts, menus, wallet, slots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import current_app, g, has_request_context, request, url_for
from flask_babel import get_locale
from flask_login import current_user
from werkzeug.local import LocalProxy

from ppvcms.db import db
from ppvcms.host import customise, files, registry, settings, slots
from ppvcms.host.labels import label
from ppvcms.host.worn import manifests, preview, theme_in_use
from ppvcms.ledger.store import wallet_view
from ppvcms.notices.services import unread
from ppvcms.web.cards import draw
from ppvcms.web.drawing import drawn, shelf_of_readers
from ppvcms.web.guards import current_actor
from ppvcms.web.menus import built, menu

if TYPE_CHECKING:
    from flask import Flask
    from markupsafe import Markup

    from ppvcms.host.contract import RoomView

SCOPES = {
    "site.room": ("room",),
    "site.profile": ("room",),
    "site.private": ("room", "live"),
    "perform.live": ("dashboard", "room", "live"),
    "perform": ("dashboard",),
    "account": ("dashboard",),
    "notices": ("dashboard",),
}
"""Which plugins' files a page loads, by its endpoint or its blueprint."""
LOW = 200
"""Below this many minor units the header marks the balance as low."""


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What templates know of the site."""

    name: str
    tagline: str
    url: str
    currency: str
    demo: bool
    theme: str
    preview: str
    preview_name: str
    scheme: str
    maintenance: bool = False
    logo_url: str = ""
    icon_url: str = ""


@dataclass(frozen=True, slots=True)
class WalletFacts:
    """What the header shows of the reader's money, in minor units of credits."""

    available: int
    held: int
    url: str
    add_url: str
    low: bool


def init_frame(app: Flask) -> None:
    """Give templates their globals; as globals, macros see them too."""
    app.jinja_env.globals.update(
        site=LocalProxy(site_facts),
        wallet=LocalProxy(wallet),
        unread_notices=unread_notices,
        locale=LocalProxy(lambda: str(get_locale() or "en")),
        text_direction=LocalProxy(text_direction),
        label=label,
        menu=menu,
        page_styles=page_styles,
        page_modules=page_modules,
        slot=slot,
        draw_cards=draw,
        drawn=drawn,
        asset=files.asset,
        plugin_asset=files.plugin_asset,
        theme_asset=files.theme_asset,
        theme_styles=theme_styles,
        home_sections=customise.home_sections,
        actor=LocalProxy(current_actor),
    )


def site_facts() -> SiteFacts:
    """Return the site's name, look and unit of money, put together once per request."""
    if "site_facts" not in g:
        g.site_facts = _site_facts()
    found: SiteFacts = g.site_facts
    return found


def _site_facts() -> SiteFacts:
    core, config = settings.site(), current_app.config["PPVCMS"]
    look = customise.look_in_use()
    return SiteFacts(
        name=core.site_name,
        tagline=core.site_tagline,
        url=url_for("site.home") if "site.home" in current_app.view_functions else "/",
        currency="CRD",
        demo=config.demo,
        theme=theme_in_use(),
        preview=_previewed(),
        preview_name=next((theme.name for theme in manifests()), ""),
        scheme=next((worn.scheme for worn in manifests()), "auto"),
        maintenance=core.maintenance,
        logo_url=url_for("files.look_picture", digest=look.logo) if look.logo else "",
        icon_url=url_for("files.look_picture", digest=look.icon) if look.icon else "",
    )


def _previewed() -> str:
    seen = preview()
    # Inside the customiser the page around the frame says what it is.
    return seen.slug if seen and not seen.framed else ""


def text_direction() -> str:
    """Return ``ltr`` or ``rtl``."""
    locale = get_locale()
    return str(locale.text_direction) if locale else "ltr"


def wallet() -> WalletFacts | None:
    """Return the reader's money, read once per request; None for visitors."""
    if not has_request_context() or not current_user.is_authenticated:
        return None
    if "wallet" not in g:
        money = wallet_view(db.session(), current_user.id)
        shop = built("pay.credits") or ""
        g.wallet = WalletFacts(money.available, money.held, shop, shop, low=money.available < LOW)
    found: WalletFacts = g.wallet
    return found


def unread_notices() -> int:
    """Return how many notices the reader has not looked at, read once per request."""
    if "unread_notices" not in g:
        g.unread_notices = unread(current_user.id) if current_user.is_authenticated else 0
    found: int = g.unread_notices
    return found


def slot(name: str, room: RoomView | None = None, **values: Any) -> Markup:
    """Return what plugins put into a named place of this page."""
    return slots.fill(name, current_actor(), room, **values)


def theme_styles() -> list[str]:
    """Return the style sheets of the look: the theme's, its parents' first, then the owner's."""
    own = customise.sheet_in_use()
    return [*customise.style_addresses(), *([own] if own else [])]


def page_styles() -> list[str]:
    """Return the addresses of the styles that plugins add to this page."""
    return _addresses("styles", *_scopes())


def page_modules() -> list[str]:
    """Return the modules that plugins add to this page; rooms load theirs when they join."""
    return _addresses("modules", *(scope for scope in _scopes() if scope == "dashboard"))


def _scopes() -> tuple[str, ...]:
    if not has_request_context() or request.endpoint is None:
        return ()
    blueprint = request.endpoint.partition(".")[0]
    return SCOPES.get(request.endpoint, SCOPES.get(blueprint, ()))


def _addresses(noun: str, *scopes: str) -> list[str]:
    if has_request_context() and request.blueprint == "admin":
        # The back office's layout loads its own, for plugins' pages in it too.
        return []
    shelf = shelf_of_readers()
    found: list[str] | None = shelf.get((noun, scopes))
    if found is None:
        addresses = (
            files.plugin_asset(slug, path)
            for slug, group in registry.assets(*scopes)
            for path in getattr(group, noun)
        )
        found = list(dict.fromkeys(addresses))
        shelf.keep((noun, scopes), found)
    return found
