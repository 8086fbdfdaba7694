"""The one page of a server that has no site yet (BO-11)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from babel import Locale
from flask import Blueprint, Flask, current_app, redirect, render_template, request, url_for
from flask_babel import Babel, Domain, get_locale
from flask_babel import gettext as _
from sqlalchemy.exc import OperationalError

from ppvcms.accounts.rules import AccountRules
from ppvcms.accounts.services import refusal_of_account
from ppvcms.content.presets import presets
from ppvcms.content.setup import Beginning
from ppvcms.errors import PpvcmsError
from ppvcms.firstrun import offer
from ppvcms.firstrun.form import DEMO, MOVED, setup_form
from ppvcms.firstrun.making import make
from ppvcms.host import catalogues
from ppvcms.host.files import CORE_STATIC
from ppvcms.host.templates import CORE_TEMPLATES
from ppvcms.web.guards import client_device, init_cookies, remember
from ppvcms.web.headers import init_headers
from ppvcms.web.people import own_name, show_refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from gettext import NullTranslations

    from flask import Response
    from flask.typing import ResponseReturnValue

    from ppvcms.config import Config
    from ppvcms.firstrun.code import OneTimeCode
    from ppvcms.firstrun.form import SetupForm
    from ppvcms.firstrun.making import Made
    from ppvcms.results import Refusal

LARGEST_REQUEST = 64 * 1024
NEXT = "/admin/"
IMPORT = "/admin/settings/import"
TITLE = "Make your site"
LANGUAGE = "language"
"""The part of the address that says the page's language, where its browser's is not meant."""
blueprint = Blueprint("setup", __name__)


@dataclass(slots=True)
class FirstRun:
    """What the page works on; `done` is called once, when there is a site and before the answer."""

    config: Config
    code: OneTimeCode
    done: Callable[[], object] = bool
    making: threading.Lock = field(default_factory=threading.Lock)
    made: bool = False

    @property
    def demo_fits(self) -> bool:
        """Whether nobody but this computer can open the site: demo passwords are known."""
        host = self.config.host
        try:
            near = host == "localhost" or ip_address(host).is_loopback
        except ValueError:
            near = False
        return near and not self.config.base_url


def setup_app(first: FirstRun) -> Flask:
    """Return the application that serves the page; it opens no database of its own."""
    app = Flask("ppvcms", template_folder=str(CORE_TEMPLATES), static_folder=str(CORE_STATIC))
    app.config.update(
        PPVCMS=first.config,
        SECRET_KEY=first.config.secret_key,
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
    )
    app.extensions["ppvcms_first_run"] = first
    _SetupBabel(app, locale_selector=_spoken)
    init_cookies(app)
    init_headers(app)
    app.jinja_env.globals["asset"] = lambda path: url_for("static", filename=path)
    app.register_blueprint(blueprint)
    app.after_request(_keep_nothing)
    return app


class _Words(Domain):
    """The catalogues of the core, and of the plugins for their names."""

    def get_translations(self) -> NullTranslations:
        """Return the texts in the page's language."""
        locale = str(get_locale() or "en")
        if locale not in self.cache:
            folders = [catalogues.CORE, *offer.text_folders()]
            self.cache[locale] = catalogues.texts_of(folders, locale)
        found: NullTranslations = self.cache[locale]
        return found


class _SetupBabel(Babel):
    """Babel without a site: no theme and no plugin runs."""

    @property
    def domain_instance(self) -> Domain:
        """The texts of the page; Flask-Babel asks once in each context."""
        return _Words()


def _page_languages() -> list[str]:
    """Return the languages that have words for this page; a site can begin in every other too."""
    return [
        code
        for code in catalogues.languages_of_core()
        if code == "en" or catalogues.texts_of([catalogues.CORE], code).gettext(TITLE) != TITLE
    ]


