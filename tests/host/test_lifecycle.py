"""Installing, switching on and off, and everything that can be wrong with a plugin."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from ppvcms.accounts.models import AuditLog
from ppvcms.db import db, transaction
from ppvcms.host import lifecycle, registry, removal, settings, strict, upgrading
from ppvcms.host.core_settings import SettingError
from ppvcms.host.dispatch import collect
from ppvcms.host.models import PluginRow
from ppvcms.host.runtime import read_state, runtime
from ppvcms.host.snapshot import current
from ppvcms.host.states import State

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ppvcms.config import Config
    from ppvcms.host.app import Host
    from ppvcms.host.lifecycle import PluginInfo

PAGES = """
@hookimpl
def register_blueprints():
    blueprint = PluginBlueprint("SLUG", __name__, url_prefix="/SLUG")
    @blueprint.route("/", methods=["GET", "POST"], strict_slashes=False)
    def page():
        return "page of SLUG"
    return blueprint
"""
MODE = """
class Mode:
    key, label, paid, private, quote_terms, weight = "{key}", "Mode", False, False, None, 0
    retired = False

@hookimpl
def register_room_modes():
    return [Mode()]
"""


def info(slug: str) -> PluginInfo:
    return next(each for each in lifecycle.overview() if each.slug == slug)


def wait_until_followed(app: Host, slug: str, *, on: bool) -> float:
    """Return how long another process took to notice, as its own clock goes on."""
    started = time.monotonic()
    while time.monotonic() - started < 5:
        with app.app_context():
            if (slug in current().active) is on:
                return time.monotonic() - started
        time.sleep(0.05)
    return float("inf")


def test_a_found_plugin_is_not_installed_by_itself(
    host: Host, write_plugin: Callable[..., str]
) -> None:
    slug = write_plugin("raise SystemExit('imported')")

    assert info(slug).state is State.DISCOVERED
    assert slug not in host.extensions["ppvcms_host"].loaded


def test_another_process_follows_within_two_seconds_without_a_restart(
    host: Host, write_plugin: Callable[..., str], make_host: Callable[..., Host]
) -> None:
    del host
    slug = write_plugin(PAGES)
    assert lifecycle.install(slug, actor_id=None) is None
    other = make_host()
    client = other.test_client()
    assert client.get(f"/{slug}/").status_code == 404

    assert lifecycle.activate(slug, actor_id=None) is None

    assert wait_until_followed(other, slug, on=True) < 2
    assert client.get(f"/{slug}/").text == f"page of {slug}"

    assert lifecycle.deactivate(slug, actor_id=None) is None

    assert wait_until_followed(other, slug, on=False) < 2
    assert client.get(f"/{slug}/").status_code == 404


@pytest.mark.parametrize("method", ["get", "post", "options", "put"])
@pytest.mark.parametrize("end", ["", "/"])
def test_the_pages_of_a_plugin_that_is_off_are_not_there_in_any_way(
    host: Host, switch_on: Callable[..., str], method: str, end: str
) -> None:
    slug = switch_on(PAGES)
    assert host.test_client().get(f"/{slug}/").status_code == 200
    assert lifecycle.deactivate(slug, actor_id=None) is None

    answer = getattr(host.test_client(), method)(f"/{slug}{end}")

    assert answer.status_code == 404


def test_every_transition_is_in_the_audit_log(switch_on: Callable[..., str]) -> None:
    slug = switch_on("")
    lifecycle.deactivate(slug, actor_id=None)

    query = sa.select(AuditLog.action).where(AuditLog.subject == slug).order_by(AuditLog.id)
    assert list(db.session.scalars(query)) == [
        "host.plugin.installed",
        "host.plugin.activated",
        "host.plugin.deactivated",
    ]


def test_the_generation_moves_with_the_change_alone(switch_on: Callable[..., str]) -> None:
    slug = switch_on("")
    before = read_state()[1:]

    assert read_state()[1:] == before
    lifecycle.overview()
    current()
    assert read_state()[1:] == before
    lifecycle.activate(slug, actor_id=None)  # it is on already
    assert read_state()[1:] == before


SHELF = """
shelf = []

