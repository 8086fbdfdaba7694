"""Show every component on sample pages, without a database and without the core.

    python tools/styleguide.py serve [--port 5050]
    python tools/styleguide.py shots OUT [--theme stage] [--page listing]

`serve` answers at /<theme>/<page>, with the content security policy of the real site, so that
a macro which needs inline script or style is seen at once. `shots` takes pictures of every page
in every theme, on a desk and on a phone, light and dark; it needs playwright and a Chromium.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import mimetypes
import sys
import threading
import time
import tomllib
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from jinja2 import ChoiceLoader, Environment, FileSystemLoader
from markupsafe import Markup
from wtforms import (
    BooleanField,
    DecimalField,
    FileField,
    Form,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, Email, Length

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent


def loaded(name: str, path: Path) -> ModuleType:
    """Return a module that is read from its file, without the packages around it."""
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        message = f"{path} is missing."
        raise FileNotFoundError(message)
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up here.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


PAGES = sorted(page.stem for page in (ROOT / "tools" / "styleguide").glob("[!_]*.html"))
THEMES = ("house", "stage", "classroom", "clinic", "advisory", "broadcast")
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'"
)
NOW = 1_790_000_000

_HOUSE_LABELS = {
    "performer": ("Performer", "Performers"),
    "client": ("Client", "Clients"),
    "studio": ("Studio", "Studios"),
    "owner": ("Owner", "Owners"),
    "moderator": ("Moderator", "Moderators"),
    "show": ("Show", "Shows"),
    "room": ("Room", "Rooms"),
}
_CATEGORIES = {
    "house": ("Advice", "Music", "Languages", "Cooking", "Fitness", "Design"),
    "stage": ("Jazz", "Stand-up", "Magic", "Flamenco", "Acoustic", "Cabaret"),
    "classroom": ("Spanish", "Mathematics", "Piano", "Chemistry", "German", "Drawing"),
    "clinic": ("Anxiety", "Couples", "Sleep", "Grief", "Burnout", "Family"),
    "advisory": ("Tax", "Contracts", "Pricing", "Pensions", "Exports", "Start-ups"),
    "broadcast": ("News", "Sport", "Cooking", "Travel", "Games", "Talk"),
}
_NAMES = (
    "Ava Lind",
    "Milo Reyes",
    "Noor Haddad",
    "Jun Park",
    "Sofia Marin",
    "Eli Brandt",
    "Tess Okoye",
    "Luca Ferri",
    "Mara Vogel",
    "Theo Quinn",
    "Inez Duarte",
    "Kai Nomura",
)
_BRIEFS = (
    "Patient with beginners, strict with tempo. Bring one piece and we take it apart.",
    "Twenty years on the road. Ask for anything, I will try.",
    "Short sessions with one clear goal, and notes to keep.",
)
_STATES = (
    "online",
    "group",
    "private",
    "online",
    "group",
    "away",
    "online",
    "private",
    "away",
    "offline",
    "offline",
    "offline",
)


def _same(*words: str) -> dict[str, Any]:
    """Return choices whose values are what people read."""
    return {word: word for word in words}


class SignIn(Form):
    """A short form with a mistake in it."""

    email = StringField("E-mail", [DataRequired(), Email()])
    password = PasswordField("Password", [DataRequired("Please type your password.")])
    stay = BooleanField("Keep me signed in on this device")


class Profile(Form):
    """One field of each kind."""

    title = StringField(
        "Title", [Length(max=80)], description="Shown on the card and above the picture."
    )
    category = SelectField("Category", choices=_same("Music", "Advice", "Languages"))
    rate = DecimalField("Price per minute", [DataRequired()], places=2)
    about = TextAreaField(
        "About you", [Length(min=40, message="A little more, please: 40 letters at least.")]
    )
    picture = FileField("Picture", description="JPG, PNG or WebP, 10 MB at most.")
    who = RadioField(
        "Who may write to you", choices=_same("Everyone", "People who paid once", "Nobody")
    )
    hide = BooleanField("Hide the picture while away")


def money(minor: int, currency: str = "CRD") -> str:
    """Show minor units: credits, or a currency with its sign."""
    amount = f"{minor / 100:,.2f}"
    sign = {"USD": "$", "EUR": "€"}.get(currency)
    return f"{sign}{amount}" if sign else f"{amount} cr"


def duration(seconds: float) -> str:
    """Show seconds as 12:40."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def moment(milliseconds: int) -> datetime:
    """Return the time that a number of milliseconds stands for."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def labels_of(theme: str) -> Callable[..., str]:
    """Return the label function of a theme, in English."""
    words = dict(_HOUSE_LABELS)
    if theme != "house":
        manifest = tomllib.loads((ROOT / "themes" / theme / "theme.toml").read_text())
        for role, forms in manifest["labels"]["en"].items():
            words[role] = (forms["one"], forms["other"])

    def label(role: str, *, plural: bool = False) -> str:
        return words[role][1 if plural else 0]

    return label


def rooms(theme: str) -> list[dict[str, Any]]:
    """Return twelve rooms in every state."""
    group, private = {
        "house": ("Group", "Private"),
        "stage": ("Show", "Backstage"),
        "classroom": ("Class", "One to one"),
        "clinic": ("Circle", "Session"),
        "advisory": ("Round table", "Consultation"),
        "broadcast": ("Programme", "Private line"),
    }[theme]
    found: list[dict[str, Any]] = []
    for number, (name, state) in enumerate(zip(_NAMES, _STATES, strict=True)):
        slug = name.lower().replace(" ", "-")
        carries = {1: "text", 3: "audio"}.get(number, "video")
        prices: list[dict[str, Any]] = [
            {"label": private, "rate": 180 + number * 35, "carries": carries}
        ]
        if state == "group":
            prices.insert(0, {"label": group, "rate": 60 + number * 10})
        elif number % 3 == 0:
            prices.insert(0, {"label": group, "rate": 0})
        found.append(
            {
                "slug": slug,
                "url": f"/{theme}/room",
                "name": name,
                "state": state,
                "image_url": f"/portrait/{slug}.webp",
                "category": _CATEGORIES[theme][number % 6],
                "prices": prices,
                "is_new": number in (3, 6),
                "intro": number == 4,
                "featured": number == 0,
                "rating": f"4.{9 - number % 5}" if number % 4 else None,
                "reviews": 12 + number * 7,
                "brief": _BRIEFS[number % 3],
                "language": ("English", "Español", "Deutsch")[number % 3],
                "next_event": (NOW + 86_400 * (number - 4)) * 1000,
                "follow_url": "#",
                "followed": number == 2,
                "viewers": 14 + number * 3,
            }
        )
    return found


def navigation(theme: str, page: str) -> list[dict[str, Any]]:
    """Return the side menu of the dashboard."""
    items = [
        ("Overview", "dashboard", "speedometer2", None, None),
        ("Go live", "private", "broadcast", None, None),
        ("Requests", "requests", "bell", 3, None),
        ("Prices", "form", "tag", None, None),
        ("Messages", "empty", "chat-left-text", 2, None),
        ("Earnings", "receipt", "graph-up", None, "Money"),
        ("Payouts", "checkout", "bank", None, None),
        ("Schedule", "empty", "calendar3", None, "Set-up"),
        ("Verification", "form", "patch-check", None, None),
    ]
    return [
        {
            "label": label,
            "url": f"/{theme}/{target}",
            "icon": icon,
            "badge": badge,
            "group": group,
            "active": target == page,
        }
        for label, target, icon, badge, group in items
    ]


def menus(theme: str, page: str, *, signed_in: bool) -> Callable[[str], list[dict[str, Any]]]:
    """Return the menu function."""

    def item(label: str, target: str, icon: str = "", method: str = "get") -> dict[str, Any]:
        return {
            "label": label,
            "url": f"/{theme}/{target}",
            "icon": icon,
            "active": target == page,
            "method": method,
        }

    account = [
        item("Overview", "dashboard", "speedometer2"),
        item("Receipts", "receipt", "receipt"),
        item("Add credits", "checkout", "wallet2"),
        item("Sign out", "signin", "box-arrow-right", "post"),
    ]
    every = {
        "main": [item("Live now", "listing"), item("Events", "empty"), item("How it works", "404")],
        "footer": [item(x, "404") for x in ("Terms", "Privacy", "Complaints", "Contact")],
        "account": account if signed_in else [item("Sign in", "signin"), item("Join", "form")],
    }
    return lambda name: every[name]


def pack(number: int, credit: int, price: int, bonus: int, note: str) -> dict[str, Any]:
    """Return one credit pack."""
    return {
        "id": number,
        "credits": credit,
        "price": price,
        "currency": "USD",
        "bonus": bonus,
        "note": note,
    }


def environment(theme: str, page: str, query: dict[str, list[str]]) -> Environment:
    """Return templates and globals as the core would give them."""
    theme_templates = ROOT / "themes" / theme / "templates"
    env = Environment(
        loader=ChoiceLoader(
            [
                FileSystemLoader(theme_templates),
                FileSystemLoader(ROOT / "ppvcms" / "templates"),
                FileSystemLoader(ROOT / "tools" / "styleguide"),
                *(FileSystemLoader(one) for one in ROOT.glob("plugins/*/templates")),
            ]
        ),
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_null_translations(newstyle=True)  # type: ignore[attr-defined]  # by the extension
    env.filters.update(
        money=money,
        duration=duration,
        datetime=lambda ms: f"{moment(ms):%-d %b, %H:%M}",
        date=lambda ms: f"{moment(ms):%-d %b %Y}",
        iso=lambda ms: f"{moment(ms):%Y-%m-%dT%H:%M:%SZ}",
    )
    signed_in = page != "signin"
    names = {
        "house": "Minuta",
        "stage": "Limelight",
        "classroom": "Lernhof",
        "clinic": "Linden",
        "advisory": "Ward & Lake",
        "broadcast": "Kanal 9",
    }

    def drawn(name: str, **values: Any) -> Markup:
        return Markup(env.get_template(name).render(**values))  # noqa: S704 - it escapes

    env.globals.update(
        site=SimpleNamespace(
            name=names[theme],
            logo_url=None,
            tagline="",
            currency="USD",
            demo=False,
            preview="",
            theme=None if theme == "house" else theme,
            url=f"/{theme}/listing",
        ),
        actor=SimpleNamespace(can=lambda _name: False),
        current_user=SimpleNamespace(
            is_authenticated=signed_in, display_name="Robin Vale", can=lambda _name: True
        ),
        wallet=SimpleNamespace(balance=1240, held=0, available=1240, add_url=f"/{theme}/checkout")
        if signed_in
        else None,
        unread_notices=lambda: 3,
        menu=menus(theme, page, signed_in=signed_in),
        asset=lambda path: f"/static/{path}",
        page_styles=list,
        admin_assets=lambda: {"styles": [], "modules": []},
        page_modules=list,
        theme_asset=lambda path: f"/theme/{theme}/{path}",
        theme_styles=lambda: [] if theme == "house" else [f"/theme/{theme}/theme.css"],
        home_sections=lambda: ("hero", "top", "list"),
        languages=list,
        text_direction=query.get("dir", ["ltr"])[0],
        locale="en",
        csrf_token=lambda: "token",
        label=labels_of(theme),
        admin_nav=lambda: navigation(theme, page),
        page_assets=lambda *_scopes: {"styles": [], "modules": []},
        slot=lambda _name, **_context: Markup(""),
        region=lambda _name: Markup(""),
        drawn=drawn,
        draw_cards=lambda rooms, lazy_from: [
            drawn("ui/_performer_card.html", room=room, lazy=number >= lazy_from)
            for number, room in enumerate(rooms)
        ],
        get_flashed_messages=lambda **_: (
            [("success", "Saved. The new price counts from the next visit on.")]
            if page == "form"
            else []
        ),
        url_for=lambda _endpoint, **_: "#",
        request=None,
    )
    return env


def context(theme: str, page: str) -> dict[str, Any]:
    """Return the facts that sample pages show."""
    signin = SignIn(data={"email": "robin@example"})
    signin.password.errors = ["Please type your password."]
    signin.email.errors = ["This address is not complete. Is something missing after the @?"]
    profile = Profile(
        data={
            "title": "Evening talks",
            "category": "Advice",
            "rate": 2.8,
            "about": "Hello.",
            "who": "Everyone",
        }
    )
    profile.about.errors = ["A little more, please: 40 letters at least."]
    days = [NOW - 86_400 * (29 - day) for day in range(30)]
    earned = [round(40 + (day * 37) % 53 + day * 1.6, 2) for day in range(30)]
    return {
        "page": page,
        "rooms": rooms(theme),
        "nav": navigation(theme, page),
        "nav_title": "Ava Lind",
        "signin": signin,
        "profile": profile,
        "days": days,
        "earned": earned,
        "tipped": [round(value * 0.22, 2) for value in reversed(earned)],
        "packs": [
            pack(1, 1000, 1099, 0, "About 5 minutes"),
            pack(2, 2500, 2599, 100, "About 12 minutes"),
            pack(3, 5000, 4999, 400, "About 25 minutes"),
            pack(4, 10000, 9799, 1000, "About 50 minutes"),
        ],
        "NOW": NOW,
        "page_url": "?page={}".format,
        "code": 404,
    }


def render(theme: str, page: str, query: dict[str, list[str]]) -> str:
    """Return one sample page."""
    return environment(theme, page, query).get_template(f"{page}.html").render(context(theme, page))


def portrait(seed: str) -> bytes:
    """Draw a portrait with the core's function, loaded without the core."""
    module = loaded("portraits", ROOT / "ppvcms" / "content" / "portraits.py")
    drawn: bytes = module.portrait(seed)
    return drawn


