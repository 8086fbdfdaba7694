"""The pages on which an author makes items and looks after them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _

from ppvcms.api import (
    NotFoundError,
    Refusal,
    current_actor,
    db,
    file_link,
    file_of,
    given_access,
    names_of,
    policy,
    rooms_of,
    sales_of_item,
    settings,
    take_back_access,
    transaction,
)

from . import buying, deliveries, items, offers, rights, shelf
from .charts import per_day
from .forms import CodeForm, GiveForm, GoodsForm, ItemForm, OfferForm, PostForm
from .items import Draft
from .kinds import EDITABLE, KINDS, SLUG, STATES, TONES, State
from .recordings import consents_of_item
from .rights import SELL
from .views import shown_link, tell

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.api import PluginBlueprint

    from .models import Item


def add_to(blueprint: PluginBlueprint) -> None:
    """Give the views their addresses."""
    for rule, name, view, methods in (
        ("/manage", "manage", manage, ["GET"]),
        ("/new/<kind>", "new", new, ["GET", "POST"]),
        ("/<item_id>/edit", "edit", edit, ["GET", "POST"]),
        ("/<item_id>/files", "add_files", add_files, ["POST"]),
        ("/<item_id>/files/<media_id>/remove", "remove_file", remove_file, ["POST"]),
        ("/<item_id>/shown/<which>", "set_shown", set_shown, ["POST"]),
        ("/<item_id>/offers", "add_offer", add_offer, ["POST"]),
        ("/<item_id>/offers/<offer_id>/end", "end_offer", end_offer, ["POST"]),
        ("/<item_id>/parts", "set_parts", set_parts, ["POST"]),
        ("/<item_id>/state", "set_state", set_state, ["POST"]),
        ("/<item_id>/give", "give", give, ["POST"]),
        ("/<item_id>/given/<access_id>/end", "end_given", end_given, ["POST"]),
        ("/<item_id>/codes", "make_code", make_code, ["POST"]),
        ("/<item_id>/sales", "sales", sales, ["GET"]),
        ("/orders", "orders", orders, ["GET"]),
        ("/orders/<delivery_id>/send", "send", send, ["POST"]),
        ("/orders/<delivery_id>/cancel", "cancel", cancel, ["POST"]),
    ):
        blueprint.add_url_rule(rule, name, view, methods=methods)


@policy(who=SELL)
def manage() -> ResponseReturnValue:
    """Show an author everything of theirs."""
    rows = shelf.of_seller(str(current_actor().user_id))
    sold = {row.id: sales_of_item(SLUG, row.id) for row in rows}
    return render_template(
        "paid_items/manage.html",
        rows=rows,
        kinds=_kinds(),
        all_kinds=KINDS,
        states=STATES,
        tones=TONES,
        sold={key: len(found) for key, found in sold.items()},
        earned={key: sum(one.price for one in found) for key, found in sold.items()},
        posters={row.id: shown_link(row, row.poster_id) for row in rows},
        chart=per_day([one for found in sold.values() for one in found]),
        waiting=sum(one.state == deliveries.PAID for one in _my_orders()),
    )


@policy(who=SELL)
def new(kind: str) -> ResponseReturnValue:
    """Begin an item."""
    if kind not in _kinds():
        raise NotFoundError(kind[:20])
    form = _form(kind)
    if form.validate_on_submit():
        made = items.make(current_actor(), kind, _draft(form))
        if not isinstance(made, Refusal):
            return redirect(url_for(".edit", item_id=made.id), 303)
        form.form_errors.append(str(made))
    return render_template("paid_items/new.html", form=form, kind=KINDS[kind])


@policy(who="signed_in")
def edit(item_id: str) -> ResponseReturnValue:
    """Show and change everything of an item."""
    item = _mine(item_id)
    form = _form(item.kind, item)
    if form.validate_on_submit():
        refusal = items.edit(current_actor(), item_id, _draft(form))
        if refusal is None:
            tell(None, _("Saved."))
            return redirect(url_for(".edit", item_id=item_id), 303)
        form.form_errors.append(str(refusal))
    elif request.method == "GET" and item.kind == "goods":
        form.stock.data = items.stock_of(item)
    return _edit_page(item, form)


@policy(who="signed_in")
def add_files(item_id: str) -> ResponseReturnValue:
    """Attach files that were uploaded."""
    refusal = None
    for file_id in request.form.getlist("file"):
        refusal = items.add_file(current_actor(), item_id, file_id[:26]) or refusal
    tell(refusal, _("Added."))
    return _back(item_id, "files")


@policy(who="signed_in")
def remove_file(item_id: str, media_id: str) -> ResponseReturnValue:
    """Take a file away."""
    tell(items.remove_file(current_actor(), item_id, media_id), _("Removed."))
    return _back(item_id, "files")


@policy(who="signed_in")
def set_shown(item_id: str, which: str) -> ResponseReturnValue:
    """Set the picture or the preview that everybody sees."""
    if which not in {"poster_id", "teaser_id"}:
        raise NotFoundError(which[:20])
    file_id = request.form.get("file", "")[:26]
    tell(items.set_shown(current_actor(), item_id, which, file_id), _("Saved."))
    return _back(item_id, "shown")


@policy(who="signed_in")
def add_offer(item_id: str) -> ResponseReturnValue:
    """Add a price."""
    form = _offer_form(_mine(item_id))
    refusal: Refusal | None
    if form.validate():
        refusal = offers.add_offer(
            current_actor(),
            item_id,
            kind=form.kind.data,
            price=form.price.data or 0,
            hours=form.hours.data,
        )
    else:
        first = next(iter(form.errors.values()))
        refusal = Refusal("price", str(first[0]), _("Nothing was saved."))
    tell(refusal, _("Saved."))
    return _back(item_id, "offers")


@policy(who="signed_in")
def end_offer(item_id: str, offer_id: str) -> ResponseReturnValue:
    """Take a price away."""
    tell(offers.end_offer(current_actor(), item_id, offer_id), _("This offer has ended."))
    return _back(item_id, "offers")


@policy(who="signed_in")
def set_parts(item_id: str) -> ResponseReturnValue:
    """Say what comes with a bundle."""
    tell(offers.set_parts(current_actor(), item_id, request.form.getlist("part")), _("Saved."))
    return _back(item_id, "parts")


@policy(who="signed_in")
def set_state(item_id: str) -> ResponseReturnValue:
    """Put an item on sale, take it off, or delete a draft."""
    actor, wish = current_actor(), request.form.get("do", "")
    acts = {
        "submit": (items.submit, _("Done.")),
        "withdraw": (items.withdraw, _("It is off the shelf. Its buyers keep it.")),
        "delete": (items.remove, _("Deleted.")),
    }
    if wish not in acts:
        raise NotFoundError(wish[:20])
    act, words = acts[wish]
    done = tell(act(actor, item_id), words)
    return redirect(url_for(".manage"), 303) if done and wish == "delete" else _back(item_id)


@policy(who="signed_in")
def give(item_id: str) -> ResponseReturnValue:
    """Open an item for somebody without payment."""
    form = GiveForm()
    _mine(item_id)
    refusal: Refusal | None = Refusal("form", _("Write a name and why. Nothing was given."))
    if form.validate():
        refusal = buying.give(
            current_actor(),
            item_id,
            name=form.name.data or "",
            days=form.days.data,
            reason=form.reason.data or "",
        )
    tell(refusal, _("It is open for them now."))
    return _back(item_id, "given")


@policy(who="signed_in")
def end_given(item_id: str, access_id: str) -> ResponseReturnValue:
    """End what was given without payment."""
    _mine(item_id)
    known = {row.id for row in given_access(db.session(), SLUG, item_id)}
    if access_id in known:
        actor_id = current_actor().user_id
        transaction(
            lambda session: take_back_access(session, access_id, actor_id=actor_id, reason="ended")
        )
    return _back(item_id, "given")


@policy(who="signed_in")
def make_code(item_id: str) -> ResponseReturnValue:
    """Make a word that opens an item."""
    form = CodeForm()
    _mine(item_id)
    made: str | Refusal = Refusal("form", _("Say how often, and what for. Nothing was made."))
    if form.validate():
        made = buying.make_code(
            current_actor(),
            item_id,
            uses=form.uses.data or 0,
            days=form.days.data,
            reason=form.reason.data or "",
        )
    refusal = made if isinstance(made, Refusal) else None
    tell(refusal, _("The code is %(code)s.", code=made))
    return _back(item_id, "given")


@policy(who="signed_in")
def sales(item_id: str) -> ResponseReturnValue:
    """Show who bought an item, when and for how much."""
    item = _mine(item_id)
    rows = sales_of_item(SLUG, item_id)
    return render_template(
        "paid_items/sales.html",
        item=item,
        rows=rows,
        names=names_of({row.payer_id for row in rows} | {row.user_id for row in rows}),
        labels={row.id: offers.label_of(row) for row in offers.rows_of(item_id)},
        chart=per_day(rows),
        taken=sum(row.price for row in rows if row.undone_at is None),
    )


@policy(who=SELL)
def orders() -> ResponseReturnValue:
    """Show an author what has to be sent."""
    rows = _my_orders()
    titles = {row.item_id: items.item_of(row.item_id).title for row in rows}
    names = names_of({row.buyer_id for row in rows})
    return render_template("paid_items/orders.html", rows=rows, titles=titles, names=names)


@policy(who="signed_in")
def send(delivery_id: str) -> ResponseReturnValue:
    """Say that a piece is on its way."""
    tracking = request.form.get("tracking", "")
    tell(deliveries.send(current_actor(), delivery_id, tracking), _("The buyer knows now."))
    return redirect(url_for(".orders"), 303)


@policy(who="signed_in")
def cancel(delivery_id: str) -> ResponseReturnValue:
    """Give an order its money back."""
    refusal = deliveries.cancel(current_actor(), delivery_id, request.form.get("reason", ""))
    tell(refusal, _("Cancelled. The buyer has the money back."))
    return redirect(url_for(".orders"), 303)


def _mine(item_id: str) -> Item:
    item = items.item_of(item_id)
    if not rights.may_edit(item, current_actor()):
        raise NotFoundError(item_id[:40])
    return item


def _my_orders() -> list[Any]:
    return deliveries.of_seller(str(current_actor().user_id))


def _kinds() -> dict[str, Any]:
    wanted = settings(SLUG).kinds
    return {key: kind for key, kind in KINDS.items() if not wanted or key in wanted}


def _form(kind: str, item: Item | None = None) -> Any:
    form = {"post": PostForm, "goods": GoodsForm}.get(kind, ItemForm)(obj=item)
    owner_id = item.owner_id if item is not None else str(current_actor().user_id)
    rooms = rooms_of(owner_id)
    form.room_id.choices = [(room.id, room.title) for room in rooms] or [("", "-")]
    return form


def _draft(form: Any) -> Draft:
    return Draft(
        title=form.title.data or "",
        text=form.text.data or "",
        body=form.body.data or "" if isinstance(form, PostForm) else "",
        room_id=form.room_id.data or None,
        stock=form.stock.data if isinstance(form, GoodsForm) else None,
    )


def _offer_form(item: Item) -> OfferForm:
    form = OfferForm()
    words = {"buy": _("Buy for ever"), "rent": _("Rent"), "piece": _("One piece")}
    form.kind.choices = [(kind, words[kind]) for kind in KINDS[item.kind].offers]
    return form


def _edit_page(item: Item, form: Any) -> str:
    actor = current_actor()
    media = [(one, file_of(one.file_id)) for one in items.media_of(item.id)]
    given = given_access(db.session(), SLUG, item.id)
    return render_template(
        "paid_items/edit.html",
        item=item,
        form=form,
        kind=KINDS[item.kind],
        state=STATES[State(item.state)],
        tone=TONES[State(item.state)],
        editable=item.state in EDITABLE,
        media=[(one, file, file_link(file.id, actor)) for one, file in media],
        poster=shown_link(item, item.poster_id),
        teaser=shown_link(item, item.teaser_id),
        teaser_kind=file_of(item.teaser_id).kind if item.teaser_id else "",
        rows=[(row, offers.label_of(row)) for row in offers.rows_of(item.id) if row.active],
        offer_form=_offer_form(item),
        parts={part.id for part in offers.parts_of(item.id)},
        candidates=[
            one
            for one in shelf.of_seller(item.owner_id)
            if one.state == State.SALE and one.kind not in {"bundle", "goods"}
        ],
        give_form=GiveForm(formdata=None),
        code_form=CodeForm(formdata=None),
        given=given,
        names=names_of({row.user_id for row in given}),
        codes=buying.codes_of(item.id),
        sold=len(sales_of_item(SLUG, item.id)),
        consents=consents_of_item(item.id),
    )


def _back(item_id: str, anchor: str = "") -> ResponseReturnValue:
    return redirect(url_for(".edit", item_id=item_id, _anchor=anchor or None), 303)
