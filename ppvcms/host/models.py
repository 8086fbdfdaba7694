"""The tables of the host: what the owner asked for, settings, and who has followed."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Integer, String
from sqlalchemy import Text as LongText
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.db import Base, Json, Millis, Ulid


class PluginRow(Base):
    """What the owner asked of a plugin, and what was done so far."""

    __tablename__ = "plugin"

    slug: Mapped[str] = mapped_column(String(31), primary_key=True)
    desired: Mapped[str] = mapped_column(String(12), default="inactive")
    version: Mapped[str] = mapped_column(String(32))
    schema_head: Mapped[str | None] = mapped_column(String(32))
    code_digest: Mapped[str | None] = mapped_column(String(64))
    code_before: Mapped[list[str]] = mapped_column(JSON, default=list)
    signer: Mapped[str | None] = mapped_column(String(44))
    guards: Mapped[list[str]] = mapped_column(JSON, default=list)
    weight: Mapped[int] = mapped_column(Integer, default=0)
    strikes: Mapped[Json] = mapped_column(default=dict)
    quarantined_at: Mapped[Millis | None]
    last_error: Mapped[str | None] = mapped_column(LongText)
    installed_at: Mapped[Millis]
    uninstalled_at: Mapped[Millis | None]


class PackageKey(Base):
    """A key whose holder the owner trusts to make packages: the public half, in base64."""

    __tablename__ = "package_key"

    key: Mapped[str] = mapped_column(String(44), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    added_at: Mapped[Millis]


class HostState(Base):
    """Two numbers that every process watches: active set, and installed code."""

    __tablename__ = "host_state"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    generation: Mapped[int] = mapped_column(BigInteger, default=1)
    code_generation: Mapped[int] = mapped_column(BigInteger, default=1)


class HostProcess(Base):
    """A running process and the generation it has reached."""

    __tablename__ = "host_process"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    pid: Mapped[int] = mapped_column(Integer)
    generation: Mapped[int] = mapped_column(BigInteger)
    code_generation: Mapped[int] = mapped_column(BigInteger)
    seen_at: Mapped[Millis]


class Setting(Base):
    """One value an owner set; the scope is the site, a studio or a room."""

    __tablename__ = "setting"

    scope: Mapped[str] = mapped_column(String(8), primary_key=True)
    scope_id: Mapped[str] = mapped_column(String(26), primary_key=True, default="")
    plugin: Mapped[str] = mapped_column(String(31), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[object] = mapped_column(JSON)
    changed_at: Mapped[Millis]
