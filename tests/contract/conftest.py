"""Fixtures of the store suite."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.engines import ENGINES, Engine, Store, opened
from tests.unit.clocks import HandClock


@pytest.fixture(params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    return ENGINES[request.param](tmp_path)


@pytest.fixture
async def store(engine: Engine) -> AsyncIterator[Store]:
    async with opened(engine) as store:
        yield store


@pytest.fixture
def clock() -> HandClock:
    return HandClock()