def _spoken() -> str:
    known = _page_languages()
    asked = request.args.get(LANGUAGE, "")
    return asked if asked in known else request.accept_languages.best_match(known) or "en"


@blueprint.get("/", defaults={"_path": ""})
@blueprint.get("/<path:_path>")
def elsewhere(_path: str) -> ResponseReturnValue:
    """Lead every address to the page; who asks whether a site runs hears that none does."""
    if _path.startswith("-/"):
        return {"ready": False}, 503
    return redirect(url_for("setup.show"))


@blueprint.get("/setup")
def show() -> ResponseReturnValue:
    """Ask."""
    return _page(_form(_first())), 200


@blueprint.post("/setup")
def save() -> ResponseReturnValue:
    """Make the site, sign its owner in, and give way to the server of the site."""
    first = _first()
    form = _form(first)
    form.validate_on_submit()
    for refusal in (_refusal_of_owner(form), _refusal_of_code(first, form)):
        if refusal is not None:
            show_refusal(form, refusal)
    if form.errors or form.form_errors:
        return _page(form), 422
    with first.making:
        if first.made:
            return redirect(f"/sign-in?next={NEXT}", 303)
        return _make(first, form)


def _refusal_of_owner(form: SetupForm) -> Refusal | None:
    email, name, password = form.email.data, form.display_name.data, form.password.data
    if not (email and name and password):
        return None
    rules = AccountRules(banned_names=(), site_words=(str(form.site_name.data),))
    return refusal_of_account(email, name, password, rules)


def _refusal_of_code(first: FirstRun, form: SetupForm) -> Refusal | None:
    return first.code.refusal_of(form.code.data) if form.code.data else None


def _make(first: FirstRun, form: SetupForm) -> ResponseReturnValue:
    wish, demo = _wish(form), form.begin.data == DEMO
    try:
        made = _apart(make, first.config, wish, demo=demo, device=client_device())
    except (PpvcmsError, OperationalError) as error:
        text = str(getattr(error, "orig", error)).strip()
        form.form_errors.append(_("No site was made: %(why)s", why=text))
        return _page(form), 422
    first.made = True
    first.done()
    remember(made.token)
    return redirect(IMPORT if form.begin.data == MOVED else NEXT, 303)


def _apart(act: Callable[..., Made], *values: Any, **named: Any) -> Made:
    """Run in a thread of its own: the site that is made must not take this request for its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(act, *values, **named).result()


def _wish(form: SetupForm) -> Beginning:
    language = str(form.locale.data)
    return Beginning(
        email=str(form.email.data),
        password=str(form.password.data),
        owner_name=str(form.display_name.data),
        site={
            "site_name": str(form.site_name.data).strip(),
            "shop_currency": str(form.shop_currency.data),
            "locale": language,
            "locales": (language,),
            "time_zone": str(form.time_zone.data),
            "expect_performers": int(form.performers.data or 0),
            "expect_watching": int(form.watching.data or 0),
        },
        preset=presets(language)[str(form.preset.data)],
        shelves=form.begin.data != DEMO,
        ways=frozenset(form.ways.data or ()),
        gateway=str(form.gateway.data or ""),
    )


def _form(first: FirstRun) -> SetupForm:
    return setup_form(demo=first.demo_fits, ways=offer.ways(), gateways=offer.gateways())


def _page(form: SetupForm) -> str:
    locale = get_locale() or Locale("en")
    return render_template(
        "setup/first_run.html",
        form=form,
        presets=presets(str(locale)),
        ways={way.slug: way for way in offer.ways()},
        locale=str(locale),
        direction=locale.text_direction,
        languages=[(code, own_name(code)) for code in _page_languages()],
    )


def _first() -> FirstRun:
    first: FirstRun = current_app.extensions["ppvcms_first_run"]
    return first


def _keep_nothing(answer: Response) -> Response:
    if request.endpoint != "static":
        answer.headers["Cache-Control"] = "no-store"
    return answer
