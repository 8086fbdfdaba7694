"""Every route, asked by everybody: by role from what it declares, by object from a rule here.

A route that names an object and is open to more than the people who run the site
needs a rule in `RULES`; without one this fails (T1).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from flask.globals import request_ctx

from ppvcms.accounts.roles import RUNS_THE_SITE
from ppvcms.host import registry
from ppvcms.web.guards import PUBLIC, SIGNED_IN, policy_of
from tests.matrix.rules import ALL, RULES
from tests.matrix.world import CAST, STRANGERS
from tests.test_architecture import PLUGINS

if TYPE_CHECKING:
    from tests.matrix.world import World

ROLES = {
    "visitor": None,
    "cleo": "client",
    "iva": "performer",
    "sam": "studio",
    "mod": "moderator",
    "olga": "owner",
}
DENIED = {401, 403, 404, 405}


class Route(NamedTuple):
    """One rule of the map: its endpoint, path, method and who may use it."""

    endpoint: str
    rule: str
    method: str
    who: str

    @property
    def names(self) -> list[str]:
        """The names in its path."""
        return re.findall(r"<(?:\w+:)?(\w+)>", self.rule)

    def path(self, ids: dict[str, str]) -> str:
        """Return its path with ids for its names; a name without one gets what nobody has."""
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: ids.get(found[1], "0" * 26), self.rule)


def routes(world: World) -> list[Route]:
    """Return every route of the core and of the active plugins."""
    declared = {
        endpoint: policy
        for endpoint, view in world.site.app.view_functions.items()
        if (policy := policy_of(view)) is not None
    }
    return [
        Route(rule.endpoint, rule.rule, method, declared[rule.endpoint].who)
        for rule in request_ctx.url_adapter.map.iter_rules()  # type: ignore[union-attr]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        if rule.endpoint in declared
    ]


def ask(world: World, name: str, method: str, path: str) -> int:
    """Ask as somebody, with a token where something is sent; a way to the sign-in page is a no."""
    browser = world.browser(name)
    if method == "GET":
        answer = browser.get(path)
    elif method == "POST":
        answer = browser.post(path)
    else:
        answer = browser.change(method, path)
    to_sign_in = "/sign-in" in answer.headers.get("Location", "")
    return 401 if to_sign_in else answer.status_code


def test_every_role_gets_what_the_route_declares_and_no_more(world: World) -> None:
    wrong = []
    for route in routes(world):
        if route.who == PUBLIC:
            continue
        for name in ROLES:
            actor = world.people[name]
            may = actor.user_id is not None and (route.who == SIGNED_IN or actor.can(route.who))
            if may:
                continue
            status = ask(world, name, route.method, route.path({}))
            if status not in {401, 403}:
                wrong.append(f"{name} {route.method} {route.rule}: {status}")
    assert not wrong, "\n".join(wrong)


def test_every_route_to_an_object_has_a_rule(world: World) -> None:
    staff = {*RUNS_THE_SITE, *_of_plugins_staff()}
    missing = {
        route.endpoint
        for route in routes(world)
        if route.names and route.who not in staff and route.endpoint not in RULES
    }
    assert missing == set()


def _of_plugins_staff() -> set[str]:
    """Return the plugins' permissions that no performer, client or studio has."""
    outside = {"performer", "client", "studio"}
    return {
        name for name, one in registry.permissions().items() if not outside & set(one.default_roles)
    }


def test_nobody_reaches_what_is_not_theirs(world: World) -> None:
    wrong, asked, before = [], 0, world.fingerprint()
    for route in routes(world):
        rule = RULES.get(route.endpoint)
        if rule is None or rule.who == ALL or not set(rule.needs) <= set(world.ids):
            continue
        path = route.path({**world.ids, **rule.given(world.ids)})
        for name in sorted({*STRANGERS, *CAST} - rule.who):
            asked += 1
            status = ask(world, name, route.method, path)
            after = world.fingerprint() if route.method != "GET" else before
            changed, before = after != before, after
            # A page may answer a no in words; what counts is that nothing was done.
            quiet = rule.quiet and route.method != "GET"
            if changed or (status not in DENIED and not quiet):
                wrong.append(f"{name} {route.method} {path}: {status} {'changed' * changed}")
    assert not wrong, "\n".join(wrong)
    assert asked > len(RULES)


def test_who_a_thing_belongs_to_reaches_it(world: World) -> None:
    wrong = []
    for route in routes(world):
        rule = RULES.get(route.endpoint)
        if rule is None or rule.who == ALL or route.method != "GET":
            continue
        if not set(rule.needs) <= set(world.ids):
            continue
        path = route.path({**world.ids, **rule.given(world.ids)})
        for name in sorted(rule.who & set(world.people)):
            status = ask(world, name, "GET", path)
            if status in DENIED or status >= 500:
                wrong.append(f"{name} GET {path}: {status}")
    assert not wrong, "\n".join(wrong)


def test_no_rule_outlives_its_route(world: World) -> None:
    there = {route.endpoint for route in routes(world)}
    gone = {path.name for path in PLUGINS}
    assert {one for one in RULES if one.partition(".")[0] not in gone} <= there
