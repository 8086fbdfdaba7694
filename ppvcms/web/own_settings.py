"""What somebody may set for their own room, and a studio for its people, inside the owner's word.

A value that equals the wider scope's is none of their own: it follows that scope.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_babel import gettext as _

from ppvcms.db import transaction
from ppvcms.host import settings
from ppvcms.host.core_settings import SettingError
from ppvcms.host.scopes import Place, Scope, studio_of
from ppvcms.host.snapshot import current
from ppvcms.web.guards import current_actor, policy
from ppvcms.web.perform import PERFORMS, my_room
from ppvcms.web.perform import blueprint as perform
from ppvcms.web.plugin_forms import filled, partly, texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session
    from wtforms import Form

    from ppvcms.host.contract import SettingsSpec

blueprint = Blueprint("studio_settings", __name__, url_prefix="/studio-settings")
MANAGES = "studio.manage"


@dataclass(frozen=True, slots=True)
class Part:
    """The settings of one plugin that can be set here; `wider` is what holds without."""

    slug: str
    spec: SettingsSpec
    keys: tuple[str, ...]
    wider: Mapping[str, Any]
    own: Mapping[str, int]
    form: Form

    @property
    def wider_texts(self) -> dict[str, str]:
        """What holds without own values, as people read it."""
        return texts(self.spec, self.wider)


@perform.route("/settings", methods=["GET", "POST"])
@policy(who=PERFORMS)
def settings_of_room() -> ResponseReturnValue:
    """Show and change what holds in the room of who asks."""
    room = my_room()
    return _page("perform/settings.html", Place(Scope.ROOM, room.id), studio_of(room.performer_id))


@blueprint.route("/", methods=["GET", "POST"])
@policy(who=MANAGES)
def settings_of_studio() -> ResponseReturnValue:
    """Show and change what holds for the people of the studio that asks."""
    return _page("studio/settings.html", Place(Scope.STUDIO, str(current_actor().user_id)), "")


def _page(template: str, place: Place, studio: str) -> ResponseReturnValue:
    parts = _parts(place, studio)
    status = 200
    if request.method == "POST":
        part = next((one for one in parts if one.slug == request.form.get("plugin")), None)
        if part is None:
            abort(404)
        if request.form.get("reset"):
            return _reset(part, place, request.form["reset"])
        if _fits(part):
            return _save(part, place)
        status = 422
    return render_template(template, parts=parts), status


def _parts(place: Place, studio: str) -> list[Part]:
    found = []
    for slug, spec in sorted(current().settings_specs.items()):
        may = settings.allowed(slug, place.scope)
        if may:
            keys = tuple(key for key in spec.defaults if key in may)
            found.append(_part(slug, spec, keys, place, studio))
    return found


def _part(slug: str, spec: SettingsSpec, keys: tuple[str, ...], place: Place, studio: str) -> Part:
    wider = settings.of(slug, studio=studio).without(spec.secrets)
    kept = settings.own_values(slug, place)
    here = {**wider, **{key: kept[key] for key in keys if key in kept}}
    sent = request.method == "POST" and request.form.get("plugin") == slug
    form = partly(spec, wider, request.form, keys) if sent else filled(spec, here)
    for key in keys:
        # Two plugins may have a field of the same name.
        form[key].id = f"{slug}-{key}"
    return Part(slug, spec, keys, wider, settings.changed_at(slug, place), form)


def _fits(part: Part) -> bool:
    good = part.form.validate()
    # What is wrong with values that somebody else set is none of theirs.
    good = good or not set(part.keys) & set(part.form.errors)
    values = {**part.wider, **{key: part.form[key].data for key in part.keys}}
    wrong = part.spec.within(part.wider, values) if good and part.spec.within else {}
    for key, sentence in wrong.items():
        field = part.form[key if key in part.keys else part.keys[0]]
        field.errors = [*field.errors, str(sentence)]
    return good and not wrong


def _save(part: Part, place: Place) -> ResponseReturnValue:
    actor_id = current_actor().user_id
    before = settings.own_values(part.slug, place)

    def act(session: Session) -> None:
        for key in part.keys:
            value = part.form[key].data
            if value == part.wider[key]:
                if key in before:
                    settings.reset(session, part.slug, key, actor_id=actor_id, place=place)
            elif value != before.get(key):
                settings.save(session, part.slug, key, value, actor_id=actor_id, place=place)

    try:
        transaction(act)
    except SettingError:
        flash(_("This may not be set here any more. Nothing was changed."), "error")
    else:
        flash(_("Saved. It holds for everything that begins from now on."), "success")
    return redirect(request.path)


def _reset(part: Part, place: Place, key: str) -> ResponseReturnValue:
    if key not in part.keys:
        abort(404)
    actor_id = current_actor().user_id
    transaction(
        lambda session: settings.reset(session, part.slug, key, actor_id=actor_id, place=place)
    )
    flash(_("That setting follows the site again."), "success")
    return redirect(request.path)
