"""Store suite: deliveries are claimed once, in order, when due; and what becomes of them is written down."""

from __future__ import annotations

import asyncio

import pytest

from gatepost.clock import new_id
from gatepost.notify.delivery import Attempt, Delivery, Finished, State
from gatepost.notify.store import AttemptView, Claim, Planned
from tests.contract.engines import Engine, Store, opened
from tests.contract.steps import (
    ENDPOINT,
    LARGE,
    OTHER_ENDPOINT,
    OTHER_TENANT,
    TENANT,
    accept,
    accept_all,
    claim,
    found,
    ids,
    send,
    states,
)
from tests.samples import a_notification, a_step
from tests.unit.clocks import HandClock

# Claiming


async def test_a_claimed_delivery_brings_its_notification_along(store: Store, clock: HandClock) -> None:
    sent = await accept(store, clock, later=[ENDPOINT], expires_at=clock.now() + 9)
    (delivery,) = await claim(store, clock)
    assert delivery.notification == sent
    assert (delivery.endpoint, delivery.attempts, delivery.spent) == (ENDPOINT, 0, 0)
    assert await states(store, sent) == {ENDPOINT: State.SENDING}


async def test_nothing_is_claimed_before_it_is_due(store: Store, clock: HandClock) -> None:
    await accept(store, clock, later=[ENDPOINT], due_at=clock.now() + 1000)
    assert await claim(store, clock) == []
    clock.advance(1)
    assert len(await claim(store, clock)) == 1


async def test_longest_due_comes_first_and_then_the_order_of_the_log(store: Store, clock: HandClock) -> None:
    sent = [await accept(store, clock, later=[ENDPOINT], due_at=clock.now() + due) for due in (30, 10, 20, 10)]
    clock.advance(1)
    in_order = [sent[1].id, sent[3].id, sent[2].id, sent[0].id]
    assert ids(await claim(store, clock, limit=3)) == in_order[:3]
    assert ids(await claim(store, clock, limit=3)) == in_order[3:]


async def test_a_claim_takes_no_more_than_there_is_room_for(store: Store, clock: HandClock) -> None:
    sent = [await accept(store, clock, later=[ENDPOINT], payload=b"12345") for _ in range(4)]
    assert ids(await claim(store, clock, max_bytes=4)) == []
    assert ids(await claim(store, clock, max_bytes=14)) == [sent[0].id, sent[1].id]
    assert ids(await claim(store, clock, max_bytes=15)) == [sent[2].id, sent[3].id]


async def test_each_delivery_is_given_to_one_caller_only(store: Store, clock: HandClock) -> None:
    sent = [await accept(store, clock, later=[ENDPOINT]) for _ in range(20)]
    claimed = await asyncio.gather(*(claim(store, clock, limit=3) for _ in range(10)))
    taken = [own_id for deliveries in claimed for own_id in ids(deliveries)]
    assert sorted(taken) == sorted(notification.id for notification in sent)
    assert await claim(store, clock) == []


async def test_several_endpoints_are_claimed_at_once(store: Store, clock: HandClock) -> None:
    sent = await accept(store, clock, later=[ENDPOINT, OTHER_ENDPOINT])
    wishes = [Claim(TENANT, endpoint, 10, LARGE) for endpoint in (ENDPOINT, OTHER_ENDPOINT)]
    claimed = await store.claim(wishes, clock.now())
    assert {(delivery.notification.id, delivery.endpoint) for delivery in claimed} == {
        (sent.id, ENDPOINT),
        (sent.id, OTHER_ENDPOINT),
    }


async def test_a_claim_is_for_one_endpoint_of_one_tenant(store: Store, clock: HandClock) -> None:
    await accept(store, clock, later=[ENDPOINT])
    assert await claim(store, clock, OTHER_ENDPOINT) == []
    assert await claim(store, clock, tenant=OTHER_TENANT) == []


