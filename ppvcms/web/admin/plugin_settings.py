"""The settings of a plugin, rendered by the core: values, what others may set, going back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ppvcms.db import transaction
from ppvcms.host import settings
from ppvcms.host.core_settings import SettingError
from ppvcms.host.labels import label
from ppvcms.host.scopes import Scope
from ppvcms.host.snapshot import core_template
from ppvcms.web.admin.frame import blueprint
from ppvcms.web.admin.plugins import MANAGE, info_of
from ppvcms.web.guards import current_actor, policy
from ppvcms.web.plugin_forms import filled, texts

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session
    from wtforms import Form

    from ppvcms.host.contract import SettingsSpec

EVERY = "*"
SHARED = (Scope.ROOM, Scope.STUDIO)


@blueprint.route("/plugins/<slug>/settings", methods=["GET", "POST"])
@policy(who=MANAGE)
def plugin_settings(slug: str) -> ResponseReturnValue:
    """Show and change what a plugin lets the owner decide."""
    spec = _spec(slug)
    if request.method == "POST" and request.form.get("reset"):
        return _reset(slug, spec, request.form["reset"])
    form = _form(slug, spec)
    if request.method == "POST" and form.validate():
        transaction(lambda session: _save(session, slug, spec, form))
        flash(_("Saved. It holds for everything that begins from now on."), "success")
        return redirect(url_for("admin.plugin_settings", slug=slug))
    page = render_template(
        core_template("admin/plugin_settings.html"),
        plugin=info_of(slug),
        form=form,
        spec=spec,
        changed=settings.changed_at(slug),
        first=texts(spec, spec.defaults),
        shared=_shared(slug, spec),
    )
    return page, 422 if form.errors else 200


def _spec(slug: str) -> SettingsSpec:
    try:
        return settings.spec_of(slug)
    except SettingError:
        abort(404)


def _form(slug: str, spec: SettingsSpec) -> Form:
    if request.method == "POST":
        return spec.form(request.form)
    values = settings.of(slug).as_dict()
    return filled(spec, {key: values[key] for key in values if key not in spec.secrets})


def _shared(slug: str, spec: SettingsSpec) -> list[tuple[str, str, list[str], frozenset[str]]]:
    """Return each scope that the plugin offers: its name, its words, all keys, those allowed."""
    words = {
        Scope.ROOM: _("%(who)s may set for their own room", who=label("performer", plural=True)),
        Scope.STUDIO: _("%(who)s may set for their own people", who=label("studio", plural=True)),
    }
    offered = {Scope.ROOM: spec.room, Scope.STUDIO: spec.studio}
    return [
        (
            scope.value,
            words[scope],
            [key for key in spec.defaults if key in offered[scope]],
            settings.allowed(slug, scope),
        )
        for scope in SHARED
        if offered[scope]
    ]


def _save(session: Session, slug: str, spec: SettingsSpec, form: Form) -> None:
    before, actor_id = settings.of(slug).as_dict(), current_actor().user_id
    for key in spec.defaults:
        value = form[key].data
        if key in spec.secrets and not value:
            continue
        if value != before[key]:
            settings.save(session, slug, key, value, actor_id=actor_id)
    for scope, _words, offered, now in _shared(slug, spec):
        wanted = set(request.form.getlist(f"shared_{scope}")) & set(offered)
        if wanted != now:
            settings.allow(session, slug, Scope(scope), wanted, actor_id=actor_id)


def _reset(slug: str, spec: SettingsSpec, key: str) -> ResponseReturnValue:
    if key not in {EVERY, *spec.defaults}:
        abort(404)
    keys = list(settings.changed_at(slug)) if key == EVERY else [key]
    actor_id = current_actor().user_id

    def act(session: Session) -> None:
        for each in keys:
            settings.reset(session, slug, each, actor_id=actor_id)

    transaction(act)
    every = _("All settings have their first values again.")
    flash(every if key == EVERY else _("That setting has its first value again."), "success")
    return redirect(url_for("admin.plugin_settings", slug=slug))
