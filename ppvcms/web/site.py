"""The public site: the list, profiles, rooms, and the client's side of a private show."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Blueprint, abort, g, jsonify, redirect, render_template, request, session, url_for
from flask_babel import get_locale
from flask_babel import gettext as _

from ppvcms.content.services import render_text
from ppvcms.host import kept, registry
from ppvcms.host.files import plugin_asset
from ppvcms.host.labels import label
from ppvcms.metering.view import seat_view
from ppvcms.rooms import listing, services
from ppvcms.rooms.questions import answers_of, filterable
from ppvcms.web import cards, words
from ppvcms.web.guards import current_actor, policy
from ppvcms.web.ways import ways_of

if TYPE_CHECKING:
    from collections.abc import Hashable

    from flask.typing import ResponseReturnValue

    from ppvcms.accounts.actor import Actor
    from ppvcms.metering.view import SeatView
    from ppvcms.rooms.models import Room

blueprint = Blueprint("site", __name__)

PRICE_BANDS = (150, 200, 300, 500)
RATINGS = (4, 3, 2)
"""The least means of stars that the list can be filtered by."""
KEPT = "listing"
MOST_DIGITS = 10
NEXT_POOL = 32


class FormValues(NamedTuple):
    """What the form above the list was sent with; `active` when it leaves somebody out."""

    q: str
    state: str
    category: str
    language: str
    most: int | None
    rating: int | None
    sort: str
    active: bool
    answers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Pager:
    """What the pager of a list needs."""

    items: list[cards.RoomPage]
    number: int
    pages: int
    total: int


@blueprint.get("/")
@policy(who="public")
def home() -> ResponseReturnValue:
    """Show the list, with filters that live in the address and are remembered."""
    if request.args.get("all"):
        session.pop(KEPT, None)
        return redirect(url_for("site.home"))
    if not request.args and session.get(KEPT):
        return redirect(url_for("site.home", **session[KEPT]))
    filters = listing.filters_from(request.args)
    asked = replace(filters, page=1).as_args()
    if session.get(KEPT, {}) != asked:
        session[KEPT] = asked
    found = listing.listing(filters, actor=current_actor())
    g.room_cards = {card.id: card for card in found.cards}
    number, values = min(filters.page, found.pages), _form_values(filters, active=bool(asked))
    return render_template(
        "site/home.html",
        filters=values,
        page=Pager(cards.pages_of(found.cards), number, found.pages, found.total),
        url=lambda nr: url_for("site.home", **replace(filters, page=nr).as_args()),
        filter_form=_filter_form(found, values),
    )


@blueprint.get("/rooms.json")
@policy(who="public")
def rooms_json() -> ResponseReturnValue:
    """Return the list as data, with the filters of the page."""
    found = listing.listing(listing.filters_from(request.args))
    return jsonify(
        rooms=[card.as_json() for card in found.cards], total=found.total, pages=found.pages
    )


@blueprint.get("/profile/<slug>")
@policy(who="public")
def profile(slug: str) -> ResponseReturnValue:
    """Show who somebody is, what each kind of show costs, and the door to the room."""
    found = services.by_slug(slug)
    page = _of_room(found, current_actor(), whole=True)
    return render_template(
        "site/profile.html",
        room=page,
        view=services.view_of(found),
        answers=answers_of(found),
        **_seen_elsewhere(found),
    )


@blueprint.get("/rooms/<slug>")
@policy(who="public")
def room(slug: str) -> ResponseReturnValue:
    """Show a room: picture, chat, prices, and every way into its shows."""
    return _room_page(services.by_slug(slug))


@blueprint.get("/rooms/<slug>/visit")
@policy(who="shows.manage")
def visit(slug: str) -> ResponseReturnValue:
    """Let staff watch whatever runs in a room, unseen and unbilled (BO-07)."""
    return _room_page(services.by_slug(slug), visit=True)


@blueprint.get("/rooms/<slug>/next.json")
@policy(who="public")
def next_room(slug: str) -> ResponseReturnValue:
    """Name the room after this one among those on air, or any of them (RM-16).

    Paid ones only up to the rate that the address names, in minor units per minute.
    """
    asked = request.args.get("most", "")
    most = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < MOST_DIGITS else 0
    here_now = listing.listing(
        listing.Filters(state="live"), per_page=NEXT_POOL, actor=current_actor()
    ).cards
    open_ = [c for c in here_now if c.slug == slug or (c.state.public_media and _costs(c) <= most)]
    here = next((nr for nr, card in enumerate(open_) if card.slug == slug), -1)
    others = [card for card in (*open_[here + 1 :], *open_[: max(0, here)]) if card.slug != slug]
    if not others:
        return jsonify(url=None)
    found = secrets.choice(others) if request.args.get("how") == "random" else others[0]
    return jsonify(url=url_for("site.room", slug=found.slug))


def _costs(card: listing.Card) -> int:
    """Return what a minute of the show that runs costs; 0 is free."""
    return next((price.rate for price in card.prices if price.mode == card.mode), 0)


@blueprint.get("/rooms/<slug>/state.json")
@policy(who="public")
def room_state(slug: str) -> ResponseReturnValue:
    """Return how a room is now."""
    return jsonify(services.state_json(services.by_slug(slug)))


@blueprint.get("/rooms/<slug>/private/<seat_id>")
@policy(who="signed_in")
def private(slug: str, seat_id: str) -> ResponseReturnValue:
    """Show the payer's page of a private show; over, it leads to the receipt."""
    found = services.by_slug(slug)
    actor = current_actor()
    seat = seat_view(seat_id)
    if seat.payer_id != actor.user_id or seat.room_id != found.id:
        abort(404)
    if seat.over:
        return redirect(url_for("receipts.show", seat_id=seat_id))
    if not seat.private:
        return redirect(url_for("site.room", slug=slug))
    page = _of_room(found, actor)
    mode = registry.room_mode(seat.mode)
    name = mode.label if mode is not None else seat.mode
    return render_template(
        "site/private.html",
        room=page,
        view=services.view_of(found, show_id=seat.show_id, seat_id=seat_id),
        seat_id=seat_id,
        seat_mode=name,
        carries=mode.base if mode is not None else "video",
        seat=meter_figures(seat, mode=name, other=page.name, available=seat.available),
        words=words.private(page.name),
        modules=modules("room", "live"),
    )


