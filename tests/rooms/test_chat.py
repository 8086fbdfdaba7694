"""Chat, alerts, editing and pictures of rooms."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from PIL import Image

from ppvcms.accounts.actor import VISITOR
from ppvcms.accounts.models import Mail
from ppvcms.db import db, transaction
from ppvcms.metering import seats
from ppvcms.results import Refusal
from ppvcms.rooms import alerts, chat, images, services
from ppvcms.rooms.models import ChatMessage, RoomImage
from ppvcms.rooms.picture import encode_apart
from ppvcms.rooms.services import RoomEdit
from tests.live import refused

if TYPE_CHECKING:
    from tests.live import Site


def age() -> None:
    """Let some seconds pass in the chat."""
    transaction(lambda s: s.execute(sa.update(ChatMessage).values(at=ChatMessage.at - 5_000)))


def test_a_line_is_posted_once_however_often_it_is_sent(site: Site) -> None:
    anna, ben = site.person("Anna", "performer"), site.person("Ben")
    room = site.room(anna)
    answers = site.together(4, lambda _: chat.post(room.id, ben, "Hello", key="k1"))
    ids = {answer["id"] for answer in answers if not isinstance(answer, Refusal)}
    assert len(ids) == 1
    db.session.rollback()
    assert [line["text"] for line in chat.tail(room.id)] == ["Hello"]


@pytest.mark.parametrize("text", ["", "   ", "x" * 501])
def test_a_line_has_between_1_and_500_characters(small_site: Site, text: str) -> None:
    room = small_site.room(small_site.person("Anna", "performer"))
    ben = small_site.person("Ben")
    assert refused(chat.post(room.id, ben, text, key="k")) == "invalid"
    assert chat.tail(room.id) == []


def test_two_lines_at_once_are_too_fast(small_site: Site) -> None:
    room = small_site.room(small_site.person("Anna", "performer"))
    ben = small_site.person("Ben")
    chat.post(room.id, ben, "One", key="1")
    assert refused(chat.post(room.id, ben, "Two", key="2")) == "too_fast"
    age()
    assert not isinstance(chat.post(room.id, ben, "Two", key="2"), Refusal)


def test_visitors_read_and_do_not_write(small_site: Site) -> None:
    room = small_site.room(small_site.person("Anna", "performer"))
    assert refused(chat.post(room.id, VISITOR, "Hi", key="k")) == "forbidden"


def test_a_private_show_has_its_own_chat(site: Site) -> None:
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=2000)
    room = site.room(anna)
    site.go_live(room, anna)
    begun = site.begin(room, anna, ben)
    chat.post(room.id, ben, "Just us", key="p", show_id=begun.show_id)
    age()
    chat.post(room.id, ben, "All", key="q")
    assert [line["text"] for line in chat.tail(room.id)] == ["All"]
    assert [line["text"] for line in chat.tail(room.id, show_id=begun.show_id)] == ["Just us"]


def test_who_asked_to_be_told_hears_once(site: Site) -> None:
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=5000)
    carl = site.person("Carl")
    room = site.room(anna)
    site.go_live(room, anna)
    begun = site.begin(room, anna, ben)
    alerts.ask(room.id, str(carl.user_id), on=True)
    assert alerts.fire(room.id) == 0, "the private still runs"
    seats.end_seat(begun.seat_id, ben)
    assert alerts.fire(room.id) == 0, "the performer is not ready yet"
    site.ready(room, anna)
    db.session.rollback()
    letters = db.session.scalars(sa.select(Mail).where(Mail.to == "carl@example.org")).all()
    assert len(letters) == 1
    assert "/rooms/anna" in letters[0].body
    assert not alerts.wanted(room.id, carl.user_id)
    assert alerts.fire(room.id) == 0


def test_an_alert_can_be_taken_back(small_site: Site) -> None:
    anna, ben = small_site.person("Anna", "performer"), small_site.person("Ben")
    room = small_site.room(anna)
    alerts.ask(room.id, str(ben.user_id), on=True)
    assert alerts.wanted(room.id, ben.user_id)
    alerts.ask(room.id, str(ben.user_id), on=False)
    small_site.go_live(room, anna)
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Mail)) == 0


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        (RoomEdit(title=" "), "title"),
        (RoomEdit(title="x" * 81), "title"),
        (RoomEdit(brief="x" * 201), "brief"),
        (RoomEdit(tags=("<b>",)), "tags"),
        (RoomEdit(tags=tuple(f"t{n}" for n in range(13))), "tags"),
        (RoomEdit(language="english!"), "language"),
        (RoomEdit(country="DEU"), "country"),
        (RoomEdit(image_source="other"), "image_source"),
    ],
)
def test_an_edit_that_does_not_fit_names_its_field_and_changes_nothing(
    small_site: Site, edit: RoomEdit, field: str
) -> None:
    anna = small_site.person("Anna", "performer")
    room = small_site.room(anna)
    answer = services.edit_room(room.id, anna, edit)
    assert isinstance(answer, Refusal)
    assert answer.details["field"] == field
    assert services.by_id(room.id).title == "Anna"


def picture(size: tuple[int, int] = (800, 600), kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    made = Image.new("RGB", size, (120, 40, 80))
    exif = made.getexif()
    exif[0x010E] = "taken at home"
    made.save(out, kind, exif=exif)
    return out.getvalue()


def test_a_picture_is_written_anew_without_what_the_camera_added() -> None:
    encoded = encode_apart(picture((2000, 1000), "JPEG"), 1280)
    assert encoded is not None
    assert (encoded.width, encoded.height) == (1280, 640)
    assert b"taken at home" not in encoded.data
    with Image.open(io.BytesIO(encoded.data)) as read:
        assert read.format == "JPEG"
        assert not read.getexif()


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a not a picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>"]
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    assert encode_apart(data, 1280) is None


def test_pictures_are_the_performers_to_add_and_remove(small_site: Site) -> None:
    anna, ben = small_site.person("Anna", "performer"), small_site.person("Ben")
    room = small_site.room(anna)
    assert refused(images.upload(room.id, ben, picture())) == "forbidden"
    assert refused(images.upload(room.id, anna, b"x" * (images.LARGEST_UPLOAD + 1))) == "too_large"
    assert refused(images.upload(room.id, anna, picture((20, 20)))) == "invalid"
    image = images.upload(room.id, anna, picture())
    assert isinstance(image, RoomImage)
    assert images.load(image.id).content_type == "image/jpeg"
    assert refused(images.remove(image.id, ben)) == "forbidden"
    assert images.remove(image.id, anna) is None


def test_a_snapshot_is_taken_in_public_shows_alone_and_replaces_the_last(
    small_site: Site,
) -> None:
    anna, ben = small_site.person("Anna", "performer"), small_site.person("Ben", credits=5000)
    room = small_site.room(anna)
    small = picture((320, 240), "JPEG")
    assert refused(images.snapshot(room.id, anna, small)) == "closed"
    small_site.go_live(room, anna)
    assert refused(images.snapshot(room.id, ben, small)) == "forbidden"
    assert images.snapshot(room.id, anna, small) is None
    first = db.session.scalar(sa.select(RoomImage.id).where(RoomImage.kind == "snapshot"))
    older = sa.update(RoomImage).values(made_at=RoomImage.made_at - 60_000)
    transaction(lambda s: s.execute(older))
    assert images.snapshot(room.id, anna, small) is None
    db.session.rollback()
    newest = list(db.session.scalars(sa.select(RoomImage.id).where(RoomImage.kind == "snapshot")))
    assert len(newest) == 1
    assert newest != [first]
    small_site.begin(room, anna, ben)
    assert refused(images.snapshot(room.id, anna, small)) == "closed"
