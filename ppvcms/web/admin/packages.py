"""Bringing plugins and themes onto the site: upload, review, second confirmation, progress."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from ppvcms.accounts import audit, factors
from ppvcms.db import transaction
from ppvcms.host import installing, orders, packages, signers, theme_packages
from ppvcms.host.archive import MOST_BYTES, PackageError
from ppvcms.host.manifest import ThemeManifest
from ppvcms.host.orders import Order
from ppvcms.host.packages import PLUGIN, THEME, Package
from ppvcms.host.runtime import runtime
from ppvcms.host.snapshot import core_template
from ppvcms.results import Refusal
from ppvcms.web.admin.frame import blueprint
from ppvcms.web.guards import client_address, current_actor, policy, require_recent_sign_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

    View = TypeVar("View", bound=Callable[..., Any])

CODE = "code.manage"
PACE = "20 per hour"
MOST_MB = MOST_BYTES // (1024 * 1024) + 1
"""A package at its largest, and what a form adds to it."""
ACTS = {PLUGIN: orders.INSTALL, THEME: orders.INSTALL_THEME}


def changes_code(view: View) -> View:
    """Ask for password and second factor again, and refuse where no code comes by browser.

    Who has no second factor sets one up first; on a demo everybody knows the passwords.
    """

    @functools.wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        if kwargs.get("kind", PLUGIN) not in ACTS:
            abort(404)
        if not runtime().config.file_mods:
            abort(
                403,
                description=_(
                    "This site takes no code from the browser (PPVCMS_FILE_MODS=off). "
                    "Use the commands: ppvcms plugins, ppvcms themes"
                ),
            )
        return asked(*args, **kwargs)

    @require_recent_sign_in
    @functools.wraps(view)
    def asked(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        if not current_user.demo and not factors.is_on(current_user.id):
            flash(_("Bringing code in takes a second factor. Set one up, then go on."), "info")
            here = request.full_path.rstrip("?") if request.method == "GET" else None
            return redirect(url_for("factor.setup", next=here))
        return cast("ResponseReturnValue", view(*args, **kwargs))

    return cast("View", guarded)


@blueprint.route("/upload/<kind>", methods=["GET", "POST"])
@policy(who=CODE, rate=PACE, most_mb=MOST_MB)
@changes_code
def package_upload(kind: str) -> ResponseReturnValue:
    """Take a zip file in and look into it; nothing is installed."""
    problem = ""
    if request.method == "POST":
        try:
            package = _received(kind)
        except PackageError as error:
            problem = str(error)
            note("received", kind, reason=problem)
        else:
            note("received", f"{kind}:{package.slug}", data={"sha256": package.sha256})
            return redirect(url_for("admin.package_review", kind=kind, package_id=package.id))
    page = render_template(core_template("admin/package_upload.html"), kind=kind, problem=problem)
    return page, 422 if problem else 200


@blueprint.get("/upload/<kind>/<package_id>")
@policy(who=CODE)
@changes_code
def package_review(kind: str, package_id: str) -> ResponseReturnValue:
    """Show what a package is, before it is confirmed."""
    return _review(kind, package_id)


@blueprint.post("/upload/<kind>/<package_id>/confirm")
@policy(who=CODE, rate=PACE)
@changes_code
def package_confirm(kind: str, package_id: str) -> ResponseReturnValue:
    """Order the installation of exactly the bytes that were shown."""
    package = _judged(kind, package_id)
    if package is None:
        return redirect(url_for("admin.package_upload", kind=kind))
    if request.form.get("sha256") != package.sha256:
        flash(_("The package is not the one that you were shown. Nothing was installed."), "error")
        return redirect(url_for("admin.package_review", kind=kind, package_id=package_id))
    word = _word(package)
    if word and request.form.get("word", "").strip() != word:
        return _review(kind, package_id, wrong=True)
    said = {"sha256": package.sha256, "signer": package.signer}
    note("confirmed", f"{kind}:{package.slug}", data=said)
    order = Order(ACTS[kind], package.slug, current_actor().user_id, package.id, package.sha256)
    order_id = orders.place(runtime().config, order)
    return redirect(url_for("admin.order", order_id=order_id))


@blueprint.post("/upload/<kind>/<package_id>/discard")
@policy(who=CODE)
@changes_code
def package_discard(kind: str, package_id: str) -> ResponseReturnValue:
    """Forget a package that was not confirmed."""
    packages.discard(runtime().config.instance, package_id)
    note("discarded", kind)
    flash(_("The package is gone. Nothing was installed."), "info")
    return redirect(url_for(f"admin.{kind}s"))


@blueprint.get("/orders/<order_id>")
@policy(who=CODE)
def order(order_id: str) -> ResponseReturnValue:
    """Show how far a change of code is, and what to do next."""
    progress = orders.progress(runtime().config.instance, order_id)
    if progress is None:
        abort(404)
    return render_template(
        core_template("admin/order.html"),
        order_id=order_id,
        progress=progress,
        kind=THEME if progress.order.act == orders.INSTALL_THEME else PLUGIN,
        titles=_titles(),
    )


@blueprint.post("/orders/<order_id>/again")
@policy(who=CODE, rate=PACE)
@changes_code
def order_again(order_id: str) -> ResponseReturnValue:
    """Do an order once more whose process died."""
    progress = orders.progress(runtime().config.instance, order_id)
    if progress is None:
        abort(404)
    if not progress.running and not progress.done:
        orders.start(runtime().config, order_id)
    return redirect(url_for("admin.order", order_id=order_id))


def note(what: str, subject: str, *, reason: str = "", data: dict[str, Any] | None = None) -> None:
    """Write a step of bringing code in to the audit log."""
    actor_id, address = current_actor().user_id, client_address()
    transaction(
        lambda session: audit.record(
            session,
            actor_id,
            f"host.package.{what}",
            subject,
            reason=reason,
            data=data,
            address=address,
        )
    )


def _received(kind: str) -> Package:
    file = request.files.get("package")
    if file is None or not file.filename:
        raise PackageError(_("Choose a zip file first."))
    instance = runtime().config.instance
    package_id = packages.receive(instance, cast("Any", file.stream))
    return packages.judge(instance, package_id, kind)


def _judged(kind: str, package_id: str) -> Package | None:
    try:
        return packages.judge(runtime().config.instance, package_id, kind)
    except PackageError as error:
        flash(str(error), "error")
        return None


def _word(package: Package) -> str:
    """Return what must be typed before it is taken; an empty text where nothing has to be."""
    if isinstance(package.manifest, ThemeManifest):
        return theme_packages.word_of(package)
    seen = installing.review(package)
    return package.slug if isinstance(seen, Refusal) else seen.word


def _review(kind: str, package_id: str, *, wrong: bool = False) -> ResponseReturnValue:
    package = _judged(kind, package_id)
    if package is None:
        return redirect(url_for("admin.package_upload", kind=kind))
    is_theme = kind == THEME
    seen = theme_packages.refusal_of(package) if is_theme else installing.review(package)
    if isinstance(seen, Refusal):
        packages.discard(runtime().config.instance, package_id)
        flash(str(seen), "error")
        return redirect(url_for("admin.package_upload", kind=kind))
    page = render_template(
        core_template("admin/package_review.html"),
        kind=kind,
        package=package,
        manifest=package.manifest,
        seen=seen,
        word=_word(package),
        signer=signers.who(package.signer),
        wrong=wrong,
    )
    return page, 422 if wrong else 200


def _titles() -> dict[str, str]:
    return {
        orders.INSTALL: _("Installing %(name)s", name="{}"),
        orders.INSTALL_THEME: _("Installing %(name)s", name="{}"),
        orders.ROLL_BACK: _("Going back with %(name)s", name="{}"),
        orders.PURGE: _("Deleting %(name)s", name="{}"),
    }
