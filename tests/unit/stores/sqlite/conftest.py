"""A store in a directory of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gatepost.stores.sqlite import SqliteStore
from tests.unit.clocks import HandClock
from tests.vaults import open_vault


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path, open_vault())
    yield store
    await store.aclose()
