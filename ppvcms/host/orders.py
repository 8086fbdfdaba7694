"""Changes of code that the back office orders: done by a process of their own, watched by a page.

An order is a folder in ``instance/orders``. The process that does it holds the
lock in there for as long as it lives, so that a dead one is seen as dead.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, TextIO

from flask_babel import gettext as _

from ppvcms.host import installing, removal, theme_packages
from ppvcms.host.processes import environment_of
from ppvcms.host.runtime import runtime
from ppvcms.ids import new_id
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from pathlib import Path

    from ppvcms.config import Config

INSTALL, INSTALL_THEME, ROLL_BACK, PURGE = "install", "install_theme", "roll_back", "purge"
MOST_KEPT = 20
STARTS_WITHIN_S = 60


@dataclass(frozen=True, slots=True)
class Order:
    """One change of code; `package_id` and `sha256` say which package was confirmed."""

    act: str
    slug: str
    actor_id: str | None
    package_id: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an order is: running, done, refused with a reason, or dead."""

    order: Order
    step: str
    running: bool
    done: bool
    reason: str = ""


def place(config: Config, order: Order) -> str:
    """Write an order down, start the process that does it, and return its id."""
    home = _new_home(config.instance)
    (home / "order.json").write_text(written(order))
    start(config, home.name)
    return home.name


def written(order: Order) -> str:
    """Return an order as its file holds it."""
    return json.dumps(asdict(order))


def start(config: Config, order_id: str) -> None:
    """Start the process that does an order, such as once more after it was killed."""
    home = config.instance / "orders" / order_id
    with (home / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ppvcms", "plugins", "order", order_id],
            env=environment_of(config),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    # Nobody waits for it to be done, but its end must be taken note of.
    threading.Thread(target=process.wait, name="order", daemon=True).start()


def progress(instance: Path, order_id: str) -> Progress | None:
    """Return how far an order is, or None when there is none of that id."""
    home = instance / "orders" / order_id
    if not order_id.isalnum() or not (home / "order.json").is_file():
        return None
    order = Order(**json.loads((home / "order.json").read_text()))
    state = _read(home)
    ended = bool(state.get("ended"))
    return Progress(
        order,
        step=str(state.get("step", "")),
        running=not ended and (_is_locked(home) or (not state and _is_young(home))),
        done=ended and not state.get("reason"),
        reason=str(state.get("reason", "")),
    )


def carry_out(order_id: str) -> Refusal | None:
    """Do an order in this process, alone among those that change code."""
    instance = runtime().config.instance
    home = instance / "orders" / order_id
    if not order_id.isalnum() or not (home / "order.json").is_file():
        return Refusal("unknown", _("There is no such order."))
    order = Order(**json.loads((home / "order.json").read_text()))
    with (home / "lock").open("w") as own, (instance / "orders" / "lock").open("w") as shared:
        fcntl.flock(own, fcntl.LOCK_EX)
        _write(home, step=_("It waits for its turn."))
        fcntl.flock(shared, fcntl.LOCK_EX)
        try:
            answer = _act(order, home)
        except Exception as error:
            _write(home, ended=True, reason=str(error) or type(error).__name__)
            raise
        _write(home, ended=True, reason=str(answer) if answer is not None else "")
    return answer


def _act(order: Order, home: Path) -> Refusal | None:
    _write(home, step=_("It has begun."))
    if order.act == INSTALL:
        return installing.install(
            order.package_id,
            order.sha256,
            actor_id=order.actor_id,
            tell=lambda step: _write(home, step=step),
        )
    if order.act == INSTALL_THEME:
        return theme_packages.install(order.package_id, order.sha256, actor_id=order.actor_id)
    if order.act == ROLL_BACK:
        return installing.rollback(order.slug, actor_id=order.actor_id)
    return removal.purge(order.slug, actor_id=order.actor_id)


def _new_home(instance: Path) -> Path:
    orders = instance / "orders"
    orders.mkdir(parents=True, exist_ok=True, mode=0o700)
    known = sorted(path for path in orders.iterdir() if path.is_dir())
    for old in known[: max(0, len(known) + 1 - MOST_KEPT)]:
        shutil.rmtree(old, ignore_errors=True)
    home = orders / new_id()
    home.mkdir(mode=0o700)
    return home


def _is_young(home: Path) -> bool:
    """Whether the process of an order may still be on its way."""
    return time.time() - (home / "log").stat().st_mtime < STARTS_WITHIN_S


def _is_locked(home: Path) -> bool:
    path = home / "lock"
    if not path.exists():
        return False
    with path.open("r") as file:
        return not _try(file)


def _try(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _read(home: Path) -> dict[str, object]:
    path = home / "state.json"
    return json.loads(path.read_text()) if path.is_file() else {}


def _write(home: Path, **state: object) -> None:
    fresh = home / "state.new"
    fresh.write_text(json.dumps(state))
    fresh.replace(home / "state.json")
