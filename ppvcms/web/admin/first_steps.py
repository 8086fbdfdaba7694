"""The check list of a new site: what is still to do, and where; a line goes when it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.content.models import Page, PageRevision
from ppvcms.content.setup import YOURS
from ppvcms.db import db
from ppvcms.host import registry
from ppvcms.host.labels import label
from ppvcms.host.settings import site
from ppvcms.payments.models import CreditPack
from ppvcms.rooms.models import Category, Room, Show
from ppvcms.web.admin.queries.upkeep import BACKUP
from ppvcms.web.guards import current_actor

if TYPE_CHECKING:
    from ppvcms.config import Config


@dataclass(frozen=True, slots=True)
class Step:
    """Something a new owner should do: who may, what, why, and where.

    `part` is the line of the health page that says the same.
    """

    done: bool
    permission: str
    title: str
    text: str
    url: str
    icon: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class CheckList:
    """What this reader can still do, and how far the site has come."""

    steps: list[Step]
    done: int
    total: int


def check_list() -> CheckList:
    """Return what is left of the steps that this reader may do, in the order of need."""
    actor = current_actor()
    mine = [step for step in (*_to_earn(), *_to_fill(), *_to_keep()) if actor.can(step.permission)]
    left = [step for step in mine if not step.done]
    return CheckList(left, len(mine) - len(left), len(mine))


def _to_earn() -> list[Step]:
    return [
        Step(
            bool(registry.media_provider()),
            "plugins.manage",
            _("Switch live video on"),
            _("Without a media plugin nobody can go live."),
            url_for("admin.plugins"),
            "camera-video",
        ),
        Step(
            bool(registry.gateways()),
            "plugins.manage",
            _("Connect a way to pay"),
            _("Switch a payment plugin on and run a test payment."),
            url_for("admin.plugins"),
            "credit-card",
        ),
        Step(
            not site().test_mode,
            "settings.manage",
            _("Take real money"),
            _("Payments are tests until you switch that off, under Credits and payments."),
            url_for("admin.settings", _anchor="wallet"),
            "shield-check",
        ),
        Step(
            _any(Show),
            "settings.manage",
            _("Look at your prices"),
            _("The first ones are a proposal: what a minute costs, and who gets which part."),
            url_for("admin.prices"),
            "tag",
        ),
        Step(
            _any(CreditPack, CreditPack.active),
            "packs.manage",
            _("Offer credits"),
            _("A pack says how many credits people get for which price."),
            url_for("admin.packs"),
            "stack",
        ),
    ]


def _to_fill() -> list[Step]:
    performers = label("performer", plural=True)
    saved = select(PageRevision.id).where(PageRevision.page_id == Page.id).exists()
    return [
        Step(
            _any(Category),
            "rooms.manage",
            _("Make categories"),
            _("They are the shelves of your list."),
            url_for("admin.categories"),
            "bookshelf",
        ),
        Step(
            _any(Room),
            "people.manage",
            _("Bring %(who)s in", who=performers),
            _("Make an account for one, or send them to the register page."),
            url_for("admin.person_new"),
            "person-plus",
        ),
        Step(
            site().site_name != "ppvcms",
            "settings.manage",
            _("Name your site"),
            _("The name stands in the header, in mails and in the browser's tab."),
            url_for("admin.settings"),
            "type",
        ),
        Step(
            not _any(Page, Page.slug.in_(YOURS), ~saved),
            "pages.manage",
            _("Write your terms and your privacy page"),
            _("The texts that are there are only a beginning."),
            url_for("admin.pages"),
            "file-text",
        ),
    ]


def _to_keep() -> list[Step]:
    config: Config = current_app.config["PPVCMS"]
    return [
        Step(
            bool(config.mail_url),
            "health.view",
            _("Send mails"),
            _("Set PPVCMS_MAIL_URL and start again; until then links wait under Mail."),
            url_for("admin.mail"),
            "envelope",
            _("Mail"),
        ),
        Step(
            bool(config.base_url),
            "health.view",
            _("Give the site its address"),
            _("Set PPVCMS_BASE_URL to what people type: links in mails begin with it."),
            url_for("admin.health"),
            "link-45deg",
        ),
        Step(
            (config.instance / BACKUP).exists(),
            "health.view",
            _("Make a first backup"),
            _("Copy the database and the instance folder, then run: ppvcms backup-done"),
            url_for("admin.health"),
            "safe",
            _("Backup"),
        ),
    ]


def _any(table: type, *conditions: object) -> bool:
    query = select(select(table).where(*conditions).exists())  # type: ignore[arg-type]
    return bool(db.session.scalar(query))
