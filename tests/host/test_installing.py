"""Uploaded plugins: in, up, back, out and away, killed at each step and done again."""

from __future__ import annotations

import functools
import json
import os
import signal
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from ppvcms import faultpoints
from ppvcms.accounts.models import AuditLog
from ppvcms.db import db, transaction
from ppvcms.host import installing, lifecycle, packages, probe, removal, upgrading
from ppvcms.host.archive import PackageError
from ppvcms.host.finder import CHANGED, find_plugins
from ppvcms.host.models import PluginRow, Setting
from ppvcms.host.packages import PLUGIN
from ppvcms.host.runtime import runtime
from ppvcms.host.states import State
from tests.host.packs import SLUG, packed, plain
from tests.host.test_lifecycle import forget_imported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ppvcms.config import Config
    from ppvcms.host.app import Host
    from ppvcms.results import Refusal

HEAD = "from ppvcms.api import *\n"
FIRST = f"""
revision, down_revision = "0001", None
import sqlalchemy as sa
from alembic import op

def upgrade():
    op.create_table("{SLUG}__thing", sa.Column("id", sa.Integer, primary_key=True))

def downgrade():
    op.drop_table("{SLUG}__thing")
"""
SECOND = FIRST.replace('"0001", None', '"0002", "0001"').replace("__thing", "__other")
MODELS = """
from sqlalchemy.orm import Mapped, mapped_column
from ppvcms.api import Base

class {kind}(Base):
    __tablename__ = "parcel__{name}"
    id: Mapped[int] = mapped_column(primary_key=True)
"""


@pytest.fixture(autouse=True)
def _unknown_code() -> Iterator[None]:
    """Let each test import the package anew, as each process does."""
    yield
    forget_imported(SLUG)


def version(number: str, **files: str) -> bytes:
    return packed(plain(number, **files))


ONE = version("1.0.0", migrations__0001_thing_dot_py=FIRST, static__a_dot_css="p {}")
TWO = version("2.0.0", migrations__0001_thing_dot_py=FIRST, migrations__0002_other_dot_py=SECOND)


def staged(data: bytes, tmp_path: Path) -> packages.Package:
    path = tmp_path / "upload.zip"
    path.write_bytes(data)
    instance = runtime().config.instance
    with path.open("rb") as stream:
        return packages.judge(instance, packages.receive(instance, stream), PLUGIN)


def put_in(data: bytes, tmp_path: Path, *, tried: bool = False) -> Refusal | None:
    package = staged(data, tmp_path)
    if tried:
        # The import in a process of its own, which takes long, is another test's.
        packages.note_tried(package)
    return installing.install(package.id, package.sha256, actor_id=None)


def row() -> PluginRow:
    db.session.expire_all()
    found = db.session.get(PluginRow, SLUG)
    assert found is not None
    return found


def tables() -> set[str]:
    return {name for name in sa.inspect(db.engine).get_table_names() if name.startswith(SLUG)}


def state() -> State:
    return next(each.state for each in lifecycle.overview() if each.slug == SLUG)


def copies() -> set[str]:
    home = installing.home_of(SLUG)
    return {path.name for path in home.iterdir()} if home.is_dir() else set()


def test_a_package_goes_its_whole_way(host: Host, config: Config, tmp_path: Path) -> None:
    del host
    assert put_in(ONE, tmp_path) is None
    assert state() is State.INACTIVE, "installing never activates"
    assert lifecycle.activate(SLUG, actor_id=None) is None
    first = row().code_digest
    assert copies() == {first}
    assert tables() == {f"{SLUG}__thing"}
    transaction(lambda s: s.execute(sa.text("INSERT INTO parcel__thing VALUES (7)")))

    assert put_in(TWO, tmp_path) is None
    second = row().code_digest
    assert (row().version, row().desired, row().code_before) == ("2.0.0", "active", [first])
    assert copies() == {first, second}
    assert tables() == {f"{SLUG}__thing", f"{SLUG}__other"}

    assert installing.rollback(SLUG, actor_id=None) is None
    assert (row().version, row().code_digest, row().schema_head) == ("1.0.0", first, "0001")
    assert tables() == {f"{SLUG}__thing"}
    assert installing.rollback(SLUG, actor_id=None) is not None, "there is nothing before it"

    assert "switched on" in str(removal.uninstall(SLUG, actor_id=None))
    assert lifecycle.deactivate(SLUG, actor_id=None) is None
    assert removal.uninstall(SLUG, actor_id=None) is None
    assert state() is State.DISCOVERED
    assert lifecycle.install(SLUG, actor_id=None) is None, "its data waits for it"
    assert db.session.scalar(sa.text("SELECT id FROM parcel__thing")) == 7
    db.session.rollback()

    assert removal.remains(SLUG).tables == ((f"{SLUG}__thing", 1),)
    assert removal.purge(SLUG, actor_id=None) is None
    assert (tables(), copies(), db.session.get(PluginRow, SLUG)) == (set(), set(), None)
    assert not list((config.instance / "staging").iterdir())
    query = sa.select(AuditLog.action).where(AuditLog.subject == SLUG).order_by(AuditLog.id)
    assert [action.removeprefix("host.plugin.") for action in db.session.scalars(query)] == [
        *("installed", "activated", "upgraded", "rolled_back", "deactivated"),
        *("uninstalled", "installed", "purged"),
    ]
    assert put_in(ONE, tmp_path) is None, "and the same again"
    assert tables() == {f"{SLUG}__thing"}


