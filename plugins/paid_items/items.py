"""Making items: texts, files, the way from a draft to the shelf and back (PI-01)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import delete, func, select

from ppvcms.api import (
    NotFoundError,
    Refusal,
    announce,
    audit,
    db,
    delete_file,
    keep_file,
    names_of,
    new_id,
    now_ms,
    publish_file,
    put_on_sale,
    refusal_to_perform,
    send_notice,
    settings,
    stocks,
    take_off_sale,
    transaction,
)

from .kinds import EDITABLE, KINDS, MOST_FILES, SLUG, State
from .models import Item, Media, OfferRow, Part
from .recording import gone, is_recording
from .rights import MANAGE, may_edit

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from ppvcms.api import Actor

LEAST_PARTS = 2


@dataclass(frozen=True, slots=True)
class Draft:
    """What an item says of itself; `stock` counts for store articles."""

    title: str
    text: str = ""
    body: str = ""
    room_id: str | None = None
    stock: int | None = None


def item_of(item_id: str) -> Item:
    """Return an item as it is now.

    Raises:
        NotFoundError: There is no such item.
    """
    item = db.session.get(Item, item_id, populate_existing=True)
    if item is None:
        raise NotFoundError(item_id[:40])
    return item


def media_of(item_id: str) -> list[Media]:
    """Return the files of an item in their order."""
    query = select(Media).where(Media.item_id == item_id).order_by(Media.nr, Media.id)
    return list(db.session.scalars(query))


def make(actor: Actor, kind: str, draft: Draft) -> Item | Refusal:
    """Begin an item as a draft."""
    wanted = settings(SLUG).kinds
    if actor.user_id is None or kind not in KINDS or (wanted and kind not in wanted):
        return Refusal("kind", _("This kind of item is not sold here. Nothing was saved."))
    refusal = refusal_to_perform(actor, "sell") or _wrong(kind, draft)
    if refusal is not None:
        return refusal
    user_id, name = actor.user_id, actor.name

    def act(session: Session) -> Item:
        item = Item(
            id=new_id(),
            owner_id=user_id,
            uploader_id=user_id,
            kind=kind,
            state=State.DRAFT,
            made_at=now_ms(session),
        )
        _fill(item, draft, name)
        session.add(item)
        session.flush()
        audit(session, user_id, f"{SLUG}.item.made", f"item:{item.id}")
        return item

    return transaction(act)


def edit(actor: Actor, item_id: str, draft: Draft) -> Refusal | None:
    """Change the texts of an item, and how many there are of it."""
    name = names_of([item_of(item_id).owner_id]).get(item_of(item_id).owner_id, "")

    def act(session: Session, item: Item) -> Refusal | None:
        wrong = _wrong(item.kind, draft)
        if wrong is not None:
            return wrong
        _fill(item, draft, name)
        if item.state == State.SALE and item.kind == "goods":
            put_on_sale(session, SLUG, item.id, stock=item.stock)
        return None

    return change(actor, item_id, "edited", act)


def add_file(actor: Actor, item_id: str, file_id: str) -> Refusal | None:
    """Attach an uploaded file to a draft."""

    def act(session: Session, item: Item) -> Refusal | None:
        count = session.scalar(select(func.count()).where(Media.item_id == item.id)) or 0
        if item.state not in EDITABLE:
            return _on_sale()
        if count >= MOST_FILES:
            most = _("An item has at most %(most)s files. It was not added.", most=MOST_FILES)
            return Refusal("full", most)
        if is_recording(session, file_id):
            return _recorded()
        kept = keep_file(session, file_id, slug=SLUG, owner_id=actor.user_id)
        if isinstance(kept, Refusal):
            return kept
        wanted = KINDS[item.kind].files
        if not wanted or wanted not in {"any", kept.kind}:
            return Refusal("kind", _("This file does not fit this kind of item. It was not added."))
        session.add(Media(id=new_id(), item_id=item.id, file_id=kept.id, nr=count + 1))
        return None

    return change(actor, item_id, "file_added", act)


def remove_file(actor: Actor, item_id: str, media_id: str) -> Refusal | None:
    """Take a file out of a draft and delete it."""

    def act(session: Session, item: Item) -> Refusal | None:
        media = session.get(Media, media_id)
        if item.state not in EDITABLE:
            return _on_sale()
        if media is None or media.item_id != item.id:
            return Refusal("gone", _("This file is not here any more."))
        session.delete(media)
        delete_file(session, media.file_id)
        gone(session, [media.file_id])
        return None

    return change(actor, item_id, "file_removed", act)


def set_shown(actor: Actor, item_id: str, which: str, file_id: str) -> Refusal | None:
    """Set the picture (`poster_id`) or the free preview (`teaser_id`) that everybody sees."""

    def act(session: Session, item: Item) -> Refusal | None:
        if is_recording(session, file_id):
            return _recorded()
        kept = keep_file(session, file_id, slug=SLUG, owner_id=actor.user_id)
        if isinstance(kept, Refusal):
            return kept
        if kept.kind not in ({"image"} if which == "poster_id" else {"image", "video"}):
            return Refusal("kind", _("This file cannot be shown here. Nothing was changed."))
        old = getattr(item, which)
        if old is not None:
            delete_file(session, old)
        setattr(item, which, kept.id)
        publish_file(session, kept.id, public=item.state == State.SALE)
        return None

    return change(actor, item_id, "shown", act)


def submit(actor: Actor, item_id: str) -> Refusal | None:
    """Put an item on sale, or before the eyes of the site's staff where the owner wants that."""
    refusal = refusal_to_perform(actor, "sell") if not actor.can(MANAGE) else None
    if refusal is not None:
        return refusal
    looked_at = settings(SLUG).review and not actor.can(MANAGE)

    def act(session: Session, item: Item) -> Refusal | None:
        if item.state not in EDITABLE:
            return Refusal("state", _("This is on its way already."))
        missing = str(_missing(session, item))
        if missing:
            return Refusal("missing", missing, _("It was not put on sale."))
        if looked_at:
            item.state, item.note = State.REVIEW, ""
        else:
            _publish(session, item)
        return None

    return change(actor, item_id, "submitted", act)


