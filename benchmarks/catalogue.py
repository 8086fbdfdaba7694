"""How much slower lists, filters and search are with 10,000 items and 2,000 rooms.

Two sites on SQLite in one process: a small one, whose lists fill one page each, and
a full one. Each page is asked of both in turn, through the whole application but
the network, and the medians of the processor's time are compared, which others on
the machine do not disturb. The worst of the ratios counts.
"""

from __future__ import annotations

import contextlib
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

GOAL = 2
ITEMS, ROOMS, PAGE = 10_000, 2_000, 24
ROUNDS = 25
WANTED = "fjord"
WORDS = ("amber", "birch", "cedar", "dune", "ember", "grove", "heron", "iris", "jade")
PAGES = (
    ("items", "/items"),
    ("items, page 200", "/items?page=200"),
    ("items of a kind", "/items?kind=post"),
    ("items, cheapest first", "/items?sort=cheap"),
    ("items found by a word", f"/items?q={WANTED}"),
    ("items found by nothing", "/items?q=zzzz"),
    ("rooms", "/"),
    ("rooms of a category", "/?category=music"),
    ("rooms found by a word", f"/?q={WANTED}"),
    ("rooms, newest first", "/?sort=new"),
)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        sites = [
            stack.enter_context(_site(Path(folder) / name, items, rooms))
            for name, items, rooms in (("small", PAGE, PAGE), ("full", ITEMS, ROOMS))
        ]
        print(f"{'':24}{'one page':>10}{'full':>10}")
        worst = 0.0
        for label, path in PAGES:
            small, full = _medians(sites, path)
            worst = max(worst, full / small)
            print(f"{label:24}{small:8.1f}ms{full:8.1f}ms   {full / small:.2f}")
    print(f"ratio {worst:.2f} of {GOAL}")


def _medians(sites: list[Flask], path: str) -> list[float]:
    taken: list[list[float]] = [[] for _ in sites]
    for number in range(ROUNDS + 3):
        for site, times in zip(sites, taken, strict=True):
            began = time.process_time()
            answer = site.test_client().get(path, base_url="http://127.0.0.1:8000")
            spent = (time.process_time() - began) * 1000
            if answer.status_code != 200:
                message = f"{path} answered {answer.status_code}"
                raise RuntimeError(message)
            if number >= 3:
                times.append(spent)
    return [statistics.median(times) for times in taken]


@contextlib.contextmanager
def _site(home: Path, items: int, rooms: int) -> Iterator[Flask]:
    from ppvcms import create_app
    from ppvcms.accounts.roles import ensure_roles
    from ppvcms.config import Config
    from ppvcms.db import db, transaction
    from ppvcms.host import lifecycle
    from tests import kit

    home.mkdir()
    url = f"sqlite:///{home / 'site.sqlite3'}"
    kit.lay_tables(url)
    app = create_app(
        Config(
            instance=home,
            database=url,
            secret_key="b" * 48,
            plugin_dirs=(ROOT / "plugins",),
            async_mode="threading",
        )
    )
    with app.app_context():
        transaction(ensure_roles)
        for slug in ("mode_free", "mode_private", "paid_items"):
            for act in (lifecycle.install, lifecycle.activate):
                answer = act(slug, actor_id=None)
                if answer is not None:
                    raise RuntimeError(str(answer))
        transaction(lambda session: _fill(session, items, rooms))
        db.session.remove()
    yield app
    with app.app_context():
        db.engine.dispose()


def _fill(session: Any, items: int, rooms: int) -> None:
    """Write people, rooms and items as their pages would have."""
    from plugins.paid_items.kinds import KINDS
    from plugins.paid_items.models import Item, OfferRow
    from ppvcms.accounts.models import User
    from ppvcms.ids import new_id
    from ppvcms.rooms.models import Category, Room
    from ppvcms.sales.models import Good

    dice = random.Random(11)
    now = int(time.time() * 1000)

    def title_of(number: int) -> str:
        # Every search of the small site fills its page too.
        return f"{dice.choice(WORDS)} {WANTED if number % (rooms // PAGE) == 0 else 'plain'}"

    shelf = Category(id=new_id(), slug="music", name="Music", weight=0)
    other = Category(id=new_id(), slug="talk", name="Talk", weight=1)
    people = [
        User(
            id=new_id(),
            email=f"p{number}@example.org",
            password_hash="-",  # noqa: S106 - nobody signs in with it
            display_name=f"{dice.choice(WORDS).title()} {number}",
            name_key=f"p{number}",
            fields={},
            created_at=now,
        )
        for number in range(rooms)
    ]
    session.add_all([shelf, other, *people])
    session.flush()
    session.add_all(
        Room(
            id=new_id(),
            slug=f"room-{number}",
            performer_id=person.id,
            # The small site has a full page in this category too.
            category_id=shelf.id if rooms <= PAGE or number % 2 else other.id,
            title=title_of(number),
            tags={"all": [dice.choice(WORDS)]},
            created_at=now - number,
        )
        for number, person in enumerate(people)
    )
    kinds = [kind for kind in KINDS if kind not in {"bundle", "goods"}]
    for number in range(items):
        title = f"{title_of(number)} {number}"
        price, item_id = dice.randrange(50, 5_000), new_id()
        session.add(
            Item(
                id=item_id,
                owner_id=people[number % rooms].id,
                uploader_id=people[number % rooms].id,
                kind=kinds[number % len(kinds)] if items > PAGE else "post",
                state="sale",
                title=title,
                search=title,
                from_price=price,
                made_at=now - number,
                published_at=now - number,
            )
        )
        session.add(OfferRow(id=new_id(), item_id=item_id, kind="buy", price=price, active=True))
        session.add(Good(slug="paid_items", item_id=item_id, on_sale=True, sold=0))
    session.flush()


if __name__ == "__main__":
    main()
