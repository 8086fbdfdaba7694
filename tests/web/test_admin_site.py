"""People, packs, settings, pages, mail, the log and health: who may, what is kept, what is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ppvcms.accounts import services as accounts
from ppvcms.content.blocks import TEXT
from ppvcms.db import db
from ppvcms.host.settings import site as core
from ppvcms.payments.packs import all_packs
from ppvcms.payments.services import offers
from ppvcms.rooms.services import rooms_of
from ppvcms.web.admin.frame import doors
from ppvcms.web.amounts import amount_text, read_amount
from tests.web.office import Browser, browser_of, log, plain

if TYPE_CHECKING:
    from tests.live import Site

PAGES = (
    "/admin/",
    "/admin/live",
    "/admin/rooms",
    "/admin/people",
    "/admin/people/new",
    "/admin/sessions",
    "/admin/sessions.csv",
    "/admin/shows",
    "/admin/ledger",
    "/admin/ledger/accounts",
    "/admin/ledger/transfers",
    "/admin/payments",
    "/admin/payments/inbox",
    "/admin/packs",
    "/admin/packs/new",
    "/admin/prices",
    "/admin/categories",
    "/admin/pages",
    "/admin/pages/new",
    "/admin/settings",
    "/admin/mail",
    "/admin/audit",
    "/admin/audit.csv",
    "/admin/health",
    "/admin/languages",
)


def test_an_owner_opens_every_page_of_a_new_site(owner: Browser) -> None:
    assert {path: owner.get(path).status_code for path in PAGES} == dict.fromkeys(PAGES, 200)


def test_nobody_else_opens_the_back_office(quick_site: Site) -> None:
    client = browser_of(quick_site, quick_site.person("Ben"))
    visitor = Browser(quick_site.app.test_client(), client.address)

    assert {path: client.get(path).status_code for path in PAGES} == dict.fromkeys(PAGES, 403)
    for path in PAGES:
        answer = visitor.get(path)
        assert (answer.status_code, "/sign-in" in answer.location) == (302, True)


def test_the_navigation_shows_what_a_role_may_open(quick_site: Site) -> None:
    desk = browser_of(quick_site, quick_site.person("Dora", "back_office"))

    page = desk.get("/admin/").text

    assert "/admin/ledger" in page
    assert "/admin/plugins" not in page
    assert desk.get("/admin/settings").status_code == 403
    with quick_site.app.test_request_context():
        assert len({door.endpoint for door in doors()}) == len(doors())


def test_a_new_account_that_performs_has_a_room(owner: Browser) -> None:
    answer = owner.post(
        "/admin/people/new",
        email="iva@example.org",
        display_name="Iva",
        password="seven green boats",
        roles="performer",
        verified="y",
    )
    user = accounts.find_by_email("iva@example.org")

    assert answer.status_code == 302
    assert user is not None
    assert [room.title for room in rooms_of(user.id)] == ["Iva"]


def test_a_refused_account_keeps_what_was_typed(owner: Browser) -> None:
    answer = owner.post(
        "/admin/people/new",
        email="nonsense",
        display_name="Iva",
        password="seven green boats",
        roles="client",
    )

    assert answer.status_code == 422
    assert 'value="nonsense"' in answer.text
    assert "This is not an e-mail address" in answer.text


def test_suspending_needs_a_reason_and_signs_out(quick_site: Site, owner: Browser) -> None:
    ben = quick_site.person("Ben")
    browser = browser_of(quick_site, ben)
    path = f"/admin/people/{ben.user_id}"

    owner.post(f"{path}/suspend", reason=" ")
    assert accounts.get_user(str(ben.user_id)).state == "active"
    owner.post(f"{path}/suspend", reason="Spam in chat")

    assert accounts.get_user(str(ben.user_id)).state == "suspended"
    assert browser.get("/account/").status_code != 200
    assert "Spam in chat" in owner.text(path)
    owner.post(f"{path}/reactivate", reason="Said sorry")
    assert accounts.get_user(str(ben.user_id)).state == "active"


def test_nobody_changes_who_may_do_more_than_they_do(quick_site: Site) -> None:
    olga = quick_site.person("Olga", "owner")
    moderator = browser_of(quick_site, quick_site.person("Max", "moderator"))

    moderator.post(f"/admin/people/{olga.user_id}/suspend", reason="Mutiny")
    moderator.post(f"/admin/people/{olga.user_id}/roles", roles="client")
    mine = quick_site.person("Nora", "client")
    moderator.post(f"/admin/people/{mine.user_id}/roles", roles=["owner", "client"])

    assert accounts.get_user(str(olga.user_id)).state == "active"
    db.session.rollback()
    assert {role.key for role in accounts.get_user(str(olga.user_id)).roles} == {"owner"}
    assert {role.key for role in accounts.get_user(str(mine.user_id)).roles} == {"client"}


def test_a_pack_is_sold_at_its_price_in_the_shops_currency(owner: Browser) -> None:
    fields = {"name": "50 credits", "credits": "50", "bonus": "2.5", "weight": "1", "active": "y"}

    bad = owner.post("/admin/packs/new", **fields, prices="dollars 47")
    good = owner.post("/admin/packs/new", **fields, prices="USD 47.00\njpy 7000")
    pack = all_packs()[0]

    assert bad.status_code == 422
    assert "dollars 47" in bad.text
    assert good.status_code == 302
    assert (pack.credits, pack.bonus, pack.prices) == (5_000, 250, {"USD": 4_700, "JPY": 7_000})
    assert [(one.price, one.currency) for one in offers(None)] == [(4_700, "USD")]
    owner.post(f"/admin/packs/{pack.id}/switch", on="0")
    db.session.rollback()
    assert offers(None) == []


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [
        ("47.00", "USD", 4_700),
        ("7000", "JPY", 7_000),
        ("1,5", "EUR", 150),
        ("1.555", "USD", None),
        ("0.5", "JPY", None),
        ("-1", "USD", None),
        ("1e3", "USD", None),
    ],
)
def test_amounts_are_read_exactly_or_not_at_all(
    typed: str, currency: str, minor: int | None
) -> None:
    """R-01."""
    assert read_amount(typed, currency) == minor
    if minor is not None:
        assert read_amount(amount_text(minor, currency), currency) == minor


def test_shares_are_saved_and_hold_from_the_next_show(quick_site: Site, owner: Browser) -> None:
    bad = owner.post("/admin/prices", ratio_default="70", **{"type:tip": "120"})
    assert bad.status_code == 422
    assert core().ratio_default == 80

    owner.post("/admin/prices", ratio_default="70", **{"type:tip": "95", "type:private": ""})

    assert (core().ratio_default, dict(core().ratio_by_type)) == (70, {"tip": 95})
    mara, ben = quick_site.person("Mara", "performer"), quick_site.person("Ben", credits=9_000)
    room = quick_site.room(mara, "Mara")
    quick_site.go_live(room, mara)
    offer = quick_site.offer(room, ben)
    assert offer.terms.sharers[0].ratio_percent == 70


def test_a_group_of_settings_is_saved_whole_or_not_at_all(owner: Browser) -> None:
    fields = {
        "group": "meter",
        "resume_window_s": "90",
        "pause_cap_s": "600",
        "connect_time_s": "1",
        "evidence_lost_s": "5",
        "grace_again_after_min": "60",
    }

    bad = owner.post("/admin/settings", **fields)
    assert bad.status_code == 422
    assert "Choose between 10 and 600." in plain(bad.text)
    assert core().resume_window_s == 120
    owner.post("/admin/settings", **(fields | {"connect_time_s": "45"}))

    assert (core().resume_window_s, core().connect_time_s) == (90, 45)
    assert log("host.setting.changed")[-1].data == {"resume_window_s": 90, "connect_time_s": 45}
    owner.post("/admin/settings/resume_window_s/reset")
    assert core().resume_window_s == 120


def test_a_page_is_written_shown_and_never_runs_a_script(owner: Browser) -> None:
    body = "## Hello\n\n<script>alert(1)</script> **world** [x](javascript:alert(1))"
    said = {"block": f"text:{TEXT}", "text-text": body}
    answer = owner.post("/admin/pages/new", title="About", slug="about", **said)
    shown = owner.get("/p/about")

    assert answer.status_code == 302
    assert "<strong>world</strong>" in shown.text
    assert "<script>alert" not in shown.text
    assert "javascript:alert" not in shown.text.replace("[x](javascript:alert(1))", "")
    said["text-text"] = "kept words"
    taken = owner.post("/admin/pages/new", title="Two", slug="about", **said)
    assert taken.status_code == 422
    assert "kept words" in taken.text


def test_a_menu_leads_only_where_a_link_may(owner: Browser) -> None:
    bad = owner.post("/admin/menus", menu="footer", label="X", url="javascript:alert(1)")
    good = owner.post("/admin/menus", menu="footer", label="Help", url="/p/help", weight="1")

    assert bad.status_code == 422
    assert good.status_code == 302
    assert "Help" in owner.text("/admin/pages")


def test_a_mail_can_be_read_where_no_server_sends_it(owner: Browser) -> None:
    accounts.create_user(
        email="new@example.org",
        display_name="Newcomer",
        password="seven green boats",
        roles=("client",),
        verified=False,
        actor_id=None,
    )

    assert "new@example.org" in owner.text("/admin/mail")


def test_the_log_is_found_by_words_and_by_what_it_is_about(
    quick_site: Site, owner: Browser
) -> None:
    ben = quick_site.person("Ben")
    owner.post(f"/admin/people/{ben.user_id}/suspend", reason="Spam in chat")

    assert "Spam in chat" in owner.text("/admin/audit?q=spam")
    assert "Spam in chat" in owner.text(f"/admin/audit?subject=user:{ben.user_id}")
    assert "Spam in chat" not in owner.text("/admin/audit?act=rooms")
    assert "Spam in chat" in owner.text("/admin/audit?act=accounts.user.suspended")
    [act] = log("accounts.user.suspended")
    assert "Spam in chat" in owner.text(f"/admin/audit?who={act.actor_id}")
    assert "Spam in chat" not in owner.text("/admin/audit?who=system")
    assert "Spam in chat" not in owner.get("/admin/audit.csv?who=system").text
    # The words of the theme, and names in place of ids.
    owner.post(f"/admin/people/{ben.user_id}/roles", roles=["client", "performer"], reason="Works")
    told = owner.text("/admin/audit?act=accounts.roles.changed")
    assert "from: Fan, to: Fan, Artist" in told
    assert "Spam in chat" in owner.get("/admin/audit.csv").text


def test_health_says_what_to_do(owner: Browser) -> None:
    page = owner.text("/admin/health")

    assert "Database" in page
    assert "No payment plugin is active." in page
    assert "PPVCMS_MAIL_URL" in page


def test_filters_in_an_address_never_speak_to_the_link_builder(owner: Browser) -> None:
    """A name such as _scheme in the address must not end up in a link's scheme."""
    page = owner.get("/admin/sessions?_scheme=javascript&_external=1&mode=private").text

    assert "javascript:" not in page
    assert "mode=private" in page
