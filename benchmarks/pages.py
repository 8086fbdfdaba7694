"""How many pages a second one server process gives, against an empty Flask page.

The listing shows 50 rooms, to a visitor and to somebody signed in. All three are
served by the same kind of server in a process of its own, asked in turns in the same
run by the same client; the medians of several turns are compared.
"""

from __future__ import annotations

import http.client
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

SECONDS, ROUNDS, ROOMS = 1.5, 5, 50
CLIENTS = 4
GOAL = 0.04

EMPTY = """
import eventlet
eventlet.monkey_patch()
import eventlet.wsgi
from flask import Flask
app = Flask(__name__)
app.add_url_rule("/", view_func=lambda: "")
eventlet.wsgi.server(eventlet.listen(("127.0.0.1", {port})), app, log_output=False)
"""


def main() -> None:
    """Measure and print."""
    from tests.browser.site import PASSWORD, Site, make_demo
    from tests.services import free_port

    with tempfile.TemporaryDirectory() as folder:
        instance = Path(folder) / "instance"
        make_demo(instance)
        site = Site(instance, free_port())
        _fill(site)
        empty_port = free_port()
        empty = subprocess.Popen([sys.executable, "-c", EMPTY.format(port=empty_port)])
        try:
            _wait(empty_port)
            site.start()
            cookie = sign_in(site.port, "alex@demo.invalid", PASSWORD)
            _require_rooms(site.port)
            limit, anonymous, signed_in = _medians(
                [(empty_port, {}), (site.port, {}), (site.port, {"Cookie": cookie})]
            )
        finally:
            empty.kill()
            site.stop()
    print(f"empty Flask page       {limit:8.0f} a second")
    print(f"50 rooms, a visitor    {anonymous:8.0f} a second   {anonymous / limit:.3f} of it")
    print(f"50 rooms, signed in    {signed_in:8.0f} a second   {signed_in / limit:.3f} of it")
    print(f"ratio {min(anonymous, signed_in) / limit:.3f} of {GOAL}")


def _medians(asked: list[tuple[int, dict[str, str]]]) -> list[float]:
    """Ask each in turn, several times: what else the machine does meets all of them."""
    rates: list[list[float]] = [[] for _ in asked]
    for _round in range(ROUNDS):
        for (port, headers), found in zip(asked, rates, strict=True):
            found.append(rate(port, "/", headers))
    return [statistics.median(found) for found in rates]


def _require_rooms(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/")
    shown = connection.getresponse().read().decode().count("<article ")
    if shown != ROOMS:
        message = f"the page shows {shown} rooms instead of {ROOMS}"
        raise RuntimeError(message)


def rate(port: int, path: str, headers: dict[str, str]) -> float:
    """Return how many answers a second several clients together get."""
    counts = [0] * CLIENTS
    stop = time.monotonic() + SECONDS

    def work(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while time.monotonic() < stop:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != http.client.OK:
                message = f"{path} answered {answer.status}"
                raise RuntimeError(message)
            counts[number] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / SECONDS


def sign_in(port: int, email: str, password: str) -> str:
    """Return the cookies of somebody who signed in."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/sign-in")
    answer = connection.getresponse()
    page = answer.read().decode()
    first = _cookies(answer)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    fields = {"email": email, "password": password, "csrf_token": token[1] if token else ""}
    connection.request(
        "POST",
        "/sign-in",
        urllib.parse.urlencode(fields),
        {"Content-Type": "application/x-www-form-urlencoded", "Cookie": first},
    )
    answer = connection.getresponse()
    answer.read()
    if answer.status not in {http.client.FOUND, http.client.SEE_OTHER}:
        message = f"signing in answered {answer.status}"
        raise RuntimeError(message)
    return _cookies(answer) or first


def _cookies(answer: http.client.HTTPResponse) -> str:
    pairs = [line.split(";")[0] for line in answer.headers.get_all("Set-Cookie") or []]
    return "; ".join(pairs)


def _fill(site: object) -> None:
    """Add verified people with rooms until 50 are on one page, some of them on air."""
    code = """
from ppvcms import create_app
from ppvcms.config import ensure_secret_key, load_config
from ppvcms.accounts.services import create_user
from ppvcms.rooms.models import Room, RoomPrice, Show
from ppvcms.rooms.services import make_room
from ppvcms.db import now_ms, unit_of_work
from ppvcms.host.settings import save_site
from ppvcms.ids import new_id
app = create_app(ensure_secret_key(load_config()), role="command")
with app.app_context():
    from plugins.verification.models import Person
    for number in range(38):
        user = create_user(email=f"more{number}@demo.invalid",
            display_name=f"More {number:02d} Name", password="demo-demo-demo",
            roles=("performer",), verified=True, actor_id=None)
        made = make_room(user.id, f"Room number {number}")
        with unit_of_work() as session:
            now = now_ms(session)
            session.add(Person(user_id=user.id, state="approved", made_at=now))
            session.add(RoomPrice(room_id=made.id, mode="private", rate=300 + number,
                minimum_minutes=1, changed_at=now))
            if number < 10:
                show = Show(id=new_id(), room_id=made.id, performer_id=user.id,
                    mode="free", media_provider="none", media_room=new_id(), started_at=now)
                session.add(show)
                room = session.get(Room, made.id)
                # A sign of life that lasts as long as the measurement.
                room.show_id, room.evidence_at = show.id, now + 600_000
    with unit_of_work() as session:
        save_site(session, None, {"per_page": 50})
"""
    environment = {**os.environ, "PPVCMS_INSTANCE": str(site.instance)}  # type: ignore[attr-defined]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, env=environment)


def _wait(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            http.client.HTTPConnection("127.0.0.1", port, timeout=1).request("GET", "/")
        except OSError:
            time.sleep(0.1)
        else:
            return
    message = "the empty page did not start"
    raise RuntimeError(message)


if __name__ == "__main__":
    main()
