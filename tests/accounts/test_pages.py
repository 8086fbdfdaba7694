"""The pages of signing up, in and out, as a browser meets them."""

from __future__ import annotations

import re
from contextvars import Context
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from ppvcms.accounts import services, signin
from ppvcms.accounts.models import AuditLog, LoginSession, User
from ppvcms.content.demo import PASSWORD as DEMO_PASSWORD
from ppvcms.content.models import Page
from ppvcms.db import db, now_ms, transaction
from ppvcms.host.settings import save_site
from ppvcms.ids import new_id
from ppvcms.jobs.outbox import PARKED
from ppvcms.ledger.models import Outbox
from ppvcms.realtime import NAMESPACE
from ppvcms.web.signouts import close_ended
from tests.accounts.conftest import PASSWORD, letters

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from tests.accounts.conftest import Browser

pytestmark = pytest.mark.usefixtures("quick_site")
ANN = {
    "email": "ann@example.com",
    "display_name": "Ann",
    "password": PASSWORD,
    "role": "client",
    "agreed": "y",
}


def test_registering_signs_in_and_leads_back(browser: Callable[[], Browser]) -> None:
    ann = browser()
    ann.get("/register?next=/rooms/mara")

    answer = ann.post("/register", {**ANN, "next": "/rooms/mara"})

    assert answer.location == "/rooms/mara"
    assert ann.is_in
    assert "not verified" in ann.get("/account").text


def test_which_terms_somebody_agreed_to_is_kept(browser: Callable[[], Browser]) -> None:
    words = {"slug": "terms", "title": "Terms", "blocks": [], "changed_at": 1_700_000_000_000}
    transaction(lambda session: session.add(Page(id=new_id(), **words)))
    ann = browser()
    ann.get("/register")
    ann.post("/register", ANN)

    row = db.session.scalars(
        select(AuditLog).where(AuditLog.action == "accounts.terms.agreed")
    ).one()
    made = db.session.scalars(select(User)).one()
    assert (row.subject, row.data) == (f"user:{made.id}", {"version_at": 1_700_000_000_000})


def test_errors_stand_beside_their_fields_and_nothing_typed_is_lost_but_the_password(
    browser: Callable[[], Browser],
) -> None:
    ann = browser()
    ann.get("/register")

    page = ann.post("/register", {**ANN, "email": "ann(at)example", "display_name": "Ann <3"})

    assert page.status_code == 422
    assert 'id="email-error"' in page.text
    assert "ann(at)example" in page.text
    assert "Ann &lt;3" in page.text
    assert PASSWORD not in page.text


def test_the_owners_questions_are_asked_and_kept(browser: Callable[[], Browser]) -> None:
    asked = ["city | Your city | text", "land | Country | country"]
    transaction(lambda session: save_site(session, None, {"register_fields": asked}))
    ann = browser()
    assert "Your city" in ann.get("/register").text

    lacking = ann.post("/register", ANN)
    assert 'id="extra_city-error"' in lacking.text
    ann.post("/register", {**ANN, "extra_city": "Lisbon", "extra_land": "PT"})

    made = db.session.scalars(select(User)).one()
    assert made.fields == {"city": "Lisbon", "land": "PT"}


def test_fields_that_the_form_does_not_have_change_nothing(browser: Callable[[], Browser]) -> None:
    ann = browser()
    ann.get("/register")
    more = {
        "email_verified_at": "1",
        "state": "active",
        "roles": "owner",
        "demo": "1",
        "id": "x",
        "legal_name": "x",
        "fields": "x",
        "extra_balance": "100",
    }

    assert ann.post("/register", {**ANN, "role": "owner", **more}).status_code == 422
    ann.post("/register", {**ANN, **more})

    made = db.session.scalars(select(User)).one()
    assert [role.key for role in made.roles] == ["client"]
    assert (made.email_verified_at, made.legal_name, made.demo, made.fields) == (
        None,
        None,
        False,
        {},
    )


