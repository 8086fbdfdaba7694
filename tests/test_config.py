"""Configuration: what an operator may write, and the one line about what cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ppvcms.config import ensure_secret_key, load_config
from ppvcms.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def test_the_environment_wins_over_the_file_and_the_file_over_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "ppvcms.toml").write_text('port = 9001\nmail_from = "a@example.com"\n')

    config = load_config({"PPVCMS_PORT": "9002"}, instance=tmp_path)

    assert (config.port, config.mail_from, config.host) == (9002, "a@example.com", "127.0.0.1")


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"PPVCMS_PORT": "abc"}, "'abc' is not a good value for port"),
        ({"PPVCMS_DEMO": "maybe"}, "'maybe' is not a good value for demo"),
        ({"PPVCMS_ASYNC_MODE": "asyncio"}, "use one of eventlet, gevent, threading"),
        ({"PPVCMS_DATABASE": "nonsense"}, "The database address is not one of ours"),
        (
            {"PPVCMS_DATABASE": "mysql://root@localhost/x"},
            "The database address is not one of ours",
        ),
    ],
)
def test_a_value_that_cannot_be_is_one_line(
    environment: dict[str, str], says: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as refused:
        load_config(environment, instance=tmp_path)

    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("content", ["port = ", "prot = 80", 'port = "x"'])
def test_a_file_that_cannot_be_is_named(content: str, tmp_path: Path) -> None:
    (tmp_path / "ppvcms.toml").write_text(content)

    with pytest.raises(ConfigError, match=r"ppvcms\.toml"):
        load_config({}, instance=tmp_path)


def test_the_secret_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    first = ensure_secret_key(load_config({}, instance=tmp_path)).secret_key
    second = ensure_secret_key(load_config({}, instance=tmp_path)).secret_key

    assert first == second
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_a_short_secret_key_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("short")

    with pytest.raises(ConfigError, match="Delete the file to get one"):
        ensure_secret_key(load_config({}, instance=tmp_path))
