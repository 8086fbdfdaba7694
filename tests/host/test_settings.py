"""Settings: typed, strict, seen at once here and within a second elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from ppvcms.accounts.models import AuditLog, StudioPart, User
from ppvcms.db import db, now_ms, transaction
from ppvcms.host import lifecycle, settings
from ppvcms.host.contract import RoomView
from ppvcms.host.core_settings import CoreSettings, SettingError
from ppvcms.host.models import Setting
from ppvcms.host.scopes import SITE, Place, Scope
from ppvcms.host.settings import save_site, site
from ppvcms.host.snapshot import current
from ppvcms.ids import new_id
from ppvcms.ledger.models import Outbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from ppvcms.host.app import Host

pytestmark = pytest.mark.usefixtures("host")

CODE = """
from wtforms import Form, IntegerField, PasswordField, StringField

class TheForm(Form):
    rate = IntegerField("Rate")
    greeting = StringField("Greeting")
    api_key = PasswordField("Key")

@hookimpl
def register_settings():
    return SettingsSpec(
        form=TheForm,
        defaults={"rate": 200, "greeting": "Hi", "api_key": ""},
        secrets=frozenset({"api_key"}),
        room=frozenset({"rate", "greeting"}),
        studio=frozenset({"rate"}),
        within=lambda wider, own: {"rate": "Too low."} if own["rate"] < wider["rate"] else {},
    )
