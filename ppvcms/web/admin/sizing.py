"""What a machine should have for the site that its owner expects (BO-11).

The figures come from our own measurements with 640x480 pictures: a picture that is
sent to somebody takes 0.9 Mbit/s with its sound, and one in a hundred of a core in the
bundled engine. Advice keeps as much again in reserve.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app
from flask_babel import gettext as _

from ppvcms.host.settings import site
from ppvcms.web.guards import current_actor

if TYPE_CHECKING:
    from ppvcms.config import Config

PER_CORE = 50
PEOPLE_PER_SERVER = 250
SMALL_WATCHING, SMALL_ROSTER = 50, 20
"""Up to so many, the built-in database carries a site."""
BUNDLED_ENGINE = 100
"""More pictures at once want an engine made for it, on a machine of its own."""


@dataclass(frozen=True, slots=True)
class Size:
    """What is advised: cores, memory and disk in GB, line in Mbit/s, server processes."""

    cores: int
    memory_gb: int
    line_mbit: int
    disk_gb: int
    servers: int
    own_database: bool
    own_engine: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the advice; `here` is what this machine has.

    `good` says whether it is enough; nobody knows where it is none.
    """

    name: str
    wanted: str
    here: str
    good: bool | None


def size_for(performers: int, watching: int) -> Size:
    """Return what is advised for so many who perform, and who watch at once: pure."""
    servers = 1 + watching // PEOPLE_PER_SERVER
    return Size(
        cores=max(2, -(-watching // PER_CORE) + servers),
        memory_gb=max(2, 1 + servers + watching // PEOPLE_PER_SERVER),
        line_mbit=max(20, watching * 2),
        disk_gb=max(20, performers),
        servers=servers,
        own_database=watching > SMALL_WATCHING or performers > SMALL_ROSTER,
        own_engine=watching > BUNDLED_ENGINE,
    )


def advice() -> list[Part]:
    """Return the advice for what the owner expects; nothing when they expect nothing yet."""
    core = site()
    expected = core.expect_performers or core.expect_watching
    if not expected or not current_actor().can("health.view"):
        return []
    size = size_for(core.expect_performers, core.expect_watching)
    return [_cores(size), _memory(size), _disk(size), _line(size), *_programs(size)]


def _cores(size: Size) -> Part:
    here = os.cpu_count() or 1
    return Part(_("Processor cores"), str(size.cores), str(here), here >= size.cores)


def _memory(size: Size) -> Part:
    here = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    wanted = _("%(count)s GB", count=size.memory_gb)
    # A machine sold with 4 GB shows a little less.
    return Part(_("Memory"), wanted, f"{here:.1f} GB", here >= size.memory_gb * 0.9)


def _disk(size: Size) -> Part:
    config: Config = current_app.config["PPVCMS"]
    free = shutil.disk_usage(config.instance).free // 1024**3
    wanted = _("%(count)s GB", count=size.disk_gb)
    return Part(_("Free disk"), wanted, _("%(count)s GB", count=free), free >= size.disk_gb)


def _line(size: Size) -> Part:
    wanted = _("%(count)s Mbit/s upwards", count=size.line_mbit)
    return Part(_("Line"), wanted, _("ask who rents the machine out"), good=None)


def _programs(size: Size) -> list[Part]:
    config: Config = current_app.config["PPVCMS"]
    found = []
    if size.own_database:
        here = "SQLite" if config.is_sqlite else "PostgreSQL"
        found.append(Part(_("Database"), "PostgreSQL", here, not config.is_sqlite))
    if size.servers > 1:
        wanted = _("Redis, and ppvcms run --workers %(count)s", count=size.servers)
        here = "Redis" if config.redis else _("none")
        found.append(Part(_("Server processes"), wanted, here, bool(config.redis)))
    if size.own_engine:
        wanted = _("a media engine for hundreds, on a machine of its own")
        found.append(Part(_("Live video"), wanted, _("look under Plugins"), good=None))
    return found
