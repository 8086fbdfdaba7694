"""What plugins did that nothing prevents, as findings of the process that shows the page."""

from __future__ import annotations

from flask_babel import gettext as _

from ppvcms.host.contained import replaced, threads
from ppvcms.web.admin.queries.finding import Finding, Tone


def contained() -> list[Finding]:
    """Return a line for replaced functions and one for threads, where there are any."""
    return [*_replaced(), *_threads()]


def _replaced() -> list[Finding]:
    found = replaced()
    if not found:
        return []
    names = ", ".join(f"{each.name} ({each.slug})" for each in found)
    words = _("Plugins stand in for functions of the core: %(names)s.", names=names)
    remedy = _("Nothing holds there any more of what the core promises. Ask their authors.")
    return [Finding(_("Core"), Tone.BAD, words, remedy)]


def _threads() -> list[Finding]:
    counted = threads()
    if not counted:
        return []
    names = ", ".join(f"{slug} ({count})" for slug, count in sorted(counted.items()))
    words = _("Plugins run threads of their own in this process: %(names)s.", names=names)
    remedy = _("What they do is not counted and not stopped. A task of the plugin is the way.")
    return [Finding(_("Threads"), Tone.WARN, words, remedy)]