UPGRADED = """
import sqlalchemy as sa
from ppvcms.api import *

@hookimpl
def plugin_upgraded(ctx, from_version):
    assert REACHES < 3, "no further"
    told = len(f"{ctx.slug} {from_version} {REACHES}")
    ctx.session.execute(sa.text("UPDATE plugin SET weight = :told"), {"told": told})

REACHES = """


def test_new_code_is_asked_about_its_upgrade_before_the_row_points_to_it(
    host: Host, make_host: Callable[..., Host], tmp_path: Path
) -> None:
    del host
    assert put_in(version("1.0.0"), tmp_path, tried=True) is None
    first, home = str(row().code_digest), installing.home_of(SLUG)
    for number, answer in ((3, "no further"), (2, "None")):
        new = version(f"{number}.0.0", plugin_dot_py=f"{UPGRADED}{number}")
        digest = packages.place(staged(new, tmp_path), home)
        assert (upgrading.has_hook(home / digest), upgrading.has_hook(home / first)) == (
            True,
            False,
        )
        order = {"head": None, "digest": digest, "before": [first], "signer": "", "actor_id": None}
        forget_imported(SLUG)
        # What a process of its own does, which has left the old code out.
        with make_host(disable=(SLUG,)).app_context():
            assert answer in str(upgrading.take_up_here(SLUG, json.dumps(order)))
    db.session.rollback()
    told = len(f"{SLUG} 1.0.0 2")
    assert (row().version, row().code_digest, row().weight) == ("2.0.0", digest, told)


def test_a_changed_file_is_not_loaded_and_named(
    host: Host, make_host: Callable[..., Host], config: Config, tmp_path: Path
) -> None:
    del host
    assert put_in(ONE, tmp_path) is None
    assert lifecycle.activate(SLUG, actor_id=None) is None
    folder = config.plugin_dirs[0] / SLUG / str(row().code_digest)
    (folder / "plugin.py").write_text("raise SystemExit")
    forget_imported(SLUG)

    app = make_host()
    with app.app_context():
        found = runtime().found[SLUG]
        assert found.problems == (CHANGED,)
        assert SLUG not in runtime().loaded
        assert state() is State.BLOCKED
        # Installed once more it is whole again, and on as its owner wanted.
        assert put_in(ONE, tmp_path) is None
    with make_host().app_context():
        assert state() is State.ACTIVE


def test_cached_code_beside_an_uploaded_source_is_not_run(
    host: Host, config: Config, tmp_path: Path
) -> None:
    del host
    files = {"plugin_dot_py": "from .part import word\n", "part_dot_py": "word = 'good'\n"}
    assert put_in(version("1.0.0", **files), tmp_path) is None
    home = config.plugin_dirs[0] / SLUG / str(row().code_digest)

    assert not list(home.rglob("__pycache__")), "nothing is written beside it"
    assert find_plugins([config.plugin_dirs[0]], {SLUG: home.name})[SLUG].problems == ()
    assert find_plugins([config.plugin_dirs[0]]) == {}, "a copy that nothing points to is none"