async def test_when_the_first_is_due(store: Store, clock: HandClock) -> None:
    now = clock.now()
    await accept(store, clock, later=[ENDPOINT], due_at=now + 20)
    await accept(store, clock, later=[ENDPOINT, OTHER_ENDPOINT], due_at=now + 10)
    await accept(store, clock, now=[ENDPOINT], due_at=now)
    await accept(store, clock, later=[ENDPOINT], due_at=now + 5, tenant=OTHER_TENANT)
    assert await store.next_due() == {
        (TENANT, ENDPOINT): now + 10,
        (TENANT, OTHER_ENDPOINT): now + 10,
        (OTHER_TENANT, ENDPOINT): now + 5,
    }
    assert await store.next_due_of([(TENANT, ENDPOINT), (OTHER_TENANT, OTHER_ENDPOINT)]) == {ENDPOINT: now + 10}


# Outcomes


@pytest.mark.parametrize("state", [State.DELIVERED, State.DEAD, State.EXPIRED, State.CANCELLED])
async def test_an_end_is_written_down_and_nothing_more_is_due(store: Store, clock: HandClock, state: State) -> None:
    sent = await accept(store, clock, later=[ENDPOINT])
    await send(store, clock, state)
    assert await states(store, sent) == {ENDPOINT: state}
    assert await claim(store, clock) == []
    assert await store.next_due() == {}


async def test_an_attempt_is_kept_as_it_was(store: Store, clock: HandClock) -> None:
    sent = await accept(store, clock, now=[ENDPOINT])  # as when it was handed over in memory: never claimed
    attempt = Attempt(new_id("att", clock), clock.now(), 17, None, "timeout", b"\xff\x00half")
    await store.finish([Finished(Delivery(sent, ENDPOINT, attempts=1), State.DEAD, clock.now(), attempt)])
    assert (await found(store, sent)).attempts == (AttemptView(ENDPOINT, 1, attempt),)


async def test_a_retry_is_due_when_it_says_and_counts_on(store: Store, clock: HandClock) -> None:
    sent = await accept(store, clock, later=[ENDPOINT])
    await send(store, clock, State.WAITING, due_at=clock.now() + 5000)
    assert await store.next_due() == {(TENANT, ENDPOINT): clock.now() + 5000}
    assert await claim(store, clock) == []
    clock.advance(5)
    delivery = await send(store, clock, State.DELIVERED)
    assert (delivery.attempts, delivery.spent) == (2, 0)
    assert [view.number for view in (await found(store, sent)).attempts] == [1, 2]
    assert (await found(store, sent)).deliveries[0].attempts == 2


async def test_a_step_without_an_attempt_adds_none(store: Store, clock: HandClock) -> None:
    sent = await accept(store, clock, later=[ENDPOINT])
    (delivery,) = await claim(store, clock)
    await store.finish([Finished(delivery, State.EXPIRED, clock.now())])
    assert (await found(store, sent)).attempts == ()


async def test_many_outcomes_are_one_write(store: Store, clock: HandClock) -> None:
    sent = [await accept(store, clock, later=[ENDPOINT]) for _ in range(6)]
    claimed = await claim(store, clock)
    before = store.totals.commits
    await store.finish([a_step(clock, delivery, State(2 + place % 2)) for place, delivery in enumerate(claimed)])
    assert store.totals.commits == before + 1
    assert [(await states(store, each))[ENDPOINT] for each in sent] == [State.DELIVERED, State.DEAD] * 3


async def test_an_outcome_that_is_written_twice_counts_once(store: Store, clock: HandClock) -> None:
    sent = await accept(store, clock, later=[ENDPOINT])
    (delivery,) = await claim(store, clock)
    step = a_step(clock, delivery, State.DELIVERED)
    await store.finish([step])
    await store.finish([step])
    assert len((await found(store, sent)).attempts) == 1
    assert (store.totals.delivered, store.totals.attempts, store.totals.backlog) == (1, 1, 0)


# What people do about deliveries


async def test_cancelling_stops_what_waits_and_not_what_is_being_sent(store: Store, clock: HandClock) -> None:
    sent = await accept(store, clock, later=[ENDPOINT], now=[OTHER_ENDPOINT])
    assert await store.cancel(TENANT, sent.id, ()) == 1
    assert await states(store, sent) == {ENDPOINT: State.CANCELLED, OTHER_ENDPOINT: State.SENDING}
    assert await claim(store, clock) == []


