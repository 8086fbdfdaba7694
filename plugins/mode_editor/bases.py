"""What a mode can be made from: the shapes that the core knows how to run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString


@dataclass(frozen=True, slots=True)
class ModeBase:
    """One shape: who pays, who is there, and what is carried."""

    label: LazyString
    text: LazyString
    icon: str
    paid: bool = False
    private: bool = False
    exclusive: bool = False
    carries: str = "video"


BASES: dict[str, ModeBase] = {
    "free": ModeBase(
        _l("Free for all"), _l("One to many. Nobody is charged; tips are welcome."), "broadcast"
    ),
    "group": ModeBase(
        _l("Paid group"),
        _l("One to many. Everybody enters by a click and pays by the minute."),
        "people",
        paid=True,
    ),
    "private": ModeBase(
        _l("Private"),
        _l("One to one, asked for and accepted, with both cameras."),
        "person-video2",
        paid=True,
        private=True,
    ),
    "exclusive": ModeBase(
        _l("Exclusive private"),
        _l("As private, and nobody else watches, whatever the room allows."),
        "gem",
        paid=True,
        private=True,
        exclusive=True,
    ),
    "audio_group": ModeBase(
        _l("Paid group, sound only"),
        _l("As a paid group, without a picture."),
        "mic",
        paid=True,
        carries="audio",
    ),
    "audio": ModeBase(
        _l("Private, sound only"),
        _l("As private, without cameras: a call."),
        "telephone",
        paid=True,
        private=True,
        carries="audio",
    ),
    "text_free": ModeBase(
        _l("Free for all, text only"),
        _l("One to many, written. No camera and no microphone, on either side."),
        "chat-text",
        carries="text",
    ),
    "text_group": ModeBase(
        _l("Paid group, text only"),
        _l("As a paid group, written: who enters reads and writes, and pays by the minute."),
        "chat-text",
        paid=True,
        carries="text",
    ),
    "text": ModeBase(
        _l("Private, text only"),
        _l("One to one and written, without camera and microphone. Nobody else reads it."),
        "chat-text",
        paid=True,
        private=True,
        exclusive=True,
        carries="text",
    ),
}