"""
ROOM = RoomView("room1", "room", "Anna", "anna", "online", None)
OTHER = RoomView("room2", "other", "Bo", "bo", "online", None)


def change(**values: object) -> None:
    transaction(lambda session: save_site(session, None, values))


def change_plugin(slug: str, key: str, value: object, place: Place = SITE) -> None:
    transaction(lambda session: settings.save(session, slug, key, value, place=place))


def works_for(studio_id: str, performer_id: str) -> None:
    """Let somebody work for a studio from now on."""

    def act(session: Session) -> None:
        for one in (studio_id, performer_id):
            about = {"email": one, "display_name": one, "name_key": one, "password_hash": ""}
            session.add(User(id=one, created_at=now_ms(session), **about))
        session.flush()
        part = StudioPart(
            id=new_id(),
            performer_id=performer_id,
            studio_id=studio_id,
            percent=20,
            source="tests",
            from_at=now_ms(session) - 1000,
        )
        session.add(part)

    transaction(act)


def stored(slug: str, key: str) -> object:
    query = sa.select(Setting.value).where(Setting.plugin == slug, Setting.key == key)
    return db.session.execute(query).scalar_one()


def last_act(action: str) -> dict[str, object]:
    query = sa.select(AuditLog.data).where(AuditLog.action == action)
    return db.session.execute(query.order_by(AuditLog.id.desc())).scalars().first() or {}


def test_a_new_site_has_the_defaults() -> None:
    assert site() == CoreSettings()
    assert (site().request_ttl_s, site().ratio_default, site().ratio_by_type) == (
        120,
        80,
        {"tip": 90},
    )


def test_a_change_is_seen_at_once_and_is_in_the_audit_log() -> None:
    assert site().request_ttl_s == 120

    change(request_ttl_s=90, locales=["en", "de"])

    assert site().request_ttl_s == 90
    assert site().locales == ("en", "de")
    assert last_act("host.setting.changed") == {
        "request_ttl_s": 90,
        "locales": ["en", "de"],
    }


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("request_tll_s", 90, "Did you mean 'request_ttl_s'"),
        ("request_ttl_s", "90", "a whole number"),
        ("request_ttl_s", -1, "a whole number from 0"),
        ("request_ttl_s", True, "a whole number"),
        ("show_viewers", 1, "on or off"),
        ("site_name", 7, "a text"),
    ],
)
def test_a_wrong_key_or_value_changes_nothing_and_says_what_is_right(
    key: str, value: object, told: str
) -> None:
    with pytest.raises(SettingError, match=told):
        change(**{key: value})

    assert site() == CoreSettings()


def test_a_rolled_back_change_is_not_seen() -> None:
    def act(session: object) -> None:
        save_site(session, None, {"request_ttl_s": 90})  # type: ignore[arg-type]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        transaction(act)

    assert site().request_ttl_s == 120


def test_the_room_goes_before_the_studio_the_studio_before_the_site_and_that_before_the_default(
    switch_on: Callable[..., str],
) -> None:
    slug = switch_on(CODE)
    works_for("studio1", "bo")
    assert settings.of(slug).rate == 200

    change_plugin(slug, "rate", 300)
    change_plugin(slug, "rate", 350, Place(Scope.STUDIO, "studio1"))
    change_plugin(slug, "rate", 400, Place(Scope.ROOM, "room1"))

    assert settings.of(slug).rate == 300
    assert settings.of(slug, studio="studio1").rate == 350
    assert (settings.of(slug, room=ROOM).rate, settings.of(slug, room=OTHER).rate) == (400, 350)
    change_plugin(slug, "rate", 500, Place(Scope.ROOM, "room2"))
    assert settings.of(slug, room=OTHER).rate == 500
    assert last_act(f"{slug}.setting.changed") == {"value": 500, "room": "room2"}
    for place in (Place(Scope.ROOM, "room2"), SITE):
        transaction(lambda session, place=place: settings.reset(session, slug, "rate", place=place))  # type: ignore[misc] # binds now
    assert (settings.of(slug).rate, settings.of(slug, room=OTHER).rate) == (200, 350)
    heard = db.session.scalars(sa.select(Outbox.payload).where(Outbox.kind == "SettingChanged"))
    assert {(fact["plugin"], fact["key"]) for fact in heard} == {(slug, "rate")}


def test_rooms_set_what_the_owner_allows_and_what_lies_inside_the_owners_limits(
    switch_on: Callable[..., str],
) -> None:
    slug = switch_on(CODE)
    room = Place(Scope.ROOM, "room1")
    for key in ("api_key", "gap"):
        with pytest.raises(SettingError, match="has no setting"):
            change_plugin(slug, key, "x", room)
    with pytest.raises(SettingError, match="has no setting 'greeting'"):
        change_plugin(slug, "greeting", "x", Place(Scope.STUDIO, "studio1"))
    change_plugin(slug, "rate", 400, room)
    change_plugin(slug, "greeting", "Hello", room)

    transaction(lambda s: settings.allow(s, slug, Scope.ROOM, ["greeting"], actor_id=None))

    assert settings.allowed(slug, Scope.ROOM) == {"greeting"}
    assert settings.of(slug, room=ROOM).as_dict() == {
        "rate": 200,
        "greeting": "Hello",
        "api_key": "",
    }
    with pytest.raises(SettingError, match="has no setting 'rate'"):
        change_plugin(slug, "rate", 500, room)
    transaction(lambda s: settings.allow(s, slug, Scope.ROOM, ["greeting", "rate"], actor_id=None))
    assert settings.of(slug, room=ROOM).rate == 400
    # The owner's limit has passed the room's value meanwhile: it rests.
    change_plugin(slug, "rate", 450)
    held = settings.of(slug, room=ROOM)
    assert (held.rate, held.greeting) == (450, "Hello")


def test_a_plugin_that_offers_a_secret_to_rooms_is_not_loaded(
    write_plugin: Callable[..., str],
) -> None:
    slug = write_plugin(CODE.replace('"rate", "greeting"}', '"api_key"}'))
    assert lifecycle.install(slug, actor_id=None) is None

    lifecycle.activate(slug, actor_id=None)

    assert slug not in current().active
    [found] = [one for one in lifecycle.overview() if one.slug == slug]
    assert "name settings that are no secrets" in str(found)


def test_a_wrong_key_of_a_plugin_names_the_nearest(switch_on: Callable[..., str]) -> None:
    slug = switch_on(CODE)

    with pytest.raises(SettingError, match="Did you mean 'greeting'"):
        change_plugin(slug, "greting", "Hello")
    with pytest.raises(SettingError, match="Did you mean 'rate'"):
        _ = settings.of(slug).rat


def test_a_secret_is_never_stored_in_clear(switch_on: Callable[..., str]) -> None:
    slug = switch_on(CODE)

    change_plugin(slug, "api_key", "sk_live_123")

    assert "sk_live_123" not in str(stored(slug, "api_key"))
    assert settings.of(slug).api_key == "sk_live_123"
    assert "sk_live_123" not in str(last_act(f"{slug}.setting.changed"))


def test_a_secret_may_lie_in_the_environment(
    switch_on: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    slug = switch_on(CODE)
    monkeypatch.setenv("MY_KEY", "from outside")

    change_plugin(slug, "api_key", "$env:MY_KEY")

    assert stored(slug, "api_key") == "$env:MY_KEY"
    assert settings.of(slug).api_key == "from outside"


def test_a_secret_of_another_secret_key_says_what_to_do(
    host: Host, switch_on: Callable[..., str]
) -> None:
    slug = switch_on(CODE)
    change_plugin(slug, "api_key", "sk_live_123")
    config = host.config["PPVCMS"]
    object.__setattr__(config, "secret_key", "another" * 8)
    settings.forget()

    with pytest.raises(SettingError, match="Enter it again"):
        settings.of(slug)
