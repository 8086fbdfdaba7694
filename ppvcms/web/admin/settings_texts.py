"""What each setting of the core means, in the words of an owner."""

from __future__ import annotations

import re

from flask_babel import gettext as _

from ppvcms.host.labels import label
from ppvcms.web.admin.settings_items import Group, Item, Kind

CURRENCY = re.compile(r"(?!CRD)[A-Z]{3}")
LOCALE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")
PICTURE = re.compile(r"([0-9A-Z]{26})?")


def groups() -> tuple[Group, ...]:
    """Return all settings that an owner edits here, in groups."""
    return (
        _site(),
        _visitors(),
        _wallet(),
        _securing(),
        _meter(),
        _requests(),
        _rooms(),
        _accounts(),
        _size(),
    )


def _site() -> Group:
    text, words = Kind.TEXT, Kind.WORDS
    return Group(
        "site",
        _("Site"),
        (
            Item("site_name", _("Name"), _("In the header and in mails."), text, needed=True),
            Item("site_tagline", _("In one sentence"), _("Below the name, first page."), text),
            Item(
                "social_picture",
                _("Picture of links"),
                _("What a link to the site shows elsewhere; best 1200 x 630. Without: the logo."),
                Kind.PICTURE,
                pattern=PICTURE,
            ),
            Item(
                "locale",
                _("Language"),
                _("A language code such as en or pt_BR."),
                text,
                needed=True,
                pattern=LOCALE,
            ),
            Item(
                "locales",
                _("Languages offered"),
                _("Codes with commas; people get theirs when it is among them."),
                words,
            ),
            Item("time_zone", _("Time zone"), _("For people who chose none."), Kind.ZONE),
        ),
    )


def _visitors() -> Group:
    return Group(
        "visitors",
        _("Maintenance and search engines"),
        (
            Item(
                "maintenance",
                _("Maintenance mode"),
                _("Visitors see a page instead of the site. Shows that run go on to their end."),
                Kind.SWITCH,
            ),
            Item(
                "maintenance_text",
                _("Sentence for visitors"),
                _("What they read meanwhile; empty says that they should come back in a while."),
                Kind.TEXT,
            ),
            Item(
                "maintenance_until_at",
                _("Expected end"),
                _("On the site's clock; empty names none. It does not end by itself."),
                Kind.MOMENT,
            ),
            Item(
                "search_engines",
                _("Search engines may come"),
                _("Off asks them to stay away from every page. A demonstration always does."),
                Kind.SWITCH,
            ),
        ),
    )


def _wallet() -> Group:
    text = Kind.TEXT
    return Group(
        "wallet",
        _("Credits and payments"),
        (
            Item("unit_name", _("Name of a credit"), _("As in: 25 credits."), text, needed=True),
            Item("unit_sign", _("Sign"), _("Stands behind every amount."), text, needed=True),
            Item(
                "shop_currency",
                _("Currency of the shop"),
                _("The code of a real currency such as USD. Packs need a price in it."),
                text,
                needed=True,
                pattern=CURRENCY,
            ),
            Item(
                "credit_price",
                _("Price of one credit"),
                _("For items that are paid directly: hundredths of the shop's currency."),
                least=1,
            ),
            Item(
                "test_mode",
                _("Test mode"),
                _("Payment plugins take no real money while it is on."),
                Kind.SWITCH,
            ),
            Item(
                "hold_days",
                _("Earnings wait"),
                _("Days until earnings can be paid out, for refunds and disputes."),
                unit=_("days"),
                most=365,
            ),
        ),
    )


def _securing() -> Group:
    seconds = _("s")
    return Group(
        "securing",
        _("Securing money ahead"),
        (
            Item(
                "request_minutes",
                _("Needed to ask"),
                _("Minutes that must be in the wallet to ask for a show."),
                unit=_("min"),
                least=1,
                most=60,
            ),
            Item(
                "wallet_extend_s",
                _("Next part"),
                _("Seconds that are set aside at a time while a show runs."),
                unit=seconds,
                least=20,
                most=3600,
            ),
            Item(
                "extend_below_s",
                _("Secured anew below"),
                _("Seconds left at which the next part is set aside."),
                unit=seconds,
                least=10,
                most=3600,
            ),
            Item("warn_1_s", _("First warning"), _("Before the end."), unit=seconds, most=600),
            Item("warn_2_s", _("Last warning"), _("Before the end."), unit=seconds, most=600),
        ),
    )


