"""``ppvcms i18n``: the texts that can be translated, and what a language lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from babel import Locale, UnknownLocaleError

from ppvcms.terminal import Stop, site_app

if TYPE_CHECKING:
    from ppvcms.host.wordlists import Part

MOST_SHOWN = 20


@click.group("i18n")
def texts() -> None:
    """Translate the site, its plugins and its themes."""


@texts.command("extract")
@click.argument("locale")
@click.option("--of", "key", help="Only one: core, a plugin's slug, or theme:<slug>.")
def texts_extract(locale: str, key: str | None) -> None:
    """Bring catalogues of a language up to the texts, such as: ppvcms i18n extract de."""
    from ppvcms.host.wordlists import renew

    with site_app():
        for part in _parts(locale, key):
            click.echo(str(renew(part, locale)))


@texts.command("missing")
@click.argument("locale")
@click.option("--of", "key", help="Only one: core, a plugin's slug, or theme:<slug>.")
@click.option("--all", "everything", is_flag=True, help="Print every text, not the first few.")
def texts_missing(locale: str, key: str | None, *, everything: bool) -> None:
    """Print what a language lacks, and what in it would fail; exit code 1 if anything."""
    from ppvcms.host.wordlists import coverage

    lacks = False
    with site_app():
        for part in _parts(locale, key):
            found = coverage(part, locale)
            lacks = lacks or bool(found.missing or found.wrong)
            there = found.total - len(found.missing)
            click.echo(f"{part.key:<24} {there:>5} of {found.total}")
            for word, some in (("missing", found.missing), ("wrong", found.wrong)):
                for text in some if everything else some[:MOST_SHOWN]:
                    click.echo(f"    {word}: {text}")
    raise SystemExit(int(lacks))


def _parts(locale: str, key: str | None) -> list[Part]:
    from ppvcms.host.wordlists import parts

    try:
        Locale.parse(locale)
    except (ValueError, UnknownLocaleError) as error:
        raise Stop(f"there is no language {locale}. Name one such as de or pt_BR.") from error
    found = parts()
    chosen = [part for part in found if key in {None, part.key}]
    if not chosen:
        keys = ", ".join(part.key for part in found)
        raise Stop(f"nothing here is called {key}. There are: {keys}.")
    return chosen
