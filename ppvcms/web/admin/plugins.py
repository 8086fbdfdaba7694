"""Plugins: browsing, switching on and off, and their settings, rendered by the core."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.routing import BuildError

from ppvcms.hookspecs import RULES
from ppvcms.host import lifecycle, safe_switch, signers, upgrading
from ppvcms.host.follow import followers
from ppvcms.host.runtime import runtime
from ppvcms.host.snapshot import core_template, current
from ppvcms.host.states import State
from ppvcms.web.admin.frame import blueprint, tell
from ppvcms.web.guards import current_actor, policy

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.host.lifecycle import PluginInfo

MANAGE = "plugins.manage"
NEEDS_CARE = frozenset({State.BLOCKED, State.QUARANTINED, State.MISSING, State.UPGRADE_PENDING})


@blueprint.get("/plugins")
@policy(who=MANAGE)
def plugins() -> ResponseReturnValue:
    """List every plugin that has files or a row, with what can be done."""
    everything = lifecycle.overview()
    sought = request.args.get("q", "").strip()[:60]
    found = [each for each in everything if _fits(each, sought)]
    processes, following = followers()
    # The core's own template: this page must work with every plugin and theme broken.
    return render_template(
        core_template("admin/plugins.html"),
        groups=_groups(found),
        sought=sought,
        total=len(everything),
        words=_state_words(),
        processes=processes,
        following=following,
        safe_mode=safe_switch.why(),
        may_bring=current_actor().can("code.manage"),
        file_mods=runtime().config.file_mods,
        problems={each.slug: lifecycle.problems_of(each.slug) for each in found},
    )


@blueprint.get("/plugins/<slug>")
@policy(who=MANAGE)
def plugin(slug: str) -> ResponseReturnValue:
    """Show all that is known of one plugin, and everything that can be done with it."""
    found = runtime().found.get(slug)
    snapshot = current()
    return render_template(
        core_template("admin/plugin.html"),
        plugin=info_of(slug),
        manifest=found.manifest if found else None,
        folder=found.path if found else "",
        words=_state_words(),
        problems=lifecycle.problems_of(slug),
        links=_links(slug),
        signer=signers.who(signers.installed_of(slug)),
        hooks=[name for name in RULES if slug in slugs_at(name)],
        shut=[hook for hook, owner in snapshot.shut.items() if owner == slug],
        may_bring=current_actor().can("code.manage"),
        file_mods=runtime().config.file_mods,
    )


@blueprint.post("/plugins/<slug>/install")
@policy(who=MANAGE)
def plugin_install(slug: str) -> ResponseReturnValue:
    """Make a plugin's tables; it stays off."""
    refusal = lifecycle.install(slug, actor_id=current_actor().user_id)
    tell(refusal, _("%(slug)s is installed. Activate it to use it.", slug=slug))
    return redirect(url_for("admin.plugins", _anchor=slug))


@blueprint.post("/plugins/<slug>/activate")
@policy(who=MANAGE)
def plugin_activate(slug: str) -> ResponseReturnValue:
    """Switch a plugin on."""
    refusal = lifecycle.activate(slug, actor_id=current_actor().user_id)
    tell(refusal, _("%(slug)s is on, in every process within a second.", slug=slug))
    return redirect(url_for("admin.plugins", _anchor=slug))


@blueprint.post("/plugins/<slug>/deactivate")
@policy(who=MANAGE)
def plugin_deactivate(slug: str) -> ResponseReturnValue:
    """Switch a plugin off; what speaks against it is shown first."""
    insist = request.form.get("insist") == "yes"
    refusal = lifecycle.deactivate(slug, actor_id=current_actor().user_id, insist=insist)
    if refusal is not None and refusal.code == "reasons":
        page = core_template("admin/plugin_deactivate.html")
        return render_template(page, plugin=info_of(slug), reasons=refusal.reason), 409
    tell(refusal, _("%(slug)s is off. Its data is kept.", slug=slug))
    return redirect(url_for("admin.plugins", _anchor=slug))


@blueprint.post("/plugins/<slug>/reset")
@policy(who=MANAGE)
def plugin_reset(slug: str) -> ResponseReturnValue:
    """Try a plugin again that was put aside."""
    refusal = lifecycle.reset(slug, actor_id=current_actor().user_id)
    tell(refusal, _("%(slug)s is tried again.", slug=slug))
    return redirect(url_for("admin.plugins", _anchor=slug))


@blueprint.post("/plugins/<slug>/upgrade")
@policy(who=MANAGE)
def plugin_upgrade(slug: str) -> ResponseReturnValue:
    """Bring a plugin's tables up to the version in its folder."""
    refusal = upgrading.upgrade(slug, actor_id=current_actor().user_id)
    tell(refusal, _("%(slug)s is upgraded.", slug=slug))
    return redirect(url_for("admin.plugins", _anchor=slug))


def slugs_at(hook: str) -> list[str]:
    """Return the slugs of the plugins that implement a hook."""
    return [impl.plugin_name for impl in current().hooks.get(hook, ())]


def _links(slug: str) -> dict[str, str]:
    """Return where a plugin says to go after switching it on: label by address."""
    found = runtime().found.get(slug)
    links: dict[str, str] = {}
    for endpoint, label in found.manifest.links.items() if found and found.manifest else ():
        with contextlib.suppress(BuildError):
            links[url_for(endpoint)] = label
    return links


def _fits(plugin: PluginInfo, sought: str) -> bool:
    text = f"{plugin.name} {plugin.slug} {plugin.summary} {plugin.author} {plugin.category}"
    return all(word in text.casefold() for word in sought.casefold().split())


def _groups(found: list[PluginInfo]) -> list[tuple[str, list[PluginInfo]]]:
    care = [each for each in found if each.state in NEEDS_CARE]
    on = [each for each in found if each.state in {State.ACTIVE, State.WAITING}]
    rest = [each for each in found if each not in care and each not in on]
    named = [(_("Needs your attention"), care), (_("Switched on"), on), (_("Not in use"), rest)]
    return [(title, group) for title, group in named if group]


def _state_words() -> dict[State, str]:
    return {
        State.DISCOVERED: _("Not installed"),
        State.INACTIVE: _("Off"),
        State.ACTIVE: _("On"),
        State.BLOCKED: _("Cannot run"),
        State.QUARANTINED: _("Put aside"),
        State.UPGRADE_PENDING: _("Waits for its upgrade"),
        State.MISSING: _("Files are missing"),
        State.WAITING: _("Starting"),
    }


def info_of(slug: str) -> PluginInfo:
    """Return a plugin that has files or a row; without one there is no page."""
    found = next((each for each in lifecycle.overview() if each.slug == slug), None)
    if found is None:
        abort(404)
    return found
