"""How far the site speaks each language, and the texts that one lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError
from flask import abort, render_template, request

from ppvcms.accounts.passwords import off_hub
from ppvcms.host import catalogues, kept, wordlists
from ppvcms.host.settings import site
from ppvcms.web.admin.frame import blueprint
from ppvcms.web.guards import policy
from ppvcms.web.people import own_name

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.host.wordlists import Coverage, Part


@blueprint.get("/languages")
@policy(who="settings.manage")
def languages() -> ResponseReturnValue:
    """Show what one part of the site lacks in one language."""
    known, parts = _known(), wordlists.parts()
    code = request.args.get("language") or next(iter(known), "")
    key = request.args.get("part") or parts[0].key
    part = next((one for one in parts if one.key == key), None)
    if part is None or (code and not _is_language(code)):
        abort(404)
    return render_template(
        "admin/languages.html",
        known=[(each, own_name(each)) for each in known],
        parts=[(each.key, each.name) for each in parts],
        code=code,
        part=part,
        offered=site().locales,
        found=_coverage(part, code) if code else None,
    )


def _known() -> list[str]:
    """Return the languages that are offered or have a catalogue of the core, but English."""
    there = [path.parent.parent.name for path in catalogues.CORE.glob(f"*/{catalogues.FILE}")]
    return sorted({*there, *site().locales} - {"en"})


def _is_language(code: str) -> bool:
    try:
        Locale.parse(code)
    except (ValueError, UnknownLocaleError):
        return False
    return True


def _coverage(part: Part, code: str) -> Coverage:
    # Reading all the code of the core takes a second; it changes with a restart alone.
    shelf = kept.shelf("coverage")
    if (part.key, code) not in shelf:
        shelf.keep((part.key, code), off_hub(wordlists.coverage, part, code))
    found: Coverage = shelf[part.key, code]
    return found
