"""`AsyncClient`: the SDK for code that runs on asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Iterable
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, TypeVar

from gatepost.client import calls, stream_calls
from gatepost.client.aio_connections import AsyncConnections
from gatepost.client.aio_subscription import AsyncSubscription
from gatepost.client.batches import IN_FLIGHT, Batch, Batcher, Tally, Window
from gatepost.client.exchange import Retries, exchange
from gatepost.client.following import Follower
from gatepost.client.methods import described_by
from gatepost.client.notifications import Sendable
from gatepost.client.results import BatchAnswer, Progress, SendResult
from gatepost.client.service import locate
from gatepost.client.wire import Call, Listing, Stream
from gatepost.clock import Clock, SystemClock
from gatepost.crypto.secret import Secret
from gatepost.errors import DeliveryFailed

P = ParamSpec("P")
T = TypeVar("T")


def _method(verb: Callable[P, Call[T]]) -> Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, T]]:
    @described_by(verb)
    async def method(self: AsyncClient, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.perform(verb(*args, **kwargs))

    return method


def _iterator(verb: Callable[P, Listing[T]]) -> Callable[Concatenate[AsyncClient, P], AsyncIterator[T]]:
    @described_by(verb)
    def method(self: AsyncClient, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
        return self.iterate(verb(*args, **kwargs))

    return method


def _subscription(verb: Callable[P, Stream]) -> Callable[Concatenate[AsyncClient, P], AsyncSubscription]:
    @described_by(verb)
    def method(self: AsyncClient, /, *args: P.args, **kwargs: P.kwargs) -> AsyncSubscription:
        return self.follow(verb(*args, **kwargs))

    return method


class AsyncClient:
    """Talks to one Gatepost service. The tasks of one event loop may share it; use it as an async context manager,
    or `aclose` it.

    `url` and `api_key` are taken from GATEPOST_URL and GATEPOST_API_KEY when they are not given.
    `timeout` is in seconds; `ca_file` names the PEM certificates to trust instead of the system's.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        api_key: Secret[str] | str | None = None,
        timeout: float = 30.0,
        retries: Retries | None = None,
        ca_file: str | None = None,
        allow_api_key_over_plain_http: bool = False,
        clock: Clock | None = None,
    ) -> None:
        service = locate(url, api_key, allow_api_key_over_plain_http=allow_api_key_over_plain_http)
        self._connections = AsyncConnections(service, timeout, ca_file)
        self._retries = retries or Retries()
        self._clock = clock or SystemClock()

    send = _method(calls.send)
    notification = _method(calls.notification)
    notifications = _iterator(calls.notifications)
    cancel = _method(calls.cancel)
    deliveries = _iterator(calls.deliveries)
    retry_delivery = _method(calls.retry_delivery)

    subscribe = _subscription(stream_calls.subscribe)
    presence = _method(stream_calls.presence)
    create_stream_token = _method(stream_calls.create_stream_token)
    put_subscription = _method(stream_calls.put_subscription)
    subscriptions = _iterator(stream_calls.subscriptions)
    subscription = _method(stream_calls.subscription)
    acknowledge = _method(stream_calls.acknowledge)
    delete_subscription = _method(stream_calls.delete_subscription)

    create_endpoint = _method(calls.create_endpoint)
    endpoints = _iterator(calls.endpoints)
    endpoint = _method(calls.endpoint)
    change_endpoint = _method(calls.change_endpoint)
    pause_endpoint = _method(calls.pause_endpoint)
    resume_endpoint = _method(calls.resume_endpoint)
    delete_endpoint = _method(calls.delete_endpoint)
    rotate_endpoint_secret = _method(calls.rotate_endpoint_secret)
    test_endpoint = _method(calls.test_endpoint)
    replay = _method(calls.replay)
    replay_delivery = _method(calls.replay_delivery)
    explain_delivery = _method(calls.explain_delivery)

    create_key = _method(calls.create_key)
    keys = _iterator(calls.keys)
    revoke_key = _method(calls.revoke_key)

    create_tenant = _method(calls.create_tenant)
    tenants = _iterator(calls.tenants)
    suspend_tenant = _method(calls.suspend_tenant)
    resume_tenant = _method(calls.resume_tenant)
    destroy_tenant = _method(calls.destroy_tenant)
    create_tenant_key = _method(calls.create_tenant_key)

    keyring = _method(calls.keyring)
    rotate_keyring = _method(calls.rotate_keyring)
    destroy_seal_key = _method(calls.destroy_seal_key)

    me = _method(calls.me)
    status = _method(calls.status)

    async def send_many(
        self,
        notifications: Iterable[Sendable] | AsyncIterable[Sendable],
        *,
        durability: calls.Durability | None = None,
        in_flight: int = IN_FLIGHT,
        progress: Callable[[Progress], None] | None = None,
    ) -> AsyncIterator[SendResult]:
        """Sends any number of notifications in batches and yields what became of each, in order.

        Iterate over it to make it send: it reads ahead by `in_flight` batches and no further. A batch that
        fails is sent again under the same idempotency key. Items with an ordering key never overtake each other.
        """
        tally = Tally(progress)
        window: Window[asyncio.Task[BatchAnswer]] = Window(in_flight)
        try:
            async for batch in _batches(notifications):
                while window.blocks(batch):
                    for result in await _finish(window, tally):
                        yield result
                window.add(batch, asyncio.create_task(self.perform(calls.send_batch(batch.lines, durability))))
            while window:
                for result in await _finish(window, tally):
                    yield result
        finally:
            await _cancel(window.futures())

    def follow(self, stream: Stream) -> AsyncSubscription:
        """Listens to one stream of `gatepost.client.stream_calls`."""
        return AsyncSubscription(self._connections, Follower(stream, self._retries, self._clock), self.perform)

    async def perform(self, call: Call[T]) -> T:
        """Carries out one call of `gatepost.client.calls`."""
        steps = exchange(call, self._retries, self._clock)
        try:
            request = next(steps)
            while True:
                await asyncio.sleep(request.delay)
                try:
                    answer = await self._connections.send(request)
                except DeliveryFailed as failure:
                    request = steps.throw(failure)
                else:
                    request = steps.send(answer)
        except StopIteration as done:
            result: T = done.value
            return result

    async def iterate(self, listing: Listing[T]) -> AsyncIterator[T]:
        """The items of every page."""
        cursor: str | None = None
        while True:
            page = await self.perform(listing.page(cursor))
            for item in page.data:
                yield item
            if (cursor := page.next) is None:
                return

    async def aclose(self) -> None:
        """Closes the connections that are kept."""
        await self._connections.aclose()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


async def _batches(notifications: Iterable[Sendable] | AsyncIterable[Sendable]) -> AsyncIterator[Batch]:
    batcher = Batcher()
    if isinstance(notifications, AsyncIterable):
        async for notification in notifications:
            if batch := batcher.add(notification):
                yield batch
    else:
        for notification in notifications:
            if batch := batcher.add(notification):
                yield batch
    if batch := batcher.rest():
        yield batch


async def _finish(window: Window[asyncio.Task[BatchAnswer]], tally: Tally) -> tuple[SendResult, ...]:
    batch, task = window.take()
    return tally.add(batch, await task)


async def _cancel(tasks: list[asyncio.Task[BatchAnswer]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
