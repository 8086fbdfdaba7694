"""A person's own pages: overview, profile, security."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from ppvcms.accounts import factors, names, services, sessions, signin
from ppvcms.metering import history
from ppvcms.results import Refusal
from ppvcms.web import movements
from ppvcms.web.auth_forms import EmailForm, PasswordForm
from ppvcms.web.guards import client_address, policy, remember
from ppvcms.web.menus import MenuItem, added_items
from ppvcms.web.people import account_rules, locale_choices, show_refusal, zone_choices

if TYPE_CHECKING:
    from flask.blueprints import BlueprintSetupState
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("account", __name__, url_prefix="/account")
NEW_EMAIL = "email-"
LATEST = 5
MONTH_MS = 30 * 86_400_000
PAGES = (
    ("account.overview", _l("Overview"), "house"),
    ("receipts.index", _l("Receipts"), "receipt"),
    ("pay.credits", _l("Add credits"), "wallet2"),
    ("notices.index", _l("Notices"), "bell"),
    ("wallet.index", _l("Wallet"), "journal-text"),
    ("account.profile", _l("Profile"), "person"),
    ("account.security", _l("Security"), "shield-lock"),
)


class ProfileForm(FlaskForm):
    """What others see, and how pages are written for this person."""

    display_name = StringField(
        _l("Name that others see"),
        [InputRequired(_l("Please fill this in.")), Length(max=names.LONGEST)],
    )
    locale = SelectField(_l("Language"))
    time_zone = SelectField(_l("Time zone"))


@blueprint.context_processor
def account_frame() -> dict[str, Any]:
    """Give every page of the account its navigation."""
    return {"nav": account_nav(), "nav_title": _("Your account")}


def account_nav() -> list[MenuItem]:
    """Return the pages of the account that this site has."""
    own = [
        MenuItem(str(text), url_for(endpoint), icon, active=_is_here(endpoint))
        for endpoint, text, icon in PAGES
        if endpoint in current_app.view_functions
    ]
    return [*own, *added_items("account")]


def _is_here(endpoint: str) -> bool:
    """Whether the page belongs to a line of the navigation: it, or one below its address."""
    below = endpoint != "account.overview" and request.path.startswith(f"{url_for(endpoint)}/")
    return request.endpoint == endpoint or below


@blueprint.record
def _offer_navigation(state: BlueprintSetupState) -> None:
    # Plugins' pages stand in the account too: layouts/account.html.
    state.app.jinja_env.globals.update(account_nav=account_nav)


@blueprint.get("")
@policy(who="signed_in")
def overview() -> ResponseReturnValue:
    """Show the money, the latest sessions, and what plugins add."""
    user_id = str(current_user.id)
    month = history.Wanted(since=int(time.time() * 1000) - MONTH_MS)
    count, amount = history.total_of(user_id, month)
    return render_template(
        "account/overview.html",
        rows=history.sessions_of(user_id, history.Wanted(), limit=LATEST),
        count=count,
        amount=amount,
        moves=movements.latest(user_id, limit=LATEST),
    )


@blueprint.route("/profile", methods=["GET", "POST"])
@policy(who="signed_in", rate="30 per hour")
def profile() -> ResponseReturnValue:
    """Change the name that others see, the language and the time zone."""
    form = ProfileForm(data=None if request.method == "POST" else _known())
    form.locale.choices, form.time_zone.choices = locale_choices(), zone_choices()
    if form.validate_on_submit():
        answer = services.save_profile(
            current_user.id,
            display_name=form.display_name.data or "",
            locale=form.locale.data or None,
            time_zone=form.time_zone.data or None,
            rules=account_rules(),
        )
        if not isinstance(answer, Refusal):
            flash(_("Saved."), "success")
            return redirect(url_for("account.profile"))
        show_refusal(form, answer)
    return render_template("account/profile.html", form=form), 422 if form.errors else 200


@blueprint.get("/security")
@policy(who="signed_in")
def security() -> ResponseReturnValue:
    """Show the devices that are signed in, and the ways to change e-mail and password."""
    return _security(PasswordForm(formdata=None), EmailForm(formdata=None, prefix=NEW_EMAIL))


@blueprint.post("/security/password")
@policy(who="signed_in", rate="20 per hour")
def change_password() -> ResponseReturnValue:
    """Set a new password and sign all other devices out."""
    form = PasswordForm()
    if form.validate_on_submit():
        answer = signin.change_password(
            current_user.id,
            current=form.current.data or "",
            new=form.password.data or "",
            keep=current_user.session_id,
            address=client_address(),
            rules=account_rules(),
        )
        if not isinstance(answer, Refusal):
            remember(answer)
            flash(_("Your password is changed. Your other devices are signed out."), "success")
            return redirect(url_for("account.security"))
        show_refusal(form, answer)
    return _security(form, EmailForm(formdata=None, prefix=NEW_EMAIL))


@blueprint.post("/security/email")
@policy(who="signed_in", rate="20 per hour")
def change_email() -> ResponseReturnValue:
    """Send a link to a new address."""
    form = EmailForm(prefix=NEW_EMAIL)
    if form.validate_on_submit():
        refusal = signin.ask_email_change(
            current_user.id,
            email=form.email.data or "",
            password=form.current.data or "",
            address=client_address(),
            rules=account_rules(),
        )
        if refusal is None:
            text = _(
                "We have sent a link to the new address. Until you follow it the old one counts."
            )
            flash(text, "success")
            return redirect(url_for("account.security"))
        show_refusal(form, refusal)
    return _security(PasswordForm(formdata=None), form)


@blueprint.post("/security/sessions/<session_id>/end")
@policy(who="signed_in")
def end_session(session_id: str) -> ResponseReturnValue:
    """Sign one device out."""
    if signin.end_session(current_user.id, session_id):
        flash(_("That device is signed out."), "success")
    else:
        flash(_("That device was signed out already."), "info")
    return redirect(url_for("account.security"))


@blueprint.post("/security/sessions/end-others")
@policy(who="signed_in")
def end_others() -> ResponseReturnValue:
    """Sign all other devices out."""
    signin.end_sessions(current_user.id, but=current_user.session_id)
    flash(_("All other devices are signed out."), "success")
    return redirect(url_for("account.security"))


def _security(password: PasswordForm, email: EmailForm) -> ResponseReturnValue:
    page = render_template(
        "account/security.html",
        password=password,
        email=email,
        factor=factors.is_on(current_user.id),
        devices=[(row, _device_name(row.agent)) for row in sessions.sessions_of(current_user.id)],
    )
    return page, 422 if password.errors or email.errors else 200


def _known() -> dict[str, str | None]:
    return {
        "display_name": current_user.display_name,
        "locale": current_user.locale,
        "time_zone": current_user.time_zone or "",
    }


def _device_name(agent: str) -> str:
    browsers = ("Edg", "OPR", "Firefox", "Chrome", "Safari")
    systems = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")
    shown = {"Edg": "Edge", "OPR": "Opera", "Mac OS": "macOS"}
    browser = next((name for name in browsers if name in agent), "")
    system = next((name for name in systems if name in agent), "")
    words = [shown.get(name, name) for name in (browser, system) if name]
    return " · ".join(words) or _("Unknown device")