@hookimpl
def register_tasks():
    return [Task(name, 60.0, print) for name in shelf]
"""


def test_what_a_plugin_registers_from_its_tables_is_asked_anew_once_it_is_committed(
    host: Host, switch_on: Callable[..., str]
) -> None:
    slug = switch_on(SHELF)
    assert f"{slug}.sweep" not in registry.tasks()
    host.extensions["ppvcms_host"].loaded[slug].module.shelf.append("sweep")
    assert f"{slug}.sweep" not in registry.tasks()

    transaction(registry.changed)

    assert f"{slug}.sweep" in registry.tasks()


def test_activation_that_fails_changes_nothing(
    host: Host, write_plugin: Callable[..., str]
) -> None:
    del host
    slug = write_plugin("@hookimpl\ndef plugin_activated(ctx):\n    raise ValueError('no key')\n")
    assert lifecycle.install(slug, actor_id=None) is None
    before = read_state()[1]

    refusal = lifecycle.activate(slug, actor_id=None)

    assert "no key" in str(refusal)
    assert info(slug).state is State.INACTIVE
    assert read_state()[1] == before


def test_installation_that_fails_leaves_no_row(
    host: Host, write_plugin: Callable[..., str]
) -> None:
    del host
    slug = write_plugin("@hookimpl\ndef plugin_installed(ctx):\n    raise ValueError('no room')\n")

    refusal = lifecycle.install(slug, actor_id=None)

    assert "no room" in str(refusal)
    assert db.session.get(PluginRow, slug) is None
    assert info(slug).state is State.DISCOVERED


def test_what_it_needs_must_be_on_first_and_cannot_be_switched_off_under_it(
    host: Host, write_plugin: Callable[..., str]
) -> None:
    del host
    ground = write_plugin()
    upper = write_plugin(manifest=f"requires = {{{ground} = '>=1.0'}}")
    for slug in (ground, upper):
        assert lifecycle.install(slug, actor_id=None) is None

    assert ground in str(lifecycle.activate(upper, actor_id=None))
    assert lifecycle.activate(ground, actor_id=None) is None
    assert lifecycle.activate(upper, actor_id=None) is None
    assert current().active == (ground, upper)
    assert upper in str(lifecycle.deactivate(ground, actor_id=None))
    assert info(ground).needed_by == (upper,)


def test_a_plugin_may_say_why_not_to_switch_it_off_and_the_owner_may_insist(
    switch_on: Callable[..., str],
) -> None:
    slug = switch_on("@hookimpl\ndef check_deactivation(ctx):\n    return ['A show is on.']\n")

    refusal = lifecycle.deactivate(slug, actor_id=None)

    assert refusal is not None
    assert refusal.code == "reasons"
    assert "A show is on." in refusal.reason
    assert info(slug).state is State.ACTIVE
    assert lifecycle.deactivate(slug, actor_id=None, insist=True) is None
    assert info(slug).state is State.INACTIVE


def test_a_plugin_whose_folder_is_gone_is_missing_and_can_be_switched_off(
    switch_on: Callable[..., str], config: Config, make_host: Callable[..., Host]
) -> None:
    slug = switch_on("")
    folder = config.plugin_dirs[0] / slug
    folder.rename(config.instance / "away")

    with make_host().app_context():
        assert info(slug).state is State.MISSING
        assert lifecycle.deactivate(slug, actor_id=None) is None


MIGRATION = '''
"""Make the table."""
revision = "0001"
down_revision = None
import sqlalchemy as sa
from alembic import op

def upgrade():
    op.create_table("SLUG__thing", sa.Column("id", sa.Integer, primary_key=True))

def downgrade():
    op.drop_table("SLUG__thing")
'''


def test_a_plugin_has_a_chain_of_migrations_of_its_own(
    host: Host, write_plugin: Callable[..., str], config: Config
) -> None:
    slug = write_plugin("", migrations__0001_first_dot_py=MIGRATION)
    assert lifecycle.install(slug, actor_id=None) is None

    assert sa.inspect(db.engine).has_table(f"{slug}__thing")
    row = db.session.get(PluginRow, slug)
    assert row is not None
    assert row.schema_head == "0001"

    other = write_plugin("", migrations__0001_first_dot_py=MIGRATION)
    assert lifecycle.install(other, actor_id=None) is None
    (config.plugin_dirs[0] / slug / "migrations" / "0001_first.py").write_text("broken(")
    lines = upgrading.upgrade_all(host)
    assert len(lines) == 2
    assert f"{other}: up to date." in lines


def test_new_files_wait_for_their_upgrade(switch_on: Callable[..., str], config: Config) -> None:
    slug = switch_on("")
    path = config.plugin_dirs[0] / slug / "plugin.toml"
    path.write_text(path.read_text().replace('version = "1.0.0"', 'version = "1.1.0"'))

    assert info(slug).state is State.UPGRADE_PENDING
    assert upgrading.upgrade(slug, actor_id=None) is None
    assert info(slug).state is State.ACTIVE


HEARS = """
@hookimpl
def plugin_upgraded(ctx, from_version):
    assert from_version != "0.9.0", "too old"
    ctx.session.execute(sa.text("INSERT INTO SLUG__thing VALUES (7)"))

