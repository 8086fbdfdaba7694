"""The media library: bringing pictures and documents, finding them, where they are used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from ppvcms.content.library import items, keeping
from ppvcms.content.library.texts import picture_html
from ppvcms.results import Refusal
from ppvcms.web.admin.frame import blueprint, kept_args, page_number, page_url, tell
from ppvcms.web.admin.pages import readers
from ppvcms.web.guards import current_actor, policy
from ppvcms.web.people import choices

if TYPE_CHECKING:
    from flask.blueprints import BlueprintSetupState
    from flask.typing import ResponseReturnValue
    from werkzeug.datastructures import FileStorage

    from ppvcms.content.library.items import Item
    from ppvcms.content.library.keeping import Added
    from ppvcms.content.library.uses import Use

KEEP = "library.manage"
PACE = "120 per hour"
MOST_AT_ONCE = 20
MOST_MB = 100


class ItemForm(FlaskForm):
    """What is said of an item."""

    name = StringField(_l("Name"), [InputRequired(), Length(max=120)])
    alt = StringField(
        _l("What it shows"),
        [Length(max=300)],
        description=_l("Read out to people who do not see it. Empty: it only decorates."),
    )


class PrivateForm(FlaskForm):
    """What is said of a private item."""

    name = ItemForm.name
    audience = SelectField(_l("Who may open it"), default="")


@blueprint.get("/library")
@policy(who=KEEP)
def library() -> ResponseReturnValue:
    """List what the library keeps."""
    words, kind = request.args.get("q", "")[:100], request.args.get("kind", "")
    found = items.items(words, kind if kind in {"public", "private"} else "", page_number())
    return render_template(
        "admin/library.html",
        found=found,
        totals=items.totals(),
        args=kept_args(),
        page_url=page_url,
        most_mb=MOST_MB,
    )


@blueprint.post("/library")
@policy(who=KEEP, rate=PACE, most_mb=MOST_MB)
def library_add() -> ResponseReturnValue:
    """Keep the files that were sent; each is said that was not."""
    sent = [file for file in request.files.getlist("files") if file.filename]
    if not sent:
        tell(Refusal("none", _("Choose a file first. Nothing was sent.")), "")
    kept = 0
    for file in sent[:MOST_AT_ONCE]:
        answer = _kept(file, private=bool(request.form.get("private")))
        kept += not isinstance(answer, Refusal)
        _say(file, answer)
    for file in sent[MOST_AT_ONCE:]:
        many = _("At most %(most)s files are taken at once. It was not kept.", most=MOST_AT_ONCE)
        _say(file, Refusal("many", many))
    if kept:
        tell(None, ngettext("One file was added.", "%(num)d files were added.", kept))
    return redirect(url_for("admin.library"))


@blueprint.get("/library/pictures.json")
@policy(who=KEEP)
def library_pictures() -> ResponseReturnValue:
    """List pictures for the dialog that chooses one."""
    found = items.items(request.args.get("q", "")[:100], "public", page_number())
    return {
        "pictures": [_as_json(item) for item in found.items],
        "page": found.number,
        "pages": found.pages,
    }


@blueprint.post("/library/pictures.json")
@policy(who=KEEP, rate=PACE, most_mb=MOST_MB)
def library_bring() -> ResponseReturnValue:
    """Keep one picture that was sent from the dialog."""
    file = request.files.get("file")
    if file is None:
        return _refused(Refusal("none", _("Choose a file first. Nothing was sent.")))
    answer = _kept(file, private=False)
    if isinstance(answer, Refusal):
        return _refused(answer)
    if answer.item.picture is None:
        words = _("This is a document. It is in the library, but it is no picture to show.")
        return _refused(Refusal("kind", words))
    return {"picture": _as_json(answer.item)}, 201


@blueprint.route("/library/<item_id>", methods=["GET", "POST"])
@policy(who=KEEP)
def library_item(item_id: str) -> ResponseReturnValue:
    """Show an item with what is said of it and where it is used."""
    item = items.item(item_id)
    form = _form(item)
    if form.validate_on_submit():
        refusal = keeping.change(
            item_id,
            name=form.name.data or "",
            alt=form.alt.data or "" if "alt" in form else item.alt,
            audience=form.audience.data if "audience" in form else "",
            actor_id=current_actor().user_id,
        )
        if tell(refusal, _("Saved.")):
            return redirect(url_for("admin.library_item", item_id=item_id))
    page = render_template(
        "admin/library_item.html",
        item=item,
        form=form,
        uses=[_place(use) for use in items.uses(item_id)],
        link=items.link(item_id, current_actor()) if item.picture is None else "",
    )
    return page, 422 if form.is_submitted() else 200


@blueprint.post("/library/<item_id>/replace")
@policy(who=KEEP, rate=PACE, most_mb=MOST_MB)
def library_replace(item_id: str) -> ResponseReturnValue:
    """Put another file in the place of one."""
    items.item(item_id)
    file = request.files.get("file")
    if file is None or not file.filename:
        tell(Refusal("none", _("Choose a file first. Nothing was replaced.")), "")
    else:
        actor_id = current_actor().user_id
        answer = keeping.replace(item_id, file.stream, name=file.filename, actor_id=actor_id)
        _say(file, answer)
        if not isinstance(answer, Refusal):
            tell(None, _("Replaced. Every place that shows it shows the new one."))
    return redirect(url_for("admin.library_item", item_id=item_id))


@blueprint.post("/library/<item_id>/delete")
@policy(who=KEEP)
def library_delete(item_id: str) -> ResponseReturnValue:
    """Delete an item that nothing uses."""
    name = items.item(item_id).name
    refusal = keeping.delete(item_id, actor_id=current_actor().user_id)
    if not tell(refusal, _("%(name)s is deleted.", name=name)):
        return redirect(url_for("admin.library_item", item_id=item_id))
    return redirect(url_for("admin.library"))


def _kept(file: FileStorage, *, private: bool) -> Added | Refusal:
    return keeping.add(
        file.stream,
        name=file.filename or "",
        private=private,
        actor_id=current_actor().user_id,
    )


def _say(file: FileStorage, answer: Added | Refusal) -> None:
    """Say what was not kept, or kept otherwise than it was sent."""
    name = (file.filename or "")[:80]
    if isinstance(answer, Refusal):
        tell(Refusal(answer.code, f"{name}: {answer.reason}", answer.remedy), "")
    elif answer.moving:
        tell(None, _("%(name)s moved. Its first picture is kept, which stands still.", name=name))


def _form(item: Item) -> Any:
    if item.picture is not None:
        return ItemForm(data={"name": item.name, "alt": item.alt})
    form = PrivateForm(data={"name": item.name, "audience": item.audience})
    keepers = {"": _("Only who keeps the library")}
    form.audience.choices = choices(keepers | readers(item.audience or "all"))
    return form


def _place(use: Use) -> tuple[str, str]:
    """Return a use as words and, where there is one, the address of its page."""
    if use.kind == "page":
        return _("Page: %(title)s", title=use.name), url_for("admin.page_edit", page_id=use.id)
    if use.kind != "setting":
        return _("%(what)s of the plugin %(name)s", what=use.id, name=use.kind.split("__")[0]), ""
    words = {
        "core": (_("Settings: %(key)s", key=use.name), url_for("admin.settings")),
        "regions": (_("Blocks around the pages: %(region)s", region=use.name), ""),
        "theme": (_("The look of a theme"), url_for("admin.themes")),
    }
    other = (
        _("Settings of the plugin %(name)s: %(key)s", name=use.owner, key=use.name),
        url_for("admin.plugins"),
    )
    return words.get(use.owner, other)


def _as_json(item: Item) -> dict[str, Any]:
    if item.picture is None:
        abort(404)
    return {"id": item.id, "name": item.name, "alt": item.alt, "thumb": item.picture.thumb}


def _refused(refusal: Refusal) -> ResponseReturnValue:
    return {
        "error": {"code": refusal.code, "reason": refusal.reason, "remedy": refusal.remedy}
    }, 422


@blueprint.record_once
def _tell_templates(state: BlueprintSetupState) -> None:
    # Globals, so that blocks, themes and the pages of plugins have them too.
    state.app.jinja_env.globals.update(
        library_picture=items.picture, library_choices=items.choices, picture_html=picture_html
    )