async def test_cancelling_stops_what_the_caller_took_back_itself(store: Store, clock: HandClock) -> None:
    sent = await accept(store, clock, now=[ENDPOINT, OTHER_ENDPOINT])
    assert await store.cancel(TENANT, sent.id, [ENDPOINT]) == 1
    assert await states(store, sent) == {ENDPOINT: State.CANCELLED, OTHER_ENDPOINT: State.SENDING}


async def test_cancelling_what_is_over_changes_nothing(store: Store, clock: HandClock) -> None:
    sent = await accept(store, clock, later=[ENDPOINT])
    await send(store, clock, State.DELIVERED)
    assert await store.cancel(TENANT, sent.id, [ENDPOINT]) == 0
    assert await states(store, sent) == {ENDPOINT: State.DELIVERED}


async def test_a_dead_letter_is_tried_again_with_a_fresh_schedule(store: Store, clock: HandClock) -> None:
    sent = await accept(store, clock, later=[ENDPOINT])
    await send(store, clock, State.WAITING)
    await send(store, clock, State.DEAD)
    assert await store.retry(TENANT, sent.id, ENDPOINT, clock.now())
    delivery = await send(store, clock, State.DEAD)
    assert (delivery.attempts, delivery.spent) == (1, 2)
    assert await store.retry(TENANT, sent.id, ENDPOINT, clock.now() + 1000)
    assert await claim(store, clock) == []
    clock.advance(1)
    await send(store, clock, State.DELIVERED)
    assert [view.number for view in (await found(store, sent)).attempts] == [1, 2, 3, 4]
    assert (store.totals.dead, store.totals.delivered, store.totals.backlog) == (0, 1, 0)


async def test_only_a_dead_letter_is_tried_again(store: Store, clock: HandClock) -> None:
    sent = await accept(store, clock, later=[ENDPOINT])
    assert not await store.retry(TENANT, sent.id, ENDPOINT, clock.now())
    await send(store, clock, State.DELIVERED)
    assert not await store.retry(TENANT, sent.id, ENDPOINT, clock.now())
    assert not await store.retry(TENANT, sent.id, OTHER_ENDPOINT, clock.now())


async def test_clearing_an_endpoint_cancels_what_waits_for_it_alone(store: Store, clock: HandClock) -> None:
    one = await accept(store, clock, later=[ENDPOINT, OTHER_ENDPOINT])
    other = await accept(store, clock, later=[ENDPOINT], tenant=OTHER_TENANT)
    assert await store.clear_endpoint(TENANT, ENDPOINT) == 1
    assert await states(store, one) == {ENDPOINT: State.CANCELLED, OTHER_ENDPOINT: State.WAITING}
    assert await states(store, other) == {ENDPOINT: State.WAITING}


# After the end of the process


async def test_everything_is_there_after_reopening(engine: Engine, clock: HandClock) -> None:
    async with opened(engine) as store:
        delivered = await accept(store, clock, later=[ENDPOINT])
        await send(store, clock, State.DELIVERED)
        waiting = await accept(store, clock, later=[ENDPOINT], due_at=clock.now() + 1000)
        views, totals = [await found(store, each) for each in (delivered, waiting)], store.totals
    async with opened(engine) as store:
        assert [await found(store, each) for each in (delivered, waiting)] == views
        assert store.totals == totals
        assert await store.next_due() == {(TENANT, ENDPOINT): clock.now() + 1000}


async def test_what_was_being_sent_is_due_again(engine: Engine, clock: HandClock) -> None:
    async with opened(engine) as store:
        sent = await accept(store, clock, now=[ENDPOINT], later=[OTHER_ENDPOINT])
        await claim(store, clock, OTHER_ENDPOINT)
    async with opened(engine) as store:
        assert set((await states(store, sent)).values()) == {State.WAITING}
        assert ids(await claim(store, clock)) == ids(await claim(store, clock, OTHER_ENDPOINT)) == [sent.id]
        assert store.totals.backlog == 2


async def test_places_in_the_log_go_on_after_reopening(engine: Engine, clock: HandClock) -> None:
    async with opened(engine) as store:
        before = await accept_all(store, *(Planned(a_notification(clock, TENANT)) for _ in range(3)))
    async with opened(engine) as store:
        assert (await accept(store, clock)).seq == before.fresh[-1].notification.seq + 1
