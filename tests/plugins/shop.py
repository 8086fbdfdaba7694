"""What the tests of paid items play on: an author, items of each kind, files, browsers."""

from __future__ import annotations

import io
import uuid
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from plugins.paid_items import buying, items, offers
from plugins.paid_items.buying import Way, Wish
from plugins.paid_items.items import Draft
from plugins.paid_items.kinds import SLUG
from ppvcms.content import stored
from ppvcms.db import db
from ppvcms.host.contract import FileLimits, StoredFile
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from plugins.paid_items.models import Item
    from ppvcms.accounts.actor import Actor
    from tests.live import Site

FILM = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(range(256)) * 400
LIMITS = FileLimits(64 * 1024 * 1024)
ADDRESS = {
    "name": "Ben",
    "street": "Main Street 1",
    "city": "Vienna",
    "postcode": "1010",
    "country": "Austria",
}


@dataclass
class Shop:
    """An author with a room and a shelf."""

    site: Site
    anna: Actor
    room_id: str

    def item(
        self,
        kind: str = "video",
        *prices: tuple[str, int],
        data: bytes = FILM,
        stock: int | None = None,
        files: int = 1,
        on_sale: bool = True,
    ) -> Item:
        """Put something on sale."""
        draft = Draft(f"A {kind}", "Words", "Secret words", self.room_id, stock)
        item = items.make(self.anna, kind, draft)
        assert not isinstance(item, Refusal), item
        if kind in {"video", "pictures", "download"}:
            for _ in range(files):
                assert items.add_file(self.anna, item.id, self.file(data).id) is None
        for name, price in prices or (("piece" if kind == "goods" else "buy", 500),):
            hours = 48 if name == "rent" else None
            added = offers.add_offer(self.anna, item.id, kind=name, price=price, hours=hours)
            assert added is None, added
        if on_sale:
            refusal = items.submit(self.anna, item.id)
            assert refusal is None, refusal
        return items.item_of(item.id)

    def file(self, data: bytes = FILM, owner: Actor | None = None) -> StoredFile:
        """Keep a file of somebody."""
        kept = stored.save_file(
            io.BytesIO(data),
            slug=SLUG,
            owner_id=(owner or self.anna).user_id,
            name="../../film.exe",
            limits=LIMITS,
        )
        assert isinstance(kept, StoredFile), kept
        return kept

    def wish(self, item: Item, actor: Actor, kind: str = "buy", **more: object) -> Wish:
        """Return what the page of an item sends for one of its offers."""
        offer = next(one for one in offers.offers_for(item, actor) if one.kind == kind)
        values = {"price": offer.price, "key": uuid.uuid4().hex, **more}
        return Wish(offer.id, **values)  # type: ignore[arg-type]

    def buy(self, item: Item, actor: Actor, kind: str = "buy", **more: object) -> Way | Refusal:
        """Buy by wallet."""
        db.session.rollback()
        return buying.buy(actor, item.id, self.wish(item, actor, kind, **more))


def picture(side: int = 120) -> bytes:
    """Return a picture with what cameras add."""
    out = io.BytesIO()
    image = Image.new("RGB", (side, side), (200, 40, 90))
    exif = image.getexif()
    exif[0x010E] = "secret place"
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def packed() -> bytes:
    """Return an archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("words.txt", "Hello")
    return out.getvalue()


def open_shop(site: Site) -> Shop:
    """Let an author begin."""
    anna = site.person("Anna", "performer")
    return Shop(site, anna, site.room(anna).id)
