"""Settings: typed, strict, seen at once here and within a second elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from ppvcms.accounts.models import AuditLog
from ppvcms.db import db, transaction
from ppvcms.host import settings
from ppvcms.host.models import Setting
from ppvcms.host.settings import CoreSettings, SettingError, save_site, site

if TYPE_CHECKING:
    from collections.abc import Callable

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
    )
"""


def change(**values: object) -> None:
    transaction(lambda session: save_site(session, None, values))


def change_plugin(slug: str, key: str, value: object, room_id: str | None = None) -> None:
    transaction(lambda session: settings.save(session, slug, key, value, room_id=room_id))


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


def test_the_room_goes_before_the_site_and_the_site_before_the_default(
    switch_on: Callable[..., str],
) -> None:
    slug = switch_on(CODE)
    assert settings.of(slug).rate == 200

    change_plugin(slug, "rate", 300)
    change_plugin(slug, "rate", 400, room_id="room1")

    assert settings.of(slug).rate == 300
    assert settings.of(slug, "room1").rate == 400
    assert settings.of(slug, "room2").rate == 300
    transaction(lambda session: settings.reset(session, slug, "rate"))
    assert settings.of(slug).rate == 200


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
