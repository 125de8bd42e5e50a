"""A house that is started before the test and stopped after it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gatepost.server.delivery import local, outcomes
from tests.unit.clocks import HandClock
from tests.unit.server.house import House


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine looks for what is due when the test says so, and does not rest while a disk is full."""
    monkeypatch.setattr(local, "TICK_S", 3600)
    monkeypatch.setattr(outcomes, "WRITE_AGAIN_S", 0.001)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def house(tmp_path: Path, clock: HandClock) -> AsyncIterator[House]:
    house = await House(tmp_path, clock).start()
    yield house
    await house.stop()
