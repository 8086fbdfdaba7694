"""AC-01: the owner makes roles, says what they give, and cannot shut themselves out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ppvcms.accounts import roles, services
from ppvcms.accounts.models import User
from ppvcms.db import db
from ppvcms.rooms.services import rooms_of
from tests.web.office import Browser, browser_of, log

if TYPE_CHECKING:
    from tests.live import Site


def granted(key: str) -> set[str]:
    db.session.rollback()
    found = roles.find_role(key)
    return set(found.granted) if found is not None else set()


def test_a_cloned_role_that_is_open_is_offered_to_who_registers(
    quick_site: Site, owner: Browser
) -> None:
    quick_site.person("Ann")
    page = owner.get("/admin/roles/new?like=client").text

    saved = owner.post("/admin/roles/new", name="Gold member", open="1", give=["room.enter"])

    assert "a copy" in page
    assert saved.status_code == 302
    assert granted("gold_member") == {"room.enter"}
    form = quick_site.app.test_client().get("/register", base_url=owner.address).text
    assert "Gold member" in form
    assert [row.data["open"] for row in log("accounts.role.saved")] == [True]


def test_a_role_cannot_be_open_and_run_the_site(owner: Browser) -> None:
    answer = owner.post("/admin/roles/new", name="Helper", open="1", give=["people.view"])

    assert answer.status_code == 422
    assert "Nothing was saved" in answer.text
    assert roles.find_role("helper") is None


def test_an_owner_renames_and_deletes_only_what_nobody_has(
    quick_site: Site, owner: Browser
) -> None:
    owner.post("/admin/roles/new", name="Tutor", give=["room.perform"])
    owner.post("/admin/roles/tutor", name="Head tutor", give=["room.perform"])
    ann = quick_site.person("Ann")
    services.change_roles(str(ann.user_id), ["tutor"], actor_id=None)

    used = owner.post("/admin/roles/tutor/delete")
    services.change_roles(str(ann.user_id), ["client"], actor_id=None)
    owner.post("/admin/roles/client/delete")
    kept = roles.find_role("client")
    assert used.status_code == 302
    assert roles.find_role("tutor") is not None

    owner.post("/admin/roles/tutor/delete")

    db.session.rollback()
    assert roles.find_role("tutor") is None
    assert kept is not None
    assert [row.subject for row in log("accounts.role.deleted")] == ["role:tutor"]


def test_the_owner_keeps_everything_whatever_is_sent(owner: Browser) -> None:
    before = granted("owner")

    owner.post("/admin/roles/owner", name="Owner", give=["room.enter"])

    assert granted("owner") == before
    assert owner.get("/admin/roles").status_code == 200


def test_nobody_gives_or_takes_what_they_do_not_have(quick_site: Site, owner: Browser) -> None:
    owner.post("/admin/roles/new", name="Deputy", give=["admin.view", "roles.manage"])
    made = services.create_user(
        email="dan@example.com",
        display_name="Dan",
        password="seven green boats",
        roles=("deputy",),
        verified=True,
        actor_id=None,
    )
    assert isinstance(made, User)
    dan = browser_of(quick_site, services.actor_of(made))
    before = granted("moderator")

    dan.post(
        "/admin/roles/deputy", name="Deputy", give=["admin.view", "roles.manage", "ledger.manage"]
    )
    dan.post("/admin/roles/moderator", name="x", give=[])

    assert granted("deputy") == {"admin.view", "roles.manage"}
    assert granted("moderator") == before - {"admin.view"}


def test_who_registers_to_perform_has_a_room(quick_site: Site, owner: Browser) -> None:
    visitor = Browser(quick_site.app.test_client(), owner.address, "/register")
    visitor.post(
        "/register",
        role="performer",
        email="nora@example.com",
        display_name="Nora",
        password="seven green boats",
        agreed="y",
    )

    found = services.find_by_email("nora@example.com")
    assert found is not None
    assert len(rooms_of(found.id)) == 1


def test_the_grid_saves_every_role_at_once(owner: Browser) -> None:
    """BO-05."""
    page = owner.get("/admin/roles/grid").text
    ticked = re.findall(r'value="(\w+:[\w.]+)"[^>]*checked', page)
    before = {role.key: set(role.granted) for role in roles.role_list()}
    assert "client:tip.send" in ticked

    wished = [*(one for one in ticked if one != "client:tip.send"), "moderator:mail.view"]
    assert owner.post("/admin/roles/grid", give=wished).status_code == 302

    assert granted("client") == before["client"] - {"tip.send"}
    assert granted("moderator") == before["moderator"] | {"mail.view"}
    assert granted("performer") == before["performer"]
    assert granted("owner") == before["owner"]
    assert len(log("accounts.role.saved")) == 2