def _meter() -> Group:
    seconds = _("s")
    return Group(
        "meter",
        _("Meter"),
        (
            Item(
                "resume_window_s",
                _("Wait for a lost line"),
                _("A show goes on at the same price if the line is back within this time."),
                unit=seconds,
                least=10,
                most=3600,
            ),
            Item(
                "pause_cap_s",
                _("All pauses together"),
                _("After this a show ends. Pauses are never billed."),
                unit=seconds,
                least=10,
                most=7200,
            ),
            Item(
                "connect_time_s",
                _("Time to connect"),
                _("Both pictures must be there within it, or the show is void and free."),
                unit=seconds,
                least=10,
                most=600,
            ),
            Item(
                "evidence_lost_s",
                _("A line counts as lost after"),
                _("Seconds without a sign of life; they are not billed."),
                unit=seconds,
                least=3,
                most=60,
            ),
            Item(
                "grace_again_after_min",
                _("Free seconds again after"),
                _("Minutes until a new show of two people has free seconds again."),
                unit=_("min"),
                most=10_080,
            ),
        ),
    )


def _requests() -> Group:
    performer = label("performer")
    return Group(
        "requests",
        _("Requests and prices"),
        (
            Item(
                "request_ttl_s",
                _("A request lives"),
                _("So long a %(who)s can accept it, at the price shown.", who=performer),
                unit=_("s"),
                least=20,
                most=3600,
            ),
            Item(
                "rate_changes_per_day",
                _("Price changes a day"),
                _("How often a %(who)s may change a price of their own.", who=performer),
                least=1,
                most=100,
            ),
        ),
    )


def _rooms() -> Group:
    return Group(
        "rooms",
        _("List and rooms"),
        (
            Item(
                "show_viewers",
                _("Show how many watch"),
                _("A room can hide its number; off hides them all. Numbers are always true."),
                Kind.SWITCH,
            ),
            Item(
                "profile_fields",
                _("Asked of who performs"),
                _(
                    "Lines as for who registers, of the kinds text and choice. Answers stand on "
                    "the profile; lists are filtered by those that are chosen."
                ),
                Kind.FIELDS,
            ),
            Item("per_page", _("On one page of the list"), _("Cards."), least=4, most=200),
            Item(
                "snapshot_every_s",
                _("A live picture every"),
                _("How often the picture in the list is made anew."),
                unit=_("s"),
                least=20,
                most=3600,
            ),
        ),
    )


def _fields_help() -> str:
    return str(
        _(
            "One line for each: key | Question | kind | choices. Kinds are text, choice, "
            "date, country, language and check; a choice has its choices with commas."
        )
    )


def _accounts() -> Group:
    return Group(
        "accounts",
        _("Accounts and mail"),
        (
            Item("login_tries", _("Wrong passwords"), _("Until a wait."), least=3, most=50),
            Item(
                "login_lock_min",
                _("The wait"),
                _("After too many wrong passwords."),
                unit=_("min"),
                least=1,
                most=1440,
            ),
            Item(
                "per_address_day",
                _("New accounts from one network a day"),
                _("Keeps programs from making many."),
                least=1,
                most=1000,
            ),
            Item(
                "register_fields",
                _("Asked of who registers"),
                _fields_help(),
                Kind.FIELDS,
            ),
            Item("min_age", _("Least age"), _("People confirm it when they register."), most=99),
            Item(
                "banned_names",
                _("Names nobody may take"),
                _("With commas; spellings that look alike are found too."),
                Kind.WORDS,
            ),
            Item(
                "mail_gap_min",
                _("Between two mails of a kind"),
                _("Minutes, for each person."),
                unit=_("min"),
                most=1440,
            ),
        ),
    )


def _size() -> Group:
    performers = label("performer", plural=True)
    return Group(
        "size",
        _("Expected size"),
        (
            Item(
                "expect_performers",
                _("How many: %(who)s", who=performers),
                _("In the first months. 0 gives no advice on the machine."),
            ),
            Item(
                "expect_watching",
                _("Watching in the busiest hour"),
                _("All who see a picture at the same time; the first page advises on the machine."),
            ),
        ),
    )
