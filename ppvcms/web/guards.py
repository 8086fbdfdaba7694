"""Who may do what over HTTP: sessions, declared policies, CSRF, limits, safe redirects.

Every view says with `policy` who may use it. One that says nothing is refused.
"""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlsplit

import structlog
from flask import abort, current_app, flash, jsonify, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_limiter import Limiter
from flask_login import LoginManager, current_user
from flask_socketio import join_room
from flask_wtf import CSRFProtect
from limits import parse
from limits.errors import StorageError
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from ppvcms.accounts.actor import VISITOR, Actor, actor_of
from ppvcms.accounts.sessions import ABSOLUTE_MS, Device, find_session
from ppvcms.host import worn
from ppvcms.host.dispatch import decide
from ppvcms.realtime import NAMESPACE
from ppvcms.web.signouts import SOCKET_SESSIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask, Response
    from flask.typing import ResponseReturnValue

    from ppvcms.config import Config

    View = TypeVar("View", bound=Callable[..., Any])

PUBLIC = "public"
SIGNED_IN = "signed_in"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
TOKEN = "token"  # noqa: S105 - the name of a place, not a secret
LIMITER = "ppvcms_limiter"
OWN_LIMITER = "ppvcms_own_limiter"
RECENT_MS = 300_000
LONGEST_PATH = 2_000
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Policy:
    """What a view declares: who, why it needs no CSRF token (if so), how often, how much.

    `who` is ``public``, ``signed_in`` or the name of a permission.
    """

    who: str
    csrf: str = ""
    rate: str = ""
    most_mb: int = 0


@dataclass(frozen=True, slots=True)
class Person:
    """The signed-in person of a request, as templates see it (`current_user`)."""

    id: str
    email: str
    display_name: str
    verified: bool
    demo: bool
    locale: str | None
    time_zone: str | None
    session_id: str
    confirmed_at: int
    actor: Actor
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        """Return the id, for Flask-Login."""
        return self.id

    def can(self, permission: str) -> bool:
        """Whether a role of this person gives a permission."""
        return self.actor.can(permission)


class Visitor:
    """Who is not signed in, as templates see it (`current_user`)."""

    id = None
    display_name = ""
    verified = demo = is_authenticated = is_active = False
    is_anonymous = True
    locale = time_zone = session_id = None
    actor = VISITOR

    def get_id(self) -> None:
        """Return nothing: there is no id."""

    def can(self, _permission: str) -> bool:
        """Return False: a visitor has no role."""
        return False


def init_cookies(app: Flask) -> None:
    """Say how the cookie of a sign-in looks, and what a form's token is held to."""
    config: Config = app.config["PPVCMS"]
    secure = config.public_url.startswith("https://")
    app.config.update(
        SESSION_COOKIE_NAME="__Host-ppvcms" if secure else "ppvcms",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=ABSOLUTE_MS // 1000,
        # The policies check it, so that one rule holds for plugins' views too.
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        # The Origin header is compared instead: it comes also where no referrer does.
        WTF_CSRF_SSL_STRICT=False,
    )


def init_login(app: Flask) -> None:
    """Attach sessions, CSRF protection and limits, and shut views that declare nothing."""
    config: Config = app.config["PPVCMS"]
    init_cookies(app)
    CSRFProtect(app)
    app.extensions[LIMITER] = Limiter(
        client_address,
        app=app,
        storage_uri=config.redis or "memory://",
        storage_options={"wrap_exceptions": True},
        enabled=not config.testing,
    )
    app.extensions[OWN_LIMITER] = FixedWindowRateLimiter(MemoryStorage())
    manager = LoginManager(app)
    manager.session_protection = None
    manager.anonymous_user = Visitor
    manager.request_loader(_load)
    app.before_request(_require_declaration)
    app.after_request(_keep_private)


