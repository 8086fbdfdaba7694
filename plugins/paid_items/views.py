"""The shelf, the page of an item, buying, playing, and what somebody has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ppvcms.api import (
    NotFoundError,
    Refusal,
    Right,
    access_of,
    begin_access,
    current_actor,
    file_link,
    file_of,
    markdown_html,
    names_of,
    new_id,
    policy,
    public_link,
    room_of,
    settings,
    transaction,
    use_access,
    ways_to_pay,
)

from . import buying, deliveries, found, items, offers, rights, shelf
from .buying import Wish
from .kinds import KINDS, SLUG, STATES, TONES, State
from .shelf import Query

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.api import AccessView, PluginBlueprint

    from .models import Item

PACE = "30 per minute"


def add_to(blueprint: PluginBlueprint) -> None:
    """Give the views their addresses."""
    for rule, name, view, methods in (
        ("", "shelf", shelf_page, ["GET"]),
        ("/feed.atom", "feed", feed, ["GET"]),
        ("/mine", "mine", mine, ["GET"]),
        ("/<item_id>", "item", item_page, ["GET"]),
        ("/<item_id>/links.json", "links", links, ["GET"]),
        ("/<item_id>/buy", "buy", buy, ["POST"]),
        ("/<item_id>/code", "code", code, ["POST"]),
        ("/<item_id>/begin", "begin", begin, ["POST"]),
        ("/<item_id>/take/<media_id>", "take", take, ["POST"]),
        ("/orders/<delivery_id>/arrived", "arrived", arrived, ["POST"]),
    ):
        blueprint.add_url_rule(rule, name, view, methods=methods)


@policy(who="public")
def shelf_page() -> ResponseReturnValue:
    """Show what is on sale."""
    wanted = Query(
        kind=request.args.get("kind", ""),
        text=request.args.get("q", "")[:60],
        sort=request.args.get("sort", "new"),
        owner_id=request.args.get("by", "")[:26],
        page=page_number(),
    )
    page = shelf.on_sale(wanted, current_actor())
    seller = names_of([wanted.owner_id]).get(wanted.owner_id, "") if wanted.owner_id else ""
    return render_template(
        "paid_items/shelf.html", page=page, wanted=wanted, kinds=KINDS, seller=seller, url=page_url
    )


@policy(who="public")
def feed() -> ResponseReturnValue:
    """Give the newest items as a feed."""
    return found.feed()


@policy(who="public")
def item_page(item_id: str) -> ResponseReturnValue:
    """Show an item: what everybody sees, its offers, and its content to whom it is open."""
    return show(_seen(item_id), None, Wish("", 0, new_id()))


@policy(who="public")
def links(item_id: str) -> ResponseReturnValue:
    """Return fresh addresses of an item's files, for a player whose five minutes are over."""
    item = _seen(item_id)
    if not _open_for(item):
        raise NotFoundError(item_id)
    return jsonify(files=_files(item))


@policy(who="signed_in", rate=PACE)
def buy(item_id: str) -> ResponseReturnValue:
    """Buy an item by wallet, or go to a gateway for it."""
    form = request.form
    price = form.get("price", "")
    wish = Wish(
        offer_id=form.get("offer", "")[:26],
        price=int(price) if price.isascii() and price.isdigit() and len(price) < 12 else -1,  # noqa: PLR2004 - digits
        key=form.get("key", "")[:40] or new_id(),
        to=form.get("to", "")[:40],
        address={name: form.get(name, "") for name in deliveries.FIELDS},
        confirmed=form.get("confirmed") == "yes",
    )
    direct = form.get("gateway") if form.get("way") == "direct" else None
    if direct is not None and not settings(SLUG).direct:
        direct = None
    done = buying.buy(current_actor(), item_id, wish, gateway=direct)
    if isinstance(done, Refusal):
        return show(_seen(item_id), done, wish), 422
    if done.intent_id:
        return redirect(url_for("pay.checkout", intent_id=done.intent_id), 303)
    flash(_("Thank you. It is yours."), "success")
    if wish.to or items.item_of(item_id).kind == "goods":
        return redirect(url_for(".mine"), 303)
    return redirect(url_for(".item", item_id=item_id), 303)


@policy(who="signed_in", rate=PACE)
def code(item_id: str) -> ResponseReturnValue:
    """Open an item by a code."""
    refusal = buying.redeem(current_actor(), _seen(item_id).id, request.form.get("code", "")[:40])
    tell(refusal, _("The code worked: this is open for you now."))
    return redirect(url_for(".item", item_id=item_id), 303)


@policy(who="signed_in", rate=PACE)
def begin(item_id: str) -> ResponseReturnValue:
    """Start the clock of a rental, because its renter wants to see it now (R-66)."""
    mine = access_of(current_actor().user_id, SLUG, item_id)
    if mine is not None and mine.right is Right.RENTAL:
        transaction(lambda session: begin_access(session, mine.id))
    return redirect(url_for(".item", item_id=item_id), 303)


