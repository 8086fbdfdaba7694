"""People: finding them, making accounts, roles, suspending, signing out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from ppvcms.accounts import audit, services, signin, studio_parts
from ppvcms.accounts.roles import role_list
from ppvcms.accounts.sessions import sessions_of
from ppvcms.db import transaction
from ppvcms.metering.office import stop_person
from ppvcms.results import Refusal
from ppvcms.rooms import services as rooms
from ppvcms.web.admin.frame import blueprint, page_number, page_url, tell
from ppvcms.web.admin.queries import people as read
from ppvcms.web.admin.queries.seats import latest_of
from ppvcms.web.guards import current_actor, policy
from ppvcms.web.people import profile_fields, role_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue

STATES = ("active", "suspended")


class PersonForm(FlaskForm):
    """A person to make an account for."""

    email = StringField(_l("E-mail"), [InputRequired(), Length(max=254)])
    display_name = StringField(
        _l("Display name"),
        [InputRequired(), Length(min=2, max=40)],
        description=_l("The only name that others see."),
    )
    password = PasswordField(
        _l("Password"),
        [InputRequired(), Length(min=10, max=200)],
        description=_l("At least 10 characters. Hand it over on a safe way."),
    )
    roles = SelectMultipleField(
        _l("Roles"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )
    verified = BooleanField(
        _l("The address is known to be theirs"),
        description=_l("Off: they get a mail with a link to follow."),
        default=True,
    )


@blueprint.get("/people")
@policy(who="people.view")
def people() -> ResponseReturnValue:
    """List people, with search and filters that live in the address."""
    asked = {name: request.args.get(name, "").strip()[:80] for name in ("q", "role", "state")}
    state = asked["state"] if asked["state"] in STATES else ""
    return render_template(
        "admin/people.html",
        page=read.people(words=asked["q"], role=asked["role"], state=state, page=page_number()),
        url=page_url,
        asked=asked,
        roles=_role_choices(),
    )


@blueprint.route("/people/new", methods=["GET", "POST"])
@policy(who="people.manage")
def person_new() -> ResponseReturnValue:
    """Make an account; for who performs, a room is made with it."""
    form = PersonForm()
    form.roles.choices = _grantable()
    if not form.validate_on_submit():
        return render_template("admin/person_new.html", form=form), 422 if form.errors else 200
    answer = services.create_user(
        email=form.email.data or "",
        display_name=form.display_name.data or "",
        password=form.password.data or "",
        roles=tuple(form.roles.data or ()),
        verified=bool(form.verified.data),
        actor_id=current_actor().user_id,
    )
    if isinstance(answer, Refusal):
        field = form[answer.code] if answer.code in form.data else form.roles
        field.errors = [str(answer)]
        return render_template("admin/person_new.html", form=form), 422
    _give_room(answer.id)
    tell(None, _("%(name)s has an account now.", name=answer.display_name))
    return redirect(url_for("admin.person", user_id=answer.id))


@blueprint.get("/people/<user_id>")
@policy(who="people.view")
def person(user_id: str) -> ResponseReturnValue:
    """Show a person: roles, state, devices, money, sessions, and what was done."""
    user, actor = services.get_user(user_id), current_actor()
    part = studio_parts.part_of(user_id)
    return render_template(
        "admin/person.html",
        person=user,
        held=sorted(role.key for role in user.roles),
        roles=_grantable(),
        told=_told(user.fields),
        devices=sessions_of(user_id),
        money=read.money_of(user_id) if actor.can("ledger.view") else [],
        rooms=read.rooms_of(user_id),
        part=part,
        sharer=services.get_user(part.studio_id).display_name if part is not None else "",
        seats=latest_of(user_id) if actor.can("ledger.view") else [],
        log=audit.of_user(user_id, limit=20) if actor.can("audit.view") else [],
    )


def _told(answers: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what somebody was asked when they registered, and what they answered."""
    labels = {one.key: one.label for one in profile_fields()}
    return [(labels.get(key, key), answer) for key, answer in answers.items() if answer]


