"""Blocks, pages and readers of plugins: their names, and what one that fails costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ppvcms.accounts.actor import VISITOR
from ppvcms.content import audiences
from ppvcms.db import db
from ppvcms.host import lifecycle, registry, slots
from ppvcms.host.contract import BlockContext
from ppvcms.host.models import PluginRow
from ppvcms.host.states import State
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("host")
BLOCK = "@hookimpl\ndef register_blocks():\n    return [{}]\n"
PAGE = "@hookimpl\ndef register_pages():\n    return [{}]\n"
READER = "@hookimpl\ndef register_readers():\n    return [PageReader({})]\n"
GOOD = "PageBlock('SLUG.one', 'One', lambda context: {})"
SHOWN = BLOCK.format(GOOD.format("'x'"))


def piece_of(slug: str) -> str:
    answer = slots.piece(registry.page_blocks()[f"{slug}.one"], BlockContext(VISITOR, {"n": "<1>"}))
    return "refused" if isinstance(answer, Refusal) else str(answer)


def test_a_block_that_fails_costs_itself_and_a_strike(switch_on: Callable[..., str]) -> None:
    good = switch_on(BLOCK.format(GOOD.format("context.values['n']")))
    none = switch_on(BLOCK.format(GOOD.format("None")))
    bad = [switch_on(BLOCK.format(GOOD.format(end))) for end in ("1 / 0", "7", "'x' * 300_000")]

    assert (piece_of(good), piece_of(none)) == ("&lt;1&gt;", "")
    assert [piece_of(slug) for slug in bad] == ["refused"] * 3
    db.session.expire_all()
    rows = {slug: db.session.get_one(PluginRow, slug) for slug in [good, *bad]}
    assert [bool(rows[slug].strikes) for slug in rows] == [False, True, True, True]
    assert "block" in str(rows[bad[0]].last_error)


@pytest.mark.parametrize(
    "code",
    [
        BLOCK.format("PageBlock('other.one', 'One', str)"),
        BLOCK.format("PageBlock('SLUG.One', 'One', str)"),
        BLOCK.format("'text'"),
        BLOCK.format("PageBlock('SLUG.a', 'A', str), PageBlock('SLUG.a', 'A', str)"),
        PAGE.format("PluginPage('SLUG.p', 'P', 'SLUG.none', 'p')"),
        SHOWN + PAGE.format("PluginPage('SLUG.p', 'P', 'SLUG.one', 'p', menu='side')"),
        READER.format("'SLUG', 'R', list, bool"),
    ],
)
def test_what_has_another_name_or_shape_is_put_aside(
    switch_on: Callable[..., str], code: str
) -> None:
    slug = switch_on(code)

    state = next(each for each in lifecycle.overview() if each.slug == slug).state
    assert (state, registry.page_blocks()) == (State.QUARANTINED, {})


def test_readers_are_let_in_by_true_alone(switch_on: Callable[..., str]) -> None:
    def admitted(answer: str) -> bool:
        admits = f"lambda which, actor: {answer}"
        slug = switch_on(READER.format(f"'SLUG.r', 'R', list, {admits}, lambda which: '//x'"))
        assert audiences.door_of(f"{slug}.r:1") == ""
        return audiences.may_read(f"{slug}.r:1", VISITOR)

    answers = ("True", "which == '1'", "1", "None", "1 / 0", "'yes'")
    assert [admitted(one) for one in answers] == [True, True, False, False, False, False]
