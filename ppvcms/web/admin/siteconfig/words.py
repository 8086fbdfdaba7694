"""Pages, regions, menus, and the owner's own texts of mails and notices in the file."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import delete, select

from ppvcms.accounts import audit, texts
from ppvcms.accounts.models import OwnText
from ppvcms.content import regions, services
from ppvcms.content.audiences import ALL
from ppvcms.content.blocks import blocks_of, shape_problem, too_large
from ppvcms.content.menus import FIXED, LINK
from ppvcms.content.models import MenuEntry, Page
from ppvcms.content.revisions import Draft
from ppvcms.db import db, now_ms
from ppvcms.errors import NotFoundError
from ppvcms.host.manifest import REGIONS
from ppvcms.ids import new_id
from ppvcms.results import Refusal
from ppvcms.web.admin.settings_texts import LOCALE
from ppvcms.web.admin.siteconfig.document import shape, switch, text, unknown_key, whole
from ppvcms.web.admin.siteconfig.parts import Area, Fitted, Left
from ppvcms.web.admin.texts import words_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from ppvcms.web.admin.siteconfig.document import Check, Document
    from ppvcms.web.admin.siteconfig.parts import Entries

MENUS = ("main", "footer", "account")
LATEST = 2**53
LARGEST = 2**31 - 1
PAGE_PARTS = tuple(field.name for field in fields(Draft) if field.name != "slug")
LINE_PARTS = ("source", "label", "url", "page", "weight", "hidden", "audience")


def _moment(value: Any) -> str:
    return "" if value is None else whole(0, LATEST)(value)


def _weight(value: Any) -> str:
    return "" if value is None else whole(-LARGEST, LARGEST)(value)


def _source(value: Any) -> str:
    return "" if value is None else text(120, 1)(value)


def _page(value: Any) -> str:
    return "" if value is None else text(64, 1)(value)


def _blocks(value: Any) -> str:
    if not isinstance(value, list) or any(shape_problem(row) for row in value):
        return str(_("This must be a list of blocks, each with key, name and values."))
    if too_large(blocks_of(value)):
        return str(_("This is more than one page holds."))
    return ""


PAGE: Mapping[str, Check] = {
    "title": text(120),
    "blocks": _blocks,
    "published": switch,
    "publish_at": _moment,
    "audience": text(120, 1),
    "search_title": text(120),
    "search_text": text(300),
    "no_index": switch,
}
LINE: Mapping[str, Check] = {
    "source": _source,
    "label": text(64),
    "url": text(300),
    "page": _page,
    "weight": _weight,
    "hidden": switch,
    "audience": text(40, 1),
}
TEXT: Mapping[str, Check] = {
    "title": text(texts.TITLE_MAX, 1),
    "body": text(texts.BODY_MAX, 1),
}


def _pages() -> dict[str, Any]:
    columns = [getattr(Page, name) for name in ("slug", *PAGE_PARTS)]
    rows = db.session.execute(select(*columns)).mappings()
    return {row["slug"]: _due({name: row[name] for name in PAGE_PARTS}) for row in rows}


def _due(page: dict[str, Any]) -> dict[str, Any]:
    """Return a page for which a moment that is past is none: it is out already."""
    at = page.get("publish_at")
    past = type(at) is int and at <= now_ms(db.session())
    return {**page, "publish_at": None} if past else page


def _fit_pages(entries: Entries, _document: Document) -> Fitted:
    kept = {
        key: _due(value) if isinstance(value, dict) else value for key, value in entries.items()
    }
    return Fitted(kept, [])


def _page_faults(entries: Entries) -> dict[str, str]:
    found = {
        key: _("The address may have small letters, digits and hyphens.")
        for key in entries
        if not services.SLUG.fullmatch(key)
    }
    return found | {
        f"{key}.{part}".rstrip("."): told
        for key, value in entries.items()
        for part, told in shape(value, PAGE).items()
    }


def _write_pages(session: Session, entries: Entries, actor_id: str | None) -> Refusal | None:
    ids = {row.slug: row.id for row in session.execute(select(Page.slug, Page.id))}
    for slug, value in entries.items():
        draft = Draft(slug=slug, **value | {"blocks": blocks_of(value["blocks"])})
        answer = services.save_page(draft, page_id=ids.get(slug), actor_id=actor_id)
        if isinstance(answer, Refusal):
            return answer
    return None


def _menus() -> dict[str, Any]:
    found: dict[str, Any] = {menu: [] for menu in MENUS}
    columns = [getattr(MenuEntry, name) for name in ("menu", *LINE_PARTS)]
    for row in db.session.execute(select(*columns)).mappings():
        line = {name: row[name] for name in LINE_PARTS}
        found.setdefault(row["menu"], []).append(line)
    return {menu: sorted(lines, key=_place) for menu, lines in found.items()}


def _place(line: Mapping[str, Any]) -> tuple[bool, int, str, str, str]:
    weight = line["weight"]
    return weight is None, weight or 0, line["source"] or "", line["label"], line["url"]


def _menu_faults(entries: Entries) -> dict[str, str]:
    found: dict[str, str] = {}
    for menu, lines in entries.items():
        if text(24, 1)(menu) or not isinstance(lines, list):
            found[menu] = _("This must be a list of lines.")
            continue
        for number, line in enumerate(lines):
            wrong = shape(line, LINE) or _line_faults(line)
            found |= {f"{menu}.{number}.{part}".rstrip("."): told for part, told in wrong.items()}
        sources = [str(line.get("source")) for line in lines if isinstance(line, dict)]
        twice = {name for name in sources if name != "None" and sources.count(name) > 1}
        found |= {f"{menu}.{name}": _("This line stands here twice.") for name in twice}
    return found


def _line_faults(line: Mapping[str, Any]) -> dict[str, str]:
    if line["source"] in FIXED and (line["hidden"] or line["audience"] != ALL):
        return {"hidden": _("This line cannot be hidden: without it nobody finds the way in.")}
    if line["source"] is not None:
        return {"url": _("Only a line of your own leads somewhere.")} if line["url"] else {}
    if not LINK.match(line["url"]):
        return {"url": _("A link begins with / or https:// or mailto:.")}
    if line["label"].strip() or line["page"]:
        return {}
    return {"label": _("A line of your own needs words.")}


def _write_menus(session: Session, entries: Entries, actor_id: str | None) -> None:
    for menu, lines in entries.items():
        session.execute(delete(MenuEntry).where(MenuEntry.menu == menu))
        session.add_all(MenuEntry(id=new_id(), menu=menu, **line) for line in lines)
        facts = {"lines": [line["source"] or line["label"] for line in lines]}
        audit.record(session, actor_id, "content.menu.replaced", f"menu:{menu}", data=facts)


def _regions() -> dict[str, Any]:
    return {name: [asdict(one) for one in blocks] for name, blocks in regions.all_regions().items()}


def _region_faults(entries: Entries) -> dict[str, str]:
    known = {name: _blocks(value) for name, value in entries.items() if name in REGIONS}
    strange = {name: unknown_key(name, REGIONS) for name in entries if name not in REGIONS}
    return strange | {name: told for name, told in known.items() if told}


def _write_regions(session: Session, entries: Entries, actor_id: str | None) -> None:
    for name, value in entries.items():
        regions.write_region(session, name, blocks_of(value), actor_id)


def _texts() -> dict[str, Any]:
    query = select(OwnText.kind, OwnText.locale, OwnText.title, OwnText.body)
    return {
        f"{row.kind}/{row.locale}": {"title": row.title, "body": row.body}
        for row in db.session.execute(query)
    }


def _fit_texts(entries: Entries, _document: Document) -> Fitted:
    kept, left = {}, []
    for key, value in entries.items():
        kind, _slash, locale = key.partition("/")
        try:
            if LOCALE.fullmatch(locale):
                words_of(kind, locale)
            kept[key] = value
        except NotFoundError:
            left.append(Left(key, _("Nothing here writes this text. Its plugin may be off.")))
    return Fitted(kept, left)


def _text_faults(entries: Entries) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in entries.items():
        kind, _slash, locale = key.partition("/")
        if not LOCALE.fullmatch(locale):
            found[key] = _("After the slash stands a language code such as en or pt_BR.")
            continue
        wrong = shape(value, TEXT)
        known = words_of(kind, locale).known
        for part in () if wrong else ("title", "body"):
            refusal = texts.wrong_place(value[part], known)
            wrong |= {part: str(refusal)} if refusal else {}
        found |= {f"{key}.{part}".rstrip("."): told for part, told in wrong.items()}
    return found


def _write_texts(_session: Session, entries: Entries, actor_id: str | None) -> Refusal | None:
    for key, value in entries.items():
        kind, _slash, locale = key.partition("/")
        known = words_of(kind, locale).known
        refusal = texts.save_text(kind, locale, **value, known=known, actor_id=actor_id)
        if refusal is not None:
            return refusal
    return None


AREAS = (
    Area("pages", _pages, _page_faults, _write_pages, _fit_pages),
    Area("regions", _regions, _region_faults, _write_regions),
    Area("menus", _menus, _menu_faults, _write_menus),
    Area("texts", _texts, _text_faults, _write_texts, _fit_texts),
)