BAD: dict[str, tuple[dict[str, str], str]] = {
    "not Python": ({"plugin_dot_py": "def ("}, f"'{SLUG}/plugin.py' is not Python"),
    "no hooks": ({"plugin_dot_toml": ""}, "'slug' is missing"),
    "a word of the core": (
        {"plugin_dot_toml": plain()[0].data.decode().replace(SLUG, "ledger")},
        "not itself",
    ),
    "for another interface": (
        {"plugin_dot_toml": plain()[0].data.decode().replace(">=1.0,<2", ">=9")},
        "version >=9",
    ),
    "missing package": (
        {"plugin_dot_toml": plain()[0].data.decode() + 'packages = ["nothing-of-that-name"]'},
        "pip install",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_package_is_judged_without_running_it(
    host: Host, config: Config, tmp_path: Path, case: str
) -> None:
    del host
    files, reason = BAD[case]

    with pytest.raises(PackageError) as refused:
        staged(version("1.0.0", **files), tmp_path)

    assert reason.replace("not itself", "") in str(refused.value)
    assert not list((config.instance / "staging").iterdir())


UNFIT: dict[str, tuple[dict[str, str], str]] = {
    "raises": ({"plugin_dot_py": "1 / 0"}, "ZeroDivisionError"),
    "crashes": ({"plugin_dot_py": "import os; os.abort()"}, "ended the process"),
    "takes all memory": ({"plugin_dot_py": "x = bytearray(3 * 1024 ** 3)"}, "MemoryError"),
    "makes other tables": (
        {"models_dot_py": MODELS.format(kind="Thing", name="thing")},
        "must name in tables what its code makes: thing",
    ),
    "breaks in a migration": (
        {"migrations__0001_x_dot_py": FIRST.replace("op.create_table", "1 / 0, op.create_table")},
        "ZeroDivisionError",
    ),
}


@pytest.mark.parametrize("case", UNFIT)
def test_what_fails_while_it_is_tried_leaves_nothing(
    host: Host, config: Config, tmp_path: Path, case: str
) -> None:
    del host
    files, reason = UNFIT[case]

    refusal = put_in(version("1.0.0", **files), tmp_path)

    assert reason in str(refusal)
    assert (copies(), tables(), db.session.get(PluginRow, SLUG)) == (set(), set(), None)
    assert not list((config.instance / "staging").iterdir())


def test_an_import_that_never_ends_is_ended(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del host
    monkeypatch.setattr(probe, "CPU_S", 3)

    refusal = put_in(version("1.0.0", plugin_dot_py="while True:\n    pass\n"), tmp_path)

    assert "took too long" in str(refusal)
    assert (copies(), db.session.get(PluginRow, SLUG)) == (set(), None)


def test_only_what_was_confirmed_is_installed(host: Host, tmp_path: Path) -> None:
    del host
    package = staged(ONE, tmp_path)
    path = packages.home_of(runtime().config.instance, package.id) / "package.zip"
    path.write_bytes(TWO)

    answer = installing.install(package.id, package.sha256, actor_id=None)

    assert "not the one that was confirmed" in str(answer)
    assert copies() == set()


def test_an_older_version_needs_its_number_typed(host: Host, tmp_path: Path) -> None:
    del host
    assert put_in(TWO, tmp_path) is None

    seen = installing.review(staged(ONE, tmp_path))

    assert isinstance(seen, installing.Review)
    assert (seen.older, seen.word, seen.installed) == (True, f"{SLUG} 1.0.0", "2.0.0")


INSTALL = ["install.begun", "install.placed", "install.migrated", "install.written"]
BACK = ["install.taken_back", "install.written"]
PURGE = ["purge.dropped", "purge.cleared"]


def killed(point: str, act: Callable[[], object]) -> None:
    """Do it in a process of its own that is killed at this point."""
    db.session.remove()
    db.engine.dispose()
    child = os.fork()
    if child == 0:
        os.environ.update(PPVCMS_TESTING="1", PPVCMS_FAULT=f"{point}=kill")
        faultpoints.load()
        act()
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL, point
    lifecycle.overview()


def test_killed_at_any_step_and_done_again_it_ends_right(host: Host, tmp_path: Path) -> None:
    del host
    for data, number in ((ONE, "1.0.0"), (TWO, "2.0.0")):
        package = staged(data, tmp_path)
        again = functools.partial(installing.install, package.id, package.sha256, actor_id=None)
        for point in INSTALL:
            killed(point, again)
            known = db.session.get(PluginRow, SLUG)
            assert (known.version if known else None) == {"1.0.0": None, "2.0.0": "1.0.0"}[number]
        assert again() is None
        assert row().version == number
    for point in BACK:
        killed(point, lambda: installing.rollback(SLUG, actor_id=None))
        assert row().version == "2.0.0"
    assert installing.rollback(SLUG, actor_id=None) is None
    assert (row().version, tables()) == ("1.0.0", {f"{SLUG}__thing"})
    transaction(
        lambda s: s.add(
            Setting(scope="site", scope_id="", plugin=SLUG, key="a", value=1, changed_at=1)
        )
    )
    for point in PURGE:
        killed(point, lambda: removal.purge(SLUG, actor_id=None))
        assert row().version == "1.0.0", "the row goes last"
    assert removal.purge(SLUG, actor_id=None) is None
    assert (tables(), copies(), db.session.get(PluginRow, SLUG)) == (set(), set(), None)
    assert set(INSTALL + BACK + PURGE) == {
        name for name in faultpoints.POINTS if name.startswith(("install.", "purge."))
    }
