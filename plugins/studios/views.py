"""The studio's dashboard: overview, people, contracts, company."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ppvcms.api import (
    Refusal,
    alerts_of,
    current_actor,
    earnings_balance,
    mode_name,
    now_ms,
    policy,
    settings,
)
from ppvcms.api import db as database

from . import contracts, log, people, statements
from .forms import InviteForm, PapersForm, RightsForm, WordingForm
from .offers import Wording
from .pages import MANAGE, blueprint, me, show_refusal, tell
from .people import Papers, Rights

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from .people import Line

DAY_MS = 86_400_000


@blueprint.get("/")
@policy(who=MANAGE)
def overview() -> ResponseReturnValue:
    """Show who is on, in which kind of show, what today brings, and what needs attention."""
    studio_id, now = me(), now_ms(database.session())
    today = now - now % DAY_MS
    theirs, ours = statements.totals(studio_id, since=today, until=now + 1)
    hold, available = earnings_balance("studio", studio_id)
    week = statements.totals(studio_id, since=today - 6 * DAY_MS, until=now + 1)
    return render_template(
        "studios/overview.html",
        studio=people.studio_of(studio_id),
        lines=statements.on_air(studio_id),
        waiting=[one for one in people.roster(studio_id) if one.proposal is not None],
        alerts=alerts_of([studio_id]).get(studio_id, ()),
        today=theirs + ours,
        ours=ours,
        week=sum(week),
        hold=hold,
        available=available,
        chart=statements.chart(studio_id, since=today - 29 * DAY_MS, until=now + 1),
        mode_name=mode_name,
    )


@blueprint.route("/papers", methods=["GET", "POST"])
@policy(who=MANAGE)
def papers() -> ResponseReturnValue:
    """Show the company's papers, and send them to the business."""
    row = people.studio_of(me())
    form = PapersForm(obj=row)
    if form.validate_on_submit():
        sent = Papers(
            company=form.company.data or "",
            registration=form.registration.data or "",
            address=form.address.data or "",
            country=form.country.data or "",
            owners=form.owners.data or "",
        )
        people.hand_in(current_actor(), sent)
        flash(_("Sent. You will hear when the site has looked at it."), "success")
        return redirect(url_for("studios.papers"))
    return render_template("studios/papers.html", form=form, studio=row)


@blueprint.get("/people")
@policy(who=MANAGE)
def roster() -> ResponseReturnValue:
    """Show everybody under contract and everybody who was asked."""
    return render_template(
        "studios/roster.html", lines=people.roster(me()), studio=people.studio_of(me())
    )


@blueprint.route("/people/invite", methods=["GET", "POST"])
@policy(who=MANAGE, rate="20 per minute")
def invite() -> ResponseReturnValue:
    """Offer a contract to somebody who is here, or to a new account."""
    form = InviteForm(data=None if request.method == "POST" else first_wording())
    if form.validate_on_submit():
        actor, name, email = current_actor(), form.name.data or "", form.email.data or ""
        answer = people.invite(actor, name, email, wording_of_form(form), by=actor)
        if not isinstance(answer, Refusal):
            flash(_("The contract was offered. It holds once it is accepted."), "success")
            return redirect(url_for("studios.roster"))
        show_refusal(form, answer)
    return render_template("studios/invite.html", form=form)


@blueprint.route("/people/<performer_id>", methods=["GET", "POST"])
@policy(who=MANAGE)
def person(performer_id: str) -> ResponseReturnValue:
    """Show one person: rights, the contract with its versions, an offer of new terms."""
    line = _line(performer_id)
    form = WordingForm(data=None if request.method == "POST" else _wording_of(line))
    if form.validate_on_submit():
        answer = contracts.propose(me(), performer_id, wording_of_form(form), by=current_actor())
        if not isinstance(answer, Refusal):
            flash(_("The new terms were offered. The old ones hold until then."), "success")
            return redirect(url_for("studios.person", performer_id=performer_id))
        show_refusal(form, answer)
    versions = contracts.all_of(studio_id=me(), performer_id=performer_id)
    return render_template(
        "studios/person.html",
        line=line,
        form=form,
        rights=RightsForm(formdata=None, obj=line.rights),
        versions=versions,
    )


@blueprint.post("/people/<performer_id>/rights")
@policy(who=MANAGE)
def rights(performer_id: str) -> ResponseReturnValue:
    """Say what somebody may do on their own."""
    form = RightsForm()
    wanted = Rights(
        enabled=bool(form.enabled.data),
        may_live=bool(form.may_live.data),
        may_prices=bool(form.may_prices.data),
        may_write=bool(form.may_write.data),
    )
    tell(people.set_rights(current_actor(), performer_id, wanted), _("Saved."))
    return redirect(url_for("studios.person", performer_id=performer_id))


@blueprint.post("/people/<performer_id>/enabled")
@policy(who=MANAGE)
def enabled(performer_id: str) -> ResponseReturnValue:
    """Let somebody perform, or not."""
    wanted = request.form.get("enabled") == "yes"
    done = _("They may perform again.") if wanted else _("They are off air and may not perform.")
    tell(people.enable(current_actor(), performer_id, enabled=wanted), done)
    return redirect(url_for("studios.roster"))


@blueprint.get("/log")
@policy(who=MANAGE)
def log_page() -> ResponseReturnValue:
    """Show who did what with the studio, and when."""
    number = max(1, request.args.get("page", 1, type=int))
    about = request.args.get("person") or None
    found = log.lines(me(), about_id=about, offset=(number - 1) * log.PAGE)
    return render_template(
        "studios/log.html",
        lines=found[: log.PAGE],
        more=len(found) > log.PAGE,
        page=number,
        person=about,
        crew=[(one.id, one.name) for one in people.roster(me())],
    )


@blueprint.post("/contracts/<contract_id>/withdraw")
@policy(who=MANAGE)
def withdraw(contract_id: str) -> ResponseReturnValue:
    """Take an offer back."""
    tell(contracts.withdraw(contract_id, by=current_actor()), _("The offer was taken back."))
    return redirect(url_for("studios.roster"))


@blueprint.post("/contracts/<contract_id>/notice")
@policy(who=MANAGE)
def notice(contract_id: str) -> ResponseReturnValue:
    """End a contract after its notice."""
    answer = contracts.give_notice(contract_id, current_actor())
    refusal = answer if isinstance(answer, Refusal) else None
    tell(refusal, _("Notice was given. The page says when it ends."))
    return redirect(url_for("studios.roster"))


def _line(performer_id: str) -> Line:
    line = people.line_of(me(), performer_id)
    if line is None:
        abort(404)
    return line


def first_wording() -> dict[str, Any]:
    """Return what a new contract begins with."""
    return {"percent": 25, "notice_days": settings("studios", studio=me()).leave_notice}


def _wording_of(line: Line) -> dict[str, Any]:
    row = line.proposal or line.contract
    if row is None:
        return first_wording()
    return {
        "percent": row.percent,
        "notice_days": row.notice_days,
        "collects": row.collects,
        "terms": row.terms,
    }


def wording_of_form(form: WordingForm) -> Wording:
    """Return what a contract says by its form."""
    return Wording(
        percent=form.percent.data or 0,
        notice_days=form.notice_days.data or 0,
        collects=bool(form.collects.data),
        terms=form.terms.data or "",
    )
