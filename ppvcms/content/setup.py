"""Making a new site: roles, the owner, first pages and menu, bundled plugins switched on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.accounts.roles import ensure_roles
from ppvcms.accounts.services import create_user
from ppvcms.content.models import MenuEntry, Page
from ppvcms.db import now_ms, unit_of_work
from ppvcms.errors import PpvcmsError
from ppvcms.host import lifecycle
from ppvcms.host.settings import save_site
from ppvcms.ids import new_id
from ppvcms.payments.models import CreditPack
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

PAGES = (
    (
        "how-it-works",
        "How it works",
        """\
You see every price before anything starts. Time is counted on our side, to the second,
and only while both of you have picture or sound.

- The first seconds of a private show are free.
- When a line drops, the meter stops and waits for you.
- You are never charged more than you have.

Each show ends with a receipt that says which seconds were counted and why.
""",
    ),
    (
        "terms",
        "Terms of use",
        "This text is a beginning. Replace it by the terms of your business before you open.",
    ),
    (
        "privacy",
        "Privacy",
        "We keep what is needed to run your account and the books, and nothing that is not.",
    ),
)
PACKS = ((1000, 0, 1000), (2500, 0, 2400), (5000, 250, 4700), (10000, 1000, 8900))


def make_site(*, email: str, password: str, name: str, demo: bool) -> None:
    """Fill an empty database with what every site begins with.

    Raises:
        PpvcmsError: The owner's address or password was refused; the sentence says why.
    """
    with unit_of_work() as session:
        ensure_roles(session)
        _pages(session)
        _packs(session)
        if name:
            save_site(session, None, {"site_name": name})
    owner = create_user(
        email=email,
        display_name="Owner",
        password=password,
        roles=("owner",),
        verified=True,
        actor_id=None,
        demo=demo,
    )
    if isinstance(owner, Refusal):
        raise PpvcmsError(str(owner))
    for found in lifecycle.overview():
        if found.bundled and not found.problems:
            _switch_on(found.slug)


def _switch_on(slug: str) -> None:
    for act in (lifecycle.install, lifecycle.activate):
        answer = act(slug, actor_id=None)
        if isinstance(answer, Refusal):
            raise PpvcmsError(str(answer))


def _pages(session: Session) -> None:
    now = now_ms(session)
    for weight, (slug, title, body) in enumerate(PAGES):
        session.add(Page(id=new_id(), slug=slug, title=title, body=body, changed_at=now))
        session.add(
            MenuEntry(id=new_id(), menu="footer", label=title, url=f"/p/{slug}", weight=weight)
        )


def _packs(session: Session) -> None:
    for weight, (amount, bonus, price) in enumerate(PACKS):
        session.add(
            CreditPack(
                id=new_id(),
                name=f"{amount // 100} credits",
                credits=amount,
                bonus=bonus,
                prices={"USD": price},
                weight=weight,
            )
        )
