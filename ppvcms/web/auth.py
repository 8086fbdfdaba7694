"""Signing up, in, out and back in; afterwards a person is where they were before."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user
from itsdangerous import BadSignature, URLSafeSerializer
from wtforms.widgets import PasswordInput

from ppvcms.accounts import factors, mail, roles, services, signin
from ppvcms.accounts.actor import VISITOR, actor_of
from ppvcms.accounts.signin import HalfWay
from ppvcms.content.audiences import admits
from ppvcms.content.demo import PASSWORD
from ppvcms.content.services import page, version_of
from ppvcms.host.labels import label
from ppvcms.host.settings import site
from ppvcms.results import Refusal
from ppvcms.rooms import services as rooms
from ppvcms.web.auth_forms import (
    ConfirmForm,
    ForgotForm,
    RegisterForm,
    ResetForm,
    SignInForm,
    register_form,
)
from ppvcms.web.guards import TOKEN, client_address, client_device, next_path, policy, remember
from ppvcms.web.people import account_rules, choices, role_name, show_refusal

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.accounts.models import User
    from ppvcms.accounts.signin import SignedIn

blueprint = Blueprint("auth", __name__)
DEVICE_COOKIE = "ppvcms_device"
TERMS = "terms"
HALF = "half"
YEAR_S = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """A person of the demo site that anybody may be."""

    name: str
    email: str
    role: str


@blueprint.route("/sign-in", methods=["GET", "POST"])
@policy(who="public", rate="60 per minute")
def sign_in() -> ResponseReturnValue:
    """Sign in by e-mail and password."""
    if current_user.is_authenticated:
        return redirect(next_path())
    form = SignInForm()
    if form.validate_on_submit():
        answer = signin.sign_in(
            email=form.email.data or "",
            password=form.password.data or "",
            device=client_device(),
            known_by=_known_by(),
            old_token=session.get(TOKEN),
            rules=account_rules(),
        )
        if isinstance(answer, HalfWay):
            return begin_half(answer)
        if not isinstance(answer, Refusal):
            return enter(answer)
        show_refusal(form, answer)
    filled = request.args.get("as", "") if request.method == "GET" else ""
    logins = _demo_logins()
    chosen = next((one for one in logins if one.email == filled), None)
    if chosen is not None:
        form.email.data, form.password.data = chosen.email, PASSWORD
        form.password.widget = PasswordInput(hide_value=False)
    html = render_template(
        "auth/sign_in.html",
        form=form,
        next=next_path(""),
        logins=logins,
    )
    return html, _status(form)


@blueprint.route("/register", methods=["GET", "POST"])
@policy(who="public", rate="20 per hour")
def register() -> ResponseReturnValue:
    """Make an account, of a kind that the owner left open."""
    if current_user.is_authenticated:
        return redirect(next_path())
    form = register_form()
    offered = {role.key: role_name(role.key, role.name) for role in roles.open_roles()}
    form.role.choices = choices(dict(sorted(offered.items())))
    if request.method == "GET":
        wanted = request.args.get("role", "client")
        form.role.data = wanted if wanted in offered else next(iter(sorted(offered)), None)
    if form.validate_on_submit():
        answer = _register(form)
        if not isinstance(answer, Refusal):
            if actor_of(answer).can("room.perform"):
                rooms.make_room(answer.id, answer.display_name)
            flash(_("Welcome. We have sent you a mail: follow its link within a day."), "success")
            return enter(signin.sign_in_new(answer, client_device(), session.get(TOKEN)))
        show_refusal(form, answer)
    html = render_template(
        "auth/register.html",
        form=form,
        next=next_path(""),
        min_age=site().min_age,
        terms_url=_terms_url(),
    )
    return html, _status(form)


@blueprint.get("/verify")
@policy(who="signed_in")
def verify_notice() -> ResponseReturnValue:
    """Say that a mail waits to be read, and offer to send it again."""
    if current_user.verified:
        return redirect(next_path(url_for("account.overview")))
    return render_template("auth/verify_notice.html", next=next_path(""), shown_link=_shown_link())


@blueprint.post("/verify/again")
@policy(who="signed_in", rate="10 per hour")
def resend() -> ResponseReturnValue:
    """Send the verification mail once more."""
    refusal = signin.resend(current_user.id)
    if refusal is not None:
        flash(str(refusal), "warning")
    else:
        flash(_("We have sent the mail again. The link in the earlier one is dead now."), "success")
    return redirect(url_for("auth.verify_notice", next=next_path("") or None))


@blueprint.route("/verify/<token>", methods=["GET", "POST"])
@policy(who="public", rate="60 per hour")
def verify(token: str) -> ResponseReturnValue:
    """Verify an address; opening the link changes nothing, since mail programs open it too."""
    if request.method == "GET":
        return render_template("auth/verify.html", token=token)
    answer = signin.verify_email(token)
    if isinstance(answer, Refusal):
        return render_template("auth/verify.html", token=None, refusal=answer), 410
    flash(_("Your e-mail address is verified."), "success")
    return redirect(url_for("account.overview") if current_user.is_authenticated else "/")


@blueprint.route("/forgot", methods=["GET", "POST"])
@policy(who="public", rate="20 per hour")
def forgot() -> ResponseReturnValue:
    """Send a link for a new password; the answer is the same for every address."""
    form = ForgotForm()
    if form.validate_on_submit():
        signin.forgot(form.email.data or "")
        return render_template("auth/forgot_sent.html", email=form.email.data)
    return render_template("auth/forgot.html", form=form), _status(form)


@blueprint.route("/reset/<token>", methods=["GET", "POST"])
@policy(who="public", rate="30 per hour")
def reset(token: str) -> ResponseReturnValue:
    """Choose a new password by a mailed link."""
    form = ResetForm()
    if request.method == "GET" and not signin.can_reset(token):
        return render_template("auth/reset.html", form=None), 410
    if form.validate_on_submit():
        answer = signin.reset(token, form.password.data or "")
        if not isinstance(answer, Refusal):
            session.clear()
            flash(_("Your password is changed. Sign in with the new one."), "success")
            return redirect(url_for("auth.sign_in"))
        if answer.code == "link":
            return render_template("auth/reset.html", form=None), 410
        show_refusal(form, answer)
    return render_template("auth/reset.html", form=form), _status(form)


@blueprint.post("/sign-out")
@policy(who="public")
def sign_out() -> ResponseReturnValue:
    """End this session."""
    token = session.get(TOKEN)
    if isinstance(token, str):
        signin.sign_out(token)
    session.clear()
    response = redirect("/")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@blueprint.route("/confirm", methods=["GET", "POST"])
@policy(who="signed_in", rate="20 per hour")
def confirm() -> ResponseReturnValue:
    """Ask for the password again before something that matters."""
    form = ConfirmForm()
    if form.validate_on_submit():
        answer = signin.confirm(
            current_user.id,
            current_user.session_id,
            form.current.data or "",
            code=form.code.data or "",
            address=client_address(),
            rules=account_rules(),
        )
        if not isinstance(answer, Refusal):
            remember(answer)
            return redirect(next_path(url_for("account.security")))
        show_refusal(form, answer)
    page = render_template(
        "auth/confirm.html",
        form=form,
        next=next_path(""),
        factor=factors.is_on(current_user.id),
    )
    return page, _status(form)


def _register(form: RegisterForm) -> User | Refusal:
    return services.register(
        email=form.email.data or "",
        display_name=form.display_name.data or "",
        password=form.password.data or "",
        role=form.role.data or "",
        address=client_address(),
        locale=str(get_locale()),
        fields=form.extra(),
        terms_at=version_of(TERMS),
        rules=account_rules(),
    )


def _terms_url() -> str | None:
    found = page(TERMS)
    open_to_all = found is not None and admits(found.audience, VISITOR)
    return url_for("pages.page", slug=TERMS) if open_to_all else None


def begin_half(half: HalfWay) -> ResponseReturnValue:
    """Remember for ten minutes who has shown the password, and ask for the code."""
    session[HALF] = [half.user_id, half.stamp, int(time.time())]
    return redirect(url_for("factor.code", next=next_path("") or None))


def enter(signed_in: SignedIn) -> ResponseReturnValue:
    """Put a sign-in into the cookie and go where the person wanted to go."""
    target = next_path()
    notices = session.pop("_flashes", [])
    remember(signed_in.token)
    session["_flashes"] = notices
    response = redirect(target)
    response.set_cookie(
        DEVICE_COOKIE,
        _device_signer().dumps(signed_in.user.id),
        max_age=YEAR_S,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
        path="/sign-in",
    )
    return response


def _known_by() -> str | None:
    try:
        known = _device_signer().loads(request.cookies.get(DEVICE_COOKIE, ""))
    except BadSignature:
        return None
    return known if isinstance(known, str) else None


def _device_signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="ppvcms known device")


def _status(form: SignInForm | RegisterForm | ForgotForm | ResetForm | ConfirmForm) -> int:
    return 422 if form.errors or form.form_errors else 200


def _demo_logins() -> list[DemoLogin]:
    if not current_app.config["PPVCMS"].demo:
        return []
    return [
        DemoLogin(person.display_name, person.email, label(person.roles[0].key))
        for person in services.people(demo=True)
        if person.roles and person.state == "active"
    ]


def _shown_link() -> str | None:
    config = current_app.config["PPVCMS"]
    if config.mail_url or not config.demo:
        return None
    letter = mail.latest(current_user.email, "verify")
    return urlsplit(letter.data["link"]).path if letter is not None else None
