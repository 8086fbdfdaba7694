"""A shop of gifts on a demo site, and some gifts on the first shelf."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from ppvcms.api import charge, new_id, now_ms, transaction

from .models import SentGift
from .shop import Draft, every_gift, save_gift

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.api import Actor, DemoContext, RoomView

SIDE = 256
GIFTS = (
    ("Rose", 200, None, "rise", "#b3123f", "#ffd9e2"),
    ("Cup of tea", 100, None, "", "#2f6f4f", "#e4f3ea"),
    ("Golden note", 1000, None, "burst", "#c98a00", "#fff2cc"),
    ("Night sky", 2500, 12, "glow", "#26327a", "#dfe4ff"),
    ("The only comet", 10_000, 1, "burst", "#5b2a86", "#f0e2ff"),
)


def fill(ctx: DemoContext) -> None:
    """Make the gifts and let the first two people send one each."""
    for place, (name, price, stock, animation, ink, paper) in enumerate(GIFTS):
        draft = Draft(name, price, stock, animation, weight=place)
        save_gift(None, draft, picture=_picture(ink, paper, place), actor=ctx.owner)
    shop = every_gift()
    for gift, client in zip(shop, ctx.clients[:2], strict=False):
        if ctx.rooms:
            _give(ctx.rooms[0], client, gift.id, gift.name, gift.price)


def _give(room: RoomView, client: Actor, gift_id: str, name: str, price: int) -> None:
    def act(session: Session) -> None:
        sent_id = new_id()
        paid = charge(
            session,
            payer=client,
            room_id=room.id,
            amount=price,
            kind="gift",
            source=f"gifts:sent:{sent_id}",
            memo=f"Gift: {name}, {room.title}",
            key=f"gifts:demo:{client.user_id}",
        )
        if isinstance(paid, str):
            session.add(
                SentGift(
                    id=sent_id,
                    key=f"demo:{client.user_id}",
                    gift_id=gift_id,
                    name=name,
                    price=price,
                    room_id=room.id,
                    performer_id=room.performer_id,
                    sender_id=str(client.user_id),
                    transfer_id=paid,
                    made_at=now_ms(session),
                )
            )

    transaction(act)


def _picture(ink: str, paper: str, sides: int) -> io.BytesIO:
    """Draw a flower of so many petals more than five: ours, and no file to ship."""
    image = Image.new("RGB", (SIDE, SIDE), paper)
    draw = ImageDraw.Draw(image)
    middle = SIDE // 2
    for petal in range(sides + 5):
        layer = Image.new("L", (SIDE, SIDE), 0)
        ImageDraw.Draw(layer).ellipse((middle - 26, 26, middle + 26, middle + 8), fill=210)
        turned = layer.rotate(360 * petal / (sides + 5))
        image.paste(Image.new("RGB", (SIDE, SIDE), ink), mask=turned)
    draw.ellipse((middle - 24, middle - 24, middle + 24, middle + 24), fill=paper)
    out = io.BytesIO()
    image.save(out, "PNG")
    out.seek(0)
    return out
