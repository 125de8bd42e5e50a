"""Notifications with the same ordering key reach an endpoint in order: whatever fails, waits, overflows or ends."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.notify.delivery import Outcome, State
from gatepost.notify.endpoint import Endpoint
from gatepost.server.delivery import lane
from tests.contract.steps import TENANT
from tests.samples import an_outcome
from tests.unit.clocks import HandClock
from tests.unit.server import house as house_module
from tests.unit.server.house import House, ScriptedChannel, later

FAILED = an_outcome(500)
DELIVERED = an_outcome(200)
AT_ONCE = (0.0,) * 30


async def test_one_key_is_sent_one_at_a_time_and_keys_in_parallel(house: House) -> None:
    endpoint = await house.endpoint()
    gate = house.channel.hold(endpoint)
    first, *_ = await house.send(5, ordering_key="a")
    second, *_ = await house.send(5, ordering_key="b")
    free = await house.send(3)
    await house.look(rounds=5)
    assert house.channel.to(endpoint) == [first, second, *free]
    gate.set()
    await house.all_delivered(13)
    assert house.engine._bytes == 0
    assert house.engine._lanes[endpoint.id].lines == {}


async def test_the_order_of_a_key_is_that_of_acceptance(house: House) -> None:
    endpoint = await house.endpoint()
    sent = await house.send(250, ordering_key="a")
    await house.all_delivered(250)
    assert house.channel.to(endpoint) == sent


async def test_behind_one_that_waits_for_its_retry_everything_of_its_key_waits(house: House, clock: HandClock) -> None:
    endpoint = await house.endpoint(retry=(0.0, 60.0))
    house.channel.answer(endpoint, FAILED, DELIVERED)
    first, second = await house.send(2, ordering_key="a")
    await house.settled()
    (third,) = await house.send(ordering_key="a")
    (free,) = await house.send(ordering_key="b")
    await house.all_delivered(1)
    assert house.channel.to(endpoint) == [first, free]
    assert [await house.state(each, endpoint) for each in (first, second, third)] == [
        State.WAITING,
        State.HELD,
        State.HELD,
    ]
    clock.advance(60)
    await house.all_delivered(4)
    assert house.channel.to(endpoint) == [first, free, first, second, third]
    assert house.engine._bytes == 0


async def test_what_is_accepted_while_a_failure_is_being_written_waits_too(house: House, clock: HandClock) -> None:
    endpoint = await house.endpoint(retry=(0.0, 60.0))
    gate = house.channel.hold(endpoint)
    house.channel.answer(endpoint, FAILED, DELIVERED)
    sent = await house.send(ordering_key="a")
    await house.look(rounds=3)
    accepting = [asyncio.create_task(house.send(ordering_key="a")) for _ in range(3)]
    await asyncio.sleep(0)
    gate.set()
    for each in accepting:
        sent += await each
    await house.settled()
    assert house.channel.to(endpoint) == sent[:1]
    clock.advance(60)
    await house.all_delivered(4)
    assert house.channel.to(endpoint) == [sent[0], *sent]


async def test_a_dead_one_lets_the_next_go(house: House) -> None:
    endpoint = await house.endpoint(retry=(0.0, 0.0))
    house.channel.answer(endpoint, FAILED, FAILED, DELIVERED)
    first, second = await house.send(2, ordering_key="a")
    await house.all_delivered(1)
    assert house.channel.to(endpoint) == [first, first, second]
    assert await house.state(first, endpoint) is State.DEAD


async def test_parked_ones_are_set_aside_until_somebody_retries_them(house: House) -> None:
    endpoint = await house.endpoint(retry=AT_ONCE, on_stuck="park", park_after=2)
    house.channel.answer(endpoint, FAILED, FAILED, DELIVERED)
    first, second = await house.send(2, ordering_key="a")
    await house.all_delivered(1)
    assert house.channel.to(endpoint) == [first, first, second]
    assert await house.state(first, endpoint) is State.PARKED
    (parked,) = (await house.store.deliveries(TENANT, State.PARKED, endpoint.id, None, 10)).items
    assert parked.notification == first
    assert await house.store.retry(TENANT, first, endpoint.id, house.clock.now())
    house.engine.wake(endpoint.id, house.clock.now())
    await house.all_delivered(2)
    assert (house.store.totals.dead, house.store.totals.backlog) == (0, 0)


async def test_skipped_ones_are_tried_again_while_the_others_go_on(house: House, clock: HandClock) -> None:
    endpoint = await house.endpoint(retry=(0.0, 60.0), on_stuck="skip")
    house.channel.answer(endpoint, FAILED, DELIVERED)
    first, *rest = await house.send(4, ordering_key="a")
    await house.all_delivered(3)
    assert house.channel.to(endpoint) == [first, *rest]
    clock.advance(60)
    await house.all_delivered(4)
    assert house.channel.to(endpoint)[-1] == first


async def test_a_cancelled_one_lets_the_next_go(house: House, clock: HandClock) -> None:
    endpoint = await house.endpoint(retry=(0.0, 60.0))
    house.channel.answer(endpoint, FAILED, DELIVERED)
    first, second = await house.send(2, ordering_key="a")
    await house.settled()
    assert await house.store.cancel(TENANT, first, ()) == 1
    house.engine.wake(endpoint.id, clock.now())
    await house.all_delivered(1)
    assert house.channel.to(endpoint) == [first, second]


async def test_one_taken_back_out_of_a_line_leaves_the_others_in_order(house: House) -> None:
    endpoint = await house.endpoint()
    gate = house.channel.hold(endpoint)
    sent = await house.send(5, ordering_key="a")
    await house.look(rounds=3)
    with house.engine.withdrawn(sent[2], [endpoint.id]) as withdrawn:
        assert await house.store.cancel(TENANT, sent[2], withdrawn) == 1
    gate.set()
    await house.all_delivered(4)
    assert house.channel.to(endpoint) == [*sent[:2], *sent[3:]]
    assert house.engine._bytes == 0


async def test_a_superseded_one_lets_the_next_go(house: House, clock: HandClock) -> None:
    endpoint = await house.endpoint(retry=(0.0, 60.0))
    house.channel.answer(endpoint, FAILED, DELIVERED)
    (old,) = await house.send(ordering_key="a", collapse_key="cart")
    await house.settled()
    (behind,) = await house.send(ordering_key="a")
    (new,) = await house.send(ordering_key="a", collapse_key="cart")
    await house.all_delivered(2)
    assert house.channel.to(endpoint) == [old, behind, new]
    assert await house.state(old, endpoint) is State.SUPERSEDED


async def test_an_expired_one_lets_the_next_go(house: House, clock: HandClock) -> None:
    endpoint = await house.endpoint(state="paused")
    await house.send(ordering_key="a", expires_at=later(clock, 10))
    (second,) = await house.send(ordering_key="a")
    clock.advance(10)
    await house.change(endpoint, state="active")
    await house.all_delivered(1)
    assert house.channel.to(endpoint) == [second]


async def test_a_scheduled_one_holds_those_accepted_after_it(house: House, clock: HandClock) -> None:
    endpoint = await house.endpoint()
    (first,) = await house.send(ordering_key="a", deliver_at=later(clock, 60))
    (second,) = await house.send(ordering_key="a")
    await house.look(rounds=3)
    assert house.channel.sent == []
    clock.advance(60)
    await house.all_delivered(2)
    assert house.channel.to(endpoint) == [first, second]


async def test_a_hanging_key_leaves_the_other_keys_their_room(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "ROOM", 20)
    monkeypatch.setattr(lane, "LINE", 5)
    endpoint = await house.endpoint(concurrency=2)
    gate = house.channel.hold(endpoint)
    stuck = [(await house.send(ordering_key="stuck"))[0] for _ in range(100)]
    await house.look(rounds=5)
    assert house.engine._lanes[endpoint.id].taken <= 5
    gate.set()
    sent = await house.send(ordering_key="other")
    await house.all_delivered(101)
    assert [each for each in house.channel.to(endpoint) if each not in sent] == stuck


async def test_order_outlives_overflow_and_pause(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "ROOM", 20)
    monkeypatch.setattr(lane, "LINE", 5)
    endpoint = await house.endpoint(concurrency=4)
    sent = await _send_by_turns(house, 51)
    await house.look()
    await house.change(endpoint, state="paused")
    sent += await _send_by_turns(house, 51)
    await house.change(endpoint, state="active")
    sent += await _send_by_turns(house, 51)
    await house.all_delivered(153)
    for place in range(3):
        assert [each for each in house.channel.to(endpoint) if each in sent[place::3]] == sent[place::3]


async def _send_by_turns(house: House, count: int) -> list[str]:
    """Notifications of three keys."""
    return [(await house.send(ordering_key=f"key-{number % 3}"))[0] for number in range(count)]


class Unreliable(ScriptedChannel):
    """Fails at random, and notes every success in the order in which it happened."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.succeeded: list[tuple[str, str]] = []
        self._chance = chance
        self.on_send: Callable[[str, str], None] = lambda *_: None

    async def send(self, endpoint: Endpoint, message_id: str, body: bytes, keys: tuple[str, ...]) -> Outcome:
        self.on_send(message_id, endpoint.id)
        for _ in range(self._chance.randrange(4)):
            await asyncio.sleep(0)
        outcome = self._chance.choice((DELIVERED, DELIVERED, DELIVERED, FAILED, an_outcome(429)))
        if outcome.succeeded:
            self.succeeded.append((message_id, endpoint.id))
        return outcome


