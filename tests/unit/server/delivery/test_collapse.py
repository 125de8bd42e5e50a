"""A newer notification with the same collapse key takes the place of the older ones, wherever these wait."""

from __future__ import annotations

from gatepost.notify.delivery import State
from tests.samples import an_outcome
from tests.unit.clocks import HandClock
from tests.unit.server.house import House


async def test_what_waits_in_memory_is_superseded(house: House) -> None:
    endpoint = await house.endpoint(concurrency=1)
    gate = house.channel.hold(endpoint)
    on_the_wire, *waiting = [(await house.send(collapse_key="cart"))[0] for _ in range(4)]
    (other,) = await house.send(collapse_key="prices")
    await house.look(rounds=3)
    gate.set()
    await house.all_delivered(3)
    assert house.channel.to(endpoint) == [on_the_wire, waiting[-1], other]
    assert [await house.state(each, endpoint) for each in waiting[:-1]] == [State.SUPERSEDED] * 2
    assert (house.store.totals.backlog, house.engine._bytes) == (0, 0)


async def test_those_of_another_topic_stay(house: House) -> None:
    endpoint = await house.endpoint(concurrency=1)
    gate = house.channel.hold(endpoint)
    sent = [(await house.send(topic=topic, collapse_key="cart"))[0] for topic in ("x", "orders", "invoices", "orders")]
    gate.set()
    await house.all_delivered(3)
    assert house.channel.to(endpoint) == [sent[0], sent[2], sent[3]]


async def test_one_that_fails_is_not_tried_again_when_a_newer_one_is_there(house: House, clock: HandClock) -> None:
    endpoint = await house.endpoint(retry=(0.0, 60.0))
    gate = house.channel.hold(endpoint)
    house.channel.answer(endpoint, an_outcome(500), an_outcome(200))
    (old,) = await house.send(collapse_key="cart")
    await house.until(lambda: house.channel.in_flight[endpoint.id] == 1)
    (new,) = await house.send(collapse_key="cart")
    gate.set()
    await house.all_delivered(1)
    await house.settled()
    clock.advance(60)
    await house.look(rounds=3)
    assert house.channel.to(endpoint) == [old, new]
    assert await house.state(old, endpoint) is State.SUPERSEDED
    assert house.store.totals.backlog == 0


async def test_an_older_one_is_tried_again_when_the_newer_went_elsewhere(house: House, clock: HandClock) -> None:
    endpoint = await house.endpoint(retry=(0.0, 60.0), types=("order.paid",))
    gate = house.channel.hold(endpoint)
    house.channel.answer(endpoint, an_outcome(500), an_outcome(200))
    (old,) = await house.send(collapse_key="cart")
    await house.until(lambda: house.channel.in_flight[endpoint.id] == 1)
    await house.send(collapse_key="cart", type="order.shipped")
    gate.set()
    await house.settled()
    clock.advance(60)
    await house.all_delivered(1)
    assert house.channel.to(endpoint) == [old, old]


async def test_within_an_order_the_others_keep_theirs(house: House) -> None:
    endpoint = await house.endpoint()
    gate = house.channel.hold(endpoint)
    keys = (None, "cart", None, "cart", None)
    sent = [(await house.send(ordering_key="a", collapse_key=key))[0] for key in keys]
    await house.look(rounds=3)
    gate.set()
    await house.all_delivered(4)
    assert house.channel.to(endpoint) == [sent[0], *sent[2:]]
    assert await house.state(sent[1], endpoint) is State.SUPERSEDED
