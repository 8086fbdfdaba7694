"""Compiled templates, kept by the process for every generation, theme and application in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import BytecodeCache

if TYPE_CHECKING:
    from collections.abc import Hashable
    from types import CodeType

    from jinja2.bccache import Bucket

MOST = 2_000


class CompiledTemplates(BytecodeCache):
    """Jinja's place for compiled templates, in memory; the oldest makes room.

    A template is found by its name, its file and its text, so one that was edited, or
    that another layer overrides, is compiled; and by the filters there are, for Jinja
    compiles in how they are called. All our environments escape by the same rule.
    """

    def __init__(self) -> None:
        self._code: dict[Hashable, CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give the code of a template that was compiled before."""
        bucket.code = self._code.get(_key(bucket))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a template."""
        if len(self._code) >= MOST:
            del self._code[next(iter(self._code))]
        if bucket.code is not None:
            self._code[_key(bucket)] = bucket.code


def _key(bucket: Bucket) -> Hashable:
    return bucket.key, bucket.checksum, frozenset(bucket.environment.filters)


COMPILED = CompiledTemplates()
