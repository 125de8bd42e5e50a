"""`Client.subscribe`: an iterator over what comes in live, through every break of the connection."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from types import TracebackType

from gatepost.client.connections import AnswerStream, Connections
from gatepost.client.following import SILENCE_S, Follower, Item
from gatepost.client.results import DurableSubscription
from gatepost.client.wire import Call
from gatepost.errors import DeliveryFailed

Perform = Callable[[Call[DurableSubscription]], object]


class Subscription:
    """Yields `Received` and `Gap` without an end.

    In a `with` block it listens from the beginning of the block, otherwise from the first item that is asked for.
    Belongs to one thread.
    """

    def __init__(self, connections: Connections, follower: Follower, perform: Perform) -> None:
        self._connections = connections
        self._follower = follower
        self._perform = perform
        self._stream: AnswerStream | None = None
        self._ready: deque[Item] = deque()
        self._is_closed = False

    def __iter__(self) -> Subscription:
        return self

    def __next__(self) -> Item:
        """The next item. Raises `ServiceError` when the service refuses for good."""
        while not self._ready:
            if self._is_closed:
                raise StopIteration
            self._step()
        return self._ready.popleft()

    def ack(self, position: str) -> None:
        """Everything up to `position` is done with. For durable subscriptions only; raises `InvalidParameter`."""
        self._perform(self._follower.acknowledgement(position))

    def close(self) -> None:
        """Stops listening. What was received already can still be taken; then the iteration ends."""
        self._is_closed = True
        self._drop()

    def __enter__(self) -> Subscription:
        try:
            while not self._follower.is_live:
                self._step()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _step(self) -> None:
        """Opens the stream, or reads from it once. Where it broke, the next step opens it again."""
        try:
            if self._stream is None:
                self._open()
            else:
                self._ready.extend(self._follower.feed(self._stream.read()))
        except DeliveryFailed as failure:
            self._drop()
            self._follower.end(failure)

    def _open(self) -> None:
        request = self._follower.request
        time.sleep(request.delay)
        self._stream = self._connections.open(request, SILENCE_S)
        self._follower.begin(self._stream.status, self._stream.headers)

    def _drop(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
