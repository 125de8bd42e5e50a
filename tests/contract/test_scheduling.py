"""Store suite: what waits for its time costs nothing until then, however much of it there is."""

from __future__ import annotations

import time

import pytest

from gatepost.notify.store import Planned
from tests.contract.engines import Store
from tests.contract.steps import ENDPOINT, TENANT, accept, accept_all, claim, ids
from tests.samples import a_notification
from tests.unit.clocks import HandClock

WAITING = 100_000
BATCH = 2_000
ROUNDS = 20
LIMIT_S = 0.004
"""Seconds for finding what is due, its commit included: looking at every row takes twice as long."""


@pytest.mark.slow
@pytest.mark.parametrize("ordering_key", [None, "a"])
async def test_claiming_stays_fast_with_many_waiting_for_later(
    store: Store, clock: HandClock, ordering_key: str | None
) -> None:
    first = clock.now() + 3_600_000
    for start in range(0, WAITING, BATCH):
        await accept_all(store, *(_later(clock, first + place, ordering_key) for place in range(start, start + BATCH)))
    took = []
    for _ in range(ROUNDS):
        due = await accept(store, clock, later=[ENDPOINT])
        started = time.perf_counter()
        assert ids(await claim(store, clock)) == [due.id]
        assert (await store.next_due_of([(TENANT, ENDPOINT)]))[ENDPOINT] == first
        took.append(time.perf_counter() - started)
    assert min(took) < LIMIT_S  # the best of them: a disk has its moments
    clock.advance(3600)
    assert len(await claim(store, clock, limit=1)) == 1


def _later(clock: HandClock, due_at: int, ordering_key: str | None) -> Planned:
    return Planned(a_notification(clock, TENANT, ordering_key=ordering_key), later=(ENDPOINT,), due_at=due_at)
