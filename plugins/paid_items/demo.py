"""A shelf for a demo site: pictures and a film that are made here, so nothing is shipped."""

from __future__ import annotations

import io
import math
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from ppvcms.api import FileLimits, Refusal, save_file

from . import items, offers
from .items import Draft
from .kinds import SLUG

if TYPE_CHECKING:
    from ppvcms.api import Actor, DemoContext

    from .models import Item

SIDE = 720
LIMITS = FileLimits(64 * 1024 * 1024)
FRAMES, RATE = 24, 8


@dataclass(frozen=True, slots=True)
class Sample:
    """One invented item, of the n-th performer."""

    who: int
    kind: str
    title: str
    text: str
    prices: tuple[tuple[str, int, int | None], ...]
    stock: int | None = None


SAMPLES = (
    Sample(
        0,
        "video",
        "Three songs in one take",
        "Recorded in one evening, without a cut.",
        (("buy", 900, None), ("rent", 300, 48)),
    ),
    Sample(1, "video", "First chords", "Four chords, twenty songs.", (("buy", 600, None),)),
    Sample(
        0, "pictures", "Behind the stage", "Three pictures of a long night.", (("buy", 350, None),)
    ),
    Sample(2, "download", "Fifty phrases", "For the first week abroad.", (("buy", 450, None),)),
    Sample(
        3,
        "post",
        "Why breathing slowly works",
        "Ten minutes to read, a week to try.",
        (("buy", 150, None),),
    ),
    Sample(
        1, "goods", "Signed songbook", "Printed and signed by hand.", (("piece", 2400, None),), 4
    ),
)
POST = """Breathe in for four, out for six. That is all there is to begin with.

- Sit down, or lie.
- Count silently.
- Stop after ten minutes, even if it is pleasant.

Do it for a week before you judge it."""


def fill(ctx: DemoContext) -> None:
    """Put some items on sale, and a bundle of two."""
    made = [
        item
        for number, sample in enumerate(SAMPLES)
        if sample.who < len(ctx.performers)
        and (item := _put(ctx, ctx.performers[sample.who], sample, number)) is not None
    ]
    singer = ctx.performers[0] if ctx.performers else None
    own = [item for item in made if singer is not None and item.owner_id == singer.user_id]
    if singer is None or len(own) < 2:  # noqa: PLR2004 - a bundle
        return
    bundle = _draft(ctx, singer, "bundle", Draft("The whole night", "The film and its pictures."))
    if bundle is not None:
        _show(singer, bundle, 7)
        offers.set_parts(singer, bundle.id, [item.id for item in own])
        offers.add_offer(singer, bundle.id, kind="buy", price=1000, hours=None)
        items.submit(singer, bundle.id)


def _put(ctx: DemoContext, actor: Actor, sample: Sample, number: int) -> Item | None:
    body = POST if sample.kind == "post" else ""
    draft = Draft(sample.title, sample.text, body, stock=sample.stock)
    item = _draft(ctx, actor, sample.kind, draft)
    if item is None:
        return None
    _show(actor, item, number)
    for name, data in _contents(sample.kind, number):
        _add(actor, item, name, data)
    for kind, price, hours in sample.prices:
        offers.add_offer(actor, item.id, kind=kind, price=price, hours=hours)
    items.submit(actor, item.id)
    return items.item_of(item.id)


def _draft(ctx: DemoContext, actor: Actor, kind: str, draft: Draft) -> Item | None:
    room = next((one.id for one in ctx.rooms if one.performer_id == actor.user_id), None)
    made = items.make(
        actor, kind, Draft(draft.title, draft.text, draft.body, room, stock=draft.stock)
    )
    return None if isinstance(made, Refusal) else made


def _show(actor: Actor, item: Item, number: int) -> None:
    file = save_file(
        io.BytesIO(_picture(number)),
        slug=SLUG,
        owner_id=actor.user_id,
        name="poster.png",
        limits=LIMITS,
    )
    if not isinstance(file, Refusal):
        items.set_shown(actor, item.id, "poster_id", file.id)


def _add(actor: Actor, item: Item, name: str, data: bytes) -> None:
    file = save_file(io.BytesIO(data), slug=SLUG, owner_id=actor.user_id, name=name, limits=LIMITS)
    if not isinstance(file, Refusal):
        items.add_file(actor, item.id, file.id)


def _contents(kind: str, number: int) -> list[tuple[str, bytes]]:
    if kind == "video":
        return [("film.mp4", _film(number))]
    if kind == "pictures":
        return [(f"picture-{one}.png", _picture(number * 10 + one)) for one in range(3)]
    if kind == "download":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(
                "phrases.txt", "Hello. Please. Thank you. Where is the station?\n" * 12
            )
        return [("phrases.zip", packed.getvalue())]
    return []


def _frame(number: int, turn: float) -> Image.Image:
    """Draw soft circles on a slope of two colours."""
    hue = (number * 47 + 200) % 360
    frame = Image.new("HSV", (SIDE, SIDE * 3 // 4), (hue * 255 // 360, 120, 70))
    draw = ImageDraw.Draw(frame)
    for ring in range(9, 0, -1):
        angle = turn + ring * 0.7 + number
        x = SIDE / 2 + math.cos(angle) * 26 * ring
        y = SIDE * 3 / 8 + math.sin(angle) * 18 * ring
        size = 30 + 22 * ring
        tone = ((hue + ring * 9) % 360 * 255 // 360, 110, 80 + 14 * (10 - ring))
        draw.ellipse((x - size, y - size, x + size, y + size), fill=tone)
    return frame.convert("RGB")


def _picture(number: int) -> bytes:
    out = io.BytesIO()
    _frame(number, 0.4).save(out, "PNG")
    return out.getvalue()


def _film(number: int) -> bytes:
    import av  # noqa: PLC0415 - slow to load, and only a demo site draws films

    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = SIDE // 2, SIDE * 3 // 8 // 2 * 2, "yuv420p"
        for nr in range(FRAMES):
            picture = _frame(number, nr / 10).resize((stream.width, stream.height))
            frame = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call] # no stub
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()
