"""The owner's shop of gifts: names, pictures, prices, stock (WL-12). Prices are minor units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.api import (
    FileLimits,
    Refusal,
    audit,
    db,
    delete_file,
    new_id,
    public_link,
    publish_file,
    save_file,
    transaction,
)

from .models import Gift

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.api import Actor

SLUG = "gifts"
PICTURE = FileLimits(most_bytes=5 * 1024 * 1024, kinds=("image",), widest=512)
ANIMATIONS = ("", "rise", "burst", "glow")


@dataclass(frozen=True, slots=True)
class Draft:
    """What the owner says of a gift."""

    name: str
    price: int
    stock: int | None
    animation: str = ""
    on_sale: bool = True
    weight: int = 0


def on_sale() -> list[dict[str, Any]]:
    """Return what pages offer: gifts on sale, those that are sold out included."""
    return [as_json(gift) for gift in every_gift() if gift.on_sale]


def every_gift() -> list[Gift]:
    """Return all gifts in their order."""
    return list(db.session.scalars(select(Gift).order_by(Gift.weight, Gift.price, Gift.id)))


def as_json(gift: Gift) -> dict[str, Any]:
    """Return a gift as pages know it."""
    return {
        "id": gift.id,
        "name": gift.name,
        "price": gift.price,
        "left": gift.stock,
        "animation": gift.animation,
        "image": public_link(gift.image_id) if gift.image_id else "",
    }


def save_gift(
    gift_id: str | None, draft: Draft, *, picture: IO[bytes] | None, actor: Actor
) -> str | Refusal:
    """Make a gift or change one, and return its id; what was sent stays as it was."""
    image_id = None
    if picture is not None:
        kept = save_file(picture, slug=SLUG, owner_id=None, name="gift", limits=PICTURE)
        if isinstance(kept, Refusal):
            return kept
        image_id = kept.id

    def act(session: Session) -> str | Refusal:
        row = session.get(Gift, gift_id, with_for_update=True) if gift_id else None
        if gift_id and row is None:
            return Refusal("not_found", _("This gift is gone. Nothing was saved."))
        if row is None:
            row = Gift(id=new_id())
            session.add(row)
        row.name, row.price, row.stock = draft.name, draft.price, draft.stock
        row.on_sale, row.weight = draft.on_sale, draft.weight
        row.animation = draft.animation if draft.animation in ANIMATIONS else ""
        if image_id is not None:
            if row.image_id is not None:
                delete_file(session, row.image_id)
            publish_file(session, image_id, public=True)
            row.image_id = image_id
        session.flush()
        audit(session, actor.user_id, "gifts.gift.saved", f"gifts:gift:{row.id}")
        return row.id

    answer = transaction(act)
    if isinstance(answer, Refusal) and image_id is not None:
        transaction(lambda session: delete_file(session, image_id))
    return answer
