"""`AsyncClient.subscribe`: an asynchronous iterator over what comes in live, through every break of the connection."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from types import TracebackType

from gatepost.client.aio_connections import AsyncConnections
from gatepost.client.aio_stream import AsyncAnswerStream
from gatepost.client.following import SILENCE_S, Follower, Item
from gatepost.client.results import DurableSubscription
from gatepost.client.wire import Call
from gatepost.errors import DeliveryFailed

Perform = Callable[[Call[DurableSubscription]], Awaitable[object]]


class AsyncSubscription:
    """Yields `Received` and `Gap` without an end.

    In an `async with` block it listens from the beginning of the block, otherwise from the first item that is asked
    for. Nothing is lost when waiting for an item is cancelled. Belongs to one task.
    """

    def __init__(self, connections: AsyncConnections, follower: Follower, perform: Perform) -> None:
        self._connections = connections
        self._follower = follower
        self._perform = perform
        self._stream: AsyncAnswerStream | None = None
        self._ready: deque[Item] = deque()
        self._is_closed = False

    def __aiter__(self) -> AsyncSubscription:
        return self

    async def __anext__(self) -> Item:
        """The next item. Raises `ServiceError` when the service refuses for good."""
        while not self._ready:
            if self._is_closed:
                raise StopAsyncIteration
            await self._step()
        return self._ready.popleft()

    async def ack(self, position: str) -> None:
        """Everything up to `position` is done with. For durable subscriptions only; raises `InvalidParameter`."""
        await self._perform(self._follower.acknowledgement(position))

    async def aclose(self) -> None:
        """Stops listening. What was received already can still be taken; then the iteration ends."""
        self._is_closed = True
        self._drop()

    async def __aenter__(self) -> AsyncSubscription:
        try:
            while not self._follower.is_live:
                await self._step()
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _step(self) -> None:
        """Opens the stream, or reads from it once. Where it broke, the next step opens it again."""
        try:
            if self._stream is None:
                await self._open()
            else:
                self._ready.extend(self._follower.feed(await self._stream.read()))
        except DeliveryFailed as failure:
            self._drop()
            self._follower.end(failure)

    async def _open(self) -> None:
        request = self._follower.request
        await asyncio.sleep(request.delay)
        self._stream = await self._connections.open(request, SILENCE_S)
        self._follower.begin(self._stream.status, self._stream.headers)

    def _drop(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
