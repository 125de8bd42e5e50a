"""Pruning goes step by step along the log, oldest first, and comes to the front again."""

from __future__ import annotations

import msgspec
import pytest

from gatepost.notify.delivery import State
from gatepost.notify.notification import Notification
from gatepost.notify.store import Acceptance, IdempotencyKey, Keep, Planned
from gatepost.stores.sqlite import SqliteStore, pruning
from tests.contract.steps import ENDPOINT, LARGE, TENANT, accept, send
from tests.samples import a_notification
from tests.unit.clocks import HandClock


@pytest.fixture(autouse=True)
def _small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "PORTION", 2)


def keep(clock: HandClock, **bounds: int) -> Keep:
    return msgspec.structs.replace(Keep(0, LARGE, 0, LARGE, 0, LARGE, clock.now()), **bounds)


async def delivered(store: SqliteStore, clock: HandClock, count: int) -> list[Notification]:
    sent = []
    for _ in range(count):
        sent.append(await accept(store, clock, later=[ENDPOINT], payload=b"0123456789"))
        await send(store, clock, State.DELIVERED)
        clock.advance(1)
    return sent


async def left(store: SqliteStore, sent: list[Notification]) -> list[int]:
    return [place for place, each in enumerate(sent) if await store.find(TENANT, each.id) is not None]


async def test_one_step_is_one_portion_and_says_whether_there_may_be_more(store: SqliteStore, clock: HandClock) -> None:
    sent = await delivered(store, clock, 5)
    old = keep(clock, deliveries_since=clock.now())
    assert await store.prune(old)
    assert await left(store, sent) == [2, 3, 4]
    assert await store.prune(old)
    assert await store.prune(old)
    assert not await store.prune(old)
    assert await left(store, sent) == []


async def test_beyond_the_amount_only_the_oldest_go(store: SqliteStore, clock: HandClock) -> None:
    sent = await delivered(store, clock, 6)
    wanted = keep(clock, deliveries=3)
    while await store.prune(wanted):
        pass
    assert await left(store, sent) == [4, 5]
    assert store.totals.deliveries == 2


async def test_what_is_open_is_passed_by_and_met_again_later(store: SqliteStore, clock: HandClock) -> None:
    first = await accept(store, clock, later=[ENDPOINT], due_at=clock.now() + 3_600_000)
    sent = [first, *await delivered(store, clock, 3)]
    wanted = keep(clock, deliveries_since=clock.now())
    while await store.prune(wanted):
        pass
    assert await left(store, sent) == [0]
    await store.cancel(TENANT, first.id, ())
    while await store.prune(wanted):
        pass
    assert await left(store, sent) == []


async def test_expired_idempotency_keys_go_portion_by_portion_without_a_rest(
    store: SqliteStore, clock: HandClock
) -> None:
    for number in range(5):
        key = IdempotencyKey(bytes([number] * 16), b"body", clock.now() + 1000)
        await store.accept(Acceptance(TENANT, (Planned(a_notification(clock, TENANT)),), key))
    clock.advance(1)
    steps = [await store.prune(keep(clock)) for _ in range(3)]
    assert steps == [True, True, False]
    assert store._writer.execute("SELECT count(*) FROM idempotency").fetchone()[0] == 0
