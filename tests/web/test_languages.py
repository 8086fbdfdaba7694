"""Visitors choose a language; the owner sees what it lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.db import transaction
from ppvcms.host import catalogues, settings
from ppvcms.host.snapshot import look_again
from tests.web.office import Browser, browser_of, plain

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.live import Site

PO = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'


def test_a_visitor_chooses_and_the_owner_sees_what_lacks(
    quick_site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "translations/de" / catalogues.FILE
    path.parent.mkdir(parents=True)
    path.write_text(PO + 'msgid "Sign in"\nmsgstr "Anmelden"\n')
    monkeypatch.setattr(catalogues, "CORE", tmp_path / "translations")
    owner = browser_of(quick_site, quick_site.person("Olga", "owner"))
    visitor = Browser(quick_site.app.test_client(), owner.address)
    assert "Deutsch" not in visitor.get("/").text

    transaction(lambda s: settings.save_site(s, None, {"locales": ("en", "de")}))
    look_again()
    assert "Deutsch" in visitor.get("/").text
    assert visitor.get("/language/de?next=//evil.example").location == "/"
    german = visitor.get("/").text
    assert 'lang="de"' in german
    assert "Anmelden" in german
    visitor.get("/language/xx")
    assert "Anmelden" in visitor.get("/").text

    page = plain(owner.get("/admin/languages?language=de&part=core").text)
    assert "1 of " in page
    assert owner.get("/admin/languages?language=nowhere").status_code == 404
