"""The core's own live pages for the style guide: real templates and scripts over a wire of samples.

Each sample names a template, what the view would give it, what the server would answer
(`tools/styleguide/wire.js` plays the server), and what to press before the picture is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from wtforms import BooleanField, DecimalField, Form, IntegerField

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NOW = 1_790_000_000_000
MINUTE = 60_000
RATE = 280


@dataclass(frozen=True)
class Sample:
    """One page in one state. `wire` holds the answers by event, `push` what comes afterwards."""

    template: str
    facts: Callable[[dict[str, Any]], dict[str, Any]]
    wire: Mapping[str, Any] = field(default_factory=dict)
    push: tuple[tuple[str, Any], ...] = ()
    click: tuple[str, ...] = ()


class PriceSample(Form):
    """A price to edit."""

    rate = DecimalField("Per minute", places=2)
    minimum_minutes = IntegerField("Least minutes")
    show = BooleanField("Show how many are watching")

    def hidden_tag(self) -> str:
        """Return what Flask-WTF would write."""
        return ""


def prices(*, free: bool = True) -> list[SimpleNamespace]:
    """Return a price list."""
    private = {"mode": "private", "label": "Private show", "rate": RATE, "grace_s": 30}
    found = [SimpleNamespace(**private, minimum_minutes=0, voyeurs=False, private=True, paid=True)]
    if free:
        one = {"mode": "free", "label": "Free", "rate": 0, "grace_s": 0}
        found.insert(
            0, SimpleNamespace(**one, minimum_minutes=0, voyeurs=False, private=False, paid=False)
        )
    return found


def room(page: dict[str, Any], state: str = "online") -> SimpleNamespace:
    """Return the room that the pages are about."""
    first = page["rooms"][0]
    return SimpleNamespace(
        **{key: first[key] for key in ("slug", "url", "name", "image_url", "category")},
        id="01J",
        title="Evening session",
        brief="Two hours every evening, requests welcome. Ask me anything between the pieces.",
        state=state,
        language_name="English",
        tags=("live", "requests", "beginners"),
        prices=prices(),
        viewers=38 if state == "online" else None,
        own=False,
        offline_message="Back on Thursday at eight.",
        description_html="<p>Twenty years of teaching and playing, in three languages.</p>",
        gallery=[one["image_url"] for one in page["rooms"][1:4]],
    )


def room_state(state: str) -> dict[str, Any]:
    """Return the shape RoomState."""
    return {
        "room": "ava-lind",
        "state": state,
        "since": NOW - 14 * MINUTE,
        "show": "01J" if state in {"online", "hidden"} else None,
        "public_media": state == "online",
        "prices": [
            {"mode": "private", "rate": RATE},
        ],
        "viewers": 38 if state == "online" else None,
        "auto_reject": False,
        "requests_open": state in {"online", "hidden", "private"},
    }


CHAT = [
    {"id": "1", "kind": "system", "name": "", "text": "Welcome. Please be kind to each other."},
    {"id": "2", "kind": "text", "name": "Otto", "role": "client", "text": "Good evening!"},
    {
        "id": "3",
        "kind": "text",
        "name": "Ava Lind",
        "role": "performer",
        "text": "Good evening, Otto. We start in two minutes, I am just setting the light.",
    },
    {
        "id": "4",
        "kind": "tip",
        "name": "Miri",
        "role": "client",
        "text": "for the encore",
        "data": {"amount": 500},
    },
    {"id": "5", "kind": "text", "name": "Robin", "user": "me", "text": "That one was lovely."},
]


def seat(**changes: Any) -> dict[str, Any]:
    """Return the shape Seat; a live seat that has counted twelve minutes."""
    return {
        "seat": "SEAT",
        "room": "ava-lind",
        "mode": "private",
        "state": "live",
        "rate": RATE,
        "grace_s": 30,
        "grace_left_s": 0,
        "counted_s": 764,
        "cost": 3425,
        "secured_until": NOW + 41_000,
        "time_left_s": 265,
        "counting": True,
        "performer_line": "up",
        "payer_line": "up",
        "pause_cause": None,
        "resume_until": None,
        "exhausted_until": None,
        "balance": {"available": 1240, "held": 300},
        "server_now": NOW,
    } | changes


def me(**changes: Any) -> dict[str, Any]:
    """Return the shape Me."""
    return {
        "user": "me",
        "name": "Robin Vale",
        "role": "client",
        "can": {"chat": True, "ask": True, "watch": True},
        "request": None,
        "seat": None,
        "switches": {"auto_reject": False, "auto_reject_text": "", "hidden": False},
    } | changes


def joined(state: str, **changes: Any) -> dict[str, Any]:
    """Return what `join` answers."""
    return {
        "state": room_state(state),
        "me": me(),
        "chat": CHAT,
        "plugins": {},
        "server_now": NOW,
    } | changes


def offer(**changes: Any) -> dict[str, Any]:
    """Return the shape Offer."""
    return {
        "token": "t",
        "mode": "private",
        "rate": RATE,
        "grace_s": 30,
        "minimum_minutes": 0,
        "voyeurs": False,
        "recording": False,
        "funds_needed": 840,
        "available": 1240,
        "missing": 0,
        "minutes": 4,
    } | changes


def request(number: int, name: str, note: str, minutes: int) -> dict[str, Any]:
    """Return the shape QueueRow."""
    return {
        "id": f"R{number}",
        "name": name,
        "note": note,
        "mode": "private",
        "rate": RATE,
        "made_at": NOW - number * 34_000,
        "expires_at": NOW + 120_000 - number * 34_000,
        "minutes": min(minutes, 30),
        "minutes_more": minutes > 30,
        "new": number == 1,
    }


QUEUE = [
    request(1, "Otto", "Could we go through the second piece again, slower?", 44),
    request(2, "Miri", "", 12),
    request(3, "Sam", "Only three minutes, one question.", 3),
]
SHOP = {
    "packs": [
        {"id": "1", "credits": 1000, "bonus": 0, "price": 1000, "currency": "USD"},
        {"id": "2", "credits": 2500, "bonus": 100, "price": 2500, "currency": "USD"},
        {"id": "3", "credits": 5000, "bonus": 400, "price": 5000, "currency": "USD"},
    ],
    "ways": [{"key": "card", "label": "Card"}],
    "key": "k",
}
MODE = {"key": "private", "label": "Private show", "rate": RATE}
METER = {
    "state": "free",
    "counted_s": 0,
    "cost": 0,
    "rate": RATE,
    "left_s": 265,
    "secured_s": 60,
    "secured_max_s": 60,
    "available": 1240,
    "own_line": "",
    "other_line": "",
    "note": "",
}


def _words(page: dict[str, Any], kind: str) -> dict[str, str]:
    return dict(page["sentences"](kind))


def _room(state: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda page: {
        "room": room(page, state),
        "view": None,
        "private_mode": MODE,
        "words": _words(page, "room"),
        "modules": [],
    }


def _private(page: dict[str, Any]) -> dict[str, Any]:
    return {
        "room": room(page, "private"),
        "view": None,
        "seat_id": "SEAT",
        "seat_mode": MODE["label"],
        "seat": METER | {"other_name": "Ava Lind", "mode": MODE["label"]},
        "words": _words(page, "private"),
        "modules": [],
    }


def _perform(page: dict[str, Any]) -> dict[str, Any]:
    return {
        "room": room(page, "offline"),
        "view": None,
        "public_modes": [
            SimpleNamespace(
                key="free", label="Free show", icon="broadcast", summary="Everybody may watch."
            )
        ],
        "private_modes": [MODE],
        "seat": METER | {"rate": 0, "other_name": page["people"]("client"), "mode": ""},
        "words": _words(page, "perform"),
        "modules": [],
    }


def _home(page: dict[str, Any]) -> dict[str, Any]:
    return {
        "filters": {"active": False, "q": "", "sort": "state"},
        "page": SimpleNamespace(items=page["rooms"], number=1, pages=3, total=58),
        "url": "?page={}".format,
        "categories": [{"slug": "a", "name": "Music"}],
        "languages": [("en", "English")],
        "states": [("online", "Online")],
        "price_bands": [150, 300],
        "sorts": [("state", "Here now first")],
    }


def _chart(page: dict[str, Any]) -> dict[str, Any]:
    return {"x": page["days"], "series": [{"label": "Shows", "values": page["earned"]}]}


def _earnings(page: dict[str, Any]) -> dict[str, Any]:
    row = {"transfer_id": "1", "kind": "seat", "memo": "Private show: Ava Lind", "gross": 3425}
    rows = [
        SimpleNamespace(**row, seat_id="S", amount=2397, percent=70.0, reversed=False, at=NOW),
        SimpleNamespace(**row, seat_id="T", amount=2397, percent=70.0, reversed=True, at=NOW),
    ]
    return {
        "room": room(page),
        "card": SimpleNamespace(state=SimpleNamespace(live=False, value="offline")),
        "rows": rows,
        "latest": rows,
        "page": 1,
        "more": True,
        "today": 2397,
        "week": 18_340,
        "total": 241_100,
        "hold": SimpleNamespace(balance=18_340),
        "available": SimpleNamespace(balance=92_000),
        "chart": _chart(page),
    }


def _prices(_page: dict[str, Any]) -> dict[str, Any]:
    limits = SimpleNamespace(own_rates=True, least=50, most=2000)
    row = SimpleNamespace(mode="private", label="Private show", rate=RATE, limits=limits)
    return {"rows": [(row, PriceSample(data={"rate": 2.8, "minimum_minutes": 0}))]}


def _credits(page: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": "Buy credits",
        "packs": page["packs"],
        "ways": [SimpleNamespace(key="card", label="Card"), SimpleNamespace(key="w", label="Wire")],
        "refusal": None,
        "chosen": "",
        "key": "k",
        "return_to": "",
    }


def _returned(state: str, message: str = "") -> Callable[[dict[str, Any]], dict[str, Any]]:
    intent = SimpleNamespace(
        id="I",
        state=state,
        credits=2600,
        amount=2500,
        currency="USD",
        message=message,
        return_to="/rooms/ava-lind",
        waiting=state == "awaiting",
        redirect=None,
    )
    return lambda _page: {"intent": intent, "available": 3840}


def stretch(kind: str, start_s: int, end_s: int) -> SimpleNamespace:
    """Return one stretch of a timeline."""
    return SimpleNamespace(kind=kind, start_s=start_s, end_s=end_s)


def _receipt(page: dict[str, Any]) -> dict[str, Any]:
    first = page["rooms"][0]
    return {
        "receipt": SimpleNamespace(
            number=20413,
            title="Private show with Ava Lind",
            name=first["name"],
            image_url=first["image_url"],
            opened_at=NOW - 20 * MINUTE,
            started_at=NOW - 19 * MINUTE,
            closed_at=NOW,
            total=5288,
            total_s=1140,
            spans=[
                stretch("free", 12, 42),
                stretch("counted", 42, 410),
                stretch("paused", 410, 482),
                stretch("counted", 482, 1140),
            ],
            rows=[
                {"label": "Charged for 17:06 at 2.80 cr a minute", "value": "47.88 cr"},
                {"label": "Tip: thank you", "value": "5.00 cr"},
                {"label": "Paid from your wallet", "value": "52.88 cr", "total": True},
            ],
            facts=[
                ("Counted", "17:36"),
                ("Free", "0:30"),
                ("Paused, not billed", "1:12"),
                ("Set aside", "50.00 cr"),
                ("Given back", "2.12 cr"),
            ],
            why=[
                "1,056 seconds were counted: both sides had picture or sound.",
                "The first 30 seconds are free: 30 of them were used.",
                "1,026 s x 2.80 a minute / 60 = 47.88, rounded down.",
                "50.00 was set aside for the show and 2.12 of it came back.",
            ],
            ended="Ava Lind ended the show.",
            tips=[],
        ),
        "room_url": "#",
    }


LIVE_QUEUE = joined("online", me=me(role="performer", user="p"), queue=QUEUE)
SAMPLES: dict[str, Sample] = {
    "live-home": Sample("site/home.html", _home),
    "live-profile": Sample("site/profile.html", lambda page: {"room": room(page)}),
    "live-room": Sample("site/room.html", _room("online"), {"join": joined("online")}),
    "live-room-private": Sample("site/room.html", _room("private"), {"join": joined("private")}),
    "live-room-offline": Sample("site/room.html", _room("offline"), {"join": joined("offline")}),
    "live-room-hidden": Sample("site/room.html", _room("hidden"), {"join": joined("hidden")}),
    "live-room-entry": Sample(
        "site/room.html",
        _room("online"),
        {"join": joined("online"), "quote": {"offer": offer()}},
        click=("[data-pv-ask]",),
    ),
    "live-room-lacks": Sample(
        "site/room.html",
        _room("online"),
        {"join": joined("online"), "quote": {"offer": offer(available=320, missing=520)}},
        click=("[data-pv-ask]",),
    ),
    "live-room-topup": Sample(
        "site/room.html",
        _room("online"),
        {"join": joined("online"), "quote": {"offer": offer(available=320, missing=520)}},
        click=("[data-pv-ask]", "[data-pv-entry] [data-pv-topup]"),
    ),
    "live-room-waiting": Sample(
        "site/room.html",
        _room("online"),
        {
            "join": joined(
                "online",
                me=me(request={"id": "R", "state": "waiting", "expires_at": NOW + 96_000}),
            )
        },
    ),
    "live-private": Sample(
        "site/private.html", _private, {"join": joined("private", me=me(seat=seat()))}
    ),
    "live-private-connecting": Sample(
        "site/private.html",
        _private,
        {
            "join": joined(
                "private",
                me=me(
                    seat=seat(
                        state="secured",
                        counting=False,
                        counted_s=0,
                        cost=0,
                        grace_left_s=30,
                        payer_line="waiting",
                        performer_line="waiting",
                    )
                ),
            )
        },
    ),
    "live-private-free": Sample(
        "site/private.html",
        _private,
        {"join": joined("private", me=me(seat=seat(counted_s=12, grace_left_s=18, cost=0)))},
    ),
    "live-private-low": Sample(
        "site/private.html",
        _private,
        {"join": joined("private", me=me(seat=seat(time_left_s=58)))},
    ),
    "live-private-critical": Sample(
        "site/private.html",
        _private,
        {"join": joined("private", me=me(seat=seat(time_left_s=16)))},
    ),
    "live-private-paused": Sample(
        "site/private.html",
        _private,
        {
            "join": joined(
                "private",
                me=me(
                    seat=seat(
                        state="paused",
                        counting=False,
                        pause_cause="performer",
                        performer_line="down",
                        resume_until=NOW + 92_000,
                    )
                ),
            )
        },
    ),
    "live-private-exhausted": Sample(
        "site/private.html",
        _private,
        {
            "join": joined(
                "private",
                me=me(
                    seat=seat(
                        state="exhausted",
                        counting=False,
                        time_left_s=0,
                        balance={"available": 0, "held": 0},
                        exhausted_until=NOW + 104_000,
                    )
                ),
            )
        },
    ),
    "live-perform": Sample(
        "perform/live.html",
        _perform,
        {"join": joined("offline", me=me(role="performer"), queue=[], chat=[])},
        click=("[data-pv-preview]",),
    ),
    "live-perform-queue": Sample(
        "perform/live.html", _perform, {"join": LIVE_QUEUE}, click=("[data-pv-preview]",)
    ),
    "live-perform-private": Sample(
        "perform/live.html",
        _perform,
        {"join": LIVE_QUEUE | {"me": me(role="performer", user="p", seat=seat())}},
        click=("[data-pv-preview]",),
    ),
    "live-overview": Sample("perform/overview.html", _earnings),
    "live-earnings": Sample("perform/earnings.html", _earnings),
    "live-prices": Sample("perform/prices.html", _prices),
    "live-credits": Sample("pay/credits.html", _credits),
    "live-waiting": Sample("pay/returned.html", _returned("awaiting")),
    "live-paid": Sample("pay/returned.html", _returned("credited")),
    "live-unpaid": Sample(
        "pay/returned.html", _returned("failed", "The card was declined. Nothing was taken.")
    ),
    "live-receipt": Sample("receipts/show.html", _receipt),
}
