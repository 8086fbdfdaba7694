"""What the plugin registers, in words."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from ppvcms.api import FileLimits, NoticeKind, Permission, PluginMenuItem, UploadKind

from .deliveries import waiting
from .kinds import SLUG
from .rights import MANAGE, SELL

MB = 1024 * 1024


def permissions() -> list[Permission]:
    """Return what a role needs to sell, and to look after all items."""
    return [
        Permission(SELL, _l("Sell items"), ("performer",)),
        Permission(MANAGE, _l("Review and manage all items"), ("owner", "moderator")),
    ]


def menu() -> list[PluginMenuItem]:
    """Return the pages in the menus of the site and of the dashboards."""
    return [
        PluginMenuItem(
            "account", f"{SLUG}.mine", _l("My content"), "collection-play", "room.enter", weight=30
        ),
        PluginMenuItem("performer", f"{SLUG}.manage", _l("Items"), "bag", SELL, weight=40),
        PluginMenuItem(
            "performer", f"{SLUG}.recordings", _l("Recordings"), "record-circle", SELL, weight=41
        ),
        PluginMenuItem("admin", f"{SLUG}.office", _l("Items"), "bag", MANAGE, weight=40),
    ]


def notices() -> list[NoticeKind]:
    """Return what people are told of items."""
    return [
        NoticeKind(
            f"{SLUG}.sold",
            _l("An item of yours was bought"),
            _l("Sold: %(title)s"),
            _l("Somebody bought %(title)s."),
            mail=False,
            permission=SELL,
        ),
        NoticeKind(
            f"{SLUG}.approved",
            _l("An item of yours was approved"),
            _l("On sale: %(title)s"),
            _l("%(title)s was approved and is on sale."),
            permission=SELL,
        ),
        NoticeKind(
            f"{SLUG}.sent_back",
            _l("An item of yours needs a change"),
            _l("Please change: %(title)s"),
            _l("%(title)s is not on sale yet: %(note)s"),
            permission=SELL,
        ),
        NoticeKind(
            f"{SLUG}.record_asked",
            _l("I am asked whether a show with me may be recorded"),
            _l("%(name)s would like to record the show you are in"),
            _l("Nothing is made of a recording before you say yes."),
            mail=False,
            permission="room.perform",
        ),
        NoticeKind(
            f"{SLUG}.recorded",
            _l("A recording of my show is ready"),
            _l("Your recording is ready"),
            _l("It has %(minutes)s minutes. Make an item of it, or delete it."),
            mail=False,
            permission=SELL,
        ),
        NoticeKind(
            f"{SLUG}.given",
            _l("Somebody opened an item for you"),
            _l("For you: %(title)s"),
            _l("%(from)s opened %(title)s for you."),
        ),
        NoticeKind(
            f"{SLUG}.sent",
            _l("Something you ordered is on its way"),
            _l("On its way: %(title)s"),
            _l("%(title)s was sent. Tracking: %(tracking)s"),
        ),
    ]


def uploads() -> list[UploadKind]:
    """Return the files that authors may bring, and how large they may be."""
    return [
        UploadKind(f"{SLUG}.video", SELL, FileLimits(8 * 1024 * MB, ("video",))),
        UploadKind(f"{SLUG}.image", SELL, FileLimits(25 * MB, ("image",))),
        UploadKind(f"{SLUG}.file", SELL, FileLimits(2 * 1024 * MB)),
        UploadKind(f"{SLUG}.teaser", SELL, FileLimits(200 * MB, ("video", "image"))),
    ]


def reasons_to_stay() -> list[str]:
    """Return why the plugin should not be switched off now."""
    count = waiting()
    if not count:
        return []
    return [
        ngettext(
            "%(num)d paid order was not sent yet.", "%(num)d paid orders were not sent yet.", count
        )
        + " "
        + _("Send or cancel them first.")
    ]
