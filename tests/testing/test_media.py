"""The engine that tests play on keeps the contract of engines."""

from __future__ import annotations

import pytest

from ppvcms.testing import MediaContract
from ppvcms.testing.engine import MemoryEngine


class TestMemory(MediaContract):
    @pytest.fixture
    def provider(self) -> MemoryEngine:
        return MemoryEngine()
