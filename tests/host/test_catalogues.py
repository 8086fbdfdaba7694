"""Texts in other languages: whose words count, what is refused, what is missing."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest
from babel.messages.catalog import Message
from flask_babel import force_locale, gettext, ngettext

from ppvcms.db import transaction
from ppvcms.host import calls, catalogues, settings, wordlists
from ppvcms.host.snapshot import look_again

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ppvcms.host.app import Host

PO = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
DE = "translations__de__LC_MESSAGES__messages_dot_po"


def po(**texts: str) -> str:
    return PO + "".join(f'msgid "{text}"\nmsgstr "{said}"\n\n' for text, said in texts.items())


@pytest.fixture
def core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of the core's catalogues, with German."""
    folder = tmp_path / "translations"
    (folder / "de/LC_MESSAGES").mkdir(parents=True)
    (folder / "de" / catalogues.FILE).write_text(po(Both="Kern", Core="Nur Kern"))
    monkeypatch.setattr(catalogues, "CORE", folder)
    return folder


def test_the_theme_counts_before_the_plugin_and_the_plugin_before_the_core(
    core: Path,
    host: Host,
    switch_on: Callable[..., str],
    write_theme: Callable[..., str],
    make_host: Callable[..., Host],
) -> None:
    del core, host
    mine = switch_on(**{DE: po(Both="Plugin", Mine="Mein", Worn="Plugin")})
    write_theme("worn")
    switch_on(**{DE: po(Mine="Fremd", Other="Anderes", Both="Fremd")})
    process = make_host()
    home = process.extensions["ppvcms_host"].themes["worn"].path / "translations/de/LC_MESSAGES"
    home.mkdir(parents=True)
    (home / "messages.po").write_text(po(Worn="Thema"))
    with process.app_context():
        transaction(lambda session: settings.save_site(session, None, {"theme": "worn"}))
        look_again()
        with force_locale("de_AT"):
            # The core's pages know every plugin's words, the plugin's hook its own first.
            assert [gettext(text) for text in ("Both", "Core", "Other", "Worn")] == [
                "Kern",
                "Nur Kern",
                "Anderes",
                "Thema",
            ]
            token = calls.running_plugin.set(mine)
            words = [gettext(text) for text in ("Both", "Mine", "Worn", "Nobody's")]
            calls.running_plugin.reset(token)
        assert words == ["Plugin", "Mein", "Thema", "Nobody's"]
        assert gettext("Both") == "Both"


def test_a_translation_that_would_fail_is_not_shown(core: Path, host: Host) -> None:
    (core / "de" / catalogues.FILE).write_text(
        PO + 'msgid "Hello %(name)s"\nmsgstr "Hallo %(nome)s"\n\n'
        'msgid "%(num)s room"\nmsgid_plural "%(num)s rooms"\n'
        'msgstr[0] "ein Raum"\nmsgstr[1] "%(num)s Räume"\n'
    )
    with host.app_context(), force_locale("de"):
        assert gettext("Hello %(name)s", name="Ann") == "Hello Ann"
        assert ngettext("%(num)s room", "%(num)s rooms", 1) == "ein Raum"
        assert ngettext("%(num)s room", "%(num)s rooms", 3) == "3 Räume"


@pytest.mark.parametrize(
    ("text", "said", "wrong"),
    [
        ("%(a)s and %(b)s", "%(b)s und %(a)s", False),
        ("%(a)s", "", False),
        ("%(a)s", "ohne", True),
        ("plain", "100 %", True),
        ("%(a)s%%", "%(a)s %%", False),
        ("100% sure", "100 % sicher", False),
    ],
)
def test_places_for_values_must_be_the_texts_own(text: str, said: str, *, wrong: bool) -> None:
    assert catalogues.is_wrong(Message(text, said)) is wrong


def test_what_a_language_lacks_is_found_and_put_into_its_catalogue(
    host: Host, write_plugin: Callable[..., str], config: object
) -> None:
    del config
    slug = write_plugin(
        "from flask_babel import gettext as _\n\ndef words():\n"
        '    return _("One"), _("Two %(x)s", x=1)\n',
        templates__page_dot_html="{{ _('Three') }}"
        "{% trans count=n %}A{% pluralize %}B{% endtrans %}",
        **{DE: po(One="Eins", Gone="Weg") + 'msgid "Two %(x)s"\nmsgstr "Zwei %(y)s"\n'},
    )
    folder = host.extensions["ppvcms_host"].config.plugin_dirs[0] / slug
    part = wordlists.Part(slug, "", folder, folder / "translations")

    found = wordlists.coverage(part, "de")

    named = tomllib.loads((folder / "plugin.toml").read_text())
    own = (named["name"], named["summary"])
    assert (found.total, set(found.missing)) == (6, {"Three", "A", *own})
    assert found.wrong == ("Two %(x)s",)
    text = wordlists.renew(part, "de").read_text()
    assert "Eins" in text
    assert "Three" in text
    assert "Weg" not in text


def test_no_translation_of_ours_would_fail() -> None:
    files = [
        *catalogues.ROOT.glob(f"translations/*/{catalogues.FILE}"),
        *catalogues.ROOT.glob(f"plugins/*/translations/*/{catalogues.FILE}"),
        *catalogues.ROOT.glob(f"themes/*/translations/*/{catalogues.FILE}"),
    ]
    assert {path.parents[1].name for path in files} >= {"de", "es", "ar"}
    for path in files:
        catalog = catalogues.read(path.parents[2], path.parents[1].name)
        assert catalog is not None, path
        wrong = [message.id for message in catalog if message.id and catalogues.is_wrong(message)]
        assert wrong == [], path
        assert not any(message.fuzzy for message in catalog if message.id), path
