"""Both clients against a real HTTP server. What is decided without I/O is tested in test_exchange."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
import trustme

from gatepost import AsyncClient, Client, NewNotification, Retries
from gatepost.client.batches import BATCH_ITEMS
from gatepost.client.results import Accepted, Progress
from gatepost.errors import ConnectFailed, DeliveryFailed, DeliveryTimeout, GarbledAnswer, ServiceError
from tests.unit.client.stand_in import Received, Reply, StandIn, accept_batch, problem, standing_in

KEY = "gp_live_test"
QUICK = Retries(attempts=3, first_wait=0.001, max_wait=1.0)
ACCEPTED = Reply(202, {"id": "ntf_1", "durability": "group", "deliveries": 1})


@pytest.fixture
def client(service: StandIn) -> Iterator[Client]:
    with Client(service.url, api_key=KEY, retries=QUICK) as client:
        yield client


@pytest.fixture
async def async_client(service: StandIn) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(service.url, api_key=KEY, retries=QUICK) as client:
        yield client


def numbered(count: int) -> Iterator[NewNotification]:
    return (NewNotification("orders", "order.paid", number) for number in range(count))


def ids(count: int) -> list[str]:
    return [f"ntf_{number}" for number in range(count)]


def test_send_blocking(service: StandIn, client: Client) -> None:
    service.answer("POST /v1/notifications", ACCEPTED)
    assert client.send("orders", "order.paid", {"n": 1}) == Accepted("ntf_1", "group", 1)
    (received,) = service.received
    assert received.json == {"topic": "orders", "type": "order.paid", "payload": {"n": 1}}
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert received.headers["content-type"] == "application/json"
    assert received.headers["host"] == service.url.removeprefix("http://")


async def test_send_awaiting(service: StandIn, async_client: AsyncClient) -> None:
    service.answer("POST /v1/notifications", ACCEPTED)
    assert await async_client.send("orders", "order.paid", {"n": 1}) == Accepted("ntf_1", "group", 1)
    (received,) = service.received
    assert received.json == {"topic": "orders", "type": "order.paid", "payload": {"n": 1}}
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert received.headers["content-length"] == str(len(received.body))


def test_connections_are_kept_blocking(service: StandIn, client: Client) -> None:
    service.answer("POST /v1/notifications", ACCEPTED)
    for _ in range(3):
        client.send("orders", "order.paid", {})
    assert len({received.connection for received in service.received}) == 1


async def test_connections_are_kept_awaiting(service: StandIn, async_client: AsyncClient) -> None:
    service.answer("POST /v1/notifications", ACCEPTED)
    for _ in range(3):
        await async_client.send("orders", "order.paid", {})
    assert len({received.connection for received in service.received}) == 1


def test_a_refusal_is_an_error_with_its_code(service: StandIn, client: Client) -> None:
    service.answer("GET /v1/me", problem(401, "unauthenticated", "no such key"))
    with pytest.raises(ServiceError) as caught:
        client.me()
    assert (caught.value.status, caught.value.problem_code, str(caught.value)) == (
        401,
        "unauthenticated",
        "no such key",
    )


def test_a_busy_service_is_asked_again_under_the_same_key(service: StandIn, client: Client) -> None:
    service.answer("POST /v1/notifications", problem(503, "unavailable"), problem(429, "quota-exceeded"), ACCEPTED)
    assert client.send("orders", "order.paid", {}).id == "ntf_1"
    assert len({received.headers["idempotency-key"] for received in service.received}) == 1
    assert len(service.received) == 3


async def test_a_busy_service_is_asked_again_awaiting(service: StandIn, async_client: AsyncClient) -> None:
    service.answer("POST /v1/notifications", problem(503, "unavailable"), problem(429, "quota-exceeded"), ACCEPTED)
    assert (await async_client.send("orders", "order.paid", {})).id == "ntf_1"
    assert len({received.headers["idempotency-key"] for received in service.received}) == 1


def tenant(name: str) -> dict[str, str]:
    return {"id": f"ten_{name}", "name": name, "created_at": "2026-11-22T08:30:00.000Z", "invented": "later"}


def pages(received: Received) -> Reply:
    if "cursor=2" in received.path:
        return Reply(200, {"data": [tenant("c")], "next": None})
    if "cursor=1" in received.path:
        return Reply(200, {"data": [], "next": "2"})
    return Reply(200, {"data": [tenant("a"), tenant("b")], "next": "1"})


def test_lists_go_through_every_page_blocking(service: StandIn, client: Client) -> None:
    service.answer("GET /v1/tenants", pages)
    assert [tenant.name for tenant in client.tenants()] == ["a", "b", "c"]


async def test_lists_go_through_every_page_awaiting(service: StandIn, async_client: AsyncClient) -> None:
    service.answer("GET /v1/tenants", pages)
    assert [tenant.name async for tenant in async_client.tenants()] == ["a", "b", "c"]


def test_pages_are_fetched_when_they_are_needed(service: StandIn, client: Client) -> None:
    service.answer("GET /v1/tenants", pages)
    assert next(client.tenants()).name == "a"
    assert len(service.received) == 1


def test_send_many_answers_in_order_blocking(service: StandIn, client: Client) -> None:
    service.answer("POST /v1/notifications/batch", accept_batch)
    reports: list[Progress] = []
    results = list(client.send_many(numbered(1234), progress=reports.append))
    assert [result.id for result in results] == ids(1234)
    assert reports[-1] == Progress(1234, 0)
    assert len(service.received) == 3


async def test_send_many_answers_in_order_awaiting(service: StandIn, async_client: AsyncClient) -> None:
    service.answer("POST /v1/notifications/batch", accept_batch)
    reports: list[Progress] = []
    results = [result async for result in async_client.send_many(numbered(1234), progress=reports.append)]
    assert [result.id for result in results] == ids(1234)
    assert reports[-1] == Progress(1234, 0)
    assert len(service.received) == 3


async def test_send_many_takes_async_iterables(service: StandIn, async_client: AsyncClient) -> None:
    service.answer("POST /v1/notifications/batch", accept_batch)

    async def trickle() -> AsyncIterator[NewNotification]:
        for notification in numbered(7):
            await asyncio.sleep(0)
            yield notification

    assert [result.id async for result in async_client.send_many(trickle())] == ids(7)


def test_a_refused_item_does_not_hold_up_the_others(service: StandIn, client: Client) -> None:
    service.answer("POST /v1/notifications/batch", accept_batch)
    items = [NewNotification(topic, "t", 1) for topic in ("fine", "refused", "fine")]
    results = list(client.send_many(items))
    assert [result.accepted for result in results] == [True, False, True]
    assert results[1].problem is not None
    assert results[1].problem.code == "invalid-field"


def test_a_batch_is_repeated_under_its_own_key(service: StandIn, client: Client) -> None:
    service.answer("POST /v1/notifications/batch", problem(503, "unavailable"), accept_batch)
    assert len(list(client.send_many(numbered(3)))) == 3
    first, second = service.received
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert first.body == second.body


def test_batches_have_keys_of_their_own(service: StandIn, client: Client) -> None:
    service.answer("POST /v1/notifications/batch", accept_batch)
    list(client.send_many(numbered(BATCH_ITEMS * 3)))
    assert len({received.headers["idempotency-key"] for received in service.received}) == 3


def held(release: threading.Event) -> Callable[[Received], Reply]:
    def answer(received: Received) -> Reply:
        assert release.wait(10)
        return accept_batch(received)

    return answer


async def test_send_many_reads_no_further_ahead_than_it_may(service: StandIn, async_client: AsyncClient) -> None:
    release = threading.Event()
    service.answer("POST /v1/notifications/batch", held(release))
    taken = 0

    def counted() -> Iterator[NewNotification]:
        nonlocal taken
        for notification in numbered(BATCH_ITEMS * 10):
            taken += 1
            yield notification

    async def collect() -> int:
        return len([result async for result in async_client.send_many(counted(), in_flight=2)])

    collecting = asyncio.create_task(collect())
    await asyncio.to_thread(service.wait_for, 2)
    assert taken == BATCH_ITEMS * 3  # two on their way, and the one that waits for its place
    release.set()
    assert await collecting == BATCH_ITEMS * 10


async def test_a_batch_that_fails_for_good_ends_send_many(service: StandIn, async_client: AsyncClient) -> None:
    service.answer("POST /v1/notifications/batch", accept_batch, problem(401, "unauthenticated"))
    seen: list[str | None] = []

    async def collect() -> None:
        async for result in async_client.send_many(numbered(BATCH_ITEMS * 4), in_flight=1):
            seen.append(result.id)

    with pytest.raises(ServiceError):
        await collect()
    assert seen == ids(BATCH_ITEMS)


def test_a_batch_that_fails_for_good_ends_send_many_blocking(service: StandIn, client: Client) -> None:
    service.answer("POST /v1/notifications/batch", problem(401, "unauthenticated"))
    with pytest.raises(ServiceError):
        list(client.send_many(numbered(BATCH_ITEMS * 4)))


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


async def test_nobody_there(closed_port: int) -> None:
    url = f"http://127.0.0.1:{closed_port}"
    with Client(url, api_key=KEY, retries=QUICK) as client, pytest.raises(ConnectFailed):
        client.me()
    async with AsyncClient(url, api_key=KEY, retries=QUICK) as async_client:
        with pytest.raises(ConnectFailed):
            await async_client.me()


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """Takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock.getsockname()[1]


