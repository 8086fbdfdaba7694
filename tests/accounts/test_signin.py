"""AC-07: wrong tries lock, right ones do not; sessions are new at sign-in and end at once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select, update

from ppvcms.accounts import guard, passwords, services, sessions, signin
from ppvcms.accounts.models import AuditLog, LoginGuard, LoginSession, OneTimeToken, User
from ppvcms.accounts.rules import AccountRules
from ppvcms.accounts.sessions import Device
from ppvcms.accounts.signin import SignedIn
from ppvcms.accounts.tidy import tidy
from ppvcms.db import db, transaction
from ppvcms.ids import digest
from ppvcms.results import Refusal
from tests.accounts.conftest import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

HOME = Device("203.0.113.7", "Firefox")
TABLES = (LoginSession, OneTimeToken, LoginGuard)
pytestmark = pytest.mark.usefixtures("site")


def enter(
    email: str, password: str = PASSWORD, device: Device = HOME, **more: str
) -> SignedIn | Refusal:
    return signin.sign_in(email=email, password=password, device=device, **more)


def codes(tries: int, email: str, password: str, *, far: bool = False) -> list[str]:
    answers = [
        enter(email, password, Device(f"198.51.100.{n}" if far else HOME.address))
        for n in range(tries)
    ]
    return [answer.code if isinstance(answer, Refusal) else "in" for answer in answers]


def let_time_pass() -> None:
    transaction(
        lambda session: session.execute(
            update(LoginGuard).values(
                locked_until=LoginGuard.locked_until - 15 * 60_000,
                window_from=LoginGuard.window_from - 15 * 60_000,
            )
        )
    )


def test_five_wrong_tries_lock_the_account_for_everyone(make_person: Callable[..., User]) -> None:
    ann = make_person("Ann")

    assert codes(6, ann.email, "wrong wrong", far=True) == ["wrong"] * 5 + ["locked"]
    assert enter(ann.email, device=Device("192.0.2.1")).code == "locked"  # type: ignore[union-attr]


def test_five_wrong_tries_lock_the_address_for_all_accounts(
    make_person: Callable[..., User],
) -> None:
    ann, eve = make_person("Ann"), make_person("Eve")
    assert [codes(1, f"x{n}@example.com", "wrong wrong")[0] for n in range(5)] == ["wrong"] * 5

    assert enter(ann.email).code == "locked"  # type: ignore[union-attr]
    assert isinstance(enter(eve.email, device=Device("192.0.2.1")), SignedIn)


def test_a_lock_ends_after_fifteen_minutes(make_person: Callable[..., User]) -> None:
    ann = make_person("Ann")
    codes(6, ann.email, "wrong wrong")

    let_time_pass()

    assert isinstance(enter(ann.email), SignedIn)


def test_the_fifth_try_may_be_right(make_person: Callable[..., User]) -> None:
    ann = make_person("Ann")
    codes(4, ann.email, "wrong wrong")

    assert isinstance(enter(ann.email), SignedIn)
    assert codes(4, ann.email, "wrong wrong", far=True) == ["wrong"] * 4


def test_signing_in_to_ones_own_account_does_not_open_an_address_again(
    make_person: Callable[..., User],
) -> None:
    ann, eve = make_person("Ann"), make_person("Eve")
    codes(3, ann.email, "wrong wrong")
    assert isinstance(enter(eve.email), SignedIn)

    assert codes(3, ann.email, "wrong wrong") == ["wrong", "wrong", "locked"]


def test_guesses_at_the_same_moment_are_counted_one_by_one(
    site: Flask, make_person: Callable[..., User]
) -> None:
    ann = make_person("Ann")
    answers: list[str] = []

    def guess(number: int) -> None:
        with site.app_context():
            answer = enter(ann.email, "wrong wrong", Device(f"198.51.100.{number}"))
            answers.append(answer.code)  # type: ignore[union-attr]

    guessers = [threading.Thread(target=guess, args=(number,)) for number in range(12)]
    for one in guessers:
        one.start()
    for one in guessers:
        one.join()

    assert (answers.count("wrong"), answers.count("locked")) == (5, 7)


def test_strangers_do_not_lock_out_who_was_here_before(make_person: Callable[..., User]) -> None:
    ann = make_person("Ann")
    codes(6, ann.email, "wrong wrong", far=True)

    assert isinstance(enter(ann.email, known_by=ann.id), SignedIn)


def test_a_known_browser_gets_no_more_guesses_than_others(make_person: Callable[..., User]) -> None:
    ann = make_person("Ann")
    answers = [
        enter(ann.email, "wrong wrong", Device(f"198.51.100.{n}"), known_by=ann.id)
        for n in range(6)
    ]

    assert answers[-1].code == "locked"  # type: ignore[union-attr]


def test_an_unknown_address_is_answered_like_a_wrong_password(
    make_person: Callable[..., User],
) -> None:
    ann = make_person("Ann")

    assert enter("nobody@example.com", "wrong wrong") == enter(ann.email, "wrong wrong")
    assert codes(6, "ghost@example.com", "wrong wrong", far=True)[-1] == "locked"


def test_an_ipv6_customer_is_one_network() -> None:
    near = {guard.network_of(f"2001:db8:1:2::{n}") for n in range(9)}

    assert near == {"2001:db8:1:2::"}
    assert guard.network_of("::ffff:203.0.113.7") == "203.0.113.7"
    assert guard.network_of("nonsense") == "nonsense"


def test_a_token_has_256_random_bits_and_only_its_digest_is_kept(
    make_person: Callable[..., User],
) -> None:
    answer = enter(make_person("Ann").email)

    assert isinstance(answer, SignedIn)
    assert len(answer.token) >= 43
    row = db.session.scalars(select(LoginSession)).one()
    assert row.token_hash == digest(answer.token)
    assert answer.token not in str(vars(row))


def test_the_token_from_before_a_sign_in_is_dead_after_it(make_person: Callable[..., User]) -> None:
    ann = make_person("Ann")
    first = enter(ann.email)
    assert isinstance(first, SignedIn)

    second = enter(ann.email, old_token=first.token)

    assert isinstance(second, SignedIn)
    assert not sessions.is_session_live(first.token)
    assert sessions.is_session_live(second.token)


def test_a_suspended_person_is_out_at_once_and_cannot_come_in(
    make_person: Callable[..., User],
) -> None:
    ann, boss = make_person("Ann"), make_person("Boss", "owner")
    answer = enter(ann.email)
    assert isinstance(answer, SignedIn)

    assert services.suspend(ann.id, reason="A complaint is looked into.", actor_id=boss.id) is None

    assert not sessions.is_session_live(answer.token)
    assert enter(ann.email).code == "suspended"  # type: ignore[union-attr]
    assert services.reactivate(ann.id, reason="It was unfounded.", actor_id=boss.id) is None
    assert isinstance(enter(ann.email), SignedIn)


def test_changed_roles_need_a_new_sign_in(make_person: Callable[..., User]) -> None:
    ann, boss = make_person("Ann"), make_person("Boss", "owner")
    answer = enter(ann.email)
    assert isinstance(answer, SignedIn)

    assert services.change_roles(ann.id, ["performer"], actor_id=boss.id) is None

    assert not sessions.is_session_live(answer.token)
    assert services.get_user(ann.id).can("room.perform")
    assert not services.get_user(ann.id).can("show.request")


def test_the_last_owner_stays(make_person: Callable[..., User]) -> None:
    boss = make_person("Boss", "owner")
    other = make_person("Other", "moderator")

    refusals = [
        services.suspend(boss.id, reason="Why not?", actor_id=other.id),
        services.change_roles(boss.id, ["client"], actor_id=boss.id),
    ]

    assert [refusal and refusal.code for refusal in refusals] == ["last_owner", "last_owner"]
    assert services.get_user(boss.id).can("plugins.manage")


def test_old_sessions_end_by_themselves(make_person: Callable[..., User]) -> None:
    answer = enter(make_person("Ann").email)
    assert isinstance(answer, SignedIn)
    idle = update(LoginSession).values(seen_at=LoginSession.seen_at - sessions.IDLE_MS - 1)

    transaction(lambda session: session.execute(idle))

    assert not sessions.is_session_live(answer.token)


def test_a_device_that_is_used_counts_as_seen(make_person: Callable[..., User]) -> None:
    answer = enter(make_person("Ann").email)
    assert isinstance(answer, SignedIn)
    long_ago = update(LoginSession).values(seen_at=LoginSession.seen_at - sessions.IDLE_MS // 2)
    transaction(lambda session: session.execute(long_ago))

    found = sessions.find_session(answer.token)

    assert found is not None
    assert db.session.scalars(select(LoginSession)).one().seen_at > long_ago_limit(found[0])


def long_ago_limit(row: LoginSession) -> int:
    return row.created_at - 60_000


def test_the_log_knows_who_came_in_and_who_failed(make_person: Callable[..., User]) -> None:
    ann = make_person("Ann")
    enter(ann.email, "wrong wrong")
    enter(ann.email)

    rows = db.session.scalars(select(AuditLog).where(AuditLog.address == HOME.address)).all()

    assert {row.action for row in rows} == {
        "accounts.user.sign_in_failed",
        "accounts.user.signed_in",
    }
    assert all("wrong wrong" not in str(row.data) + row.reason for row in rows)


def test_a_hash_of_yesterday_is_renewed_at_sign_in(
    make_person: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "hasher", passwords.STRONG)
    ann = make_person("Ann")
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    transaction(lambda session: setattr(session.get_one(User, ann.id), "password_hash", weak))

    assert isinstance(enter(ann.email), SignedIn)

    assert "m=19456,t=2,p=1" in services.get_user(ann.id).password_hash
    assert isinstance(enter(ann.email), SignedIn)


def test_what_opens_nothing_any_more_is_forgotten_and_nothing_else(
    make_person: Callable[..., User],
) -> None:
    old, young = enter(make_person("Ann").email), enter(make_person("Eve").email)
    signin.forgot("ann@example.com")
    codes(2, "ann@example.com", "wrong wrong")
    transaction(tidy)
    kept = [db.session.scalar(select(func.count()).select_from(table)) for table in TABLES]
    assert kept == [2, 1, 2]
    assert isinstance(old, SignedIn)
    assert isinstance(young, SignedIn)

    ended = update(LoginSession).where(LoginSession.token_hash == digest(old.token))
    transaction(lambda session: session.execute(ended.values(revoked_at=1)))
    transaction(lambda session: session.execute(update(OneTimeToken).values(expires_at=1)))
    transaction(lambda session: session.execute(update(LoginGuard).values(window_from=1)))
    transaction(tidy)

    db.session.rollback()
    kept = [db.session.scalar(select(func.count()).select_from(table)) for table in TABLES]
    assert kept == [1, 0, 0]
    assert sessions.is_session_live(young.token)


def test_the_owner_chooses_the_number_of_tries(make_person: Callable[..., User]) -> None:
    ann, rules = make_person("Ann"), AccountRules(login_tries=2)
    answers = [
        signin.sign_in(email=ann.email, password="wrong wrong", device=HOME, rules=rules)
        for _ in range(3)
    ]

    assert [answer.code for answer in answers] == ["wrong", "wrong", "locked"]  # type: ignore[union-attr]
