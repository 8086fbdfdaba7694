"""AC-07: a forgotten password, and the other ways to change how one signs in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from ppvcms.accounts import services, sessions, signin
from ppvcms.accounts.models import Mail, OneTimeToken, User
from ppvcms.accounts.sessions import Device
from ppvcms.accounts.signin import SignedIn
from ppvcms.db import db, transaction
from ppvcms.results import Refusal
from tests.accounts.conftest import PASSWORD, letters, secret_in

if TYPE_CHECKING:
    from collections.abc import Callable

HOME = Device("203.0.113.7", "Firefox")
NEW = "eleven red kites"
pytestmark = pytest.mark.usefixtures("site")


def enter(user: User, password: str = PASSWORD) -> str | None:
    answer = signin.sign_in(email=user.email, password=password, device=HOME)
    return answer.token if isinstance(answer, SignedIn) else None


def code(answer: object) -> str:
    return answer.code if isinstance(answer, Refusal) else "done"


def reset_secret(user: User) -> str:
    signin.forgot(user.email)
    return secret_in(letters(user.email, "reset")[-1])


def test_a_link_opens_a_new_password_once_and_ends_all_sessions(
    make_person: Callable[..., User],
) -> None:
    ann = make_person("Ann")
    token, secret = enter(ann), reset_secret(ann)
    assert token is not None
    assert signin.can_reset(secret)

    assert code(signin.reset(secret, NEW)) == "done"

    assert not sessions.is_session_live(token)
    assert enter(ann) is None
    assert enter(ann, NEW) is not None
    assert code(signin.reset(secret, "thirteen blue cows")) == "link"
    assert not signin.can_reset(secret)
    assert len(letters(ann.email, "password_changed")) == 1


def test_a_link_has_256_random_bits_and_only_its_digest_is_kept(
    make_person: Callable[..., User],
) -> None:
    ann = make_person("Ann")
    secrets = {reset_secret(ann) for _ in range(20)}

    assert len(secrets) == 20
    assert min(map(len, secrets)) >= 43
    kept = db.session.scalars(select(OneTimeToken.token_hash)).all()
    assert not secrets & set(kept)


def test_a_link_is_good_for_one_person_one_purpose_and_one_hour(
    make_person: Callable[..., User],
) -> None:
    ann, eve = make_person("Ann"), make_person("Eve")
    secret = reset_secret(ann)

    assert code(signin.verify_email(secret)) == "link"
    changed = signin.reset(secret, NEW)
    assert isinstance(changed, User)
    assert changed.id == ann.id
    assert enter(eve) is not None
    late = reset_secret(ann)
    hour = update(OneTimeToken).values(expires_at=OneTimeToken.expires_at - 3600 * 1000)
    transaction(lambda session: session.execute(hour))
    assert code(signin.reset(late, "thirteen blue cows")) == "link"


def test_a_weak_password_does_not_use_the_link_up(make_person: Callable[..., User]) -> None:
    ann = make_person("Ann")
    secret = reset_secret(ann)

    assert code(signin.reset(secret, "password1")) == "password"
    assert code(signin.reset(secret, NEW)) == "done"


def test_an_older_link_is_dead_when_a_newer_one_is_sent(make_person: Callable[..., User]) -> None:
    ann = make_person("Ann")
    older, newer = reset_secret(ann), reset_secret(ann)

    assert [signin.can_reset(older), signin.can_reset(newer)] == [False, True]


def test_asking_for_an_unknown_or_closed_account_sends_nothing(
    make_person: Callable[..., User],
) -> None:
    ann, boss = make_person("Ann"), make_person("Boss", "owner")
    services.suspend(ann.id, reason="A complaint.", actor_id=boss.id)

    signin.forgot("nobody@example.com")
    signin.forgot("no address")
    signin.forgot(ann.email)

    db.session.rollback()
    assert [mail.to for mail in db.session.scalars(select(Mail))] == []


def test_a_changed_password_ends_other_devices_and_open_links(
    make_person: Callable[..., User],
) -> None:
    ann = make_person("Ann")
    here, there, secret = enter(ann), enter(ann), reset_secret(ann)
    assert here is not None
    assert there is not None
    found = sessions.find_session(here)
    assert found is not None

    wrong = signin.change_password(
        ann.id, current="wrong wrong", new=NEW, keep=found[0].id, address="192.0.2.1"
    )
    token = signin.change_password(
        ann.id, current=PASSWORD, new=NEW, keep=found[0].id, address="192.0.2.1"
    )

    assert code(wrong) == "current"
    assert isinstance(token, str)
    assert [sessions.is_session_live(one) for one in (here, there, token)] == [False, False, True]
    assert not signin.can_reset(secret)


def test_the_password_that_is_asked_again_cannot_be_guessed(
    make_person: Callable[..., User],
) -> None:
    ann = make_person("Ann")
    token = enter(ann)
    assert token is not None
    found = sessions.find_session(token)
    assert found is not None

    answers = [
        signin.confirm(ann.id, found[0].id, "wrong wrong", address=f"192.0.2.{number}")
        for number in range(6)
    ]
    right = signin.confirm(ann.id, found[0].id, PASSWORD, address="192.0.2.9")

    assert {code(answer) for answer in answers} == {"current"}
    assert "locked" in str(right)


def test_showing_the_password_again_gives_the_session_a_new_token(
    make_person: Callable[..., User],
) -> None:
    ann = make_person("Ann")
    token = enter(ann)
    assert token is not None
    found = sessions.find_session(token)
    assert found is not None

    fresh = signin.confirm(ann.id, found[0].id, PASSWORD, address="192.0.2.1")

    assert isinstance(fresh, str)
    assert [sessions.is_session_live(one) for one in (token, fresh)] == [False, True]


def test_a_new_address_counts_once_its_link_was_followed(make_person: Callable[..., User]) -> None:
    ann = make_person("Ann")
    stolen = reset_secret(ann)
    ask = {"email": "New@Example.org", "address": "192.0.2.1"}
    assert code(signin.ask_email_change(ann.id, password="wrong wrong", **ask)) == "current"
    assert signin.ask_email_change(ann.id, password=PASSWORD, **ask) is None
    assert services.get_user(ann.id).email == "ann@example.com"

    changed = signin.verify_email(secret_in(letters("new@example.org", "email_change")[0]))

    assert isinstance(changed, User)
    assert changed.email == "new@example.org"
    assert not signin.can_reset(stolen)
    assert len(letters("ann@example.com", "email_changed")) == 1


def test_an_address_that_somebody_took_meanwhile_is_not_given_twice(
    make_person: Callable[..., User],
) -> None:
    ann = make_person("Ann")
    signin.ask_email_change(ann.id, email="eve@example.com", password=PASSWORD, address="192.0.2.1")
    secret = secret_in(letters("eve@example.com", "email_change")[0])
    make_person("Eve")

    assert code(signin.verify_email(secret)) == "email"
    assert services.get_user(ann.id).email == "ann@example.com"


def test_one_device_or_all_others_can_be_signed_out(make_person: Callable[..., User]) -> None:
    ann, eve = make_person("Ann"), make_person("Eve")
    tokens = [enter(ann) for _ in range(3)]
    listed = sessions.sessions_of(ann.id)
    assert len(listed) == 3

    assert not signin.end_session(eve.id, listed[0].id)
    assert signin.end_session(ann.id, listed[0].id)
    assert not signin.end_session(ann.id, listed[0].id)
    assert signin.end_sessions(ann.id, but=listed[1].id) == 1

    assert [row.id for row in sessions.sessions_of(ann.id)] == [listed[1].id]
    assert sum(sessions.is_session_live(token or "") for token in tokens) == 1
