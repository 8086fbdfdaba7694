"""Questions of the owner that everybody who performs answers: on the profile, and in the filters.

The owner writes them as lines of `accounts.fields`, of the kinds text and choice; a
room keeps the answers by the question's key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.accounts.fields import FieldKind, ProfileField, parse
from ppvcms.db import reading
from ppvcms.host.settings import site
from ppvcms.results import Refusal
from ppvcms.rooms.models import Room

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

KINDS = frozenset({FieldKind.TEXT, FieldKind.CHOICE})
LONGEST_ANSWER = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of a profile; `key` leads to others with the same answer, where lists know it."""

    label: str
    value: str
    key: str = ""


def questions() -> list[ProfileField]:
    """Return what the owner asks of who performs, in the owner's order."""
    return [one for one in parse(site().profile_fields) if one.kind in KINDS]


def filterable() -> list[ProfileField]:
    """Return the questions whose answers are chosen, and by which lists can be narrowed."""
    return [one for one in questions() if one.kind is FieldKind.CHOICE]


def answers_of(room: Room) -> list[Answer]:
    """Return what a room's profile shows; answers to questions of before are left out."""
    return [
        Answer(one.label, room.answers[one.key], one.key if one.kind is FieldKind.CHOICE else "")
        for one in questions()
        if room.answers.get(one.key)
    ]


def rooms_answering(wanted: Collection[tuple[str, str]]) -> set[str]:
    """Return the ids of the listed rooms whose answers are these."""
    asked = {one.key for one in filterable()}
    query = select(Room.id, Room.answers).where(Room.listed.is_(True))
    return {
        room_id
        for room_id, answers in reading().execute(query)
        if all(key not in asked or answers.get(key) == value for key, value in wanted)
    }


def refusal_of(answers: Mapping[str, str]) -> Refusal | None:
    """Return which answer does not fit its question, or None."""
    known = {one.key: one for one in questions()}
    for key, value in answers.items():
        asked = known.get(key)
        offered = asked is not None and (not asked.choices or value in {"", *asked.choices})
        if not offered or len(value) > LONGEST_ANSWER:
            return Refusal(
                "invalid",
                _("This answer does not fit its question."),
                _("Nothing was changed."),
                details={"field": f"answer_{key}"},
            )
    return None
