"""Owners hear of endpoints that fail, and what fails for too long is disabled."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gatepost.clock import rfc3339
from gatepost.notify.endpoint import Endpoint
from gatepost.stores.sqlite import accounts, store
from tests.contract.steps import TENANT
from tests.samples import an_endpoint, an_outcome
from tests.unit.clocks import HandClock
from tests.unit.server.house import DISABLE_AFTER_MS, House

FAILURE, SUCCESS = an_outcome(500), an_outcome(200)


@pytest.fixture
async def owner(house: House) -> Endpoint:
    """An endpoint that hears of the others."""
    return await house.endpoint(topics=("gatepost.*",))


async def judge(house: House, endpoint: Endpoint, succeeded: bool = False, gone: bool = False) -> Endpoint:
    await house.keeper.judge(endpoint, SUCCESS if succeeded else FAILURE, gone)
    return current(house, endpoint)


def current(house: House, endpoint: Endpoint) -> Endpoint:
    found = house.routing.find(TENANT, endpoint.id)
    assert found is not None
    return found


async def told(house: House, owner: Endpoint, count: int) -> list[dict[str, Any]]:
    """What the owner heard of, as (type, data)."""
    await house.until(lambda: len(house.channel.to(owner)) == count)
    bodies = [json.loads(body) for body in house.channel.bodies]
    assert {body["topic"] for body in bodies} == {"gatepost.endpoint"}
    return [{"type": body["type"], **body["data"]} for body in bodies]


async def test_the_owner_is_warned_thrice_and_told_of_the_end(house: House, owner: Endpoint, clock: HandClock) -> None:
    endpoint = await house.endpoint(topics=("orders",))
    since = clock.now()
    for _ in range(101):
        await judge(house, endpoint)
        clock.advance(DISABLE_AFTER_MS / 100_000)
    events = await told(house, owner, 4)
    assert [(event["type"], event.get("percent"), event.get("reason")) for event in events] == [
        ("endpoint.failing", 50, None),
        ("endpoint.failing", 70, None),
        ("endpoint.failing", 90, None),
        ("endpoint.disabled", None, "failing"),
    ]
    assert {event["disabled_at"] for event in events} == {rfc3339(since + DISABLE_AFTER_MS)}
    assert {(event["endpoint"], event["url"], event["failing_since"]) for event in events} == {
        (endpoint.id, endpoint.url, rfc3339(since))
    }
    assert current(house, endpoint).state == "disabled"
    assert [each.state for each in await house.store.endpoints() if each.id == endpoint.id] == ["disabled"]


async def test_who_takes_everything_is_not_bothered_with_it(house: House, clock: HandClock) -> None:
    endpoint, everything = await house.endpoint(topics=("orders",)), await house.endpoint()
    await judge(house, endpoint)
    clock.advance(DISABLE_AFTER_MS / 1000)
    await judge(house, endpoint)
    assert current(house, endpoint).state == "disabled"
    await house.settled()
    assert house.channel.to(everything) == []


async def test_one_success_gives_it_a_clean_record(house: House, clock: HandClock) -> None:
    endpoint = await house.endpoint()
    await judge(house, endpoint)
    clock.advance(DISABLE_AFTER_MS * 0.6 / 1000)
    assert (await judge(house, endpoint)).warned == 50
    recovered = await judge(house, endpoint, succeeded=True)
    assert (recovered.failing_since, recovered.warned, recovered.state) == (None, 0, "active")


async def test_gone_disables_at_once_and_says_so(house: House, owner: Endpoint, clock: HandClock) -> None:
    endpoint = await house.endpoint(topics=("orders",))
    house.channel.answer(endpoint, an_outcome(410))
    await house.send()
    await house.until(lambda: current(house, endpoint).state == "disabled")
    await house.until(lambda: len(house.channel.to(owner)) == 1)
    event = json.loads(house.channel.bodies[1])["data"]
    assert (event["reason"], event["disabled_at"]) == ("gone", rfc3339(clock.now()))
    assert house.store.totals.dead == 1


async def test_a_failing_delivery_starts_the_count_and_it_outlives_the_process(house: House, clock: HandClock) -> None:
    endpoint = await house.endpoint()
    house.channel.answer(endpoint, FAILURE)
    await house.send()
    await house.settled()
    (kept,) = await house.store.endpoints()
    assert kept.failing_since == clock.now()


async def test_further_failures_write_nothing(house: House, clock: HandClock) -> None:
    endpoint = await house.endpoint()
    await judge(house, endpoint)
    commits = house.store.totals.commits
    clock.advance(1)
    await judge(house, endpoint)
    assert house.store.totals.commits == commits


async def test_a_deleted_or_disabled_endpoint_is_not_judged(house: House, clock: HandClock) -> None:
    unknown, disabled = an_endpoint(clock, TENANT), await house.endpoint(state="disabled")
    await house.keeper.judge(unknown, FAILURE, True)
    await house.keeper.judge(disabled, FAILURE, True)
    assert house.routing.of_tenant(TENANT) == (disabled,)


async def test_a_resumed_endpoint_has_a_clean_record(house: House, clock: HandClock) -> None:
    endpoint = await house.endpoint()
    await judge(house, endpoint, gone=True)
    resumed = await house.endpoints.set_state(TENANT, endpoint.id, paused=False)
    assert (resumed.state, resumed.failing_since, resumed.warned) == ("active", None, 0)


async def test_health_that_cannot_be_written_changes_nothing_and_ends_no_sender(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint = await house.endpoint(concurrency=1, retry=(0.0, 60.0))
    monkeypatch.setitem(accounts._SQL, "put_endpoint", "not to be written now")
    house.channel.answer(endpoint, FAILURE, SUCCESS)
    await house.send(3)
    await house.all_delivered(2)
    assert current(house, endpoint) == endpoint
    assert "cannot be written" in caplog.text


async def test_an_announcement_that_cannot_be_written_ends_no_sender(
    house: House, clock: HandClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint = await house.endpoint()
    await judge(house, endpoint)
    clock.advance(DISABLE_AFTER_MS / 1000)
    monkeypatch.setattr(store, "MAX_WAITING_BYTES", 0)
    assert (await judge(house, endpoint)).state == "disabled"
    assert "cannot be written" in caplog.text