def test_a_cookie_from_before_the_sign_in_is_worth_nothing_after_it(
    make_person: Callable[..., User], browser: Callable[[], Browser], quick_site: Flask
) -> None:
    ann = make_person("Ann")
    victim, thief = browser(), browser()
    victim.get("/sign-in")
    planted = victim.client.get_cookie("ppvcms", domain="127.0.0.1")
    assert planted is not None
    victim.sign_in(ann)
    renewed = victim.client.get_cookie("ppvcms", domain="127.0.0.1")
    assert renewed is not None

    thief.client.set_cookie("ppvcms", planted.value, domain="127.0.0.1")

    assert renewed.value != planted.value
    assert victim.is_in
    assert not thief.is_in
    assert quick_site.config["SESSION_COOKIE_HTTPONLY"]


def test_an_old_cookie_is_dead_after_signing_out(
    make_person: Callable[..., User], browser: Callable[[], Browser]
) -> None:
    ann, copy = browser(), browser()
    ann.sign_in(make_person("Ann"))
    cookie = ann.client.get_cookie("ppvcms", domain="127.0.0.1")
    assert cookie is not None
    copy.client.set_cookie("ppvcms", cookie.value, domain="127.0.0.1")
    assert copy.is_in

    ann.get("/account")
    ann.post("/sign-out")

    assert not ann.is_in
    assert not copy.is_in


def test_a_device_is_out_at_its_next_act_when_another_one_ends_it(
    make_person: Callable[..., User], browser: Callable[[], Browser]
) -> None:
    user, here, there = make_person("Ann"), browser(), browser()
    there.sign_in(user)
    here.sign_in(user)
    page = here.get("/account/security").text
    assert page.count("/end") >= 2
    ended = re.search(r'action="(/account/security/sessions/[^"]+/end)"', page)
    assert ended is not None

    here.post(ended.group(1))

    assert here.is_in
    assert not there.is_in
    there.sign_in(user)
    here.get("/account/security")
    here.post("/account/security/sessions/end-others")
    assert [here.is_in, there.is_in] == [True, False]


def test_someone_elses_device_cannot_be_ended(
    make_person: Callable[..., User], browser: Callable[[], Browser]
) -> None:
    ann, eve = browser(), browser()
    ann.sign_in(make_person("Ann"))
    row = db.session.scalars(select(LoginSession)).one()
    eve.sign_in(make_person("Eve"))
    eve.get("/account/security")

    eve.post(f"/account/security/sessions/{row.id}/end")

    assert ann.is_in


def test_asking_for_a_link_says_the_same_for_every_address(
    make_person: Callable[..., User], browser: Callable[[], Browser]
) -> None:
    ann, visitor = make_person("Ann"), browser()

    def ask(email: str) -> str:
        visitor.get("/forgot")
        return visitor.post("/forgot", {"email": email}).text.replace(email, "")

    assert ask(ann.email) == ask("nobody@example.com")
    assert len(letters(ann.email, "reset")) == 1


def test_a_link_of_a_mail_changes_nothing_by_being_opened(
    make_person: Callable[..., User], browser: Callable[[], Browser]
) -> None:
    ann, visitor = make_person("Ann", verified=False), browser()
    link = letters(ann.email, "verify")[0].data["link"]

    for _ in range(2):
        assert visitor.get(link).status_code == 200
    assert services.get_user(ann.id).email_verified_at is None
    visitor.post(link)

    db.session.rollback()
    assert services.get_user(ann.id).email_verified_at is not None
    assert visitor.post(link).status_code == 410


def test_a_password_is_reset_from_the_mail_to_the_sign_in_page(
    make_person: Callable[..., User], browser: Callable[[], Browser]
) -> None:
    ann, visitor = make_person("Ann"), browser()
    signin.forgot(ann.email)
    link = letters(ann.email, "reset")[0].data["link"]
    visitor.get(link)

    assert visitor.post(link, {"password": "short"}).status_code == 422
    assert visitor.post(link, {"password": "eleven red kites"}).location == "/sign-in"
    assert visitor.sign_in(ann, "eleven red kites").status_code == 302
    assert browser().get(link).status_code == 410


def test_changing_the_password_keeps_this_device_alone(
    make_person: Callable[..., User], browser: Callable[[], Browser]
) -> None:
    user, here, there = make_person("Ann"), browser(), browser()
    there.sign_in(user)
    here.sign_in(user)
    here.get("/account/security")
    typed = {"current": PASSWORD, "password": "eleven red kites", "again": "eleven red kites"}

    refused = here.post("/account/security/password", {**typed, "current": "wrong wrong"})
    assert (refused.status_code, 'id="current-error"' in refused.text) == (422, True)
    here.post("/account/security/password", typed)

    assert [here.is_in, there.is_in] == [True, False]


