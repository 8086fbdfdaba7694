"""AC-04, AC-05, AC-13, AC-14: making an account, and the link that verifies its address."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from ppvcms.accounts import guard, roles, services, signin
from ppvcms.accounts.fields import FieldError, FieldKind, parse
from ppvcms.accounts.models import OneTimeToken, User
from ppvcms.accounts.rules import AccountRules
from ppvcms.db import db, transaction
from ppvcms.ledger.models import Outbox
from ppvcms.results import Refusal
from tests.accounts.conftest import PASSWORD, letters, secret_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

pytestmark = pytest.mark.usefixtures("site")


def register(name: str = "Ann", **changes: object) -> User | Refusal:
    asked = {
        "email": f"{name.lower()}@example.com",
        "display_name": name,
        "password": PASSWORD,
        "role": "client",
        "address": "203.0.113.7",
        **changes,
    }
    return services.register(**asked)  # type: ignore[arg-type]


def code(answer: object) -> str:
    return answer.code if isinstance(answer, Refusal) else "made"


def test_a_new_account_has_its_role_a_mail_and_a_fact() -> None:
    ann = register(fields={"city": "Lisbon"}, locale="en")

    assert isinstance(ann, User)
    assert [role.key for role in ann.roles] == ["client"]
    assert (ann.fields, ann.email_verified_at) == ({"city": "Lisbon"}, None)
    assert len(letters(ann.email, "verify")) == 1
    told = select(Outbox).where(Outbox.kind != "SettingChanged")
    facts = db.session.scalars(told).all()
    assert [(fact.kind, fact.payload["user_id"]) for fact in facts] == [("UserRegistered", ann.id)]


def test_only_open_roles_can_be_had_by_registering() -> None:
    shut = ("owner", "moderator", "back_office", "nonsense")
    assert [code(register(role=key)) for key in shut] == ["role"] * 4
    assert code(register(role="studio")) == "made"
    roles.save_role(key="studio", name="Studio", is_open=False, permissions=[], actor_id=None)
    assert code(register(role="studio", email="b@example.org", display_name="Bo")) == "role"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"email": "a@b.com\r\nBcc: x@y.zz"}, "email"),
        ({"email": "ann@localhost"}, "email"),
        ({"email": f"{'x' * 250}@example.com"}, "email"),
        ({"display_name": "x"}, "display_name"),
        ({"display_name": "Support"}, "display_name"),
        ({"password": "short"}, "password"),
        ({"password": "password1"}, "password"),
        ({"password": "aaaaaaaaaaaa"}, "password"),
        ({"password": "ann@example.com"}, "password"),
        ({"password": "x" * 257}, "password"),
    ],
)
def test_a_refusal_names_its_field_and_makes_nothing(changes: dict[str, str], field: str) -> None:
    assert code(register(**changes)) == field
    assert db.session.scalars(select(User)).all() == []


@pytest.mark.parametrize(
    "password", ["x y z å ß 🙂 w", "correct horse battery staple", "aB3$" * 64]
)
def test_long_spaced_and_foreign_passwords_are_welcome(password: str) -> None:
    assert code(register(password=password)) == "made"
    answer = signin.sign_in(
        email="ANN@Example.com", password=password, device=signin.sessions.Device("192.0.2.1")
    )
    assert not isinstance(answer, Refusal)


def test_an_address_or_a_name_that_looks_alike_is_taken() -> None:
    register("Paul")

    assert code(register("Other", email="PAUL@example.com")) == "email"
    assert code(register("Pаul", email="other@example.com")) == "display_name"  # noqa: RUF001 - Cyrillic


def test_of_two_who_take_a_name_at_the_same_moment_one_gets_it(site: Flask) -> None:
    answers: list[str] = []

    def take(number: int) -> None:
        with site.app_context():
            answers.append(code(register("Paul", email=f"p{number}@example.com")))

    takers = [threading.Thread(target=take, args=(number,)) for number in range(4)]
    for one in takers:
        one.start()
    for one in takers:
        one.join()

    assert sorted(answers) == ["display_name"] * 3 + ["made"]


def test_three_accounts_a_day_come_from_one_network_until_somebody_lifts_it() -> None:
    rules = AccountRules(per_address_day=3)

    answers = [
        code(register(f"Ann {letter}", email=f"{letter}@example.com", rules=rules))
        for letter in "abcd"
    ]
    assert answers == ["made", "made", "made", "address"]
    assert code(register("Far", rules=rules, address="198.51.100.1")) == "made"
    guard.lift("register:203.0.113.7")
    assert code(register("Dora", rules=rules)) == "made"


def test_a_refused_try_does_not_count_as_an_account() -> None:
    rules = AccountRules(per_address_day=1)
    for _ in range(3):
        register(password="short", rules=rules)

    assert code(register(rules=rules)) == "made"


def test_the_mailed_link_verifies_once() -> None:
    ann = register()
    assert isinstance(ann, User)
    secret = secret_in(letters(ann.email, "verify")[0])

    first, second = signin.verify_email(secret), signin.verify_email(secret)

    assert isinstance(first, User)
    assert first.email_verified_at is not None
    assert code(second) == "link"


def test_a_link_is_dead_after_a_day_and_after_a_newer_one() -> None:
    ann = register()
    assert isinstance(ann, User)
    old = secret_in(letters(ann.email, "verify")[0])
    assert signin.resend(ann.id) is None
    new = secret_in(letters(ann.email, "verify")[1])
    late = update(OneTimeToken).values(expires_at=OneTimeToken.expires_at - 24 * 3600 * 1000)

    assert code(signin.verify_email(old)) == "link"
    transaction(lambda session: session.execute(late))
    assert code(signin.verify_email(new)) == "link"


def test_mails_are_not_sent_again_and_again() -> None:
    ann = register()
    assert isinstance(ann, User)

    answers = [signin.resend(ann.id) for _ in range(6)]

    assert [answer and answer.code for answer in answers] == [None] * 5 + ["too_fast"]


def test_the_owners_questions_are_read_from_lines() -> None:
    asked = parse(["city | Your city | text", "", "sex | You are | choice | A woman, A man"])

    assert [(one.key, one.kind, one.choices) for one in asked] == [
        ("city", FieldKind.TEXT, ()),
        ("sex", FieldKind.CHOICE, ("A woman", "A man")),
    ]
    for wrong in ("city", "City | x | text", "c | x | wish", "c | x | choice"):
        with pytest.raises(FieldError):
            parse([wrong])


def test_what_an_owner_took_from_a_role_does_not_come_back(
    make_person: Callable[..., User],
) -> None:
    boss = make_person("Boss", "owner")
    kept = [name for name, _roles in roles.PERMISSIONS.items() if name == "admin.view"]
    roles.save_role(
        key="moderator", name="Moderator", is_open=False, permissions=kept, actor_id=boss.id
    )

    transaction(roles.ensure_roles)
    offer = {"tips.manage": ("moderator",), "tips.secret": ()}
    transaction(lambda session: roles.grant_defaults(session, offer))

    given = {role.key: set(role.granted) for role in roles.role_list()}
    assert given["moderator"] == {"admin.view", "tips.manage"}
    assert given["owner"] >= {*roles.PERMISSIONS, "tips.manage", "tips.secret"}
    assert "tips.manage" not in given["client"]


def test_a_role_that_opens_the_back_office_is_never_open() -> None:
    made = roles.save_role(
        key="helper", name="Helper", is_open=True, permissions=["admin.view"], actor_id=None
    )

    assert not isinstance(made, Refusal)
    assert "helper" not in {role.key for role in roles.open_roles()}
