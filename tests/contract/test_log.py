"""Store suite: the log of everything accepted is read in order, tells what retention took, and has an identity."""

from __future__ import annotations

from gatepost.notify.store import Keep
from tests.contract.engines import Engine, Store, opened
from tests.contract.steps import LARGE, OTHER_TENANT, TENANT, accept
from tests.unit.clocks import HandClock


async def read(store: Store, after: int, until: int) -> tuple[list[int], int]:
    """The places of all that is read on the way, and the newest that was forgotten."""
    places: list[int] = []
    forgotten = 0
    while after < until:
        portion = await store.read_log(TENANT, after, until)
        places += [notification.seq for notification in portion.notifications]
        forgotten = portion.forgotten
        assert after < portion.seen <= until
        after = portion.seen
    return places, forgotten


async def test_the_log_is_read_in_order_from_one_place_to_another(store: Store, clock: HandClock) -> None:
    sent = [await accept(store, clock) for _ in range(5)]
    assert await read(store, 0, 5) == ([1, 2, 3, 4, 5], 0)
    assert await read(store, 2, 4) == ([3, 4], 0)
    assert (await store.read_log(TENANT, 2, 3)).notifications == (sent[2],)


async def test_a_long_log_comes_in_portions(store: Store, clock: HandClock) -> None:
    for _ in range(250):
        await accept(store, clock)
    assert (await store.read_log(TENANT, 0, 250)).seen < 250
    assert await read(store, 0, 250) == (list(range(1, 251)), 0)


async def test_what_another_tenant_got_is_passed_over(store: Store, clock: HandClock) -> None:
    for tenant in (TENANT, OTHER_TENANT, TENANT):
        await accept(store, clock, tenant=tenant)
    assert await read(store, 0, 3) == ([1, 3], 0)


async def test_where_retention_took_payloads_the_newest_of_those_places_is_told(store: Store, clock: HandClock) -> None:
    for _ in range(4):
        await accept(store, clock)
        clock.advance(1)
    keep = Keep(clock.now() - 2000, LARGE, 0, LARGE, 0, LARGE, clock.now())
    while await store.prune(keep):
        pass
    assert await read(store, 0, 4) == ([3, 4], 2)
    assert store.totals.forgotten == 2


async def test_the_log_has_one_identity_for_as_long_as_its_data_lives(engine: Engine, clock: HandClock) -> None:
    epochs = set()
    for _ in range(3):
        async with opened(engine) as store:
            await accept(store, clock)
            epochs.add(store.epoch)
    assert len(epochs) == 1