def policy(*, who: str, csrf: str = "", rate: str = "", most_mb: int = 0) -> Callable[[View], View]:
    """Declare who may use a view, and hold it to that.

    `csrf` is the written reason why a request that changes something needs no token,
    such as a signed webhook; `rate` limits it for each person or address, such as
    ``20 per minute``; `most_mb` takes more than every other request may have, from
    nobody but who may use the view.
    """
    declared = Policy(who, csrf, rate, most_mb)
    limit = parse(rate) if rate else None

    def declare(view: View) -> View:
        @functools.wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            if request.method not in SAFE_METHODS and declared.most_mb:
                _let_more_in(declared)
            if request.method not in SAFE_METHODS and not declared.csrf:
                _require_own_page()
            answer = _refusal(declared.who)
            if answer is not None:
                return answer
            if limit is not None and request.method not in SAFE_METHODS:
                _require_pace(limit)
            return cast("ResponseReturnValue", view(*args, **kwargs))

        guarded.policy = declared  # type: ignore[attr-defined]
        return cast("View", guarded)

    return declare


def policy_of(view: Callable[..., Any] | None) -> Policy | None:
    """Return what a view declares."""
    return getattr(view, "policy", None)


def require_recent_sign_in(view: View) -> View:
    """Ask for the password again unless it was shown within five minutes."""

    @functools.wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        if time.time_ns() // 1_000_000 - current_user.confirmed_at > RECENT_MS:
            if _wants_json():
                return jsonify(
                    error={"code": "confirm", "reason": _("Show your password again.")}
                ), 401
            return redirect(url_for("auth.confirm", next=_path_here()))
        return cast("ResponseReturnValue", view(*args, **kwargs))

    return cast("View", guarded)


def require_verified(view: View) -> View:
    """Ask for a verified e-mail address, as before every first paid act (AC-05)."""

    @functools.wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        if not current_user.verified:
            if _wants_json():
                reason = _("Verify your e-mail address first. Nothing was charged.")
                return jsonify(error={"code": "unverified", "reason": reason, "remedy": ""}), 403
            return redirect(url_for("auth.verify_notice", next=_path_here()))
        return cast("ResponseReturnValue", view(*args, **kwargs))

    return cast("View", guarded)


def current_actor() -> Actor:
    """Return who sends this request, or the visitor."""
    return cast("Actor", current_user.actor)


def identify_socket() -> Actor:
    """Return who a Socket.IO connection belongs to now, and let the end of its session reach it."""
    person = _load(request)
    sid = getattr(request, "sid", None)
    if person is None or sid is None:
        return person.actor if person else VISITOR
    join_room(f"session:{person.session_id}", sid=sid, namespace=NAMESPACE)
    current_app.extensions.setdefault(SOCKET_SESSIONS, {})[sid] = person.session_id
    return person.actor


def remember(token: str) -> None:
    """Put a sign-in into a new cookie, with nothing of the one before."""
    session.clear()
    session[TOKEN] = token
    session.permanent = True


def client_address() -> str:
    """Return the address of the other end; what trusted proxies told is in it already."""
    return request.remote_addr or ""


def client_device() -> Device:
    """Return where this request comes from, as a person would recognise it."""
    return Device(client_address(), request.headers.get("User-Agent", ""))


def local_path(value: str | None, *, default: str = "/") -> str:
    """Return a path of this site, or the default for everything that could lead elsewhere."""
    path = value or ""
    # Browsers drop control characters and read a backslash as a slash.
    if len(path) > LONGEST_PATH or any(ord(sign) <= 32 or sign in "\\\x7f" for sign in path):  # noqa: PLR2004
        return default
    if not path.startswith("/") or path.startswith("//"):
        return default
    parts = urlsplit(path)
    return default if parts.scheme or parts.netloc else path


def next_path(default: str = "/") -> str:
    """Return where the person wanted to go before we asked for something."""
    return local_path(request.values.get("next"), default=default)


