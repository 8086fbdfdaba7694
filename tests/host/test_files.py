"""Files of plugins and themes: kept for ever, gone when off, and nothing beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ppvcms.host import lifecycle
from ppvcms.host.files import asset, plugin_asset, theme_asset
from ppvcms.host.processes import LONGEST_ADDRESS, socket_path
from ppvcms.web.files import blueprint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ppvcms.host.app import Host


@pytest.fixture
def served(make_host: Callable[..., Host]) -> Host:
    app = make_host()
    app.register_blueprint(blueprint)
    return app


def url_of(app: Host, make: Callable[..., str], *arguments: str) -> str:
    with app.test_request_context("/"):
        return make(*arguments)


def test_a_file_of_the_core_has_an_address_that_may_be_kept_for_ever(served: Host) -> None:
    answer = served.test_client().get(url_of(served, asset, "css/app.css"), buffered=True)

    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    assert "31536000" in answer.headers["Cache-Control"]


def test_a_plugins_files_are_there_while_it_is_on(
    served: Host, write_plugin: Callable[..., str]
) -> None:
    slug = write_plugin("", static__a_dot_js="export {};")
    with served.app_context():
        lifecycle.install(slug, actor_id=None)
        lifecycle.activate(slug, actor_id=None)
    url = url_of(served, plugin_asset, slug, "a.js")
    client = served.test_client()
    assert client.get(url, buffered=True).text == "export {};"
    assert client.get(url.replace("/a.js", "/b.js")).status_code == 404

    with served.app_context():
        lifecycle.deactivate(slug, actor_id=None)

    assert client.get(url).status_code == 404


@pytest.mark.parametrize(
    "path", ["../plugin.py", "..%2fplugin.py", "%2e%2e/plugin.py", "/etc/passwd", "a/../../x"]
)
def test_nothing_outside_the_folder_is_sent(
    served: Host, write_plugin: Callable[..., str], path: str
) -> None:
    slug = write_plugin("", static__a_dot_js="x")
    with served.app_context():
        lifecycle.install(slug, actor_id=None)
        lifecycle.activate(slug, actor_id=None)
    base = url_of(served, plugin_asset, slug, "")

    assert served.test_client().get(base + path).status_code in {404, 308}


def test_another_digest_is_another_address(served: Host) -> None:
    assert served.test_client().get("/assets/core/0000/css/app.css").status_code == 404
    assert served.test_client().get("/assets/nobody/0000/a.css").status_code == 404


def test_a_child_theme_uses_its_parents_files(
    write_theme: Callable[..., str], make_host: Callable[..., Host]
) -> None:
    write_theme("parent", **{"../static/theme.css": "parent {}"})
    write_theme("stage", 'parent = "parent"')
    app = make_host()
    app.register_blueprint(blueprint)
    url = url_of(app, theme_asset, "theme.css")

    assert "/theme.parent/" in url
    assert app.test_client().get(url, buffered=True).text == "parent {}"


def test_a_deep_folder_still_gets_a_socket_that_the_system_can_open(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 30)

    path = socket_path(deep, "media_embedded", "node")

    assert len(str(path)) <= LONGEST_ADDRESS
    assert path == socket_path(deep, "media_embedded", "node")
