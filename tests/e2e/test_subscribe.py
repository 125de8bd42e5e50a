"""Listening with the SDK to the real service: live, through kills, and after having been away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

import pytest

from gatepost import AsyncClient, Client, Gap, NewNotification, Received, Retries
from gatepost.client.following import Item
from gatepost.errors import ServiceError
from server_table import HOST
from tests.e2e.service_process import ServiceProcess
from tests.real_servers import Nginx

T = TypeVar("T")

PATIENCE_S = 30.0
QUICK = Retries(first_wait=0.05)


@pytest.fixture
def service(running_service: ServiceProcess) -> ServiceProcess:
    """It keeps its port over restarts."""
    running_service.settings["port"] = str(running_service.port)
    return running_service


@pytest.fixture
def client(service: ServiceProcess) -> Iterator[Client]:
    with Client(f"http://127.0.0.1:{service.port}", api_key=service.api.key, retries=QUICK) as client:
        yield client


@pytest.fixture
async def async_client(service: ServiceProcess) -> AsyncIterator[AsyncClient]:
    url = f"http://127.0.0.1:{service.port}"
    async with AsyncClient(url, api_key=service.api.key, retries=QUICK) as client:
        yield client


def data_of(items: Iterable[Item]) -> list[object]:
    return [item.data if isinstance(item, Received) else item for item in items]


def send_all(client: Client, numbers: Iterable[int]) -> None:
    assert all(
        result.accepted
        for result in client.send_many(NewNotification("orders.eu", "order.paid", number) for number in numbers)
    )


def in_time(work: Callable[[], T]) -> T:
    """What may wait for ever is not waited for that long."""
    threads = ThreadPoolExecutor(1)
    try:
        return threads.submit(work).result(PATIENCE_S)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)


def test_what_is_sent_is_received_live_and_only_what_was_asked_for(client: Client) -> None:
    with client.subscribe(["orders.*", "invoices"]) as subscription:
        client.send("other", "t", 0)
        sent = client.send("orders.eu", "order.paid", {"n": 2**70})
        item = in_time(lambda: next(subscription))
        assert isinstance(item, Received)
        assert (item.id, item.topic, item.type, item.data) == (sent.id, "orders.eu", "order.paid", {"n": 2**70})
        assert item.timestamp == client.notification(sent.id).accepted_at
        client.send("invoices", "t", 2)
        assert data_of([in_time(lambda: next(subscription))]) == [2]


def test_nothing_is_missed_or_doubled_when_the_service_is_killed(client: Client, service: ServiceProcess) -> None:
    with client.subscribe("orders.*") as subscription:
        send_all(client, range(300))
        received = in_time(lambda: data_of(islice(subscription, 100)))
        service.kill()
        service.start()
        send_all(client, range(300, 600))
        received += in_time(lambda: data_of(islice(subscription, 400)))
        service.kill()
        service.start()
        send_all(client, range(600, 700))
        received += in_time(lambda: data_of(islice(subscription, 200)))
    assert received == list(range(700))


async def test_nothing_is_missed_or_doubled_when_the_service_is_killed_under_load(
    async_client: AsyncClient, service: ServiceProcess
) -> None:
    received: list[object] = []
    listening, well_under_way = asyncio.Event(), asyncio.Event()

    async def listen() -> None:
        async with async_client.subscribe("orders.*") as subscription:
            listening.set()
            while len(received) < 2_000:
                received.extend(data_of([await anext(subscription)]))
                if len(received) == 300:
                    well_under_way.set()

    async def send() -> None:
        items = (NewNotification("orders.eu", "t", number) for number in range(2_000))
        async for result in async_client.send_many(items, in_flight=1):
            assert result.accepted

    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as tasks:
        tasks.create_task(listen())
        await listening.wait()
        tasks.create_task(send())
        await well_under_way.wait()
        await asyncio.to_thread(service.kill)
        await asyncio.to_thread(service.start)
    assert received == list(range(2_000))


async def test_waiting_for_an_item_can_be_cancelled_without_losing_one(async_client: AsyncClient) -> None:
    async with async_client.subscribe("orders.*") as subscription:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(subscription), 0.05)
        await async_client.send("orders.eu", "t", 1)
        async with asyncio.timeout(PATIENCE_S):
            assert data_of([await anext(subscription)]) == [1]


def test_the_end_of_the_block_ends_the_iteration(client: Client) -> None:
    with client.subscribe("orders.*") as subscription:
        client.send("orders.eu", "t", 1)
        in_time(lambda: next(subscription))
    assert list(subscription) == []


async def test_closing_ends_the_iteration(async_client: AsyncClient) -> None:
    subscription = async_client.subscribe("orders.*")
    async with subscription:
        await async_client.send("orders.eu", "t", 1)
        async for item in subscription:
            assert data_of([item]) == [1]
            await subscription.aclose()


def test_who_comes_back_with_a_position_gets_what_was_missed(client: Client) -> None:
    with client.subscribe("orders.*") as subscription:
        client.send("orders.eu", "t", 1)
        seen = in_time(lambda: next(subscription))
    send_all(client, [2, 3])
    with client.subscribe("orders.*", position=seen.position) as again:
        assert in_time(lambda: data_of(islice(again, 2))) == [2, 3]


def test_a_position_of_another_log_is_a_gap(client: Client) -> None:
    send_all(client, [1])
    with client.subscribe("orders.*", position=f"{'0' * 16}-7") as subscription:
        gap, first = in_time(lambda: list(islice(subscription, 2)))
    assert isinstance(gap, Gap)
    assert "no longer kept" in gap.reason
    assert data_of([first]) == [1]


async def test_it_listens_over_tls_and_behind_a_proxy_that_would_rather_buffer(
    service: ServiceProcess, nginx: Nginx
) -> None:
    with nginx.proxy(service.port) as port:
        url, key, ca_file = f"https://{HOST}:{port}", service.api.key, nginx.instance.ca
        with Client(url, api_key=key, ca_file=ca_file) as client, client.subscribe("orders.*") as subscription:
            client.send("orders.eu", "t", 1)
            assert data_of([in_time(lambda: next(subscription))]) == [1]
        async with (
            AsyncClient(url, api_key=key, ca_file=ca_file) as async_client,
            async_client.subscribe("orders.*") as listening,
            asyncio.timeout(PATIENCE_S),
        ):
            await async_client.send("orders.eu", "t", 2)
            assert data_of([await anext(listening)]) == [2]


def test_a_key_without_the_scope_is_refused_at_once(client: Client, service: ServiceProcess) -> None:
    made = client.create_key("limited", scopes=["notifications:read:invoices"])
    with Client(f"http://127.0.0.1:{service.port}", api_key=made.key) as limited:
        with pytest.raises(ServiceError) as caught, limited.subscribe("orders.*"):
            pass
        assert caught.value.problem_code == "insufficient-scope"


def test_a_key_that_is_revoked_ends_the_subscription(client: Client, service: ServiceProcess) -> None:
    made = client.create_key("limited", scopes=["notifications:read:orders.*"])
    url = f"http://127.0.0.1:{service.port}"
    with Client(url, api_key=made.key, retries=QUICK) as limited, limited.subscribe("orders.*") as subscription:
        client.revoke_key(made.id)
        with pytest.raises(ServiceError) as caught:
            in_time(lambda: next(subscription))
    assert caught.value.problem_code == "unauthenticated"


def test_presence_names_who_listens(client: Client) -> None:
    with client.subscribe("orders.*", name="till-3"), client.subscribe("orders.eu"):
        present = client.presence("orders.eu")
    assert (present.listeners, present.names) == (2, ("till-3",))


def test_a_stream_token_is_made_for_browsers(client: Client) -> None:
    made = client.create_stream_token(["orders.*"], life_seconds=30)
    assert made.token.reveal().startswith("gps_")
    assert made.topics == ("orders.*",)


def test_a_durable_subscription_goes_on_after_what_was_acknowledged(client: Client, service: ServiceProcess) -> None:
    client.put_subscription("till", topics=["orders.*"])
    send_all(client, range(10))
    with client.subscribe(subscription="till") as subscription:
        items = in_time(lambda: list(islice(subscription, 6)))
        subscription.ack(items[3].position)
        service.kill()
        service.start()
        send_all(client, [10])
        # What was not acknowledged comes again, but not to the one who has it already.
        assert in_time(lambda: data_of(islice(subscription, 5))) == [6, 7, 8, 9, 10]
    with client.subscribe(subscription="till") as subscription:
        assert in_time(lambda: data_of(islice(subscription, 7))) == list(range(4, 11))
    found = client.subscription("till")
    assert (found.topics, found.acknowledged) == (("orders.*",), items[3].position)
    assert [each.name for each in client.subscriptions()] == ["till"]
    client.delete_subscription("till")
    assert list(client.subscriptions()) == []


async def test_a_durable_subscription_awaiting(async_client: AsyncClient) -> None:
    await async_client.put_subscription("till", topics=["orders.*"])
    await async_client.send("orders.eu", "t", 1)
    async with asyncio.timeout(PATIENCE_S), async_client.subscribe(subscription="till") as subscription:
        item = await anext(subscription)
        await subscription.ack(item.position)
    assert (await async_client.subscription("till")).acknowledged == item.position
