"""Too much at once, slow receivers, a full disk, and the end of the process: nothing is lost, and memory is bounded."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import NoReturn

import msgspec
import pytest

from gatepost.errors import StorageFull
from gatepost.notify.concurrency import START
from gatepost.notify.delivery import State
from gatepost.server.delivery import lane, local, outcomes
from tests.contract.steps import TENANT
from tests.samples import an_outcome
from tests.unit.clocks import HandClock
from tests.unit.server.house import House

LARGE = msgspec.Raw(b'"' + b"x" * 998 + b'"')


# More than there is room for


async def test_what_has_no_room_in_memory_waits_in_the_store_and_comes_in_order(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane, "ROOM", 20)
    endpoint = await house.endpoint(concurrency=1)
    gate = house.channel.hold(endpoint)
    sent = []
    for _ in range(10):
        sent += await house.send(13)
        house.clock.advance(0.001)
    await house.look(rounds=5)
    assert len(house.engine._lanes[endpoint.id].queue) <= 20
    gate.set()
    await house.all_delivered(130)
    assert house.channel.to(endpoint) == sent
    assert house.engine._bytes == 0


async def test_nothing_new_overtakes_what_still_waits_in_the_store(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane, "ROOM", 20)
    endpoint = await house.endpoint(concurrency=1, state="paused")
    sent = await house.send(50)
    gate = house.channel.hold(endpoint)
    await house.change(endpoint, state="active")
    await house.look()  # the lane has taken what it has room for
    house.clock.advance(0.001)
    sent += await house.send(5)
    gate.set()
    await house.all_delivered(55)
    assert house.channel.to(endpoint) == sent


@pytest.mark.parametrize("room", [2, 20, 200])
async def test_a_lane_that_runs_low_asks_for_more_before_the_next_look(
    house: House, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    monkeypatch.setattr(lane, "ROOM", room)
    endpoint = await house.endpoint(concurrency=1, state="paused")
    sent = await house.send(150)
    await house.change(endpoint, state="active")
    await house.look()
    await house.until(lambda: house.store.totals.delivered == 150, looking=False)
    assert house.channel.to(endpoint) == sent


async def test_while_claims_fail_a_lane_that_runs_low_asks_no_more_often_than_looks_do(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane, "ROOM", 20)
    endpoint = await house.endpoint(concurrency=1, state="paused")
    await house.send(50)
    await house.change(endpoint, state="active")
    claims = 0

    async def full(*_: object) -> NoReturn:
        nonlocal claims
        claims += 1
        raise StorageFull(retry_after=1)

    await house.look()
    with monkeypatch.context() as broken:
        broken.setattr(house.store, "claim", full)
        await house.until(lambda: house.store.totals.delivered == 20, looking=False)
        assert claims == 1
    await house.all_delivered(50)


async def test_a_lane_keeps_no_more_bytes_than_it_has_room_for(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "ROOM_BYTES", 10_000)
    endpoint = await house.endpoint(concurrency=1)
    gate = house.channel.hold(endpoint)
    sent = await house.send(50, payload=LARGE)
    await house.look(rounds=5)
    assert house.engine._lanes[endpoint.id].bytes <= 10_000
    gate.set()
    await house.all_delivered(50)
    assert house.channel.to(endpoint) == sent


async def test_a_stuck_endpoint_with_large_payloads_leaves_the_others_their_memory(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "MEMORY_BYTES", 20_000)
    monkeypatch.setattr(local, "FOOTHOLD_BYTES", 1_000)
    monkeypatch.setattr(lane, "FOOTHOLD_BYTES", 1_000)
    stuck, quick = await house.endpoint(topics=("stuck",)), await house.endpoint(topics=("quick",))
    gate = house.channel.hold(stuck)
    await house.send(300, topic="stuck", payload=LARGE)
    await house.look(rounds=5)
    assert house.engine._bytes <= 20_000
    sent = await house.send(topic="quick", payload=LARGE)
    await house.until(lambda: house.store.totals.delivered == 1, looking=False)  # straight from memory
    sent += await house.send(30, topic="quick", payload=LARGE)
    await house.all_delivered(31)
    assert house.channel.to(quick) == sent
    gate.set()
    await house.all_delivered(331)
    assert house.engine._bytes == 0


async def test_resuming_many_endpoints_at_once_loads_no_more_than_the_memory(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "MEMORY_BYTES", 20_000)
    monkeypatch.setattr(lane, "FOOTHOLD_BYTES", 1_000)
    endpoints = [await house.endpoint(state="paused", concurrency=1) for _ in range(5)]
    gates = [house.channel.hold(endpoint) for endpoint in endpoints]
    await house.send(20, payload=LARGE)
    for endpoint in endpoints:
        await house.change(endpoint, state="active")
    await house.look(rounds=5)
    assert 5_000 <= house.engine._bytes <= 20_000
    for gate in gates:
        gate.set()
    await house.all_delivered(100)


# Receivers that ask for patience


async def test_an_endpoint_that_asks_to_slow_down_is_left_alone_and_loses_nothing(
    house: House, clock: HandClock
) -> None:
    endpoint = await house.endpoint(concurrency=1, retry=(0.0, 30.0, 30.0))
    house.channel.answer(endpoint, an_outcome(429, retry_after=60), an_outcome(200))
    sent = await house.send(5)
    await house.settled()
    assert len(house.channel.sent) == 1
    more = await house.send(2)
    clock.advance(59.999)
    await house.look(rounds=3)
    assert len(house.channel.sent) == 1
    clock.advance(0.001)
    await house.all_delivered(7)
    assert sorted(house.channel.to(endpoint)) == sorted([sent[0], *sent, *more])


async def test_pauses_grow_until_a_success(house: House, clock: HandClock) -> None:
    endpoint = await house.endpoint(retry=(0.0,) * 10)
    house.channel.answer(endpoint, *[an_outcome(503)] * 4, an_outcome(200))
    await house.send()
    for attempt, pause_s in enumerate((1, 2, 4, 8), start=1):
        await house.attempts(attempt)
        clock.advance(pause_s - 0.001)
        await house.look(rounds=3)
        assert len(house.channel.sent) == attempt
        clock.advance(0.001)
    await house.all_delivered(1)
    assert house.engine._lanes[endpoint.id].slow_downs == 0


async def test_a_wave_of_refusals_is_one_request_to_slow_down(house: House, clock: HandClock) -> None:
    endpoint = await house.endpoint(concurrency=START, retry=(0.0,) * 3)
    house.channel.answer(endpoint, *[an_outcome(429)] * START, an_outcome(200))
    await house.send(START)
    await house.settled()
    assert house.engine._lanes[endpoint.id].slow_downs == 1
    clock.advance(2)
    await house.all_delivered(START)


# A full disk


async def test_outcomes_that_could_not_be_written_are_written_once_there_is_room(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint = await house.endpoint(retry=(0.0, 5.0))
    answer = b"x" * 4000
    failed = msgspec.structs.replace(an_outcome(500), answer=answer)
    house.channel.answer(endpoint, *[failed] * 20, msgspec.structs.replace(an_outcome(200), answer=answer))
    await house.send(20)
    house.fill_disk()
    await house.until(lambda: "wait for the disk" in caplog.text)
    house.clock.advance(3600)  # by the time there is room, every retry is long due
    await house.look(rounds=3)
    house.make_room()
    await house.all_delivered(20)
    assert (house.store.totals.attempts, house.store.totals.backlog) == (40, 0)
    assert len(house.channel.sent) == 40


async def test_with_too_many_outcomes_unwritten_nothing_more_is_sent(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcomes, "MAX_UNWRITTEN", 10)
    endpoint = await house.endpoint(concurrency=1)
    house.channel.answer(endpoint, msgspec.structs.replace(an_outcome(200), answer=b"x" * 4000))
    gate = house.channel.hold(endpoint)
    await house.send(200)
    house.fill_disk()
    gate.set()
    await house.until(lambda: len(house.engine._outcomes) >= 10)
    sent = len(house.channel.sent)
    await house.look(rounds=5)
    assert len(house.channel.sent) == sent == 10
    house.make_room()
    await house.all_delivered(200)


async def test_a_claim_that_could_not_be_written_is_made_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = await house.endpoint(state="paused")
    await house.send(3)
    await house.change(endpoint, state="active")
    with monkeypatch.context() as full:
        full.setattr(house.store, "claim", _fail)
        with pytest.raises(StorageFull):
            await house.engine._look()
    await house.all_delivered(3)


async def _fail(*_: object) -> None:
    raise StorageFull


# The end of the process


async def test_draining_lets_finish_what_is_in_flight_and_leaves_the_rest_for_the_next_start(
    tmp_path: Path, clock: HandClock
) -> None:
    house = await House(tmp_path, clock).start()
    endpoint = await house.endpoint(concurrency=2)
    gate = house.channel.hold(endpoint)
    sent = await house.send(10)
    await house.until(lambda: house.channel.in_flight[endpoint.id] == 2)
    stopping = asyncio.create_task(house.stop())
    await asyncio.sleep(0)
    gate.set()
    await stopping
    assert house.channel.to(endpoint) == sent[:2]

    house = await House(tmp_path, clock).start()
    assert house.store.totals.delivered == 2
    await house.all_delivered(10)
    assert house.channel.to(endpoint) == sent[2:]
    await house.stop()


async def test_what_hangs_beyond_the_drain_is_sent_again_after_the_next_start(tmp_path: Path, clock: HandClock) -> None:
    house = await House(tmp_path, clock).start()
    endpoint = await house.endpoint()
    house.channel.hold(endpoint)
    (sent,) = await house.send()
    await house.until(lambda: house.channel.in_flight[endpoint.id] == 1)
    await house.stop(timeout=0)
    assert house.channel.in_flight[endpoint.id] == 0

    house = await House(tmp_path, clock).start()
    await house.all_delivered(1)
    assert house.channel.to(endpoint) == [sent]
    await house.stop()


async def test_while_it_drains_new_notifications_are_kept_for_the_next_start(tmp_path: Path, clock: HandClock) -> None:
    house = await House(tmp_path, clock).start()
    endpoint = await house.endpoint()
    await house.engine.drain(5)
    (sent,) = await house.send()
    assert house.channel.sent == []
    await house.store.aclose()

    house = await House(tmp_path, clock).start()
    await house.all_delivered(1)
    assert house.channel.to(endpoint) == [sent]
    await house.stop()


async def test_a_full_disk_does_not_keep_the_engine_from_stopping(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint = await house.endpoint()
    house.channel.answer(endpoint, msgspec.structs.replace(an_outcome(200), answer=b"x" * 4000))
    await house.send(20)
    house.fill_disk()
    await house.until(lambda: "wait for the disk" in caplog.text)
    await house.engine.drain(0)
    assert "sent again after the next start" in caplog.text
    assert [record.levelno for record in caplog.records if "next start" in record.message] == [logging.ERROR]


async def test_a_retry_and_a_dead_letter_outlive_the_process(tmp_path: Path, clock: HandClock) -> None:
    house = await House(tmp_path, clock).start()
    endpoint = await house.endpoint(retry=(0.0, 60.0))
    house.channel.answer(endpoint, an_outcome(500))
    (sent,) = await house.send()
    await house.settled()
    await house.stop()

    house = await House(tmp_path, clock).start()
    house.channel.answer(endpoint, an_outcome(500))
    await house.look(rounds=3)
    assert house.channel.sent == []
    clock.advance(60)
    await house.until(lambda: house.store.totals.dead == 1)
    assert await house.state(sent, endpoint) is State.DEAD
    assert (await house.store.deliveries(TENANT, State.DEAD, endpoint.id, None, 10)).items
    await house.stop()