@policy(who="signed_in", rate=PACE)
def take(item_id: str, media_id: str) -> ResponseReturnValue:
    """Count a download and lead to its bytes."""
    actor, item = current_actor(), _seen(item_id)
    media = next((one for one in items.media_of(item.id) if one.id == media_id), None)
    if media is None:
        raise NotFoundError(media_id)
    if not rights.may_preview(item, actor):
        mine = access_of(actor.user_id, SLUG, item.id)
        if not rights.is_open(mine) or mine is None:
            raise NotFoundError(media_id)
        refusal = transaction(lambda session: use_access(session, mine.id))
        if refusal is not None:
            tell(refusal, "")
            return redirect(url_for(".item", item_id=item_id), 303)
    return redirect(file_link(media.file_id, actor, download=True), 303)


@policy(who="signed_in")
def mine() -> ResponseReturnValue:
    """Show what somebody has, and what is on its way to them."""
    actor = current_actor()
    orders = deliveries.of_buyer(str(actor.user_id))
    titles = {order.item_id: items.item_of(order.item_id).title for order in orders}
    return render_template(
        "paid_items/mine.html", rows=shelf.mine(actor), orders=orders, titles=titles, kinds=KINDS
    )


@policy(who="signed_in")
def arrived(delivery_id: str) -> ResponseReturnValue:
    """Take a buyer's word that a piece has come."""
    tell(deliveries.arrived(current_actor(), delivery_id), _("Thank you for telling."))
    return redirect(url_for(".mine"), 303)


def show(item: Item, refusal: Refusal | None, wish: Wish) -> str:
    """Return the page of an item, with what was typed and why it was not done."""
    actor = current_actor()
    mine = access_of(actor.user_id, SLUG, item.id)
    is_open = _open_for(item)
    preview = rights.may_preview(item, actor)
    values = settings(SLUG)
    return render_template(
        "paid_items/item.html",
        item=item,
        kind=KINDS[item.kind],
        state=STATES[State(item.state)],
        tone=TONES[State(item.state)],
        seller=names_of([item.owner_id]).get(item.owner_id, ""),
        room=room_of(item.room_id) if item.room_id else None,
        poster=shown_link(item, item.poster_id),
        teaser=shown_link(item, item.teaser_id),
        teaser_kind=file_of(item.teaser_id).kind if item.teaser_id else "",
        text=markdown_html(item.text),
        body=markdown_html(item.body) if is_open and item.kind == "post" else "",
        files=_files(item) if is_open else [],
        counted=len(items.media_of(item.id)),
        offers=offers.offers_for(item, actor) if item.state == State.SALE else [],
        left=items.stock_of(item) if item.kind == "goods" else None,
        parts=shelf.cards_of(offers.parts_of(item.id), actor) if item.kind == "bundle" else [],
        bundles=shelf.cards_of(offers.bundles_with(item.id), actor),
        mine=mine if mine is not None and mine.right is not Right.GOODS else None,
        waits=_waits(mine),
        is_open=is_open,
        preview=preview,
        editable=rights.may_edit(item, actor),
        ways=ways_to_pay() if values.direct else [],
        presents=values.presents and item.kind != "goods",
        refusal=refusal,
        wish=wish,
        address=wish.address or {},
        fields=deliveries.FIELDS,
    )


def shown_link(item: Item, file_id: str | None) -> str:
    """Return the address of a picture or preview: lasting on the shelf, short before."""
    if file_id is None:
        return ""
    if item.state == State.SALE:
        return public_link(file_id)
    return file_link(file_id, current_actor())


def tell(refusal: Refusal | None, done: str) -> bool:
    """Say above the next page what came of an act; return whether it was done."""
    flash(done if refusal is None else str(refusal), "success" if refusal is None else "error")
    return refusal is None


def page_number() -> int:
    """Return the page of a list that the address asks for, from 1."""
    asked = request.args.get("page", "")
    return max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1  # noqa: PLR2004 - digits


def page_url(number: int) -> str:
    """Return the address of another page of the same list."""
    kept = {name: value for name, value in request.args.items() if name.isalpha() and value}
    return url_for(request.endpoint or "", **{**(request.view_args or {}), **kept, "page": number})


def _seen(item_id: str) -> Item:
    """Return an item that the reader may see the page of."""
    item, actor = items.item_of(item_id), current_actor()
    if item.state == State.SALE or rights.may_preview(item, actor):
        return item
    if access_of(actor.user_id, SLUG, item.id) is None:
        raise NotFoundError(item_id[:40])
    return item


def _open_for(item: Item) -> bool:
    actor = current_actor()
    return rights.may_preview(item, actor) or rights.is_open(
        access_of(actor.user_id, SLUG, item.id)
    )


def _waits(access: AccessView | None) -> bool:
    return access is not None and access.right is Right.RENTAL and access.started_at is None


def _files(item: Item) -> list[dict[str, Any]]:
    actor, found = current_actor(), []
    for media in items.media_of(item.id):
        file = file_of(media.file_id)
        # A download is counted before its link is made.
        link = "" if item.kind == "download" else file_link(file.id, actor)
        found.append(
            {"id": media.id, "name": file.name, "kind": file.kind, "size": file.size, "url": link}
        )
    return found