@blueprint.post("/people/<user_id>/part/end")
@policy(who="settings.manage")
def person_part_end(user_id: str) -> ResponseReturnValue:
    """End what a studio takes of somebody's earnings now; what was earned keeps its split."""
    part = studio_parts.part_of(user_id)
    if part is not None:
        actor_id = current_actor().user_id
        transaction(lambda session: studio_parts.end_part(session, part.id, by=actor_id))
    tell(None, _("From now on nothing is shared with it."))
    return _back(user_id)


@blueprint.post("/people/<user_id>/suspend")
@policy(who="people.manage")
def person_suspend(user_id: str) -> ResponseReturnValue:
    """Close an account, with a reason."""
    refusal = _untouchable(user_id) or services.suspend(
        user_id, reason=request.form.get("reason", "")[:500], actor_id=current_actor().user_id
    )
    if refusal is None:
        stop_person(user_id, current_actor())
    tell(refusal, _("The account is suspended and signed out everywhere."))
    return _back(user_id)


@blueprint.post("/people/<user_id>/reactivate")
@policy(who="people.manage")
def person_reactivate(user_id: str) -> ResponseReturnValue:
    """Open a suspended account again."""
    refusal = _untouchable(user_id) or services.reactivate(
        user_id, reason=request.form.get("reason", "")[:500], actor_id=current_actor().user_id
    )
    tell(refusal, _("The account is open again."))
    return _back(user_id)


@blueprint.post("/people/<user_id>/roles")
@policy(who="people.manage")
def person_roles(user_id: str) -> ResponseReturnValue:
    """Give a person other roles; of those that the reader may not give, none changes."""
    mine = {key for key, _name in _grantable()}
    had = {role.key for role in services.get_user(user_id).roles}
    wanted = (set(request.form.getlist("roles")) & mine) | (had - mine)
    refusal = _untouchable(user_id) or services.change_roles(
        user_id,
        sorted(wanted),
        actor_id=current_actor().user_id,
        reason=request.form.get("reason", "")[:500],
    )
    if tell(refusal, _("The roles are saved. Changed roles ask for a new sign-in.")):
        _give_room(user_id)
    return _back(user_id)


@blueprint.post("/people/<user_id>/sign-out")
@policy(who="people.manage")
def person_sign_out(user_id: str) -> ResponseReturnValue:
    """Sign a person out on every device."""
    services.get_user(user_id)
    refusal = _untouchable(user_id)
    if refusal is None:
        count = signin.end_sessions(user_id, actor_id=current_actor().user_id)
        tell(None, _("Signed out on %(count)s devices.", count=count))
    else:
        tell(refusal, "")
    return _back(user_id)


def _give_room(user_id: str) -> None:
    person = services.get_user(user_id)
    performs = any("room.perform" in role.granted for role in person.roles if role.key != "owner")
    if performs and not rooms.rooms_of(user_id):
        rooms.make_room(user_id, person.display_name)


def _untouchable(user_id: str) -> Refusal | None:
    """Refuse that somebody changes who may do more than they do."""
    theirs = services.get_user(user_id).permissions
    if theirs <= current_actor().permissions:
        return None
    return Refusal("forbidden", _("This person may do more than you do. Nothing was changed."))


def _grantable() -> list[tuple[str, str]]:
    """Return the roles that give nothing which the reader does not have."""
    mine = current_actor().permissions
    return [
        (role.key, role_name(role.key, role.name))
        for role in role_list()
        if set(role.granted) <= mine or role.key in {"client", "performer", "studio"}
    ]


def _role_choices() -> list[tuple[str, str]]:
    return [(role.key, role_name(role.key, role.name)) for role in role_list()]


def _back(user_id: str) -> ResponseReturnValue:
    return redirect(url_for("admin.person", user_id=user_id))