def meter_figures(
    seat: SeatView | None, *, mode: str, other: str, available: int = 0
) -> dict[str, Any]:
    """Return what the first paint of a meter shows; the page's script goes on from there."""
    left = seat.time_left_s if seat is not None else 0
    return {
        "state": "free",
        "counted_s": seat.counted_s if seat is not None else 0,
        "cost": seat.cost if seat is not None else 0,
        "rate": seat.rate_per_minute if seat is not None else 0,
        "left_s": left,
        "secured_s": left,
        "secured_max_s": max(left, 60),
        "available": available,
        "own_line": "",
        "other_line": "",
        "other_name": other,
        "mode": mode,
        "note": "",
    }


def _room_page(found: Room, *, visit: bool = False) -> ResponseReturnValue:
    page = _of_room(found, current_actor())
    ways = ways_of(page.prices)
    return render_template(
        "site/room.html",
        room=page,
        view=services.view_of(found),
        visit=visit,
        price_bands=PRICE_BANDS,
        ways=ways,
        seat=meter_figures(None, mode="", other=page.name),
        words=words.room(page.name) | words.modes(),
        modules=[] if visit else modules("room"),
        **_seen_elsewhere(found),
    )


def _seen_elsewhere(found: Room) -> dict[str, Any]:
    """Return whether others may find a room, and the picture a link to it shows."""
    if not listing.is_listed(found):
        return {"found": False, "picture": ""}
    return {"found": True, "picture": listing.lasting_picture(found.id)}


def modules(*scopes: str) -> list[str]:
    """Return the addresses of the plugins' page modules for some pages."""
    found = (
        plugin_asset(slug, path)
        for slug, assets in registry.assets(*scopes)
        for path in assets.modules
    )
    return list(dict.fromkeys(found))


def _form_values(filters: listing.Filters, *, active: bool) -> FormValues:
    return FormValues(
        filters.name,
        filters.state,
        filters.category,
        filters.language,
        filters.most,
        filters.rating,
        filters.order.value,
        active,
        filters.answers,
    )


def _filter_form(found: listing.Page, values: FormValues) -> dict[str, Hashable]:
    """Return what the form above the list is drawn from."""
    return {
        "filters": values,
        "categories": tuple(found.categories),
        "languages": tuple((code, cards.language_name(code)) for code in found.languages),
        **_choices(),
        "price_bands": PRICE_BANDS,
        "ratings": RATINGS,
        "questions": tuple((one.key, one.label, one.choices) for one in filterable()),
    }


def _choices() -> dict[str, Hashable]:
    """Return the states and orders to choose from, in the words of a language."""
    shelf = kept.shelf("choices", get_locale())
    found: dict[str, Hashable] | None = shelf.get("all")
    if found is None:
        states = ("live", "online", "private", "offline")
        named = tuple((state, words.state(state)) for state in states)
        found = {"states": named, "sorts": tuple(words.orders())}
        shelf.keep("all", found)
    return found


def _of_room(found: Room, actor: Actor, *, whole: bool = False) -> cards.RoomPage:
    card = listing.card_of(found.id)
    if card is None:
        abort(404)
    page = replace(
        cards.page_of(card),
        name=card.performer,
        prices=card.prices,
        own=actor.user_id == found.performer_id,
        offline_message=found.offline_message
        or _("%(role)s will be back.", role=label("performer")),
    )
    if not whole:
        return page
    images = listing.images_of([found.id]).get(found.id, [])
    return replace(
        page,
        description_html=render_text(found.description),
        gallery=tuple(listing.image_url(image.id) for image in images if image.kind == "upload"),
    )
