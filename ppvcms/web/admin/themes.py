"""Themes: looking at them, previewing one, and changing what the site wears."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, flash, redirect, render_template, send_file, url_for
from flask_babel import get_locale
from flask_babel import gettext as _

from ppvcms.content.regions import left_out
from ppvcms.host import themes as host_themes
from ppvcms.host.labels import chosen_label
from ppvcms.host.runtime import runtime
from ppvcms.host.snapshot import core_template
from ppvcms.host.worn import chain_of
from ppvcms.web.admin.frame import blueprint, tell
from ppvcms.web.admin.regions import region_label
from ppvcms.web.guards import current_actor, policy

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.host.themes import ThemeInfo

MANAGE = "themes.manage"
SHOWN_LABELS = ("performer", "client", "room", "show")


@blueprint.get("/themes")
@policy(who=MANAGE)
def themes() -> ResponseReturnValue:
    """List the themes, the one in use first."""
    found = host_themes.overview()
    return render_template(
        core_template("admin/themes.html"),
        themes=found,
        words={theme.slug: _words(theme) for theme in found},
    )


@blueprint.get("/themes/<slug>/screenshot")
@policy(who=MANAGE)
def theme_screenshot(slug: str) -> ResponseReturnValue:
    """Send the picture that a theme brought along."""
    found = runtime().themes.get(slug)
    if found is None or found.manifest is None or not found.manifest.screenshot:
        abort(404)
    path = (found.path / found.manifest.screenshot).resolve()
    inside = path.is_relative_to(found.path.resolve())
    if not inside or not path.is_file() or path.suffix not in {".png", ".webp", ".jpg"}:
        abort(404)
    return send_file(path, max_age=300)


@blueprint.post("/themes/<slug>/use")
@policy(who=MANAGE)
def theme_use(slug: str) -> ResponseReturnValue:
    """Change what every visitor sees."""
    refusal = host_themes.use(slug, actor_id=current_actor().user_id)
    if tell(refusal, _("The site wears it now, for everybody.")):
        host_themes.end_preview()
        _tell_of_regions(slug)
    return redirect(url_for("admin.themes"))


@blueprint.post("/themes/<slug>/preview")
@policy(who=MANAGE)
def theme_preview(slug: str) -> ResponseReturnValue:
    """Show a theme to this browser alone."""
    refusal = host_themes.preview(slug)
    if refusal is not None:
        flash(str(refusal), "error")
        return redirect(url_for("admin.themes"))
    return redirect(url_for("site.home"))


@blueprint.post("/themes/preview/end")
@policy(who=MANAGE)
def theme_preview_end() -> ResponseReturnValue:
    """Show this browser the site's theme again."""
    host_themes.end_preview()
    return redirect(url_for("admin.themes"))


def _tell_of_regions(slug: str) -> None:
    places = ", ".join(region_label(name) for name in left_out(slug))
    if places:
        told = _("This theme has no place for what stands here: %(places)s.", places=places)
        flash(f"{told} {_('It is kept, and another theme shows it again.')}", "warning")


def _words(theme: ThemeInfo) -> str:
    spoken = str(get_locale() or "en")
    labels = [worn.labels for worn in chain_of(theme.slug)]
    words = (chosen_label(labels, role, spoken, plural=True) for role in SHOWN_LABELS)
    return ", ".join(words)