class Handler(BaseHTTPRequestHandler):
    """Answer pages, static files and portraits."""

    portraits: ClassVar[dict[str, bytes]] = {}

    def do_GET(self) -> None:
        """Answer one request."""
        parts = urlsplit(self.path)
        head, _, rest = parts.path.strip("/").partition("/")
        files = {"static": ROOT / "ppvcms" / "static" / rest}
        if head == "theme":
            slug, _, rest = rest.partition("/")
            files["theme"] = ROOT / "themes" / slug / "static" / rest
        if head == "portrait":
            seed = rest.removesuffix(".webp")
            if seed not in self.portraits:
                self.portraits[seed] = portrait(seed)
            self._answer(self.portraits[seed], "image/webp")
        elif head in files and files[head].is_file():
            kind = mimetypes.guess_type(rest)[0] or "application/octet-stream"
            self._answer(files[head].read_bytes(), kind)
        elif head in THEMES and rest in PAGES:
            html = render(head, rest, parse_qs(parts.query))
            self._answer(html.encode(), "text/html; charset=utf-8")
        elif head in ("", *THEMES):
            links = "".join(
                f"<li><a href=/{theme}/{page}>{theme}: {page}</a></li>"
                for theme in THEMES
                for page in PAGES
            )
            self._answer(f"<ul>{links}</ul>".encode(), "text/html; charset=utf-8")
        else:
            self._answer(b"not found", "text/plain", 404)

    def _answer(self, body: bytes, kind: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as in the base class
        """Stay quiet."""


def serve(port: int) -> ThreadingHTTPServer:
    """Return a server that listens on this machine only."""
    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


def shots(out: Path, themes: list[str], pages: list[str], browser_path: str | None) -> list[str]:
    """Take pictures of pages; return what the browser complained about."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # only this verb needs it

    server = serve(0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_address[1]}"
    problems: list[str] = []
    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play:
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = play.chromium.launch(executable_path=browser_path, args=flags)
        for width, scheme in ((1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")):
            view = browser.new_context(
                viewport={"width": width, "height": 800 if width > 400 else 740},
                has_touch=width < 400,
                reduced_motion="reduce",
            )
            view.add_cookies([{"name": "pv_scheme", "value": scheme, "url": base}])
            tab = view.new_page()
            tab.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
            tab.on("pageerror", lambda error: problems.append(str(error)))
            for theme in themes:
                for page in pages:
                    tab.goto(f"{base}/{theme}/{page}", wait_until="networkidle")
                    name = f"{theme}-{page}-{width}-{scheme}"
                    tab.evaluate("for (const one of document.images) one.loading = 'eager'")
                    tab.evaluate("Promise.all([...document.images].map(i => i.decode()))")
                    wide = tab.evaluate("document.documentElement.scrollWidth")
                    if wide > width:
                        problems.append(f"{name}: {wide} px wide")
                    tab.screenshot(path=out / f"{name}.png", full_page=True)
            view.close()
        browser.close()
    server.shutdown()
    return problems


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    verbs = parser.add_subparsers(dest="verb", required=True)
    serving = verbs.add_parser("serve")
    serving.add_argument("--port", type=int, default=5050)
    shooting = verbs.add_parser("shots")
    shooting.add_argument("out", type=Path)
    shooting.add_argument("--theme", action="append", choices=THEMES)
    shooting.add_argument("--page", action="append", choices=PAGES)
    shooting.add_argument("--browser", default="/usr/bin/chromium")
    options = parser.parse_args()
    if options.verb == "serve":
        print(f"http://127.0.0.1:{options.port}/")
        serve(options.port).serve_forever()
        return 0
    started = time.monotonic()
    problems = shots(
        options.out, options.theme or [*THEMES], options.page or PAGES, options.browser
    )
    print(
        json.dumps({"seconds": round(time.monotonic() - started), "problems": problems}, indent=1)
    )
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
