"""Who made a package: signed, known, changed, by somebody else, or on the list of blocked code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from ppvcms.accounts.models import AuditLog
from ppvcms.cli import cli
from ppvcms.db import db, transaction
from ppvcms.host import blocklist, installing, lifecycle, packages, signers, signing
from ppvcms.host.archive import PackageError
from ppvcms.host.models import PluginRow
from ppvcms.host.packages import PLUGIN
from ppvcms.host.runtime import refind, runtime
from ppvcms.host.states import State
from tests.host.packs import MANIFEST, SLUG
from tests.host.test_lifecycle import forget_imported, info
from tests.host.test_pages import Owner, site

if TYPE_CHECKING:
    from pathlib import Path

    from ppvcms.host.app import Host

__all__ = ["site"]


def written(tmp_path: Path, version: str = "1.0.0") -> Path:
    folder = tmp_path / SLUG
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plugin.toml").write_text(MANIFEST.format(version=version))
    (folder / "plugin.py").write_text("")
    return folder


def signed(folder: Path, file: Path) -> str:
    if not file.exists():
        signing.new_key(file)
    return signing.sign(folder, file, packages.plain_files(folder))


def staged(folder: Path) -> packages.Package:
    instance = runtime().config.instance
    return packages.judge(instance, packages.receive_folder(instance, folder), PLUGIN)


def put_in(package: packages.Package) -> None:
    # The import in a process of its own, which takes long, is another test's.
    packages.note_tried(package)
    assert installing.install(package.id, package.sha256, actor_id=None) is None


def seen(folder: Path) -> installing.Review:
    answer = installing.review(staged(folder))
    assert isinstance(answer, installing.Review)
    return answer


def test_a_key_is_made_and_signs_and_every_change_afterwards_shows(tmp_path: Path) -> None:
    folder, file, run = written(tmp_path), tmp_path / "own.key", CliRunner().invoke
    made = run(cli, ["plugins", "keygen", str(file)])
    assert made.exit_code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert run(cli, ["plugins", "keygen", str(file)]).exit_code != 0, "no key is written over"
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "a.pyc").write_bytes(b"x")
    assert run(cli, ["plugins", "sign", str(folder), "--key", str(file)]).exit_code == 0
    (folder / "__pycache__" / "a.pyc").unlink()

    key = signing.signer_of(folder)
    assert key in made.output
    assert signing.fingerprint(key) in made.output
    for name, text in {"plugin.py": "x = 1", "more.py": "", "signature.toml": "key = 1"}.items():
        before = (folder / name).read_bytes() if (folder / name).exists() else None
        (folder / name).write_text(text)
        with pytest.raises(signing.SignatureError):
            signing.signer_of(folder)
        (folder / name).unlink()
        if before is not None:
            (folder / name).write_bytes(before)
    assert signing.signer_of(folder) == key
    (folder / "plugin.py").unlink()
    with pytest.raises(signing.SignatureError):
        signing.signer_of(folder)


def test_somebody_known_needs_no_word_and_somebody_else_is_told(host: Host, tmp_path: Path) -> None:
    del host
    folder = written(tmp_path)
    assert (seen(folder).word, seen(folder).signer) == (SLUG, None)
    key = signed(folder, tmp_path / "own.key")
    answer = seen(folder)
    assert answer.signer is not None
    assert (answer.word, answer.signer.name) == (SLUG, "")

    assert "44 characters" in str(signers.add("nonsense", "Ann", actor_id=None))
    assert "whose key" in str(signers.add(key, " ", actor_id=None))
    assert signers.add(key, "Ann", actor_id=None) is None
    assert signers.add(key, "Ann of Acme", actor_id=None) is None
    answer = seen(folder)
    assert answer.signer is not None
    assert (answer.word, answer.signer.name) == ("", "Ann of Acme")
    put_in(staged(folder))
    assert db.session.get_one(PluginRow, SLUG).signer == key

    forget_imported(SLUG)
    other = signed(written(tmp_path, "1.1.0"), tmp_path / "other.key")
    assert signers.add(other, "Bob", actor_id=None) is None
    assert (seen(folder).other_signer, seen(folder).word) == (True, SLUG)
    signed(folder, tmp_path / "own.key")
    assert (seen(folder).other_signer, seen(folder).word) == (False, "")
    (folder / "plugin.py").write_text("x = 1")
    with pytest.raises(PackageError, match="does not fit"):
        staged(folder)

    assert signers.remove(key, actor_id=None) is None
    assert "no such key" in str(signers.remove(key, actor_id=None))
    assert info(SLUG).state is State.INACTIVE, "what is installed goes on"
    query = sa.select(AuditLog.action).where(AuditLog.subject == f"key:{key}")
    assert list(db.session.scalars(query.order_by(AuditLog.id))) == [
        f"host.signer.{what}" for what in ("added", "renamed", "removed")
    ]


def test_at_each_start_the_copy_must_be_signed_by_who_signed_it_then(
    host: Host, tmp_path: Path
) -> None:
    del host
    folder = written(tmp_path)
    signed(folder, tmp_path / "own.key")
    put_in(staged(folder))
    change = sa.update(PluginRow).values(signer="A" * 43 + "=")
    transaction(lambda session: session.execute(change))

    refind(runtime())

    assert info(SLUG).state is State.BLOCKED
    assert info(SLUG).problems == (signing.UNFIT,)
    forget_imported(SLUG)


def test_what_comes_with_the_site_is_replaced_by_its_own_signer_alone(
    host: Host, tmp_path: Path
) -> None:
    del host
    bundled, folder = written(tmp_path / "site"), written(tmp_path)
    assert not installing.same_signer(staged(folder), bundled), "nobody signed either"
    signed(bundled, tmp_path / "own.key")
    signed(folder, tmp_path / "other.key")
    assert not installing.same_signer(staged(folder), bundled)
    signed(folder, tmp_path / "own.key")
    assert installing.same_signer(staged(folder), bundled)
    (bundled / "plugin.py").write_text("x = 1")
    assert not installing.same_signer(staged(folder), bundled)


def test_blocked_code_comes_neither_in_nor_up(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del host
    assert blocklist.problem_of(SLUG, "1.0.0") == "", "the list that ships is well formed"
    folder = written(tmp_path)
    put_in(staged(folder))
    assert lifecycle.activate(SLUG, actor_id=None) is None
    path = tmp_path / "list.toml"
    path.write_text(
        f'[[block]]\nslug = "{SLUG}"\ngood = "1.2"\nreason = "It leaks."\nlink = "https://x.test"\n'
    )
    monkeypatch.setattr(blocklist, "LIST", path)

    assert info(SLUG).state is State.BLOCKED
    assert "It leaks. Take version 1.2 or a newer one. https://x.test" in info(SLUG).problems[0]
    with pytest.raises(PackageError, match="It leaks"):
        staged(folder)
    assert blocklist.problem_of(SLUG, "1.2.0") == ""
    forget_imported(SLUG)


def test_an_owner_keeps_the_known_keys_in_the_browser(site: Host, tmp_path: Path) -> None:
    owner = Owner(site)
    assert "No signer is known" in owner.get("/admin/signers").text
    key = signed(written(tmp_path), tmp_path / "own.key")
    assert "44 characters" in owner.post("/admin/signers", key="nonsense", name="Ann").text
    page = owner.post("/admin/signers", key=key, name="Ann").text
    assert signing.fingerprint(key) in page
    assert "Ann" in page
    assert "No signer is known" in owner.post("/admin/signers/remove", key=key).text