async def test_silence_ends_in_a_timeout(deaf_port: int) -> None:
    url, once = f"http://127.0.0.1:{deaf_port}", Retries(attempts=1)
    with Client(url, api_key=KEY, retries=once, timeout=0.05) as client, pytest.raises(DeliveryTimeout):
        client.me()
    async with AsyncClient(url, api_key=KEY, retries=once, timeout=0.05) as async_client:
        with pytest.raises(DeliveryTimeout):
            await async_client.me()


def once_then_close(answer: bytes) -> tuple[int, threading.Thread]:
    """A server that gives `answer` to the first request of each connection and closes it, for two connections."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with server:
            for _ in range(2):
                connection, _ = server.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return server.getsockname()[1], thread


ME = b'{"tenant":"ten_1","key":"key_1","scopes":[]}'
LENGTH = str(len(ME)).encode()


async def test_a_connection_that_was_closed_while_idle_is_not_used_again() -> None:
    kept = b"HTTP/1.1 200 OK\r\ncontent-length: " + LENGTH + b"\r\n\r\n" + ME
    port, thread = once_then_close(kept)
    with Client(f"http://127.0.0.1:{port}", api_key=KEY, retries=Retries(attempts=1)) as client:
        assert client.me().key == "key_1"
        assert client.me().key == "key_1"
    thread.join()
    port, thread = once_then_close(kept)
    async with AsyncClient(f"http://127.0.0.1:{port}", api_key=KEY, retries=QUICK) as async_client:
        assert (await async_client.me()).key == "key_1"
        assert (await async_client.me()).key == "key_1"
    thread.join()


@pytest.mark.parametrize("garbage", [b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nshort"])
async def test_garbage_is_an_error_of_ours(garbage: bytes) -> None:
    port, _ = once_then_close(garbage)
    url, once = f"http://127.0.0.1:{port}", Retries(attempts=1)
    with Client(url, api_key=KEY, retries=once) as client, pytest.raises(DeliveryFailed):
        client.me()
    async with AsyncClient(url, api_key=KEY, retries=once) as async_client:
        with pytest.raises(DeliveryFailed):
            await async_client.me()


async def test_an_endless_answer_is_cut_off(service: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gatepost.client.connections.MAX_ANSWER_BYTES", 1000)
    monkeypatch.setattr("gatepost.client.aio_connections.MAX_ANSWER_BYTES", 1000)
    service.answer("GET /v1/me", Reply(200, msgspec.Raw(b'"' + b"x" * 2000 + b'"')))
    with Client(service.url, api_key=KEY, retries=Retries(attempts=1)) as client, pytest.raises(GarbledAnswer):
        client.me()
    async with AsyncClient(service.url, api_key=KEY, retries=Retries(attempts=1)) as async_client:
        with pytest.raises(GarbledAnswer):
            await async_client.me()


def test_threads_may_share_a_client(service: StandIn, client: Client) -> None:
    service.answer("POST /v1/notifications/batch", accept_batch)

    def send(_: int) -> list[str | None]:
        return [result.id for _ in range(5) for result in client.send_many(numbered(3))]

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(send, range(8))) == [ids(3) * 5] * 8


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secure_service(authority: trustme.CA) -> Iterator[StandIn]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with standing_in(context) as stand_in:
        stand_in.answer("GET /v1/me", Reply(200, {"tenant": "ten_1", "key": "key_1", "scopes": []}))
        yield stand_in


async def test_over_tls_a_known_authority_is_trusted(
    secure_service: StandIn, authority: trustme.CA, tmp_path: Path
) -> None:
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    with Client(secure_service.url, api_key=KEY, ca_file=str(ca_file), retries=QUICK) as client:
        assert client.me().key == "key_1"
    async with AsyncClient(secure_service.url, api_key=KEY, ca_file=str(ca_file), retries=QUICK) as async_client:
        assert (await async_client.me()).key == "key_1"


async def test_over_tls_a_stranger_is_not_shown_the_key(secure_service: StandIn) -> None:
    with Client(secure_service.url, api_key=KEY, retries=QUICK) as client, pytest.raises(ConnectFailed):
        client.me()
    async with AsyncClient(secure_service.url, api_key=KEY, retries=QUICK) as async_client:
        with pytest.raises(ConnectFailed):
            await async_client.me()
    assert secure_service.received == []


async def test_over_tls_the_name_must_be_right(secure_service: StandIn, authority: trustme.CA, tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    url = secure_service.url.replace("127.0.0.1", "localhost")
    with Client(url, api_key=KEY, ca_file=str(ca_file), retries=QUICK) as client, pytest.raises(ConnectFailed):
        client.me()
    async with AsyncClient(url, api_key=KEY, ca_file=str(ca_file), retries=QUICK) as async_client:
        with pytest.raises(ConnectFailed):
            await async_client.me()
    assert secure_service.received == []
