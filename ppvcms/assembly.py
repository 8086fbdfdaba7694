"""Putting an application together from its parts, in the order in which they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.middleware.proxy_fix import ProxyFix

from ppvcms import wire
from ppvcms.content import plugin_pages
from ppvcms.db import init_db
from ppvcms.host import runtime, strict
from ppvcms.host.app import Host
from ppvcms.host.catalogues import SiteBabel
from ppvcms.host.files import CORE_STATIC
from ppvcms.host.templates import CORE_TEMPLATES
from ppvcms.jobs import duties
from ppvcms.metering import lines
from ppvcms.realtime import init_emitter, init_realtime
from ppvcms.sales import direct
from ppvcms.web import register
from ppvcms.web.blocks import init_blocks
from ppvcms.web.errors import init_errors
from ppvcms.web.formats import init_formats
from ppvcms.web.frame import init_frame
from ppvcms.web.guards import identify_socket, init_login
from ppvcms.web.headers import init_headers
from ppvcms.web.languages import chosen_locale, chosen_time_zone, init_languages
from ppvcms.web.maintenance import init_maintenance
from ppvcms.web.safe import init_safe_mode
from ppvcms.web.social import init_social

if TYPE_CHECKING:
    from ppvcms.config import Config

LARGEST_REQUEST = 12 * 1024 * 1024


def assemble(config: Config, *, role: str) -> Host:
    """Return a new application for a process of that role."""
    app = Host("ppvcms", template_folder=str(CORE_TEMPLATES), static_folder=str(CORE_STATIC))
    _configure(app, config)
    init_db(app, config.database_url)
    SiteBabel(app, locale_selector=chosen_locale, timezone_selector=chosen_time_zone)
    init_languages(app)
    init_login(app)
    init_formats(app)
    init_frame(app)
    init_social(app)
    init_blocks(app)
    init_headers(app)
    init_errors(app)
    init_safe_mode(app)
    init_maintenance(app)
    register(app)
    runtime.boot(app, config)
    with app.app_context():
        lines.link()
    duties.link(app)
    direct.link(app)
    plugin_pages.link(app)
    _realtime(app, config, role)
    # A command must work on a broken site: it is what mends it.
    if config.strict and role != "command":
        strict.require_everything(app)
    return app


def _configure(app: Host, config: Config) -> None:
    address = urlsplit(config.public_url)
    app.config.update(
        PPVCMS=config,
        SECRET_KEY=config.secret_key,
        TESTING=config.testing,
        SERVER_NAME=address.netloc,
        PREFERRED_URL_SCHEME=address.scheme,
        TRUSTED_HOSTS=_trusted_hosts(config) or None,
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        MAX_FORM_MEMORY_SIZE=LARGEST_REQUEST,
        BABEL_TRANSLATION_DIRECTORIES="translations",
    )
    if config.trusted_proxies:
        count = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]


def _trusted_hosts(config: Config) -> list[str]:
    """Return the names the site answers to, where its owner said its address."""
    if not config.base_url:
        return []
    return [urlsplit(config.base_url).hostname or "", "localhost", "127.0.0.1"]


def _realtime(app: Host, config: Config, role: str) -> None:
    if role == "server":
        wire.init_wire(app, init_realtime(app, config), identify=identify_socket)
    else:
        init_emitter(app, config)
