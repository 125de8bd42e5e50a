"""The SDK against the real service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from gatepost import AsyncClient, Client, NewNotification, Retries
from gatepost.cli.demo_processes import ReceiverProcess, receiver
from gatepost.cli.demo_receiver import Report
from gatepost.client.batches import BATCH_ITEMS
from gatepost.errors import ServiceError
from tests.e2e.service_process import ServiceProcess

SOON = timedelta(hours=1)
PATIENCE_S = 20.0


@pytest.fixture
def client(running_service: ServiceProcess) -> Iterator[Client]:
    api = running_service.api
    with Client(f"http://127.0.0.1:{api.port}", api_key=api.key) as client:
        yield client


@pytest.fixture
async def async_client(running_service: ServiceProcess) -> AsyncIterator[AsyncClient]:
    api = running_service.api
    async with AsyncClient(f"http://127.0.0.1:{api.port}", api_key=api.key) as client:
        yield client


@pytest.fixture
async def receiving() -> AsyncIterator[ReceiverProcess]:
    async with receiver() as process:
        yield process


def test_the_life_of_an_endpoint(client: Client) -> None:
    made = client.create_endpoint("http://127.0.0.1:9/hook", topics=["orders.*"], retry=[0, 5], description="shop")
    assert made.secret is not None
    assert made.secret.reveal().startswith("whsec_")
    assert [endpoint.id for endpoint in client.endpoints()] == [made.id]
    assert client.endpoint(made.id).secret is None
    changed = client.change_endpoint(made.id, retry=None, concurrency=7)
    assert (changed.retry, changed.concurrency, changed.topics) == (None, 7, ("orders.*",))
    assert client.change_endpoint(made.id, on_stuck="park", park_after=5).on_stuck == "park"
    assert client.pause_endpoint(made.id).state == "paused"
    assert client.resume_endpoint(made.id).state == "active"
    rotated = client.rotate_endpoint_secret(made.id, overlap_seconds=60)
    assert rotated.secret != made.secret
    assert rotated.old_secret_ends_at is not None
    client.delete_endpoint(made.id)
    assert list(client.endpoints()) == []
    with pytest.raises(ServiceError) as caught:
        client.endpoint(made.id)
    assert (caught.value.status, caught.value.problem_code) == (404, "not-found")


def test_what_an_endpoint_missed_is_explained_and_replayed(client: Client) -> None:
    since = datetime.now(UTC) - SOON
    sent = client.send("missed", "order.paid", {}, ordering_key="a")
    made = client.create_endpoint("http://127.0.0.1:9/hook", topics=["missed"])
    assert client.explain_delivery(sent.id, made.id).reason in ("created-later", "not-planned")
    assert client.replay(made.id, since=since, dry_run=True).counts.missed == 1
    assert client.replay(made.id, since=since, topics=["missed"], rate=5).replayed == 1
    assert client.explain_delivery(sent.id, made.id).due_at is not None
    client.delete_endpoint(made.id)


def test_an_ed25519_endpoint_shows_its_public_key(client: Client) -> None:
    made = client.create_endpoint("http://127.0.0.1:9/hook", signature="v1a")
    assert made.signature == "v1a"
    assert made.public_key is not None
    assert made.public_key.startswith("whpk_")


def test_the_life_of_keys_and_tenants(client: Client, running_service: ServiceProcess) -> None:
    made = client.create_key("ci", scopes=["notifications:send:orders.*"], expires_at=datetime.now(UTC) + SOON)
    assert made.key is not None
    assert made.key.reveal().startswith(made.start)
    url = f"http://127.0.0.1:{running_service.port}"
    with Client(url, api_key=made.key) as limited:
        assert limited.me().scopes == ("notifications:send:orders.*",)
        limited.send("orders.eu", "order.paid", {})
        with pytest.raises(ServiceError) as caught:
            limited.send("invoices", "invoice.sent", {})
        assert caught.value.problem_code == "insufficient-scope"
        assert client.revoke_key(made.id).revoked_at is not None
        with pytest.raises(ServiceError) as caught:
            limited.me()
        assert caught.value.problem_code == "unauthenticated"
    tenant = client.create_tenant("acme")
    key = client.create_tenant_key(tenant.id, "first", scopes=["*:*"])
    assert key.key is not None
    with Client(url, api_key=key.key) as other:
        assert other.me().tenant == tenant.id
        assert client.suspend_tenant(tenant.id).suspended_at is not None
        with pytest.raises(ServiceError) as caught:
            other.me()
        assert caught.value.problem_code == "tenant-suspended"
    assert client.resume_tenant(tenant.id).suspended_at is None
    client.destroy_tenant(tenant.id)
    assert tenant.id not in [each.id for each in client.tenants()]


def test_a_notification_is_sent_shown_listed_and_cancelled(client: Client) -> None:
    endpoint = client.create_endpoint("http://127.0.0.1:9/hook")
    sent = client.send("orders.eu", "order.paid", {"n": 2**70}, id="o-1", deliver_at=datetime.now(UTC) + SOON)
    assert (sent.durability, sent.deliveries) == ("group", 1)
    found = client.notification(sent.id)
    assert (found.payload, found.producer_id) == ({"n": 2**70}, "o-1")
    assert [(delivery.endpoint, delivery.state) for delivery in found.deliveries] == [(endpoint.id, "waiting")]
    assert [each.id for each in client.notifications(topic="orders.eu", since=found.accepted_at)] == [sent.id]
    assert [each.notification for each in client.deliveries(endpoint.id, state="open")] == [sent.id]
    assert client.cancel(sent.id).cancelled == 1
    assert client.notification(sent.id).deliveries[0].state == "cancelled"


def test_sending_again_does_not_send_twice(client: Client) -> None:
    first = client.send("orders", "order.paid", {"n": 1}, idempotency_key="k-1")
    assert client.send("orders", "order.paid", {"n": 1}, idempotency_key="k-1").id == first.id
    with pytest.raises(ServiceError) as caught:
        client.send("orders", "order.paid", {"n": 2}, idempotency_key="k-1")
    assert caught.value.problem_code == "idempotency-mismatch"


def test_what_is_wrong_is_named_by_field(client: Client) -> None:
    with pytest.raises(ServiceError) as caught:
        client.send("not a topic!", "order.paid", {})
    assert [error.pointer for error in caught.value.errors] == ["/topic"]


def test_many_are_listed_over_pages(client: Client) -> None:
    results = list(client.send_many(NewNotification("orders", "order.paid", number) for number in range(250)))
    assert all(result.accepted for result in results)
    listed = [notification.id for notification in client.notifications(topic="orders", page_size=100)]
    assert sorted(listed) == sorted(str(result.id) for result in results)
    status = client.status()
    assert (status.accepted, status.parked) == (250, {})


async def test_many_are_delivered_and_verified(async_client: AsyncClient, receiving: ReceiverProcess) -> None:
    endpoint = await async_client.create_endpoint(receiving.url)
    assert endpoint.secret is not None
    await receiving.trust(endpoint.secret)
    count = BATCH_ITEMS * 4 + 1
    payloads = ({"sent_at": 0, "n": number} for number in range(count))
    items = (NewNotification("orders", "order.paid", payload) for payload in payloads)
    accepted = [result.id async for result in async_client.send_many(items) if result.accepted]
    assert len(set(accepted)) == count
    report = await arrival(receiving, count)
    assert (report.delivered, report.refused) == (count, 0)


async def arrival(receiving: ReceiverProcess, count: int) -> Report:
    """The report of the receiver once it has verified so many; asking takes a while each time."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            report = await receiving.report()
            if report.verified >= count:
                return report


async def test_items_are_refused_on_their_own_and_a_whole_batch_too(async_client: AsyncClient) -> None:
    good, bad = NewNotification("orders", "order.paid", 1), NewNotification("gatepost.x", "order.paid", 1)
    results = [result async for result in async_client.send_many([good, bad, good])]
    assert [result.accepted for result in results] == [True, False, True]
    results = [result async for result in async_client.send_many([bad, bad])]
    assert [result.problem.code for result in results if result.problem] == ["invalid-field"] * 2


def test_a_service_that_comes_back_is_waited_for(running_service: ServiceProcess) -> None:
    api = running_service.api
    running_service.settings["port"] = str(api.port)
    with Client(f"http://127.0.0.1:{api.port}", api_key=api.key, retries=Retries(first_wait=0.05)) as client:
        results = client.send_many((NewNotification("orders", "t", n) for n in range(BATCH_ITEMS * 20)), in_flight=2)
        ids = [next(results).id]
        running_service.kill()
        running_service.start()
        ids += [result.id for result in results]
        assert len(set(ids)) == BATCH_ITEMS * 20
        assert client.status().accepted == BATCH_ITEMS * 20
