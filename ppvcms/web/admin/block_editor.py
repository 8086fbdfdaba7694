"""The editor of blocks: a list of forms that works by plain posts, one button for each act."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from flask import request
from flask_babel import gettext as _

from ppvcms.content import blocks as lists
from ppvcms.content.blocks import Placed
from ppvcms.host.dispatch import ask
from ppvcms.results import Refusal
from ppvcms.web.block_kinds import CORE
from ppvcms.web.blocks import known, label_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from werkzeug.datastructures import MultiDict
    from wtforms import Form

    from ppvcms.host.contract import PageBlock

T = TypeVar("T")

STEPS = {"up": -1, "down": 1}


@dataclass(slots=True)
class Piece:
    """A block in the editor: its form, if it has one, and a word when it cannot be set now."""

    placed: Placed
    label: str
    icon: str = "puzzle"
    help: str = ""
    form: Form | None = None
    note: str = ""


@dataclass(slots=True)
class Editor:
    """What the editor shows: blocks as they are stored, or as they were typed."""

    pieces: list[Piece]
    here: str = ""
    """The key of the block that the last act was about."""
    problems: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, stored: Iterable[Placed]) -> Editor:
        """Return the editor of stored blocks."""
        return cls([_piece(one, None) for one in stored])

    @classmethod
    def typed(cls, stored: Iterable[Placed]) -> Editor:
        """Return the editor as it was sent; what cannot be set now keeps what is stored."""
        kept = {one.key: one for one in stored}
        sent = dict.fromkeys(request.form.getlist("block")[: lists.MOST])
        pieces = []
        for key, _colon, name in (each.partition(":") for each in sent):
            one = kept.get(key, Placed(key, name, {}))
            fits = one.name == name and not lists.shape_problem(_shape(one))
            if fits and (name in known() or key in kept):
                pieces.append(_piece(one, request.form))
        return cls(pieces)

    @property
    def blocks(self) -> tuple[Placed, ...]:
        """The blocks as they stand, with what their forms hold."""
        return tuple(piece.placed for piece in self.pieces)

    @property
    def offered(self) -> list[tuple[str, str]]:
        """What can be added, by name, with words for each."""
        return [(name, str(block.label)) for name, block in known().items()]

    def act(self) -> bool:
        """Do what a button of the list asks for; return whether it was one."""
        verb, _colon, key = request.form.get("act", "").partition(":")
        if verb == "add":
            self._add(request.form.get("new_block", ""))
        elif verb in STEPS:
            self._arrange(lists.moved(self.blocks, key, STEPS[verb]), key)
        elif verb == "double":
            self._arrange(lists.doubled(self.blocks, key), key)
        elif verb == "remove":
            self._arrange(lists.without(self.blocks, key), "")
        else:
            return False
        return True

    def fits(self) -> bool:
        """Whether every form holds what it asks for; what does not says so beside its field."""
        # Each of them is asked, so that all that is wrong is said at once.
        return not [piece for piece in self.pieces if not _valid(piece)]

    def _add(self, name: str) -> None:
        if len(self.pieces) >= lists.MOST:
            self.problems.append(_("This is as much as one place holds. Nothing was added."))
        elif name in known():
            self.pieces.append(_piece(lists.new_block(name), None))
            self.here = self.pieces[-1].placed.key

    def _arrange(self, wanted: tuple[Placed, ...], here: str) -> None:
        pieces = {piece.placed.key: piece for piece in self.pieces}
        self.pieces = [pieces.get(one.key) or _piece(one, None) for one in wanted]
        self.here = here


def _piece(one: Placed, sent: MultiDict[str, str] | None) -> Piece:
    block = known().get(one.name)
    if block is None:
        note = _("Its plugin is off or gone. What was set is kept, and visitors see nothing.")
        return Piece(one, label_of(one.name), note=note)
    piece = Piece(one, str(block.label), block.icon, str(block.help))
    if block.form is None:
        return piece
    answer = _guarded(block, lambda: _read(block, one, sent))
    if isinstance(answer, Refusal):
        piece.note = _("Its form failed. What was set is kept.")
        return piece
    piece.form, values = answer
    piece.placed = replace(one, values=values)
    return piece


def _read(
    block: PageBlock, one: Placed, sent: MultiDict[str, str] | None
) -> tuple[Form, dict[str, Any]]:
    assert block.form is not None  # noqa: S101 - asked before
    prefix = f"{one.key}-"
    form = block.form(sent, data=dict(one.values), prefix=prefix)
    values = form.data if sent is not None else {**form.data, **one.values}
    # What is no JSON could not be kept; the fault is the plugin's.
    return form, json.loads(json.dumps(values))


def _valid(piece: Piece) -> bool:
    form, block = piece.form, known().get(piece.placed.name)
    if form is None or block is None:
        return True
    answer = _guarded(block, form.validate)
    if isinstance(answer, Refusal):
        piece.note = str(answer)
        return False
    return answer


def _guarded(block: PageBlock, function: Callable[[], T]) -> T | Refusal:
    """Let a plugin's form fail without the page; the core's own may not."""
    if block.name in CORE:
        return function()
    return ask(block.name.partition(".")[0], f"form of {block.name}", function)


def _shape(one: Placed) -> dict[str, Any]:
    return {"key": one.key, "name": one.name, "values": dict(one.values)}