def withdraw(actor: Actor, item_id: str) -> Refusal | None:
    """Take an item off the shelf; whoever bought it keeps it (R-69)."""

    def act(session: Session, item: Item) -> Refusal | None:
        if item.state not in {State.SALE, State.REVIEW}:
            return Refusal("state", _("This is not on sale."))
        _hide(session, item, State.WITHDRAWN)
        return None

    return change(actor, item_id, "withdrawn", act)


def decide(actor: Actor, item_id: str, *, approved: bool, note: str) -> Refusal | None:
    """Let an item in review go on sale, or send it back with a reason; staff alone."""

    def act(session: Session, item: Item) -> Refusal | None:
        if item.state != State.REVIEW or not actor.can(MANAGE):
            return Refusal("state", _("This is not in review any more. Nothing was changed."))
        if approved:
            _publish(session, item)
        elif not note.strip():
            return Refusal("note", _("Write what has to be changed. Nothing was changed."))
        else:
            _hide(session, item, State.DRAFT)
            item.note = note.strip()[:300]
        send_notice(
            session,
            item.owner_id,
            f"{SLUG}.{'approved' if approved else 'sent_back'}",
            values={"title": item.title, "note": item.note},
            link=f"/items/{item.id}/edit",
        )
        return None

    return change(actor, item_id, "decided", act)


def set_ratio(actor: Actor, item_id: str, percent: int | None) -> Refusal | None:
    """Set the seller's part of this item, or leave it to the wider rules (R-49); staff alone."""

    def act(_session: Session, item: Item) -> Refusal | None:
        if not actor.can(MANAGE) or (percent is not None and not 0 <= percent <= 100):  # noqa: PLR2004
            return Refusal("range", _("A share is 0 to 100 %. Nothing was changed."))
        item.ratio_percent = percent
        return None

    return change(actor, item_id, "ratio", act)