def _load(_request: object) -> Person | None:
    token = session.get(TOKEN)
    if _seen_as_visitor():
        return None
    found = find_session(token) if isinstance(token, str) else None
    if found is None:
        return None
    row, user = found
    return Person(
        id=user.id,
        email=user.email,
        display_name=user.display_name,
        verified=user.email_verified_at is not None,
        demo=user.demo,
        locale=user.locale,
        time_zone=user.time_zone,
        session_id=row.id,
        confirmed_at=row.confirmed_at,
        actor=actor_of(user),
    )


def _seen_as_visitor() -> bool:
    """Whether a public page is asked for in a preview, which shows it as a visitor sees it."""
    if worn.preview() is None or request.method not in SAFE_METHODS:
        return False
    declared = policy_of(current_app.view_functions.get(request.endpoint or ""))
    return declared is not None and declared.who == PUBLIC


def _require_declaration() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    if view is not None and request.endpoint != "static" and policy_of(view) is None:
        log.error("undeclared_view", endpoint=request.endpoint)
        abort(403)


def _let_more_in(declared: Policy) -> None:
    """Raise the limit of this request before a byte of its form is read."""
    if not current_user.can(declared.who):
        return
    request.max_content_length = declared.most_mb * 1024 * 1024
    if (request.content_length or 0) > request.max_content_length:
        abort(
            413,
            description=_(
                "At most %(most)s MB can be sent here at once. Nothing of it was kept.",
                most=declared.most_mb,
            ),
        )


def _require_own_page() -> None:
    origin = request.headers.get("Origin", "")
    own = {request.host, urlsplit(current_app.config["PPVCMS"].public_url).netloc}
    if origin not in {"", "null"} and urlsplit(origin).netloc not in own:
        abort(403)
    protection: CSRFProtect = current_app.extensions["csrf"]
    protection.protect()


def _refusal(who: str) -> ResponseReturnValue | None:
    if who == PUBLIC:
        return None
    if not current_user.is_authenticated:
        return ask_to_sign_in()
    if who == SIGNED_IN:
        return None
    if not current_user.can(who):
        abort(403)
    refusal = decide(
        "check_permission", actor=current_actor(), permission=who, resource=request.path
    )
    if refusal is not None:
        abort(403, description=str(refusal))
    return None


def ask_to_sign_in() -> ResponseReturnValue:
    """Answer somebody who must sign in first: a script by 401, a page by the way there."""
    if _wants_json():
        reason = _("You are not signed in.")
        error = {"code": "sign_in", "reason": reason, "remedy": _("Sign in to go on.")}
        return jsonify(error=error), 401
    if request.method not in SAFE_METHODS:
        flash(_("You were signed out, so nothing was sent. Sign in and send it again."), "warning")
    return redirect(url_for("auth.sign_in", next=_path_here()))


def _path_here() -> str:
    if request.method in SAFE_METHODS:
        return local_path(request.full_path.rstrip("?"))
    from_page = urlsplit(request.referrer or "")
    return local_path(from_page.path if from_page.netloc == request.host else "/")


def _wants_json() -> bool:
    return request.path.endswith(".json") or request.is_json


def _require_pace(limit: Any) -> None:
    limiter: Limiter = current_app.extensions[LIMITER]
    if limiter.enabled and not _within(limiter, limit):
        abort(429, description=_("That was too often. Wait a moment and try again."))


def _within(limiter: Limiter, limit: Any) -> bool:
    """Count a request; while Redis is away each process counts for itself."""
    keys = request.endpoint or "", str(current_user.id or client_address())
    try:
        return limiter.limiter.hit(limit, *keys)
    except StorageError as error:
        log.warning("limits_without_redis", error=str(error))
    own: FixedWindowRateLimiter = current_app.extensions[OWN_LIMITER]
    return own.hit(limit, *keys)


def _keep_private(response: Response) -> Response:
    # A page of one person must not come out of a proxy for another.
    if session.accessed and session.get(TOKEN):
        response.headers.setdefault("Cache-Control", "no-store")
    return response
