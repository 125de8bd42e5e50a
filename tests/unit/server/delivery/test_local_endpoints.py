"""Endpoints that are paused, resumed, disabled, moved and deleted while deliveries are on their way to them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gatepost.errors import Unavailable
from gatepost.notify.delivery import State
from tests.contract.steps import TENANT
from tests.samples import an_outcome
from tests.unit.clocks import HandClock
from tests.unit.server.house import House


async def test_a_paused_endpoint_gets_nothing_and_all_of_it_once_resumed(house: House) -> None:
    endpoint = await house.endpoint(state="paused", concurrency=1)
    sent = await house.send(5)
    await house.look(rounds=3)
    assert house.channel.sent == []
    assert house.store.totals.backlog == 5
    await house.change(endpoint, state="active")
    await house.all_delivered(5)
    assert house.channel.to(endpoint) == sent


async def test_what_was_in_memory_when_it_was_paused_waits_there(house: House) -> None:
    endpoint = await house.endpoint(concurrency=1)
    gate = house.channel.hold(endpoint)
    sent = await house.send(5)
    await house.change(endpoint, state="paused")
    gate.set()
    await house.until(lambda: house.store.totals.delivered == 1)  # the one that was in flight
    later = await house.send(2)
    await house.look(rounds=3)
    assert house.store.totals.delivered == 1
    await house.change(endpoint, state="active")
    await house.all_delivered(7)
    assert house.channel.to(endpoint) == [*sent, *later]


async def test_a_disabled_endpoint_gets_nothing_new(house: House) -> None:
    disabled, other = await house.endpoint(state="disabled"), await house.endpoint()
    await house.send()
    await house.all_delivered(1)
    assert house.channel.to(disabled) == []
    assert len(house.channel.to(other)) == 1
    assert house.store.totals.backlog == 0


async def test_a_new_address_is_used_for_the_next_attempt_and_old_connections_are_let_go(
    house: House, clock: HandClock
) -> None:
    endpoint = await house.endpoint()
    house.channel.answer(endpoint, an_outcome(500), an_outcome(200))
    await house.send()
    await house.settled()
    await house.change(endpoint, url="https://1.1.1.1/moved")
    assert house.channel.forgotten == [endpoint.id]
    clock.advance(5)
    await house.all_delivered(1)


async def test_deleting_an_endpoint_cancels_what_is_queued_and_what_waits(house: House, clock: HandClock) -> None:
    endpoint = await house.endpoint(concurrency=1)
    gate = house.channel.hold(endpoint)
    queued = await house.send(3)
    waiting = await house.send(deliver_at=None, ordering_key="x")
    await house.endpoints.delete(TENANT, endpoint.id)
    gate.set()
    await house.settled()
    states = [await house.state(each, endpoint) for each in (*queued, *waiting)]
    assert states == [State.DELIVERED, *[State.CANCELLED] * 3]
    assert house.store.totals.backlog == 0
    assert house.channel.forgotten == [endpoint.id]


async def test_a_request_that_fails_after_its_endpoint_was_deleted_is_not_put_back_to_wait(house: House) -> None:
    endpoint = await house.endpoint()
    for outcome in (an_outcome(500), an_outcome(None, error=Unavailable.code)):
        house.channel.answer(endpoint, outcome)
        gate = house.channel.hold(endpoint)
        gate.clear()
        (sent,) = await house.send()
        await house.until(lambda: house.channel.in_flight[endpoint.id] == 1)
        await house.endpoints.delete(TENANT, endpoint.id)
        gate.set()
        await house.settled()
        assert await house.state(sent, endpoint) is State.CANCELLED
        await house.store.put_endpoint(endpoint)
        house.routing.put(endpoint)
        house.engine.put(endpoint)
    assert house.store.totals.backlog == 0


async def test_what_was_accepted_while_its_endpoint_was_deleted_is_cancelled(house: House) -> None:
    endpoint = await house.endpoint()
    accepting = asyncio.create_task(house.send(2))
    await asyncio.sleep(0)  # planned for the endpoint, and on its way to the disk
    await house.endpoints.delete(TENANT, endpoint.id)
    sent = await accepting
    await house.settled()
    assert [await house.state(each, endpoint) for each in sent] == [State.CANCELLED] * 2
    assert house.store.totals.backlog == 0
    assert house.engine._bytes == 0


async def test_a_deleted_endpoint_stays_deleted_though_its_health_changes_meanwhile(house: House) -> None:
    endpoint = await house.endpoint()
    house.channel.answer(endpoint, an_outcome(500))
    gate = house.channel.hold(endpoint)
    await house.send()
    await house.until(lambda: house.channel.in_flight[endpoint.id] == 1)
    deleting = asyncio.create_task(house.endpoints.delete(TENANT, endpoint.id))
    await asyncio.sleep(0)
    gate.set()
    await deleting
    await house.settled()
    assert await house.store.endpoints() == []
    assert house.routing.of_tenant(TENANT) == ()


async def test_what_a_crash_left_waiting_for_a_deleted_endpoint_is_cancelled_at_the_start(
    tmp_path: Path, clock: HandClock
) -> None:
    house = await House(tmp_path, clock).start()
    endpoint = await house.endpoint(state="paused")
    (sent,) = await house.send()
    await house.store.delete_endpoint(TENANT, endpoint.id)  # and then the process ended
    await house.stop()

    house = await House(tmp_path, clock).start()
    assert await house.state(sent, endpoint) is State.CANCELLED
    assert house.store.totals.backlog == 0
    await house.stop()


async def test_taking_a_notification_back_takes_it_out_of_the_queue(house: House) -> None:
    endpoint = await house.endpoint(concurrency=1)
    gate = house.channel.hold(endpoint)
    first, second, third = await house.send(3)
    await house.until(lambda: house.channel.in_flight[endpoint.id] == 1)
    for own_id, endpoints in ((first, []), (second, [endpoint.id])):
        with house.engine.withdrawn(own_id, [endpoint.id, "ep_unknown"]) as withdrawn:
            assert withdrawn == endpoints
            await house.store.cancel(TENANT, own_id, withdrawn)
    gate.set()
    await house.settled()
    assert house.channel.to(endpoint) == [first, third]
    assert await house.state(second, endpoint) is State.CANCELLED


async def test_and_puts_it_back_when_that_cannot_be_written(house: House) -> None:
    endpoint = await house.endpoint(concurrency=1)
    gate = house.channel.hold(endpoint)
    sent = await house.send(3)
    with pytest.raises(Unavailable), house.engine.withdrawn(sent[1], [endpoint.id]):
        raise Unavailable
    gate.set()
    await house.all_delivered(3)
    assert sorted(house.channel.to(endpoint)) == sorted(sent)
    assert house.engine._bytes == 0
