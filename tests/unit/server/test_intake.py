"""The way in: durability, bounds, repeats, and that a place which was reserved is used or given back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gatepost.errors import (
    BacklogFull,
    DurabilityNotAllowed,
    IdempotencyMismatch,
    IdempotencyRunning,
    StorageFull,
    Unavailable,
)
from gatepost.notify.delivery import State
from gatepost.notify.endpoint import Endpoint
from gatepost.notify.notification import Submission
from gatepost.notify.store import Receipt, Refusal
from gatepost.server.intake import Idempotency, Intake
from gatepost.stores.sqlite import store as store_module
from tests.contract.steps import OTHER_TENANT, TENANT
from tests.samples import an_endpoint
from tests.unit.clocks import HandClock
from tests.unit.server.house import LIMITS, House, a_submission, later

KEY = Idempotency("/v1/notifications", "key-1", b"body")
MEMORY_ALLOWED = msgspec.structs.replace(LIMITS, allow_memory=True)


def nothing_reserved(house: House, endpoint: Endpoint) -> bool:
    lane = house.engine._lanes[endpoint.id]
    return (house.engine._bytes, lane.bytes, lane.reserved) == (0, 0, 0)


# What is kept


async def test_what_was_submitted_is_kept(house: House, clock: HandClock) -> None:
    (sent,) = await house.send(
        id="order-1",
        payload=msgspec.Raw(b'{ "n": 1e2 }'),
        ordering_key="o",
        collapse_key="c",
        deliver_at=later(clock, 60),
        expires_at=later(clock, 90),
    )
    view = await house.store.find(TENANT, sent)
    assert view is not None
    kept = view.notification
    assert (kept.topic, kept.type, kept.payload) == ("orders", "order.paid", b'{ "n": 1e2 }')
    assert (kept.producer_id, kept.ordering_key, kept.collapse_key) == ("order-1", "o", "c")
    assert (kept.accepted_at, kept.deliver_at, kept.expires_at) == (
        clock.now(),
        clock.now() + 60_000,
        clock.now() + 90_000,
    )


async def test_what_was_refused_before_keeps_its_place_among_the_results(house: House) -> None:
    refusal = Refusal("invalid-field", "no")
    taken = await house.intake.accept(TENANT, [refusal, a_submission(), refusal])
    assert [isinstance(result, Receipt) for result in taken.results] == [False, True, False]


async def test_another_tenants_endpoints_hear_nothing(house: House, clock: HandClock) -> None:
    other = an_endpoint(clock, OTHER_TENANT)
    house.routing.put(other)
    house.engine.put(other)
    taken = await house.intake.accept(TENANT, [a_submission()])
    assert [result.deliveries for result in taken.results if isinstance(result, Receipt)] == [0]


# Durability


async def test_an_answer_before_the_disk_must_be_allowed(house: House) -> None:
    with pytest.raises(DurabilityNotAllowed):
        await house.intake.accept(TENANT, [a_submission()], durability="memory")
    assert house.store.totals.accepted == 0


async def test_where_it_is_allowed_the_answer_comes_first_and_the_delivery_all_the_same(
    tmp_path: Path, clock: HandClock
) -> None:
    house = await House(tmp_path, clock, MEMORY_ALLOWED).start()
    await house.endpoint()
    taken = await house.intake.accept(TENANT, [a_submission()], durability="memory")
    assert taken.durability == "memory"
    assert house.store.totals.accepted == 0
    await house.all_delivered(1)
    assert [result.id for result in taken.results if isinstance(result, Receipt)] == [house.channel.sent[0][0]]
    await house.stop()


@pytest.mark.parametrize(("fields", "key"), [({"id": "order-1"}, None), ({}, KEY)])
async def test_what_may_be_a_repeat_is_answered_once_that_is_known(
    tmp_path: Path, clock: HandClock, fields: dict[str, Any], key: Idempotency | None
) -> None:
    house = await House(tmp_path, clock, MEMORY_ALLOWED).start()
    first, again = [
        await house.intake.accept(TENANT, [a_submission(**fields)], key, durability="memory") for _ in range(2)
    ]
    assert first == again
    assert first.durability == "group"
    assert house.store.totals.accepted == 1
    await house.stop()


# Bounds


async def test_beyond_the_backlog_nothing_is_accepted(tmp_path: Path, clock: HandClock) -> None:
    house = await House(tmp_path, clock, msgspec.structs.replace(LIMITS, backlog=2)).start()
    endpoint = await house.endpoint(state="paused")
    await house.send(2)
    with pytest.raises(BacklogFull) as caught:
        await house.send()
    assert caught.value.retry_after is not None
    await house.change(endpoint, state="active")
    await house.all_delivered(2)
    await house.send()
    await house.stop()


# Repeats


async def test_while_the_first_request_runs_a_second_with_its_key_is_turned_away(house: House) -> None:
    first = asyncio.create_task(house.intake.accept(TENANT, [a_submission()], KEY))
    await asyncio.sleep(0)
    with pytest.raises(IdempotencyRunning) as caught:
        await house.intake.accept(TENANT, [a_submission()], KEY)
    assert caught.value.retry_after is not None
    others = [
        (TENANT, msgspec.structs.replace(KEY, key="key-2")),
        (TENANT, msgspec.structs.replace(KEY, route="/v1/notifications/batch")),
        (OTHER_TENANT, KEY),
    ]
    for tenant, key in others:
        await house.intake.accept(tenant, [a_submission()], key)
    assert await house.intake.accept(TENANT, [a_submission()], KEY) == await first
    assert house.store.totals.accepted == 4


async def test_the_key_of_a_failed_request_is_free_again(house: House) -> None:
    large = a_submission(payload=msgspec.Raw(b'"' + b"x" * 60_000 + b'"'))
    house.fill_disk()
    with pytest.raises(StorageFull):
        await house.intake.accept(TENANT, [large], KEY)
    house.make_room()
    assert (await house.intake.accept(TENANT, [large], KEY)).results
    with pytest.raises(IdempotencyMismatch):
        await house.intake.accept(TENANT, [large], msgspec.structs.replace(KEY, body=b"another"))


async def test_a_key_is_remembered_as_long_as_the_limits_say(house: House, clock: HandClock) -> None:
    first = await house.intake.accept(TENANT, [a_submission()], KEY)
    clock.advance(LIMITS.idempotency_ms / 1000 - 0.001)
    assert await house.intake.accept(TENANT, [a_submission()], KEY) == first
    clock.advance(0.001)
    assert await house.intake.accept(TENANT, [a_submission()], KEY) != first


async def of_one_id(house: House, **fields: Any) -> Receipt | Refusal:
    (result,) = (await house.intake.accept(TENANT, [a_submission(id="order-1", **fields)])).results
    return result


async def test_a_repeat_under_the_producers_own_id_gets_the_first_receipt(house: House, clock: HandClock) -> None:
    everything: dict[str, Any] = {"ordering_key": "o", "deliver_at": later(clock, 5), "expires_at": later(clock, 9)}
    assert await of_one_id(house, **everything) == await of_one_id(house, **everything)


@pytest.mark.parametrize(
    "change",
    [
        {"topic": "refunds"},
        {"type": "order.sent"},
        {"payload": msgspec.Raw(b'{"total":0.10}')},
        {"ordering_key": "o"},
        {"collapse_key": "o"},
        {"deliver_at": later(HandClock(), 5)},
        {"expires_at": later(HandClock(), 5)},
    ],
)
async def test_under_that_id_everything_must_be_the_same(house: House, change: dict[str, Any]) -> None:
    await of_one_id(house)
    assert isinstance(await of_one_id(house, **change), Refusal)


# Places reserved in memory


async def test_a_repeat_gives_back_the_places_it_had_reserved(house: House) -> None:
    endpoint = await house.endpoint()
    for _ in range(2):
        await house.intake.accept(TENANT, [a_submission()], KEY)
        await of_one_id(house)
    await house.intake.accept(TENANT, [a_submission(id="order-2")] * 3)
    await house.all_delivered(3)
    assert nothing_reserved(house, endpoint)
    assert len(house.channel.sent) == 3


async def test_so_does_a_request_that_fails(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = await house.endpoint()
    large = a_submission(payload=msgspec.Raw(b'"' + b"x" * 60_000 + b'"'))
    house.fill_disk()
    with pytest.raises(StorageFull):
        await house.intake.accept(TENANT, [large, Refusal("invalid-field", "no")])
    assert nothing_reserved(house, endpoint)
    monkeypatch.setattr(store_module, "MAX_WAITING_BYTES", 1)
    with pytest.raises(Unavailable):
        await house.send()
    assert nothing_reserved(house, endpoint)


async def test_a_request_whose_client_has_gone_is_delivered_all_the_same(house: House) -> None:
    endpoint = await house.endpoint()
    requests = [
        asyncio.create_task(house.send()),
        asyncio.create_task(house.intake.send_test(TENANT, endpoint.id, a_test())),
    ]
    await asyncio.sleep(0)
    for request in requests:
        request.cancel()
    await house.all_delivered(2)
    assert all(request.cancelled() for request in requests)
    assert nothing_reserved(house, endpoint)


# Notifications of Gatepost itself


def a_test() -> Submission:
    return a_submission(topic="gatepost.test", type="endpoint.test")


async def test_a_test_goes_to_its_endpoint_alone_whatever_it_subscribes_to(house: House) -> None:
    tested = await house.endpoint(topics=("nothing",))
    await house.endpoint()
    receipt = await house.intake.send_test(TENANT, tested.id, a_test())
    assert receipt.deliveries == 1
    await house.all_delivered(1)
    assert house.channel.sent == [(receipt.id, tested.id)]


async def test_a_test_of_a_paused_endpoint_waits(house: House) -> None:
    paused = await house.endpoint(state="paused")
    receipt = await house.intake.send_test(TENANT, paused.id, a_test())
    await house.look(rounds=3)
    assert await house.state(receipt.id, paused) is State.WAITING


async def test_an_announcement_reaches_who_names_its_topic_and_not_who_takes_everything(house: House) -> None:
    naming, everything = await house.endpoint(topics=("gatepost.endpoint",)), await house.endpoint()
    house.intake.announce(TENANT, "gatepost.endpoint", "endpoint.failing", b"{}")
    await house.all_delivered(1)
    assert len(house.channel.to(naming)) == 1
    assert house.channel.to(everything) == []


# Listeners


async def test_listeners_hear_of_each_notification_once_in_the_order_of_the_log(house: House) -> None:
    heard: list[int] = []
    intake = Intake(
        house.store,
        house.routing,
        house.engine,
        house.clock,
        LIMITS,
        lambda notification: heard.append(notification.seq),
    )
    await asyncio.gather(*(intake.accept(TENANT, [a_submission()] * 2) for _ in range(5)))
    for _ in range(2):
        await intake.accept(TENANT, [a_submission(id="order-1")])
    assert heard == list(range(1, 12))