@hookimpl
def plugin_uninstalled(ctx, delete_data):
    asked.append(delete_data)
    assert kind
"""


def test_a_plugin_hears_of_its_upgrade_and_of_its_end_and_may_stop_both(
    host: Host,
    write_plugin: Callable[..., str],
    config: Config,
    make_host: Callable[..., Host],
) -> None:
    slug = write_plugin()
    assert lifecycle.install(slug, actor_id=None) is None
    code = f"import sqlalchemy as sa\nasked, kind = [], False\n{HEARS}"
    write_plugin(code, slug=slug, migrations__0001_first_dot_py=MIGRATION)
    path = config.plugin_dirs[0] / slug / "plugin.toml"
    newer = path.read_text().replace('"1.0.0"', '"1.1.0"')
    path.write_text(newer)
    assert "starts anew by itself" in str(upgrading.upgrade(slug, actor_id=None))
    assert not sa.inspect(db.engine).has_table(f"{slug}__thing")

    forget_imported(slug)
    with make_host().app_context():
        version = sa.update(PluginRow).where(PluginRow.slug == slug)
        transaction(lambda session: session.execute(version.values(version="0.9.0")))
        assert "too old" in str(upgrading.upgrade(slug, actor_id=None))
        assert not sa.inspect(db.engine).has_table(f"{slug}__thing"), "its tables went back"
        transaction(lambda session: session.execute(version.values(version="1.0.0")))
        assert upgrading.upgrade(slug, actor_id=None) is None
        assert db.session.scalar(sa.text(f"SELECT id FROM {slug}__thing")) == 7  # noqa: S608 - ours
        db.session.rollback()

        module = runtime().loaded[slug].module
        assert "refused" in str(removal.uninstall(slug, actor_id=None))
        assert "refused" in str(removal.purge(slug, actor_id=None))
        assert info(slug).state is State.INACTIVE
        module.kind = True
        assert removal.uninstall(slug, actor_id=None) is None
        assert removal.purge(slug, actor_id=None) is None
        assert module.asked == [False, True, False, True]
        assert not sa.inspect(db.engine).has_table(f"{slug}__thing")
    with host.app_context():
        assert info(slug).state is State.DISCOVERED


def test_of_two_that_clash_the_later_loses_and_is_named(switch_on: Callable[..., str]) -> None:
    first = switch_on(MODE.format(key="free"))
    second = switch_on(MODE.format(key="free"))

    assert list(registry.room_modes()) == ["free"]
    assert info(first).state is State.ACTIVE
    assert info(second).state is State.QUARANTINED
    assert first in info(second).problems[0]


BLUEPRINT = "@hookimpl\ndef register_blueprints():\n"
APP_WIDE = """
    b = PluginBlueprint('SLUG', __name__, url_prefix='/x')
    b.before_app_request(lambda: None)
    return b
