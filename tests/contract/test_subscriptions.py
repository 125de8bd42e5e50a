"""Store suite: durable subscriptions only move on, each tenant's apart, and those nobody uses go."""

from __future__ import annotations

import pytest
from msgspec import structs

from gatepost.errors import QuotaExceeded
from gatepost.notify import subscription as bounds
from gatepost.notify.subscription import Acknowledgement, Progress
from gatepost.stores.sqlite import subscribing
from tests.contract.engines import Engine, Store, opened
from tests.contract.steps import OTHER_TENANT, TENANT
from tests.samples import a_subscription
from tests.unit.clocks import HandClock

EPOCH = a_subscription(HandClock(), TENANT).epoch
OTHER_EPOCH = "b" * 16


async def places(store: Store) -> tuple[str, int, int]:
    found = await store.subscription(TENANT, "billing")
    assert found is not None
    return found.epoch, found.acknowledged, found.delivered


async def test_what_was_put_is_found_after_a_restart(engine: Engine, clock: HandClock) -> None:
    billing = a_subscription(clock, TENANT)
    async with opened(engine) as store:
        await store.put_subscription(billing)
    async with opened(engine) as store:
        assert await store.subscription(TENANT, "billing") == billing
        assert await store.subscriptions(TENANT) == [billing]


async def test_another_tenant_sees_nothing_of_it(store: Store, clock: HandClock) -> None:
    await store.put_subscription(a_subscription(clock, TENANT))
    assert await store.subscription(OTHER_TENANT, "billing") is None
    assert await store.subscriptions(OTHER_TENANT) == []
    assert not await store.delete_subscription(OTHER_TENANT, "billing")


async def test_putting_it_again_changes_its_topics_and_not_its_place(store: Store, clock: HandClock) -> None:
    billing = a_subscription(clock, TENANT)
    await store.put_subscription(billing)
    clock.advance(5)
    await store.put_subscription(a_subscription(clock, TENANT, topics=("x",), acknowledged=99, delivered=99))
    assert await store.subscription(TENANT, "billing") == structs.replace(billing, topics=("x",), used_at=clock.now())


@pytest.mark.parametrize(("seqs", "expected"), [([12], 12), ([12, 12], 12), ([12, 11], 12), ([5], 10), ([11, 13], 13)])
async def test_acknowledging_goes_on_and_never_back(
    store: Store, clock: HandClock, seqs: list[int], expected: int
) -> None:
    await store.put_subscription(a_subscription(clock, TENANT))
    for seq in seqs:
        await store.acknowledge(Acknowledgement(TENANT, "billing", EPOCH, seq, clock.now()))
    assert await places(store) == (EPOCH, expected, expected)


async def test_acknowledging_in_a_new_log_begins_there(store: Store, clock: HandClock) -> None:
    await store.put_subscription(a_subscription(clock, TENANT))
    await store.acknowledge(Acknowledgement(TENANT, "billing", OTHER_EPOCH, 3, clock.now()))
    assert await places(store) == (OTHER_EPOCH, 3, 3)


async def test_progress_goes_on_and_never_back(store: Store, clock: HandClock) -> None:
    await store.put_subscription(a_subscription(clock, TENANT))
    await store.note_progress([Progress(TENANT, "billing", EPOCH, 20, 10, clock.now())])
    await store.note_progress([Progress(TENANT, "billing", EPOCH, 15, 12, clock.now())])
    assert await places(store) == (EPOCH, 12, 20)


async def test_progress_in_another_log_says_nothing(store: Store, clock: HandClock) -> None:
    await store.put_subscription(a_subscription(clock, TENANT))
    await store.note_progress([Progress(TENANT, "billing", OTHER_EPOCH, 20, 20, clock.now())])
    assert await places(store) == (EPOCH, 10, 10)


async def test_what_nobody_uses_is_forgotten(store: Store, clock: HandClock) -> None:
    for name in ("idle", "acknowledged", "listening"):
        await store.put_subscription(a_subscription(clock, TENANT, name=name))
    start = clock.now()
    clock.advance(60)
    await store.acknowledge(Acknowledgement(TENANT, "acknowledged", EPOCH, 11, clock.now()))
    await store.note_progress([Progress(TENANT, "listening", EPOCH, 10, 10, clock.now())])
    assert await store.forget_subscriptions(start) == 0
    assert await store.forget_subscriptions(start + 1) == 1
    assert [each.name for each in await store.subscriptions(TENANT)] == ["acknowledged", "listening"]


async def test_a_deleted_one_is_gone(store: Store, clock: HandClock) -> None:
    await store.put_subscription(a_subscription(clock, TENANT))
    assert await store.delete_subscription(TENANT, "billing")
    assert not await store.delete_subscription(TENANT, "billing")
    assert await store.subscription(TENANT, "billing") is None


async def test_a_tenant_has_so_many_and_no_more(
    store: Store, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bounds.MAX_SUBSCRIPTIONS == 1_000
    monkeypatch.setattr(subscribing, "MAX_SUBSCRIPTIONS", 2)
    await store.put_subscription(a_subscription(clock, TENANT, name="one"))
    await store.put_subscription(a_subscription(clock, TENANT, name="two"))
    with pytest.raises(QuotaExceeded):
        await store.put_subscription(a_subscription(clock, TENANT, name="three"))
    await store.put_subscription(a_subscription(clock, TENANT, name="two", topics=("x",)))
    await store.put_subscription(a_subscription(clock, OTHER_TENANT, name="one"))
