"""`Client`: the SDK for code that waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Concatenate, ParamSpec, TypeVar

from gatepost.client import calls, stream_calls
from gatepost.client.batches import IN_FLIGHT, Batch, Batcher, Tally, Window
from gatepost.client.connections import Connections
from gatepost.client.exchange import Retries, exchange
from gatepost.client.following import Follower
from gatepost.client.methods import described_by
from gatepost.client.notifications import Sendable
from gatepost.client.results import BatchAnswer, Progress, SendResult
from gatepost.client.service import locate
from gatepost.client.subscription import Subscription
from gatepost.client.wire import Call, Listing, Stream
from gatepost.clock import Clock, SystemClock
from gatepost.crypto.secret import Secret
from gatepost.errors import DeliveryFailed
from gatepost.net.tls import client_context

P = ParamSpec("P")
T = TypeVar("T")


def _method(verb: Callable[P, Call[T]]) -> Callable[Concatenate[Client, P], T]:
    @described_by(verb)
    def method(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.perform(verb(*args, **kwargs))

    return method


def _iterator(verb: Callable[P, Listing[T]]) -> Callable[Concatenate[Client, P], Iterator[T]]:
    @described_by(verb)
    def method(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        return self.iterate(verb(*args, **kwargs))

    return method


def _subscription(verb: Callable[P, Stream]) -> Callable[Concatenate[Client, P], Subscription]:
    @described_by(verb)
    def method(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> Subscription:
        return self.follow(verb(*args, **kwargs))

    return method


class Client:
    """Talks to one Gatepost service. Threads may share it; use it as a context manager, or `close` it.

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
        self._connections = Connections(service, timeout, client_context(ca_file) if service.tls else None)
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

    def send_many(
        self,
        notifications: Iterable[Sendable],
        *,
        durability: calls.Durability | None = None,
        in_flight: int = IN_FLIGHT,
        progress: Callable[[Progress], None] | None = None,
    ) -> Iterator[SendResult]:
        """Sends any number of notifications in batches and yields what became of each, in order.

        Iterate over it to make it send: it reads ahead by `in_flight` batches and no further. A batch that
        fails is sent again under the same idempotency key. Items with an ordering key never overtake each other.
        """
        tally = Tally(progress)
        window: Window[Future[BatchAnswer]] = Window(in_flight)
        with ThreadPoolExecutor(in_flight, "gatepost-send") as threads:
            for batch in _batches(notifications):
                while window.blocks(batch):
                    yield from _finish(window, tally)
                window.add(batch, threads.submit(self.perform, calls.send_batch(batch.lines, durability)))
            while window:
                yield from _finish(window, tally)

    def follow(self, stream: Stream) -> Subscription:
        """Listens to one stream of `gatepost.client.stream_calls`."""
        return Subscription(self._connections, Follower(stream, self._retries, self._clock), self.perform)

    def perform(self, call: Call[T]) -> T:
        """Carries out one call of `gatepost.client.calls`."""
        steps = exchange(call, self._retries, self._clock)
        try:
            request = next(steps)
            while True:
                time.sleep(request.delay)
                try:
                    answer = self._connections.send(request)
                except DeliveryFailed as failure:
                    request = steps.throw(failure)
                else:
                    request = steps.send(answer)
        except StopIteration as done:
            result: T = done.value
            return result

    def iterate(self, listing: Listing[T]) -> Iterator[T]:
        """The items of every page."""
        cursor: str | None = None
        while True:
            page = self.perform(listing.page(cursor))
            yield from page.data
            if (cursor := page.next) is None:
                return

    def close(self) -> None:
        """Closes the connections that are kept."""
        self._connections.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _batches(notifications: Iterable[Sendable]) -> Iterator[Batch]:
    batcher = Batcher()
    for notification in notifications:
        if batch := batcher.add(notification):
            yield batch
    if batch := batcher.rest():
        yield batch


def _finish(window: Window[Future[BatchAnswer]], tally: Tally) -> tuple[SendResult, ...]:
    batch, future = window.take()
    return tally.add(batch, future.result())
