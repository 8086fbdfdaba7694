"""T1: every view says who may use it and is held to it; redirects stay here; CSRF everywhere."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from flask_login import current_user

from ppvcms import create_app, wire
from ppvcms.accounts.roles import PERMISSIONS
from ppvcms.config import Config
from ppvcms.db import Base, db
from ppvcms.host import registry
from ppvcms.realtime import NAMESPACE
from ppvcms.web.guards import SAFE_METHODS, local_path, policy, policy_of, require_recent_sign_in
from tests.services import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask import Flask

    from ppvcms.accounts.models import User
    from tests.accounts.conftest import Browser

EXEMPT = {"a gateway signs its notifications"}
"""Why a request that changes something may come without a token; the list is reviewed."""

MAY_CHANGE = {"login_session", "audit_log", "host_process", "task_lease"}
ELSEWHERE = [
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "////evil.example/%2f..",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    " https://evil.example",
    "http:evil.example",
    "https:/evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "evil.example",
    "@evil.example",
    "\x00//evil.example",
    "/\x7f/evil.example",
    "/a\r\nLocation: //evil.example",
    "/" + "a" * 3_000,
    "",
]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_a_path_that_could_lead_elsewhere_is_not_followed(target: str) -> None:
    assert local_path(target, default="/home") == "/home"


@pytest.mark.parametrize(
    "target", ["/", "/rooms/mara?x=1&y=2#chat", "/a//b", "/%2f%2fevil.example", "/ä", "/a:b@c"]
)
def test_a_path_of_this_site_is_followed(target: str) -> None:
    assert local_path(target) == target


@pytest.mark.parametrize("target", ELSEWHERE)
def test_signing_in_never_leads_elsewhere(
    quick_site: Flask, make_person: Callable[..., User], browser: Callable[[], Browser], target: str
) -> None:
    assert quick_site
    answer = browser().sign_in(make_person("Ann"), next=target)

    assert (answer.status_code, answer.location) == (302, "/")


def test_every_view_declares_a_policy_that_means_something(quick_site: Flask) -> None:
    known = {"public", "signed_in", *PERMISSIONS, *registry.permissions()}
    undeclared, unknown = [], []
    for endpoint, view in quick_site.view_functions.items():
        declared = policy_of(view)
        if declared is None:
            undeclared.append(endpoint)
        elif declared.who not in known:
            unknown.append(f"{endpoint}: {declared.who}")

    assert undeclared == ["static"]
    assert unknown == []


def test_what_changes_something_needs_a_token_or_a_reviewed_reason(quick_site: Flask) -> None:
    reasons = {
        declared.csrf
        for rule in quick_site.url_map.iter_rules()
        if (declared := policy_of(quick_site.view_functions[rule.endpoint])) is not None
        and declared.csrf
    }

    assert reasons <= EXEMPT


def test_every_socket_event_is_one_that_was_declared(tmp_path: Path, quick_site: Flask) -> None:
    config = Config(
        instance=tmp_path,
        database=quick_site.config["PPVCMS"].database,
        secret_key="k" * 40,
        testing=True,
        async_mode="threading",
    )
    server = create_app(config).extensions["ppvcms_realtime"].server

    bound = set(server.handlers[NAMESPACE]) - {"connect", "disconnect"}
    assert bound == set(wire.HANDLERS)
    assert set(server.handlers) == {NAMESPACE}
    assert not server.namespace_handlers


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_page_changes_anything_without_a_token_in_whatever_order(
    quick_site: Flask, make_person: Callable[..., User], browser: Callable[[], Browser], seed: int
) -> None:
    boss, visitor = browser(), browser()
    boss.sign_in(make_person("Boss", "owner"))
    visits = [
        (method, path_of(str(rule)), policy_of(quick_site.view_functions[rule.endpoint]))
        for rule in quick_site.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - SAFE_METHODS)
    ]
    random.Random(seed).shuffle(visits)  # noqa: S311 - no secret, an order

    for method, path, declared in visits:
        for who in (visitor, boss):
            status = who.open(path, method=method).status_code
            assert status == 400 or (declared and declared.csrf), f"{method} {path}: {status}"
    assert boss.is_in


def test_reading_any_page_as_anybody_changes_nothing(
    quick_site: Flask, make_person: Callable[..., User], browser: Callable[[], Browser]
) -> None:
    people = [browser() for _ in range(4)]
    for one, role in zip(people[1:], ("client", "performer", "owner"), strict=True):
        one.sign_in(make_person(f"The{role}", role))
    paths = sorted(
        {
            path_of(str(rule))
            for rule in quick_site.url_map.iter_rules()
            if "GET" in (rule.methods or set())
        }
    )
    before = rows_of_all_tables()

    broken = [path for path in paths for one in people if one.open(path).status_code >= 500]

    assert broken == []
    assert rows_of_all_tables() == before


def rows_of_all_tables() -> dict[str, list[object]]:
    db.session.rollback()
    there = set(sa.inspect(db.engine).get_table_names()) - MAY_CHANGE
    kept = [table for table in Base.metadata.sorted_tables if table.name in there]
    return {table.name: sorted(map(str, db.session.execute(table.select()))) for table in kept}


def path_of(rule: str) -> str:
    return re.sub(r"<[^>]+>", "1", rule)


def test_a_form_from_another_site_is_refused_with_a_token_too(
    quick_site: Flask, make_person: Callable[..., User], browser: Callable[[], Browser]
) -> None:
    ann = browser()
    ann.sign_in(make_person("Ann"))
    ann.get("/account/security")

    def leave(origin: str) -> int:
        return ann.post("/sign-out", headers={"Origin": origin}).status_code

    host = quick_site.config["PPVCMS"].public_url
    assert [leave(origin) for origin in ("https://evil.example", f"{host}.evil.example")] == [
        403,
        403,
    ]
    assert leave(host) == 302


def test_a_view_without_a_policy_is_shut(quick_site: Flask) -> None:
    app = quick_site
    app.view_functions["account.overview"] = lambda: "open to all"

    assert app.test_client().get("/account").status_code == 403


def test_who_is_not_signed_in_is_asked_and_then_brought_back(
    quick_site: Flask, make_person: Callable[..., User], browser: Callable[[], Browser]
) -> None:
    assert quick_site
    ann = browser()

    asked = ann.get("/account/security?from=mail")
    assert asked.location == "/sign-in?next=/account/security?from%3Dmail"
    form = ann.get(asked.location)
    assert 'name="next" value="/account/security?from=mail"' in form.text

    back = ann.sign_in(make_person("Ann"), next="/account/security?from=mail")
    assert back.location == "/account/security?from=mail"


def test_the_back_office_needs_its_permission(
    quick_site: Flask, make_person: Callable[..., User], browser: Callable[[], Browser]
) -> None:
    ann, boss = browser(), browser()
    ann.sign_in(make_person("Ann"))
    boss.sign_in(make_person("Boss", "owner"))

    shut = policy(who="plugins.manage")(lambda: "inside")
    quick_site.view_functions["account.overview"] = shut

    assert [ann.get("/account").status_code, boss.get("/account").status_code] == [403, 200]


def test_what_matters_asks_for_the_password_again(
    quick_site: Flask,
    make_person: Callable[..., User],
    browser: Callable[[], Browser],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    guarded = policy(who="signed_in")(require_recent_sign_in(lambda: f"hello {current_user.id}"))
    quick_site.view_functions["account.overview"] = guarded
    ann = browser()
    ann.sign_in(make_person("Ann"))
    assert ann.get("/account").status_code == 200

    monkeypatch.setattr("ppvcms.web.guards.RECENT_MS", -1)
    asked = ann.get("/account")
    assert asked.location == "/confirm?next=/account"
    ann.get(asked.location)
    assert ann.post("/confirm", {"current": "wrong", "next": "/account"}).status_code == 422
    confirmed = ann.post("/confirm", {"current": "seven green boats", "next": "/account"})
    monkeypatch.undo()

    assert confirmed.location == "/account"
    assert ann.get("/account").status_code == 200


def test_limits_hold_while_redis_is_away(tmp_path: Path, quick_site: Flask) -> None:
    """Each process counts for itself then; nobody meets an error page."""
    config = Config(
        instance=tmp_path,
        database=quick_site.config["PPVCMS"].database,
        redis=f"redis://127.0.0.1:{free_port()}/0",
        secret_key="k" * 40,
        async_mode="threading",
    )
    site = create_app(config)

    @site.post("/counted")
    @policy(who="public", csrf="a test", rate="2 per minute")
    def counted() -> str:
        return "done"

    client = site.test_client()
    assert [client.post("/counted").status_code for _ in range(3)] == [200, 200, 429]
