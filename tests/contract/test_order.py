"""Store suite: deliveries with an ordering key are let go one after the other."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gatepost.notify.delivery import Delivery, Finished, State
from gatepost.notify.notification import Notification
from gatepost.notify.store import Planned
from tests.contract.engines import Engine, Store, opened
from tests.contract.steps import ENDPOINT, OTHER_ENDPOINT, OTHER_TENANT, TENANT, accept, accept_all, claim, ids, states
from tests.samples import a_notification, a_step
from tests.unit.clocks import HandClock

IN_MEMORY = {"now": [ENDPOINT]}
IN_STORE = {"later": [ENDPOINT]}


async def state_of(store: Store, notification: Notification) -> State:
    return (await states(store, notification))[ENDPOINT]


async def in_order(store: Store, clock: HandClock, count: int, **fields: Any) -> list[Notification]:
    return [await accept(store, clock, ordering_key="a", **(IN_STORE | fields)) for _ in range(count)]


async def test_what_follows_into_memory_is_not_held(store: Store, clock: HandClock) -> None:
    sent = await in_order(store, clock, 3, later=(), now=[ENDPOINT])
    assert [await state_of(store, each) for each in sent] == [State.SENDING] * 3


async def test_behind_what_waits_the_caller_is_told_that_it_is_held(store: Store, clock: HandClock) -> None:
    waiting = a_notification(clock, TENANT, ordering_key="a")
    behind, other = (a_notification(clock, TENANT, ordering_key=key) for key in ("a", "b"))
    accepted = await accept_all(
        store,
        Planned(waiting, later=(ENDPOINT,)),
        Planned(behind, now=(ENDPOINT, OTHER_ENDPOINT)),
        Planned(other, now=(ENDPOINT,)),
    )
    assert [(each.now, each.held) for each in accepted.fresh] == [
        ((), ()),
        ((OTHER_ENDPOINT,), (ENDPOINT,)),
        ((ENDPOINT,), ()),
    ]
    assert [result.deliveries for result in accepted.results] == [1, 2, 1]  # type: ignore[union-attr]  # all accepted
    assert await states(store, behind) == {ENDPOINT: State.HELD, OTHER_ENDPOINT: State.SENDING}


async def test_a_claim_brings_those_behind_along_in_order(store: Store, clock: HandClock) -> None:
    sent = await in_order(store, clock, 5)
    assert ids(await claim(store, clock, limit=3)) == [each.id for each in sent[:3]]
    assert await claim(store, clock) == []


async def test_nobody_gets_one_whose_turn_has_not_come(store: Store, clock: HandClock) -> None:
    sent = await in_order(store, clock, 4)
    claimed = await asyncio.gather(*(claim(store, clock, limit=2) for _ in range(3)))
    assert [ids(each) for each in claimed] == [[sent[0].id, sent[1].id], [], []]


@pytest.mark.parametrize("end", [State.DELIVERED, State.DEAD, State.PARKED, State.EXPIRED, State.CANCELLED])
async def test_an_end_lets_the_next_go(store: Store, clock: HandClock, end: State) -> None:
    _, second = await in_order(store, clock, 2)
    (delivery,) = await claim(store, clock, limit=1)
    assert await store.finish([Finished(delivery, end, clock.now())]) == {ENDPOINT}
    assert await state_of(store, second) is State.WAITING
    assert ids(await claim(store, clock)) == [second.id]


async def test_one_that_goes_on_waiting_takes_the_others_back(store: Store, clock: HandClock) -> None:
    sent = await in_order(store, clock, 3)
    first, *_ = await claim(store, clock)
    assert await store.finish([a_step(clock, first, State.WAITING, clock.now() + 5000)]) == frozenset()
    assert [await state_of(store, each) for each in sent] == [State.WAITING, State.HELD, State.HELD]
    assert await claim(store, clock) == []
    clock.advance(5)
    assert ids(await claim(store, clock)) == [each.id for each in sent]


async def test_one_that_leaves_the_order_lets_the_others_go(store: Store, clock: HandClock) -> None:
    first, second = await in_order(store, clock, 2)
    (delivery,) = await claim(store, clock, limit=1)
    step = Finished(delivery, State.WAITING, clock.now() + 5000, out_of_order=True)
    assert await store.finish([step]) == {ENDPOINT}
    assert ids(await claim(store, clock)) == [second.id]
    clock.advance(5)
    (again,) = await claim(store, clock)
    assert (again.notification.id, again.key) == (first.id, None)


async def test_cancelling_and_superseding_let_the_next_go(store: Store, clock: HandClock) -> None:
    first, second, third = await in_order(store, clock, 3, collapse_key="cart")
    assert [await state_of(store, each) for each in (first, second)] == [State.SUPERSEDED] * 2
    (fourth,) = await in_order(store, clock, 1)
    assert await state_of(store, third) is State.WAITING
    assert await store.cancel(TENANT, third.id, ()) == 1
    assert await state_of(store, fourth) is State.WAITING


async def test_after_a_crash_only_the_first_of_each_key_is_due(engine: Engine, clock: HandClock) -> None:
    async with opened(engine) as store:
        sent = await in_order(store, clock, 3, later=(), now=[ENDPOINT])
        free = await accept(store, clock, now=[ENDPOINT])
    async with opened(engine) as store:
        expected = [State.WAITING, State.HELD, State.HELD, State.WAITING]
        assert [await state_of(store, each) for each in (*sent, free)] == expected
        assert sorted(ids(await claim(store, clock))) == sorted(each.id for each in (*sent, free))


async def test_deleting_an_endpoint_cancels_what_is_held(store: Store, clock: HandClock) -> None:
    sent = await in_order(store, clock, 3)
    assert await store.clear_endpoint(TENANT, ENDPOINT) == 3
    assert [await state_of(store, each) for each in sent] == [State.CANCELLED] * 3
    assert store.totals.backlog == 0


async def test_a_parked_one_is_listed_and_tried_again_by_hand_only(store: Store, clock: HandClock) -> None:
    (sent,) = await in_order(store, clock, 1)
    (delivery,) = await claim(store, clock)
    await store.finish([a_step(clock, delivery, State.PARKED)])
    (parked,) = (await store.deliveries(TENANT, State.PARKED, ENDPOINT, None, 10)).items
    assert parked.notification == sent.id
    assert (await store.deliveries(TENANT, State.DEAD, ENDPOINT, None, 10)).items == ()
    assert await store.retry(TENANT, sent.id, ENDPOINT, clock.now())
    assert not await store.retry(TENANT, sent.id, ENDPOINT, clock.now())
    assert [(each.attempts, each.spent, each.key) for each in await claim(store, clock)] == [(0, 1, "a")]
    assert store.totals.dead == 0


async def test_parked_ones_are_counted_for_each_tenant(store: Store, clock: HandClock) -> None:
    assert await store.parked_by_tenant() == {}
    for tenant, count in ((TENANT, 2), (OTHER_TENANT, 1)):
        for _ in range(count):
            await accept(store, clock, tenant=tenant, later=[ENDPOINT])
        deliveries = await claim(store, clock, tenant=tenant)
        await store.finish([a_step(clock, each, State.PARKED) for each in deliveries])
    assert await store.parked_by_tenant() == {TENANT: 2, OTHER_TENANT: 1}
    assert await store.retry(OTHER_TENANT, deliveries[0].notification.id, ENDPOINT, clock.now())
    assert await store.parked_by_tenant() == {TENANT: 2}


async def test_those_tried_again_by_hand_are_held_back_by_none_that_came_later(store: Store, clock: HandClock) -> None:
    early, late = await in_order(store, clock, 2)
    (delivery,) = await claim(store, clock, limit=1)
    await store.finish([a_step(clock, delivery, State.DEAD)])
    (waiting,) = await claim(store, clock)
    await store.finish([a_step(clock, waiting, State.WAITING, clock.now() + 60_000)])
    assert await store.retry(TENANT, early.id, ENDPOINT, clock.now())
    behind = await accept(store, clock, ordering_key="a", now=[ENDPOINT])
    assert ids(await claim(store, clock)) == [early.id]
    await store.finish([a_step(clock, Delivery(early, ENDPOINT, key="a"), State.DELIVERED)])
    assert await claim(store, clock) == []
    clock.advance(60)
    assert ids(await claim(store, clock)) == [late.id, behind.id]


async def test_nothing_comes_along_before_it_is_due(store: Store, clock: HandClock) -> None:
    (first,) = await in_order(store, clock, 1)
    scheduled = await in_order(store, clock, 2, due_at=clock.now() + 5000)
    assert ids(await claim(store, clock)) == [first.id]
    await store.finish([a_step(clock, Delivery(first, ENDPOINT, key="a"), State.DELIVERED)])
    assert await claim(store, clock) == []
    clock.advance(5)
    assert ids(await claim(store, clock)) == [each.id for each in scheduled]
