"""Roles: what each may do, ticked by area; own ones are added, cloned, renamed, deleted (AC-01)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ppvcms.accounts import roles as store
from ppvcms.host import registry
from ppvcms.host.labels import label
from ppvcms.host.runtime import runtime
from ppvcms.results import Refusal
from ppvcms.web.admin.frame import blueprint, tell
from ppvcms.web.guards import current_actor, policy
from ppvcms.web.people import role_name

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.accounts.models import Role


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing that a role may do, in words."""

    name: str
    label: str
    staff: bool


@dataclass(frozen=True, slots=True)
class Area:
    """Capabilities that belong together."""

    title: str
    capabilities: tuple[Capability, ...]


@blueprint.get("/roles")
@policy(who="roles.manage")
def roles() -> ResponseReturnValue:
    """List the roles with how many people have each."""
    return render_template(
        "admin/roles.html", roles=store.role_list(), counts=store.counts(), role_name=role_name
    )


@blueprint.route("/roles/new", methods=["GET", "POST"])
@policy(who="roles.manage")
def role_new() -> ResponseReturnValue:
    """Make a role, empty or with what another one gives."""
    pattern = store.find_role(request.args.get("like", ""))
    return _edit(None, pattern)


@blueprint.route("/roles/grid", methods=["GET", "POST"])
@policy(who="roles.manage")
def roles_grid() -> ResponseReturnValue:
    """Show and change everything that roles give, a line for each feature (BO-05)."""
    found = [one for one in store.role_list() if one.key != "owner"]
    areas, mine = catalogue(), current_actor().permissions
    if request.method == "POST":
        asked = set(request.form.getlist("give"))
        shown = {one.name for area in areas for one in area.capabilities} & mine
        refused = [_save_line(one, asked, shown, areas) for one in found]
        refusal = next(filter(None, refused), None)
        if tell(refusal, _("The grid is saved.")):
            return redirect(url_for("admin.roles_grid"))
    page = render_template(
        "admin/roles_grid.html",
        roles=[(one, role_name(one.key, one.name)) for one in found],
        areas=areas,
        mine=mine,
    )
    return page, 422 if request.method == "POST" else 200


@blueprint.route("/roles/<key>", methods=["GET", "POST"])
@policy(who="roles.manage")
def role(key: str) -> ResponseReturnValue:
    """Change what a role gives; its people feel it at their next click."""
    found = store.find_role(key)
    if found is None:
        abort(404)
    return _edit(found, found)


@blueprint.post("/roles/<key>/delete")
@policy(who="roles.manage")
def role_delete(key: str) -> ResponseReturnValue:
    """Delete an own role that nobody has."""
    refusal = store.delete_role(key, actor_id=current_actor().user_id)
    tell(refusal, _("The role is deleted."))
    return redirect(url_for("admin.roles"))


def catalogue() -> list[Area]:
    """Return everything that a role can give: the core's areas, then one for each plugin."""
    words = _core_words()
    known = {name for _title, names in _core_areas() for name in names}
    areas = [
        *_core_areas(),
        (
            _("Others"),
            [name for name in store.PERMISSIONS if name not in known | store.OWNERS_ALONE],
        ),
    ]
    made = [
        Area(title, tuple(_of_core(name, words) for name in names if name in store.PERMISSIONS))
        for title, names in areas
    ]
    return [area for area in [*made, *_of_plugins()] if area.capabilities]


def _of_core(name: str, words: dict[str, str]) -> Capability:
    return Capability(name, words.get(name, name), name in store.RUNS_THE_SITE)


def _of_plugins() -> list[Area]:
    found: dict[str, list[Capability]] = {}
    for name, one in registry.permissions().items():
        staff = not store.OUTSIDE & set(one.default_roles)
        slug = name.partition(".")[0]
        found.setdefault(slug, []).append(Capability(name, one.label, staff))
    loaded = runtime().loaded
    return [Area(loaded[slug].manifest.name, tuple(found[slug])) for slug in sorted(found)]