def test_a_profile_is_saved_and_a_taken_name_is_not(
    make_person: Callable[..., User], browser: Callable[[], Browser]
) -> None:
    make_person("Paul")
    user, ann = make_person("Ann"), browser()
    ann.sign_in(user)
    ann.get("/account/profile")
    zone = {"locale": "en", "time_zone": "Europe/Lisbon"}

    refused = ann.post("/account/profile", {"display_name": "PAUL.", **zone})
    assert (refused.status_code, 'id="display_name-error"' in refused.text) == (422, True)
    ann.post("/account/profile", {"display_name": "Anna", **zone})

    saved = services.get_user(user.id)
    assert (saved.display_name, saved.time_zone) == ("Anna", "Europe/Lisbon")


def test_the_demo_shows_who_can_be_played_and_only_the_demo_does(
    quick_site: Flask, browser: Callable[[], Browser]
) -> None:
    services.create_user(
        email="owner@demo.invalid",
        display_name="Olga",
        password=DEMO_PASSWORD,
        roles=("owner",),
        verified=True,
        actor_id=None,
        demo=True,
    )
    visitor = browser()

    assert "/sign-in?as=owner@demo.invalid" in visitor.get("/sign-in").text.replace("%40", "@")
    filled = visitor.get("/sign-in?as=owner@demo.invalid").text
    assert f'value="{DEMO_PASSWORD}"' in filled
    assert 'value="owner@demo.invalid"' in filled
    quick_site.config["PPVCMS"] = replace(quick_site.config["PPVCMS"], demo=False)
    assert DEMO_PASSWORD not in visitor.get("/sign-in?as=owner@demo.invalid").text
    assert "demo.invalid" not in visitor.get("/sign-in").text


def test_the_demo_shows_the_link_that_no_mail_brings(browser: Callable[[], Browser]) -> None:
    ann = browser()
    ann.get("/register")
    ann.post("/register", ANN)

    link = re.search(r'href="(/verify/[^"]+)"', ann.get("/verify").text)

    assert link is not None
    ann.get(link.group(1))
    ann.post(link.group(1))
    assert ann.get("/verify").location == "/account"


def test_private_pages_are_kept_by_nobody(
    make_person: Callable[..., User], browser: Callable[[], Browser]
) -> None:
    ann = browser()
    ann.sign_in(make_person("Ann"))

    for path in ("/account", "/account/profile", "/account/security", "/"):
        assert "no-store" in ann.get(path).headers["Cache-Control"], path


def test_the_sockets_of_an_ended_session_are_closed_and_no_others(
    quick_site: Flask, make_person: Callable[..., User], browser: Callable[[], Browser]
) -> None:
    user, here, there = make_person("Ann"), browser(), browser()
    there.sign_in(user)
    here.sign_in(user)
    realtime = quick_site.extensions["ppvcms_realtime"]
    ending, staying, visiting = (
        Context().run(
            realtime.test_client, quick_site, namespace=NAMESPACE, flask_test_client=one.client
        )
        for one in (there, here, browser())
    )
    before = now_ms(db.session())
    assert close_ended(quick_site, before) == 0

    here.get("/account/security")
    here.post("/account/security/sessions/end-others")

    db.session.rollback()
    assert close_ended(quick_site, before) == 1
    assert close_ended(quick_site, before) == 0
    open_now = [one.is_connected(NAMESPACE) for one in (ending, staying, visiting)]
    assert open_now == [False, True, True]


def test_a_fact_that_was_given_up_is_shown_and_can_be_told_again(
    make_person: Callable[..., User], browser: Callable[[], Browser]
) -> None:
    boss = browser()
    boss.sign_in(make_person("Boss", "owner"))
    fact_id = new_id()
    given_up = Outbox(
        id=fact_id, kind="ShowEnded", payload={}, made_at=1, due_at=PARKED, last_error="no disk"
    )
    transaction(lambda session: session.add(given_up))
    assert "no disk" in boss.get("/admin/health").text

    boss.post(f"/admin/health/facts/{fact_id}/retry")

    assert "no disk" not in boss.get("/admin/health").text
