"""History is pruned for as long as the service runs, whatever happens in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from gatepost.notify.store import Keep
from gatepost.server import retention
from gatepost.server.retention import keep_at, prune_for_ever
from gatepost.server.settings import Settings, load
from gatepost.stores.sqlite import pruning
from tests.unit.clocks import HandClock
from tests.unit.server.house import House

HOUR = {"payload_keep": "1h", "attempt_keep": "1h", "delivery_keep": "1h"}


def settings(**flags: str) -> Settings:
    return load(flags, {}).settings


@asynccontextmanager
async def pruning_in(house: House, wanted: Settings) -> AsyncIterator[None]:
    task = asyncio.create_task(prune_for_ever(house.store, wanted, house.clock))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture(autouse=True)
def _without_a_breath(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BREATH_S", 0)
    monkeypatch.setattr(pruning, "PORTION", 2)


def test_what_the_settings_let_stay(clock: HandClock) -> None:
    wanted = settings(
        payload_keep="1s",
        payload_bytes="1KiB",
        attempt_keep="2s",
        attempt_count="3",
        delivery_keep="4s",
        delivery_count="5",
    )
    now = clock.now()
    assert keep_at(wanted, now) == Keep(
        payloads_since=now - 1000,
        payload_bytes=1024,
        deliveries_since=now - 4000,
        deliveries=5,
        attempts_since=now - 2000,
        attempts=3,
        now=now,
    )


async def test_all_that_is_old_goes_without_a_rest(house: House, clock: HandClock) -> None:
    await house.endpoint()
    await house.send(11)
    await house.all_delivered(11)
    clock.advance(3600.001)
    (young,) = await house.send()
    await house.all_delivered(12)
    async with pruning_in(house, settings(**HOUR)):
        await house.until(lambda: house.store.totals.deliveries == 1)
    assert house.store.totals.attempts == 1
    assert house.channel.sent[-1][0] == young


async def test_it_rests_and_looks_again(house: House, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "REST_S", 0.001)
    await house.endpoint()
    async with pruning_in(house, settings(**HOUR)):
        for _ in range(2):
            await house.send()
            await house.until(lambda: house.store.totals.deliveries == 1)
            await house.settled()
            clock.advance(3600.001)
            await house.until(lambda: house.store.totals.deliveries == 0)


async def test_a_step_that_fails_is_not_the_last(
    house: House, clock: HandClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(retention, "REST_S", 0.001)
    await house.endpoint()
    await house.send()
    await house.all_delivered(1)
    clock.advance(3600.001)
    async with pruning_in(house, settings(**HOUR)):
        with monkeypatch.context() as broken:
            broken.setitem(pruning._SQL, "window", "not to be read now")
            await house.until(lambda: "cannot be removed now" in caplog.text)
        await house.until(lambda: house.store.totals.deliveries == 0)