"""
FOREIGN_TABLE = """
import sqlalchemy as sa
class Menu(Base):
    __tablename__ = 'SLUG_menu'
    id = sa.Column(sa.Integer, primary_key=True)
"""
BROKEN_AT_IMPORT = [
    "raise RuntimeError('x')",
    "raise SystemExit(3)",
    "exit()",
    "import nothing_of_that_name",
    "from ppvcms.api import nothing_of_that_name",
    "def (",
    "  indented = 1",
    "1 / 0",
    "open('/nowhere/at/all')",
    "undefined_name",
    "assert False",
    "raise BaseException('x')",
    "raise GeneratorExit",
    "raise StopIteration",
    "raise MemoryError",
    "(lambda f: f(f))(lambda f: f(f))",
    "import sys; sys.modules['ppvcms.nothing'].x",
    "[][1]",
    "{}['x']",
    "int('x')",
    "b'\\xff'.decode()",
    "@hookimpl\ndef no_such_hook():\n    pass",
    "@hookimpl\ndef room_state(room, planet):\n    pass",
    "@hookimpl(tryfirst=True)\ndef room_state(room):\n    pass",
    "@hookimpl(trylast=True)\ndef room_state(room):\n    pass",
    "@hookimpl(wrapper=True)\ndef room_state(room):\n    return (yield)",
    "@hookimpl\ndef check_purchase(actor):\n    pass",
    "@hookimpl\ndef register_blueprints():\n    raise ValueError('x')",
    "@hookimpl\ndef register_blueprints():\n    return 'pages'",
    BLUEPRINT + "    return PluginBlueprint('other', __name__, url_prefix='/x')",
    BLUEPRINT + "    return PluginBlueprint('SLUG', __name__, url_prefix='')",
    BLUEPRINT + "    return PluginBlueprint('SLUG', __name__, url_prefix='/static/x')",
    BLUEPRINT + APP_WIDE,
    FOREIGN_TABLE,
]


def test_thirty_ways_to_fail_at_import_stop_no_site(
    switch_on: Callable[..., str], write_plugin: Callable[..., str], make_host: Callable[..., Host]
) -> None:
    good, bad = switch_on(""), {switch_on(""): code for code in BROKEN_AT_IMPORT}
    for slug, code in bad.items():
        write_plugin(code, slug=slug)
        forget_imported(slug)

    with make_host().app_context():
        assert current().active == (good,)
        states = {each.slug: each for each in lifecycle.overview()}
        for slug, code in bad.items():
            assert states[slug].state is State.QUARANTINED, code
            assert states[slug].problems[0], code


def forget_imported(slug: str) -> None:
    """Do what a new process does: know nothing of the plugin's code."""
    for name in [name for name in sys.modules if name.startswith(f"plugins.{slug}")]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("@hookimpl\ndef register_menu():\n    raise ValueError('oh')", "ValueError: oh"),
        ("@hookimpl\ndef register_menu():\n    return 'x'", "must return list"),
        ("@hookimpl\ndef register_menu():\n    return ['x']", "PluginMenuItem"),
        (
            "@hookimpl\ndef register_menu():\n    return [PluginMenuItem('top', 'x.y', 'X')]",
            "no menu 'top'",
        ),
        (
            "@hookimpl\ndef register_permissions():\n    return [Permission('all.do', 'Do')]",
            "must begin with",
        ),
        ("@hookimpl\ndef register_jinja():\n    return {'url_for': print}", "template global"),
        ("@hookimpl\ndef register_gateways():\n    return [object()]", "has no key"),
        ("@hookimpl\ndef register_tasks():\n    return [Task('t', 0, print)]", "above 0"),
        ("@hookimpl\ndef register_assets():\n    return [Assets('moon')]", "no scope 'moon'"),
    ],
)
def test_a_plugin_that_registers_nonsense_is_put_aside_at_once_and_named(
    host: Host, write_plugin: Callable[..., str], code: str, told: str
) -> None:
    del host
    slug = write_plugin(code)
    lifecycle.install(slug, actor_id=None)
    lifecycle.activate(slug, actor_id=None)

    assert info(slug).state is State.QUARANTINED
    assert told in info(slug).problems[0]
    assert slug not in current().active


