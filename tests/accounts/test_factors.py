"""A second factor: set up, asked for, counted, replaced and lost."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyotp
import pytest
from sqlalchemy import select, update

from ppvcms.accounts import factors, services, signin
from ppvcms.accounts.factors import STEP_MS
from ppvcms.accounts.models import AuditLog, LoginGuard, SecondFactor, User
from ppvcms.accounts.sessions import Device
from ppvcms.accounts.signin import HalfWay, SignedIn
from ppvcms.db import db, now_ms, transaction
from ppvcms.results import Refusal
from tests.accounts.conftest import PASSWORD, letters

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.accounts.conftest import Browser

HOME = Device("203.0.113.7", "Firefox")
pytestmark = pytest.mark.usefixtures("quick_site")


def shown(secret: str, *, steps: int = 0) -> str:
    """What the phone shows now, or shows so many steps of 30 seconds later."""
    return pyotp.TOTP(secret).generate_otp(now_ms(db.session()) // STEP_MS + steps)


def equip(user: User) -> tuple[str, list[str]]:
    """Switch a second factor on with the code before this one; return secret and recovery codes."""
    setup = factors.set_up(user.id, "Site")
    assert not isinstance(setup, Refusal)
    code = shown(setup.secret, steps=-1)
    codes = factors.switch_on(user.id, setup.sealed, code, address="")
    assert not isinstance(codes, Refusal), str(codes)
    return setup.secret, codes


def half(user: User, password: str = PASSWORD) -> HalfWay:
    answer = signin.sign_in(email=user.email, password=password, device=HOME)
    assert isinstance(answer, HalfWay)
    return answer


def by(half_way: HalfWay, code: str) -> str:
    answer = signin.sign_in_by_code(half_way, code, device=HOME)
    return "in" if isinstance(answer, SignedIn) else answer.code


def test_a_code_counts_once_and_a_recovery_code_too(make_person: Callable[..., User]) -> None:
    ann = make_person("Ann", "owner")
    assert isinstance(signin.sign_in(email=ann.email, password=PASSWORD, device=HOME), SignedIn)
    setup = factors.set_up(ann.id, "Site & Co")
    assert not isinstance(setup, Refusal)
    assert "issuer=Site%20%26%20Co" in setup.address
    again = factors.set_up(ann.id, "Site & Co", setup.sealed)
    assert isinstance(again, factors.Setup)
    assert again.secret == setup.secret, "a wrong code does not make the phone begin anew"
    bob = make_person("Bob")
    now = shown(setup.secret)
    for who, sealed, code in (
        (ann, setup.sealed, "000000"),
        (ann, "", now),
        (bob, setup.sealed, now),
    ):
        assert isinstance(factors.switch_on(who.id, sealed, code, address=""), Refusal)
    assert not factors.is_on(ann.id)

    secret, codes = equip(ann)
    assert isinstance(factors.set_up(ann.id, "Site"), Refusal), "the secret is shown no more"
    waiting = half(ann)
    assert by(waiting, shown(secret, steps=-1)) == "code", "that one switched it on"
    assert by(waiting, shown(secret, steps=2)) == "code", "nobody's clock is off by a minute"
    now = shown(secret)
    assert by(waiting, f"{now[:3]} {now[3:]}") == "in"
    assert by(waiting, now) == "code"
    assert by(waiting, codes[0].lower()) == "in"
    assert by(waiting, codes[0]) == "code"
    assert factors.codes_left(ann.id) == 9
    kept = db.session.get_one(SecondFactor, ann.id)
    assert secret not in kept.secret
    assert codes[1].replace("-", "") not in "".join(kept.codes)


def test_wrong_codes_lock_and_neither_a_new_password_nor_the_old_step_gets_around(
    make_person: Callable[..., User],
) -> None:
    ann = make_person("Ann")
    secret, codes = equip(ann)
    waiting = half(ann)
    assert [by(waiting, "123") for _ in range(5)] == ["code"] * 5
    assert by(waiting, shown(secret)) == "code", "locked"
    assert isinstance(factors.prove(ann.id, codes[0]), Refusal), "at the gate as well"
    unlock = update(LoginGuard).values(locked_until=LoginGuard.locked_until - 15 * 60_000)
    transaction(lambda session: session.execute(unlock))
    kept = len(services.people())

    changed = signin.change_password(
        ann.id, current=PASSWORD, new="eight blue boats", keep=None, address=""
    )
    assert not isinstance(changed, Refusal)
    assert by(waiting, shown(secret)) == "wrong", "half way in with the old password"
    assert by(half(ann, "eight blue boats"), shown(secret)) == "in"
    assert len(services.people()) == kept


def test_both_are_asked_for_before_something_that_matters_and_to_switch_it_off(
    make_person: Callable[..., User], browser: Callable[[], Browser]
) -> None:
    ann = make_person("Ann", "owner")
    page = browser()
    page.sign_in(ann)
    assert "Set it up" in page.get("/account/security").text
    html = page.get("/account/security/factor?next=/admin/plugins").text
    assert "<svg" in html
    assert "style=" not in html.split("<svg")[1].split("</svg>")[0]
    found = re.search(r"<code[^>]*>([A-Z2-7 ]{39,})</code>", html)
    assert found
    secret = found[1].replace(" ", "")
    sealed = re.search(r'name="setup" value="([^"]+)"', html)
    assert sealed
    typed = {"code": "000000", "setup": sealed[1], "next": "/admin"}
    assert found[1] in page.post("/account/security/factor", typed).text, "the phone has it already"
    html = page.post("/account/security/factor", typed | {"code": shown(secret)}).text
    codes = re.findall(r"<code>([A-Z2-7-]{19})</code>", html)
    assert len(codes) == 10
    assert 'href="/admin"' in html
    assert codes[0] not in page.get("/account/security/factor").text

    other = browser()
    assert other.sign_in(ann, next="/account/security").location == (
        "/sign-in/code?next=/account/security"
    )
    assert not other.is_in
    other.get("/sign-in/code?next=/account/security")
    assert "not right" in other.post("/sign-in/code", {"code": "000000"}).text
    answer = other.post("/sign-in/code", {"code": codes[0], "next": "/account/security"})
    assert answer.location == "/account/security"
    assert other.is_in
    assert "Code" in other.get("/confirm").text
    assert "not right" in other.post("/confirm", {"current": PASSWORD, "code": ""}).text
    assert other.post("/confirm", {"current": PASSWORD, "code": codes[1]}).status_code == 302

    other.get("/account/security/factor")
    change = "/account/security/factor/change"
    wrong = {"current": "wrong wrong wrong", "code": codes[2], "act": "off"}
    assert "not your password" in other.post(change, wrong).text
    right = {"current": PASSWORD, "code": codes[2]}
    fresh = re.findall(
        r"<code>([A-Z2-7-]{19})</code>", other.post(change, right | {"act": "codes"}).text
    )
    assert len(fresh) == 10
    assert "not right" in other.post(change, right | {"code": codes[3], "act": "off"}).text
    assert other.post(change, right | {"code": fresh[0], "act": "off"}).status_code == 302
    assert not factors.is_on(ann.id)
    assert [len(letters(ann.email, f"factor_{way}")) for way in ("on", "off")] == [1, 1]
    query = select(AuditLog.action).where(AuditLog.action.startswith("accounts.factor."))
    acts = [act.rpartition(".")[2] for act in db.session.scalars(query.order_by(AuditLog.id))]
    assert acts == ["on", *["recovery_used"] * 3, "new_codes", "recovery_used", "off"]
