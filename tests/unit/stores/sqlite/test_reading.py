"""A page looks at a bounded number of rows, and the next one goes on from there."""

from __future__ import annotations

import pytest

from gatepost.notify.delivery import State
from gatepost.notify.store import Filter
from gatepost.stores.sqlite import SqliteStore, reading
from tests.contract.steps import ENDPOINT, TENANT, accept, claim
from tests.samples import a_step
from tests.unit.clocks import HandClock


async def test_a_rare_filter_gives_short_pages_that_lead_on(
    store: SqliteStore, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SCAN_BUDGET", 4)
    sent = []
    for number in range(12):
        sent.append(await accept(store, clock, topic="rare" if number in (1, 10) else "common"))
        clock.advance(0.001)
    sizes, listed, before = [], [], None
    while True:
        page = await store.page(TENANT, Filter(topic="rare"), before, 100)
        sizes.append(len(page.items))
        listed += [view.notification.id for view in page.items]  # type: ignore[union-attr]
        if page.next is None:
            break
        before = page.next
    assert sizes == [1, 0, 1, 0]  # the last budget was used up to the very end
    assert listed == [sent[10].id, sent[1].id]


async def test_parked_ones_are_counted_up_to_a_bound(
    store: SqliteStore, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PARKED_COUNTED", 2)
    for _ in range(3):
        await accept(store, clock, later=[ENDPOINT])
    await store.finish([a_step(clock, each, State.PARKED) for each in await claim(store, clock)])
    assert await store.parked_by_tenant() == {TENANT: 2}