def test_reading_settings_while_registering_is_refused_with_the_reason(
    host: Host, write_plugin: Callable[..., str]
) -> None:
    del host
    slug = write_plugin("@hookimpl\ndef register_menu():\n    return [settings('SLUG').anything]\n")
    lifecycle.install(slug, actor_id=None)
    lifecycle.activate(slug, actor_id=None)

    assert info(slug).state is State.QUARANTINED


def test_safe_mode_runs_no_plugin_and_forgets_nothing(
    switch_on: Callable[..., str], make_host: Callable[..., Host], config: Config
) -> None:
    slug = switch_on("@hookimpl\ndef room_state(room):\n    return {}\n")

    with make_host(safe_mode=True).app_context():
        assert current().active == ()
        assert "safe mode" in info(slug).problems[0]
    with make_host(disable=(slug,)).app_context():
        assert current().active == ()
    (config.instance / "SAFE_MODE").touch()
    with make_host().app_context():
        assert current().active == ()
    (config.instance / "SAFE_MODE").unlink()
    with make_host().app_context():
        assert current().active == (slug,)


def test_strict_starts_with_everything_or_not_at_all(
    switch_on: Callable[..., str], write_theme: Callable[..., str], make_host: Callable[..., Host]
) -> None:
    slug = switch_on("")
    strict.require_everything(make_host())
    with pytest.raises(strict.StrictError, match="PPVCMS_DISABLE"):
        strict.require_everything(make_host(disable=(slug,)))
    write_theme("torn", 'kind = "moon"')
    with pytest.raises(strict.StrictError, match="theme torn"):
        strict.require_everything(make_host())


def test_a_database_without_tables_has_no_plugins(
    config: Config, make_host: Callable[..., Host], tmp_path: Path
) -> None:
    del config
    app = make_host()
    with app.app_context():
        db.session.execute(sa.text("DROP TABLE plugin"))
        db.session.commit()
    with make_host(database=f"sqlite:///{tmp_path / 'site.sqlite3'}").app_context():
        assert current().active == ()


def test_settings_of_a_plugin_that_is_off_are_a_plain_error(
    switch_on: Callable[..., str],
) -> None:
    slug = switch_on("")
    lifecycle.deactivate(slug, actor_id=None)

    with pytest.raises(SettingError, match=slug):
        settings.of(slug)


def test_hooks_are_asked_in_load_order(switch_on: Callable[..., str]) -> None:
    code = "@hookimpl\ndef template_slot(name):\n    return 'x'\n"
    last = switch_on(code)
    early = switch_on(code)
    after = switch_on(code, manifest=f"after = ['{last}']", slug="aaa" + last)

    order = [slug for slug, _ in collect("template_slot", name="x", context=None)]

    assert order == [last, after, early]


def test_both_databases_carry_a_plugin_through_its_life(
    database_url: str, make_host: Callable[..., Host], write_plugin: Callable[..., str]
) -> None:
    slug = write_plugin(
        "@hookimpl\ndef room_state(room):\n    raise ValueError('oh')\n",
        migrations__0001_first_dot_py=MIGRATION,
    )
    with make_host(database=database_url).app_context():
        assert lifecycle.install(slug, actor_id=None) is None
        assert lifecycle.activate(slug, actor_id=None) is None
        assert sa.inspect(db.engine).has_table(f"{slug}__thing")
        for _ in range(5):
            collect("room_state", room=None, actor=None)
        assert info(slug).state is State.QUARANTINED
        assert lifecycle.reset(slug, actor_id=None) is None
        assert info(slug).state is State.ACTIVE
        assert lifecycle.deactivate(slug, actor_id=None) is None
        assert info(slug).state is State.INACTIVE