def change(
    actor: Actor, item_id: str, what: str, act: Callable[[Session, Item], Refusal | None]
) -> Refusal | None:
    """Do something to an item under its lock, by who may, and write it down; all or nothing."""

    def run(session: Session) -> None:
        item = session.get(Item, item_id, with_for_update=True, populate_existing=True)
        if item is None or not may_edit(item, actor):
            raise _RefusedError(Refusal("forbidden", _("This is not yours. Nothing was changed.")))
        refusal = act(session, item)
        if refusal is not None:
            raise _RefusedError(refusal)
        audit(session, actor.user_id, f"{SLUG}.item.{what}", f"item:{item.id}")

    try:
        transaction(run)
    except _RefusedError as error:
        return error.refusal
    return None


class _RefusedError(Exception):
    """Rolls back what was begun before something was refused."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


def stock_of(item: Item) -> int | None:
    """Return how many are left of a store article: as sold, or as planned before it is."""
    on_sale = stocks(SLUG, [item.id])
    return on_sale.get(item.id, item.stock)


def _fill(item: Item, draft: Draft, owner_name: str) -> None:
    item.title, item.text, item.body = draft.title.strip(), draft.text, draft.body
    item.room_id, item.stock = draft.room_id or None, draft.stock
    item.search = f"{item.title} {owner_name}".lower()[:400]


def _wrong(kind: str, draft: Draft) -> Refusal | None:
    if not 2 <= len(draft.title.strip()) <= 120:  # noqa: PLR2004 - as the column has it
        return Refusal("title", _("A title has 2 to 120 characters. Nothing was saved."))
    if kind == "goods" and draft.stock is None:
        return Refusal("stock", _("Say how many there are. Nothing was saved."))
    return None


def _missing(session: Session, item: Item) -> object:
    """Return what an item lacks before it can be sold, as a sentence, or nothing."""
    if (
        session.scalar(select(OfferRow.id).where(OfferRow.item_id == item.id, OfferRow.active))
        is None
    ):
        return _("It needs a price first.")
    if KINDS[item.kind].files and not session.scalar(
        select(func.count()).where(Media.item_id == item.id)
    ):
        return _("It needs a file first.")
    if item.kind == "post" and not item.body.strip():
        return _("Write the post first.")
    if (
        item.kind == "bundle"
        and (session.scalar(select(func.count()).where(Part.bundle_id == item.id)) or 0)
        < LEAST_PARTS
    ):
        return _("A bundle needs two items at least.")
    return ""


def _publish(session: Session, item: Item) -> None:
    item.state, item.note = State.SALE, ""
    if item.published_at is None:
        announce(session, item.owner_id, "item", title=item.title, link=f"/items/{item.id}")
    item.published_at = now_ms(session)
    put_on_sale(session, SLUG, item.id, stock=item.stock if item.kind == "goods" else None)
    _show(session, item, public=True)


def _hide(session: Session, item: Item, state: State) -> None:
    left = stocks(SLUG, [item.id]).get(item.id)
    item.state = state
    item.stock = left if left is not None else item.stock
    take_off_sale(session, SLUG, item.id)
    _show(session, item, public=False)


def _show(session: Session, item: Item, *, public: bool) -> None:
    for file_id in filter(None, (item.poster_id, item.teaser_id)):
        publish_file(session, file_id, public=public)


def _on_sale() -> Refusal:
    return Refusal(
        "on_sale",
        _("Files of an item that is on sale stay as they are, for its buyers."),
        _("Withdraw it first."),
    )


def _recorded() -> Refusal:
    return Refusal(
        "recording",
        _("This is a recording. It was not added."),
        _("Make an item of it on the page of your recordings."),
    )


def remove(actor: Actor, item_id: str) -> Refusal | None:
    """Delete a draft that was never on sale, with its files."""

    def act(session: Session, item: Item) -> Refusal | None:
        if item.published_at is not None or item.state not in EDITABLE:
            return Refusal("sold", _("This was on sale, so it can be withdrawn but not deleted."))
        files = session.scalars(select(Media.file_id).where(Media.item_id == item.id)).all()
        for file_id in filter(None, (*files, item.poster_id, item.teaser_id)):
            delete_file(session, file_id)
        gone(session, files)
        for table, column in (
            (Media, Media.item_id),
            (OfferRow, OfferRow.item_id),
            (Part, Part.bundle_id),
        ):
            session.execute(delete(table).where(column == item.id))
        session.delete(item)
        return None

    return change(actor, item_id, "deleted", act)
