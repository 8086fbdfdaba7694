"""Typed settings of one installation: defaults < instance/ppvcms.toml < PPVCMS_* environment.

What an owner changes in the browser is not here but in the `setting` table.
"""

from __future__ import annotations

import os
import re
import secrets
import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ppvcms.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent
DATABASE = re.compile(r"sqlite:///.|postgresql\+\w+://.")
ASYNC_MODES = ("eventlet", "gevent", "threading")


@dataclass(frozen=True)
class Config:
    """What the process needs before it can read the database."""

    instance: Path = ROOT / "instance"
    database: str = ""
    redis: str = ""
    secret_key: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    base_url: str = ""
    async_mode: str = "eventlet"
    demo: bool = False
    mail_url: str = ""
    mail_from: str = "site@localhost"
    trusted_proxies: int = 0
    meter_inside: bool = True
    jobs_inside: bool = True
    safe_mode: bool = False
    file_mods: bool = True
    disable: tuple[str, ...] = ()
    plugin_dirs: tuple[Path, ...] = ()
    theme_dirs: tuple[Path, ...] = ()
    strict: bool = False
    trace_hooks: bool = False
    testing: bool = False

    @property
    def database_url(self) -> str:
        """The SQLAlchemy address, SQLite in the instance folder unless one is set."""
        url = self.database or f"sqlite:///{self.instance / 'ppvcms.sqlite3'}"
        for short in ("postgres://", "postgresql://"):
            if url.startswith(short):
                return "postgresql+psycopg2://" + url.removeprefix(short)
        return url

    @property
    def is_sqlite(self) -> bool:
        """Whether the embedded database is in use."""
        return self.database_url.startswith("sqlite")

    @property
    def public_url(self) -> str:
        """The address that links in mails begin with, without a slash at the end."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def all_plugin_dirs(self) -> tuple[Path, ...]:
        """Where plugins are looked for, uploaded before bundled."""
        return self.plugin_dirs or (self.instance / "plugins", ROOT / "plugins")

    @property
    def all_theme_dirs(self) -> tuple[Path, ...]:
        """Where themes are looked for, uploaded before bundled."""
        return self.theme_dirs or (self.instance / "themes", ROOT / "themes")


def load_config(
    environ: Mapping[str, str] | None = None, *, instance: Path | None = None, **overrides: Any
) -> Config:
    """Read the settings of an installation.

    Raises:
        ConfigError: A file, name or value does not fit; one sentence says which.
    """
    env = os.environ if environ is None else environ
    home = instance or Path(env.get("PPVCMS_INSTANCE") or Config.instance)
    values: dict[str, Any] = {"instance": home.resolve()}
    values |= _from_file(home / "ppvcms.toml")
    values |= _from_environment(env)
    values["instance"] = home.resolve()
    config = replace(Config(), **(values | overrides))
    if config.async_mode not in ASYNC_MODES:
        message = f"async_mode is '{config.async_mode}'; use one of {', '.join(ASYNC_MODES)}."
        raise ConfigError(message)
    if not DATABASE.match(config.database_url):
        message = (
            "The database address is not one of ours. Write sqlite:///path or "
            "postgresql://user:password@host/name, or leave PPVCMS_DATABASE unset to use SQLite."
        )
        raise ConfigError(message)
    return config


def ensure_secret_key(config: Config) -> Config:
    """Return `config` with a secret key, made once and kept in the instance folder."""
    if config.secret_key:
        return config
    path = config.instance / "secret_key"
    try:
        key = path.read_text().strip()
    except FileNotFoundError:
        config.instance.mkdir(parents=True, exist_ok=True)
        key = secrets.token_urlsafe(48)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(key)
    if len(key) < 32:  # noqa: PLR2004 - 128 bits in any usual writing
        message = f"The secret key in {path} is missing or too short. Delete the file to get one."
        raise ConfigError(message)
    return replace(config, secret_key=key)


def _from_file(path: Path) -> dict[str, Any]:
    try:
        raw = tomllib.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        message = f"{path} is not valid TOML: {error}."
        raise ConfigError(message) from error
    return {name: _convert(name, value, source=str(path)) for name, value in raw.items()}


def _from_environment(env: Mapping[str, str]) -> dict[str, Any]:
    known = {field.name for field in fields(Config)}
    found = {}
    for variable, value in env.items():
        name = variable.removeprefix("PPVCMS_").lower()
        if variable.startswith("PPVCMS_") and name in known:
            found[name] = _convert(name, value, source=variable)
    if "port" not in found and env.get("PORT"):
        found["port"] = _convert("port", env["PORT"], source="PORT")
    return found


def _convert(name: str, value: Any, *, source: str) -> Any:
    default = {field.name: field.default for field in fields(Config)}.get(name)
    if default is None:
        message = f"{source} sets '{name}', which is not a setting of ppvcms."
        raise ConfigError(message)
    try:
        return _as_type_of(default, value, name)
    except (TypeError, ValueError) as error:
        message = f"{source}: '{value}' is not a good value for {name}."
        raise ConfigError(message) from error


def _as_type_of(default: Any, value: Any, name: str) -> Any:
    if isinstance(default, bool):
        word = str(value).lower()
        if word not in _YES | _NO:
            raise ValueError(word)
        return word in _YES
    if isinstance(default, int):
        return int(value)
    if isinstance(default, Path):
        return Path(value)
    if isinstance(default, tuple):
        parts = value.split(",") if isinstance(value, str) else value
        kind = Path if name.endswith("_dirs") else str
        return tuple(kind(part.strip()) for part in parts if str(part).strip())
    return str(value)


_YES = frozenset({"1", "true", "on", "yes"})
_NO = frozenset({"0", "false", "off", "no", ""})
