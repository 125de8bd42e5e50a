"""Store suite: lists and their cursors, and that one tenant never sees another's."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from gatepost.notify.delivery import State
from gatepost.notify.store import DeliveryView, Filter, NotificationView
from tests.contract.engines import Store
from tests.contract.steps import ENDPOINT, OTHER_ENDPOINT, OTHER_TENANT, TENANT, accept, claim, ids, send, states
from tests.unit.clocks import HandClock

EVERYTHING = Filter()


async def walk(store: Store, wanted: Filter, limit: int) -> AsyncIterator[NotificationView]:
    """Everything on all pages."""
    before = None
    while True:
        page = await store.page(TENANT, wanted, before, limit)
        assert len(page.items) <= limit
        for view in page.items:
            assert isinstance(view, NotificationView)
            yield view
        if page.next is None:
            return
        before = page.next


async def listed(store: Store, wanted: Filter = EVERYTHING, limit: int = 100) -> list[str]:
    return [view.notification.id async for view in walk(store, wanted, limit)]


async def spread(store: Store, clock: HandClock, count: int) -> list[str]:
    """Notifications a millisecond apart, newest first."""
    sent = []
    for _ in range(count):
        sent.append((await accept(store, clock)).id)
        clock.advance(0.001)
    return sent[::-1]


@pytest.mark.parametrize("limit", [1, 3, 7, 8, 100])
async def test_pages_hold_everything_once_and_newest_first(store: Store, clock: HandClock, limit: int) -> None:
    sent = await spread(store, clock, 7)
    assert await listed(store, limit=limit) == sent


async def test_pages_hold_everything_of_one_millisecond_once(store: Store, clock: HandClock) -> None:
    sent = [(await accept(store, clock)).id for _ in range(9)]
    assert await listed(store, limit=2) == sorted(sent, reverse=True)


async def test_what_comes_in_meanwhile_does_not_disturb_the_next_page(store: Store, clock: HandClock) -> None:
    sent = await spread(store, clock, 4)
    first = await store.page(TENANT, EVERYTHING, None, 2)
    await spread(store, clock, 2)
    second = await store.page(TENANT, EVERYTHING, first.next, 2)
    assert [view.notification.id for view in (*first.items, *second.items)] == sent


async def test_lists_are_without_payloads(store: Store, clock: HandClock) -> None:
    await accept(store, clock)
    (view,) = [view async for view in walk(store, EVERYTHING, 10)]
    assert view.payload is None


async def test_filters_by_topic_and_type(store: Store, clock: HandClock) -> None:
    paid = await accept(store, clock, topic="orders", type="order.paid")
    sent = await accept(store, clock, topic="orders", type="order.sent")
    await accept(store, clock, topic="orders.eu", type="order.paid")
    assert set(await listed(store, Filter(topic="orders"))) == {paid.id, sent.id}
    assert await listed(store, Filter(topic="orders", type="order.paid"), limit=1) == [paid.id]
    assert await listed(store, Filter(topic="nothing")) == []


async def test_filters_by_time_from_since_on_and_before_until(store: Store, clock: HandClock) -> None:
    start = clock.now()
    sent = (await spread(store, clock, 4))[::-1]
    assert await listed(store, Filter(since=start + 1, until=start + 3)) == [sent[2], sent[1]]
    assert await listed(store, Filter(since=start + 4)) == []
    assert await listed(store, Filter(until=start)) == []
    assert len(await listed(store, Filter(since=0, until=253_402_300_799_999))) == 4


# Deliveries of an endpoint


async def of_endpoint(store: Store, state: State, limit: int = 2, endpoint: str = ENDPOINT) -> list[DeliveryView]:
    found: list[DeliveryView] = []
    after = None
    while True:
        page = await store.deliveries(TENANT, state, endpoint, after, limit)
        found += [view for view in page.items if isinstance(view, DeliveryView)]
        if page.next is None:
            return found
        after = page.next


async def test_dead_letters_of_an_endpoint_are_listed_oldest_first(store: Store, clock: HandClock) -> None:
    sent = [await accept(store, clock, later=[ENDPOINT]) for _ in range(5)]
    for _ in sent:
        await send(store, clock, State.DEAD)
    await accept(store, clock, later=[ENDPOINT])
    await send(store, clock, State.DELIVERED)
    dead = await of_endpoint(store, State.DEAD)
    assert [view.notification for view in dead] == [notification.id for notification in sent]
    assert {(view.topic, view.type, view.endpoint, view.state, view.attempts) for view in dead} == {
        ("orders", "order.paid", ENDPOINT, State.DEAD, 1)
    }


async def test_open_deliveries_are_those_that_wait_and_those_being_sent(store: Store, clock: HandClock) -> None:
    waiting = await accept(store, clock, later=[ENDPOINT], due_at=clock.now() + 5)
    sending = await accept(store, clock, now=[ENDPOINT])
    await accept(store, clock, later=[OTHER_ENDPOINT])
    assert {view.notification: view.state for view in await of_endpoint(store, State.WAITING)} == {
        waiting.id: State.WAITING,
        sending.id: State.SENDING,
    }


# Tenants apart


async def test_a_second_tenant_finds_and_changes_nothing_of_the_first(store: Store, clock: HandClock) -> None:
    sent = await accept(store, clock, later=[ENDPOINT])
    await send(store, clock, State.DEAD)
    waiting = await accept(store, clock, later=[ENDPOINT])
    assert await store.find(OTHER_TENANT, sent.id) is None
    assert (await store.page(OTHER_TENANT, EVERYTHING, None, 10)).items == ()
    for state in (State.DEAD, State.WAITING):
        assert (await store.deliveries(OTHER_TENANT, state, ENDPOINT, None, 10)).items == ()
    assert await store.cancel(OTHER_TENANT, waiting.id, [ENDPOINT]) == 0
    assert not await store.retry(OTHER_TENANT, sent.id, ENDPOINT, clock.now())
    assert await store.clear_endpoint(OTHER_TENANT, ENDPOINT) == 0
    assert await store.next_due_of([(OTHER_TENANT, ENDPOINT)]) == {}
    assert await states(store, sent) == {ENDPOINT: State.DEAD}
    assert ids(await claim(store, clock)) == [waiting.id]


@pytest.mark.parametrize("own_id", ["", "ntf_", "ntf_1", "ep_" + "1" * 32, "ntf_" + "g" * 32, "ntf_" + "0" * 32])
async def test_what_is_no_id_of_a_notification_is_not_found(store: Store, own_id: str) -> None:
    assert await store.find(TENANT, own_id) is None
