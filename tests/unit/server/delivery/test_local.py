"""The engine sends what is accepted and what is due, tries again what failed, and loses nothing on the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gatepost.errors import Unavailable
from gatepost.notify.delivery import State
from gatepost.server.delivery import local
from tests.contract.steps import TENANT
from tests.samples import SECRET, an_outcome
from tests.unit.clocks import HandClock
from tests.unit.server.house import House, later


async def test_what_is_accepted_is_delivered_without_waiting_for_a_look(house: House) -> None:
    endpoint = await house.endpoint()
    (sent,) = await house.send()
    await house.until(lambda: house.store.totals.delivered == 1, looking=False)
    assert house.channel.sent == [(sent, endpoint.id)]
    assert await house.state(sent, endpoint) is State.DELIVERED


async def test_a_webhook_is_signed_with_the_keys_of_its_endpoint(house: House, clock: HandClock) -> None:
    await house.endpoint(old_secret="whsec_old", old_secret_ends_at=clock.now() + 1)
    await house.send()
    await house.all_delivered(1)
    assert house.channel.keys == [(SECRET, "whsec_old")]
    assert json.loads(house.channel.bodies[0])["data"] == {"total": 0.1}
    clock.advance(1)
    await house.send()
    await house.all_delivered(2)
    assert house.channel.keys[1] == (SECRET,)


async def test_every_attempt_is_kept_with_its_answer(house: House, clock: HandClock) -> None:
    endpoint = await house.endpoint()
    house.channel.answer(endpoint, an_outcome(500), an_outcome(200))
    (sent,) = await house.send()
    await house.settled()
    clock.advance(5)
    await house.all_delivered(1)
    view = await house.store.find(TENANT, sent)
    assert view is not None
    assert [(each.number, each.attempt.status, each.attempt.answer) for each in view.attempts] == [
        (1, 500, b"answer"),
        (2, 200, b"answer"),
    ]
    assert view.attempts[1].attempt.at - view.attempts[0].attempt.at == 5000


async def test_a_failed_one_is_tried_again_when_it_is_due_and_not_before(house: House, clock: HandClock) -> None:
    endpoint = await house.endpoint(retry=(0.0, 10.0))
    house.channel.answer(endpoint, an_outcome(500), an_outcome(200))
    await house.send()
    await house.settled()
    clock.advance(9.999)
    await house.look(rounds=3)
    assert len(house.channel.sent) == 1
    clock.advance(0.001)
    await house.all_delivered(1)
    assert len(house.channel.sent) == 2


async def test_a_retry_without_a_wait_is_not_forgotten(house: House) -> None:
    endpoint = await house.endpoint(retry=(0.0,) * 5)
    house.channel.answer(endpoint, *[an_outcome(500)] * 4, an_outcome(200))
    await house.send()
    await house.all_delivered(1)
    assert len(house.channel.sent) == 5


async def test_at_the_end_of_its_schedule_it_is_dead_until_somebody_retries_it(house: House) -> None:
    endpoint = await house.endpoint(retry=(0.0, 0.0))
    house.channel.answer(endpoint, an_outcome(500))
    (sent,) = await house.send()
    await house.until(lambda: house.store.totals.dead == 1)
    assert await house.state(sent, endpoint) is State.DEAD
    assert len(house.channel.sent) == 2

    house.channel.answer(endpoint, an_outcome(500), an_outcome(200))
    assert await house.store.retry(TENANT, sent, endpoint.id, house.clock.now())
    house.engine.wake(endpoint.id, house.clock.now())
    await house.all_delivered(1)
    assert len(house.channel.sent) == 4


async def test_what_is_scheduled_is_sent_at_its_time(house: House, clock: HandClock) -> None:
    await house.endpoint()
    await house.send(deliver_at=later(clock, 60))
    await house.look(rounds=3)
    assert house.channel.sent == []
    clock.advance(60)
    await house.all_delivered(1)


async def test_what_expired_on_the_way_is_not_sent(house: House, clock: HandClock) -> None:
    endpoint = await house.endpoint(state="paused")
    expired, lasting = [(await house.send(expires_at=later(clock, seconds)))[0] for seconds in (10, 100)]
    clock.advance(10)
    await house.change(endpoint, state="active")
    await house.all_delivered(1)
    assert house.channel.to(endpoint) == [lasting]
    assert await house.state(expired, endpoint) is State.EXPIRED


async def test_an_endpoint_never_gets_more_at_once_than_it_allows(house: House) -> None:
    endpoint = await house.endpoint(concurrency=3)
    gate = house.channel.hold(endpoint)
    await house.send(20)
    await house.look(rounds=5)
    assert house.channel.in_flight[endpoint.id] == 3
    gate.set()
    await house.all_delivered(20)
    assert house.channel.most_in_flight[endpoint.id] == 3


async def test_a_raised_concurrency_is_used_and_a_lowered_one_holds_at_once(house: House) -> None:
    endpoint = await house.endpoint(concurrency=2)
    gate = house.channel.hold(endpoint)
    await house.send(60)
    await house.change(endpoint, concurrency=8)
    await house.look()
    assert house.channel.in_flight[endpoint.id] == 8
    await house.change(endpoint, concurrency=1)
    house.channel.most_in_flight.clear()
    gate.set()
    await house.all_delivered(60)
    assert house.channel.most_in_flight[endpoint.id] == 1


async def test_a_hanging_endpoint_does_not_hold_up_another(house: House) -> None:
    hanging, quick = await house.endpoint(), await house.endpoint()
    gate = house.channel.hold(hanging)
    await house.send(100)
    await house.all_delivered(100)
    assert len(house.channel.to(quick)) == 100
    gate.set()
    await house.all_delivered(200)


async def test_a_defect_of_the_channel_is_a_failed_attempt(house: House, caplog: pytest.LogCaptureFixture) -> None:
    endpoint = await house.endpoint(retry=(0.0, 0.0))
    house.channel.answer(endpoint, RuntimeError("a defect"), an_outcome(200))
    (sent,) = await house.send()
    await house.settled()
    house.clock.advance(60)
    await house.all_delivered(1)
    view = await house.store.find(TENANT, sent)
    assert view is not None
    assert [each.attempt.error for each in view.attempts] == ["internal", None]
    assert "a defect" in caplog.text


async def test_want_of_our_own_connections_is_no_attempt(house: House, clock: HandClock) -> None:
    endpoint = await house.endpoint(concurrency=1)
    house.channel.answer(endpoint, an_outcome(None, error=Unavailable.code), an_outcome(200))
    sent = await house.send(3)
    await house.look(rounds=3)
    assert len(house.channel.sent) == 1
    clock.advance(local.CONGESTION_PAUSE_MS / 1000)
    await house.all_delivered(3)
    assert house.channel.to(endpoint) == [sent[0], *sent]
    assert house.store.totals.attempts == 3
    assert house.routing.find(TENANT, endpoint.id) == endpoint  # its health has not suffered


async def test_the_engine_looks_by_itself(tmp_path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "TICK_S", 0.001)
    house = await House(tmp_path, clock).start()
    await house.endpoint()
    await house.send(deliver_at=later(clock, 1))
    clock.advance(1)
    await house.until(lambda: house.store.totals.delivered == 1, looking=False)
    await house.stop()
