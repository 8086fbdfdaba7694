"""Making a new site: roles, the owner, first pages and menu, bundled plugins switched on."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ppvcms.accounts.models import OwnText
from ppvcms.accounts.roles import ensure_roles
from ppvcms.accounts.services import create_user
from ppvcms.content.blocks import text_blocks
from ppvcms.content.models import MenuEntry, Page
from ppvcms.content.presets import GATEWAY, MODE, earns
from ppvcms.db import now_ms, unit_of_work
from ppvcms.errors import PpvcmsError
from ppvcms.host import lifecycle, themes
from ppvcms.host.core_settings import CORE_DEFAULTS
from ppvcms.host.runtime import runtime
from ppvcms.host.settings import save, save_site
from ppvcms.host.snapshot import current
from ppvcms.ids import new_id
from ppvcms.payments.models import CreditPack
from ppvcms.results import Refusal
from ppvcms.rooms.models import Category

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from ppvcms.accounts.models import User
    from ppvcms.content.presets import Preset
    from ppvcms.host.manifest import Manifest

PAGES = (
    (
        "how-it-works",
        _l("How it works"),
        _l("""\
You see every price before anything starts. Time is counted on our side, to the second,
and only while both of you have picture or sound.

- The first seconds of a private show are free.
- When a line drops, the meter stops and waits for you.
- You are never charged more than you have.

Each show ends with a receipt that says which seconds were counted and why.
"""),
    ),
    (
        "terms",
        _l("Terms of use"),
        _l("This text is a beginning. Replace it by the terms of your business before you open."),
    ),
    (
        "privacy",
        _l("Privacy"),
        _l("We keep what is needed to run your account and the books, and nothing that is not."),
    ),
)
YOURS = ("terms", "privacy")
"""Pages that stand for what only the owner can write."""
PACKS = ((1000, 0, 1000), (2500, 0, 2400), (5000, 250, 4700), (10000, 1000, 8900))


@dataclass(frozen=True, slots=True)
class Beginning:
    """What the first owner said; `site` are settings of the core by key.

    `ways` are plugins that earn (`presets.earns`), none for those of the trade;
    `gateway` is the way to pay that is on, none for all, an empty text for no one.
    """

    email: str
    password: str
    owner_name: str = "Owner"
    known_password: bool = False
    site: Mapping[str, Any] = field(default_factory=dict)
    preset: Preset | None = None
    shelves: bool = True
    ways: frozenset[str] = frozenset()
    gateway: str | None = None


def make_site(wish: Beginning) -> User:
    """Fill an empty database with what every site begins with; return its owner.

    Raises:
        PpvcmsError: The owner's address, name or password was refused; the sentence says why.
    """
    first = {**(wish.preset.site if wish.preset else {}), **wish.site}
    locale = str(first.get("locale", CORE_DEFAULTS["locale"]))
    # What stands in the tables is written once, in the language of the site.
    with force_locale(locale), unit_of_work() as session:
        ensure_roles(session)
        _pages(session, wish.preset)
        _packs(session, str(first.get("shop_currency", CORE_DEFAULTS["shop_currency"])))
        if wish.preset:
            _notices(session, wish.preset, locale)
        if wish.preset and wish.shelves:
            _categories(session, wish.preset)
        if first:
            save_site(session, None, first)
    owner = create_user(
        email=wish.email,
        display_name=wish.owner_name,
        password=wish.password,
        roles=("owner",),
        verified=True,
        actor_id=None,
        demo=wish.known_password,
    )
    if isinstance(owner, Refusal):
        raise PpvcmsError(str(owner))
    _plugins(wish)
    if wish.preset:
        _wear(wish.preset)
    return owner


def _plugins(wish: Beginning) -> None:
    """Switch on what came along, as far as the owner or the trade wants it."""
    for found in lifecycle.overview():
        left_out = found.slug in runtime().config.disable
        if not found.bundled or found.problems or left_out:
            continue
        _done(lifecycle.install(found.slug, actor_id=None))
        manifest = runtime().found[found.slug].manifest
        if manifest is not None and wanted(manifest, wish):
            _done(lifecycle.activate(found.slug, actor_id=None))


def wanted(plugin: Manifest, wish: Beginning) -> bool:
    """Whether a bundled plugin is on at first: pure."""
    if GATEWAY in plugin.capabilities:
        return wish.gateway in {None, plugin.slug}
    if wish.ways and earns(plugin.category, plugin.capabilities):
        return plugin.slug in wish.ways
    return wish.preset is None or plugin.category != MODE or plugin.slug in wish.preset.modes


def _wear(preset: Preset) -> None:
    # Asked before the transaction: inside one, what was switched on last is not followed.
    active = current().active
    with unit_of_work() as session:
        for slug, values in preset.settings.items():
            for key, value in values.items() if slug in active else ():
                save(session, slug, key, value)
    _done(themes.use(preset.theme, actor_id=None))


def _done(answer: Refusal | None) -> None:
    if answer is not None:
        raise PpvcmsError(str(answer))


def _notices(session: Session, preset: Preset, locale: str) -> None:
    now = now_ms(session)
    for kind, words in preset.notices.items():
        session.add(OwnText(kind=kind, locale=locale, changed_at=now, **words))


def _categories(session: Session, preset: Preset) -> None:
    for weight, (slug, name) in enumerate(preset.categories.items()):
        session.add(Category(id=new_id(), slug=slug, name=name, weight=weight))


def _pages(session: Session, preset: Preset | None) -> None:
    now = now_ms(session)
    own = preset.pages if preset else {}
    texts = {slug: (str(title), str(body)) for slug, title, body in PAGES}
    texts |= {slug: (page["title"], page["body"]) for slug, page in own.items()}
    for weight, (slug, (title, body)) in enumerate(texts.items()):
        blocks = [asdict(one) for one in text_blocks(body)]
        session.add(Page(id=new_id(), slug=slug, title=title, blocks=blocks, changed_at=now))
        session.add(
            MenuEntry(id=new_id(), menu="footer", label=title, url=f"/p/{slug}", weight=weight)
        )


def _packs(session: Session, currency: str) -> None:
    for weight, (amount, bonus, price) in enumerate(PACKS):
        session.add(
            CreditPack(
                id=new_id(),
                name=_("%(count)s credits", count=amount // 100),
                credits=amount,
                bonus=bonus,
                prices={currency: price},
                weight=weight,
            )
        )