class Story:
    """A service that is used, paused and killed at random, and looked at from the receiver's side."""

    def __init__(self, directory: Path, seed: int) -> None:
        self._directory = directory
        self._chance = random.Random(seed)
        self._clock = HandClock()
        self._channel = Unreliable(self._chance)
        self._channel.on_send = self._check
        self._lines: defaultdict[str, list[str]] = defaultdict(list)
        self._key_of: dict[str, str] = {}
        self._endpoints: list[Endpoint] = []

    async def run(self, acts: list[str]) -> None:
        await self._start()
        self._endpoints = [await self._house.endpoint(retry=AT_ONCE, concurrency=3) for _ in range(2)]
        for act in acts:
            await getattr(self, act)()
        for endpoint in self._endpoints:
            await self._house.change(endpoint, state="active", failing_since=None)
        await self._house.until(self._all_arrived)
        await self._house.stop()

    async def send(self) -> None:
        fields: dict[str, Any] = {"ordering_key": self._chance.choice(("a", "b", "c", None))}
        for own_id in await self._house.send(self._chance.randrange(1, 8), **fields):
            self._key_of[own_id] = key = fields["ordering_key"] or own_id
            self._lines[key].append(own_id)

    async def look(self) -> None:
        self._clock.advance(self._chance.choice((0, 1, 70)))
        await self._house.look(rounds=self._chance.randrange(4))

    async def pause_or_resume(self) -> None:
        state = self._chance.choice(("active", "paused"))
        await self._house.change(self._chance.choice(self._endpoints), state=state)

    async def kill(self) -> None:
        """Ends the engine between two steps, with what is in flight and what is not yet written."""
        tasks = list(self._house.engine._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert self._house.engine._ticker is not None
        self._house.engine._ticker.cancel()
        await self._house.store.aclose()
        await self._start()

    async def _start(self) -> None:
        self._house = House(self._directory, self._clock)
        self._house.channel = self._house.engine._channel = self._channel
        await self._house.start()

    def _check(self, own_id: str, endpoint: str) -> None:
        """Everything accepted before it under the same key has arrived at that endpoint."""
        line = self._lines[self._key_of.get(own_id, "")]
        for earlier in line[: line.index(own_id)] if own_id in line else ():
            assert (earlier, endpoint) in self._channel.succeeded, "out of order"

    def _all_arrived(self) -> bool:
        self._clock.advance(61)
        arrived = set(self._channel.succeeded)
        return all((own_id, to.id) in arrived for own_id in self._key_of for to in self._endpoints)


ACTS = st.sampled_from(["send", "send", "send", "look", "look", "kill", "pause_or_resume"])


@given(acts=st.lists(ACTS, min_size=5, max_size=40), seed=st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_nothing_ever_overtakes_another_of_its_key(acts: list[str], seed: int) -> None:
    with TemporaryDirectory() as directory, pytest.MonkeyPatch.context() as small:
        small.setattr(lane, "ROOM", 6)
        small.setattr(lane, "LINE", 3)
        small.setattr(house_module, "DISABLE_AFTER_MS", 1 << 60)  # a disabled endpoint would get nothing new
        asyncio.run(Story(Path(directory), seed).run(acts))
