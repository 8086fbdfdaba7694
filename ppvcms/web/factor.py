"""The second factor: the code at sign-in, and a person's own pages about it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import segno
from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from ppvcms.accounts import factors, signin
from ppvcms.accounts.signin import HalfWay
from ppvcms.host.settings import site
from ppvcms.results import Refusal
from ppvcms.web.auth import HALF, enter
from ppvcms.web.auth_forms import CodeForm, ConfirmForm
from ppvcms.web.guards import (
    TOKEN,
    client_address,
    client_device,
    next_path,
    policy,
    require_recent_sign_in,
)
from ppvcms.web.people import account_rules, show_refusal

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("factor", __name__)
HALF_S = 600


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
@policy(who="public", rate="30 per minute")
def code() -> ResponseReturnValue:
    """Ask for the code of the phone, or a recovery code."""
    half = _half()
    if half is None:
        return redirect(url_for("auth.sign_in", next=next_path("") or None))
    form = CodeForm()
    if form.validate_on_submit():
        answer = signin.sign_in_by_code(
            half,
            form.code.data or "",
            device=client_device(),
            old_token=session.get(TOKEN),
            rules=account_rules(),
        )
        if not isinstance(answer, Refusal):
            return enter(answer)
        show_refusal(form, answer)
    page = render_template("auth/code.html", form=form, next=next_path(""))
    return page, 422 if form.errors or form.form_errors else 200


@blueprint.route("/account/security/factor", methods=["GET", "POST"])
@policy(who="signed_in", rate="30 per hour")
@require_recent_sign_in
def setup() -> ResponseReturnValue:
    """Set a second factor up, or change the one that is on."""
    if factors.is_on(current_user.id):
        return _manage(ConfirmForm(formdata=None))
    form, sealed = CodeForm(), request.form.get("setup", "")
    if form.validate_on_submit():
        answer = factors.switch_on(
            current_user.id,
            sealed,
            form.code.data or "",
            address=client_address(),
            rules=account_rules(),
        )
        if not isinstance(answer, Refusal):
            return _codes(answer)
        show_refusal(form, answer)
    wanted = factors.set_up(current_user.id, site().site_name, sealed)
    if isinstance(wanted, Refusal):
        return redirect(url_for("factor.setup"))
    page = render_template(
        "account/factor_new.html",
        form=form,
        sealed=wanted.sealed,
        secret=" ".join(wanted.secret[at : at + 4] for at in range(0, len(wanted.secret), 4)),
        # Black on white in every theme: phones read nothing else for sure.
        picture=Markup(segno.make(wanted.address).svg_inline(light="#fff", omitsize=True)),  # noqa: S704 - made of modules alone
        next=next_path(""),
    )
    return page, 422 if form.errors else 200


@blueprint.post("/account/security/factor/change")
@policy(who="signed_in", rate="20 per hour")
def change() -> ResponseReturnValue:
    """Switch the second factor off or make new recovery codes, for password and code."""
    form = ConfirmForm()
    if not factors.is_on(current_user.id) or not form.validate_on_submit():
        return _manage(form)
    refusal = signin.prove_both(
        current_user.id,
        form.current.data or "",
        form.code.data or "",
        address=client_address(),
        rules=account_rules(),
    )
    if refusal is not None:
        show_refusal(form, refusal)
        return _manage(form)
    if request.form.get("act") == "codes":
        return _codes(factors.new_codes(current_user.id, address=client_address()))
    user_id = str(current_user.id)
    factors.switch_off(user_id, actor_id=user_id, address=client_address())
    flash(_("Your second factor is off. Your password alone signs you in."), "success")
    return redirect(url_for("account.security"))


def _manage(form: ConfirmForm) -> ResponseReturnValue:
    if not factors.is_on(current_user.id):
        return redirect(url_for("account.security"))
    left = factors.codes_left(current_user.id)
    page = render_template("account/factor.html", form=form, left=left)
    return page, 422 if form.errors else 200


def _codes(codes: list[str]) -> ResponseReturnValue:
    # Shown in the answer itself: they are kept nowhere that a later page could read.
    target = next_path(url_for("account.security"))
    return render_template("account/factor_codes.html", codes=codes, next=target)


def _half() -> HalfWay | None:
    kept = session.get(HALF)
    if not isinstance(kept, list) or len(kept) != 3:  # noqa: PLR2004 - as written above
        return None
    user_id, stamp, at = kept
    return HalfWay(user_id, stamp) if time.time() - at < HALF_S else None