def _edit(found: Role | None, pattern: Role | None) -> ResponseReturnValue:
    areas, mine = catalogue(), current_actor().permissions
    had = set(found.granted) if found is not None else set()
    name = request.form.get("name", "") if request.method == "POST" else _first_name(found, pattern)
    ticked, is_open = set(pattern.granted) if pattern else set(), bool(found and found.open)
    if request.method == "POST":
        shown = {one.name for area in areas for one in area.capabilities}
        asked = set(request.form.getlist("give")) & shown & mine
        # Nobody gives or takes what they do not have themselves, or cannot see here.
        ticked = asked | (had - (shown & mine))
        is_open = request.form.get("open") == "1"
        answer = _save(found, name=name, ticked=ticked, is_open=is_open, areas=areas)
        if tell(answer, _("The role is saved.")):
            return redirect(url_for("admin.roles"))
    page = render_template(
        "admin/role.html",
        role=found,
        shown_name=role_name(found.key, found.name) if found else "",
        name=name,
        areas=areas,
        ticked=ticked,
        mine=mine,
        is_open=is_open,
        count=store.counts().get(found.key, 0) if found else 0,
    )
    return page, 422 if request.method == "POST" else 200


def _save(
    found: Role | None, *, name: str, ticked: set[str], is_open: bool, areas: list[Area]
) -> Refusal | None:
    staff = [one.label for area in areas for one in area.capabilities if one.staff]
    names = {one.label: one.name for area in areas for one in area.capabilities}
    shut = [text for text in staff if names[text] in ticked]
    if is_open and shut:
        return Refusal(
            "open",
            _("Anybody could have this role, so it cannot give: %(what)s.", what=", ".join(shut)),
            _("Nothing was saved. Take that away, or close the role."),
        )
    if found is None and name.strip().casefold() in _taken_names():
        return Refusal("name", _("There is a role of this name."), _("Nothing was saved."))
    answer = store.save_role(
        key=found.key if found else store.free_key(name),
        name=name,
        is_open=is_open,
        permissions=ticked,
        actor_id=current_actor().user_id,
    )
    return answer if isinstance(answer, Refusal) else None


def _save_line(role: Role, asked: set[str], shown: set[str], areas: list[Area]) -> Refusal | None:
    """Save one column of the grid, if it was changed."""
    ticked = {name for name in shown if f"{role.key}:{name}" in asked}
    ticked |= set(role.granted) - shown
    if ticked == set(role.granted):
        return None
    return _save(role, name=role.name, ticked=ticked, is_open=role.open, areas=areas)


def _taken_names() -> set[str]:
    return {role_name(one.key, one.name).casefold() for one in store.role_list()}


def _first_name(found: Role | None, pattern: Role | None) -> str:
    if found is not None:
        return found.name
    if pattern is None:
        return ""
    return str(_("%(name)s, a copy", name=role_name(pattern.key, pattern.name)))


def _core_areas() -> list[tuple[str, list[str]]]:
    return [
        (_("Taking part"), ["room.enter", "message.send", "show.request", "tip.send"]),
        (_("Buying and earning"), ["credits.buy", "item.buy", "room.perform", "studio.manage"]),
        (_("People"), ["people.view", "people.manage", "roles.manage", "audit.view", "mail.view"]),
        (_("Live"), ["admin.view", "rooms.manage", "shows.manage"]),
        (_("Money"), ["ledger.view", "ledger.manage", "packs.manage"]),
        (
            _("The site"),
            [
                *("settings.manage", "pages.manage", "library.manage", "themes.manage"),
                *("plugins.manage", "health.view"),
            ],
        ),
    ]


def _core_words() -> dict[str, str]:
    rooms, shows = label("room", plural=True), label("show", plural=True)
    return {
        "room.enter": _("Enter: %(rooms)s", rooms=rooms),
        "message.send": _("Write in chat and messages"),
        "show.request": _("Ask for private time"),
        "tip.send": _("Spend credits: tips and purchases"),
        "credits.buy": _("Buy credits"),
        "item.buy": _("Buy items"),
        "room.perform": _("Go live and be paid, as: %(role)s", role=label("performer")),
        "studio.manage": _("Run the work of others, as: %(role)s", role=label("studio")),
        "people.view": _("See people and their accounts"),
        "people.manage": _("Make accounts, suspend people, give roles"),
        "roles.manage": _("Change what roles give"),
        "audit.view": _("Read the audit log"),
        "mail.view": _("Read mails that were sent"),
        "admin.view": _("Open the back office"),
        "rooms.manage": _("Change all: %(rooms)s", rooms=rooms),
        "shows.manage": _("Watch and stop all: %(shows)s", shows=shows),
        "ledger.view": _("See the books"),
        "ledger.manage": _("Move money and take it back"),
        "packs.manage": _("Change credit packs"),
        "settings.manage": _("Change settings and prices"),
        "pages.manage": _("Change pages and menus"),
        "library.manage": _("Keep the site's pictures and documents"),
        "themes.manage": _("Change the theme and its labels"),
        "plugins.manage": _("Install and switch plugins"),
        "health.view": _("See the health of the site"),
    }
