"""One connection of a listener: caught up from the store, then fed by the hub. What it speaks, a subclass says."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod

from gatepost.clock import Clock
from gatepost.guard.request import Principal
from gatepost.net.takeover import TakeOver, Wire
from gatepost.notify.store import NotificationStore
from gatepost.notify.stream import Recovery
from gatepost.server.streams.hub import Hub, Interest

MAX_UNSENT_BYTES = 1024 * 1024
"""Bytes that a listener may leave unread before it is cut off: it must not fill the memory, nor hold up others."""

LAST_WORDS_S = 5.0
"""Seconds for the other side to read why it was cut off."""


class Source:
    """Where connections get their events from."""

    __slots__ = ("clock", "hub", "store")

    def __init__(self, hub: Hub, store: NotificationStore, clock: Clock) -> None:
        self.hub = hub
        self.store = store
        self.clock = clock


class Connection(ABC):
    """A `Listener` of the hub and a `Reader` of its connection. `position` is the place in the log that it has seen."""

    def __init__(self, source: Source, principal: Principal, name: str) -> None:
        self.key = principal.key
        self.name = name
        self.position = 0
        self._source = source
        self._until = principal.until
        self._interest: Interest | None = None
        self._wire: Wire | None = None
        self._catching_up: asyncio.Task[None] | None = None
        self._silent = True

    def start(self, take_over: TakeOver) -> None:
        """Takes the connection over and begins."""
        self._wire = take_over(self)
        self._opened()

    # What a subclass says

    @abstractmethod
    def _opened(self) -> None:
        """The connection is there: write the head of the answer."""

    @abstractmethod
    def data_received(self, data: bytes) -> None: ...

    @abstractmethod
    def _sign_of_life(self) -> bytes: ...

    @abstractmethod
    def _last_words(self, reason: str) -> bytes: ...

    # What the hub calls

    def write(self, data: bytes, seq: int) -> None:
        if self._send(data):
            self.position = seq

    def beat(self, now: int) -> None:
        """Ends what is over, and gives a sign of life if nothing was sent since the last beat."""
        if self._until is not None and now >= self._until:
            self.end("the credential has expired")
        elif self._silent:
            self._send(self._sign_of_life())
        self._silent = True

    def end(self, reason: str) -> None:
        wire = self._detach()
        if wire is not None:
            wire.transport.write(self._last_words(reason))
            wire.transport.close()
            asyncio.get_running_loop().call_later(LAST_WORDS_S, wire.transport.abort)

    # What the server calls

    def connection_lost(self) -> None:
        self._detach()

    def shutdown(self) -> None:
        self.end("the service is stopping")

    # Inside

    def _listen(self, interest: Interest, recovery: Recovery) -> None:
        """Gives what was missed, then everything as it comes."""
        self._stop_listening()
        self._interest = interest
        self.position = recovery.after
        self._catching_up = asyncio.create_task(self._catch_up(interest))

    async def _catch_up(self, interest: Interest) -> None:
        """Reads from the store up to where the hub is, then joins it: no place in between is missed or sent twice."""
        hub = self._source.hub
        while self._wire is not None and self.position < hub.published:
            portion = await self._source.store.read_log(interest.tenant, self.position, hub.published)
            missed = [interest.frame(each) for each in portion.notifications if interest.hears(each.topic)]
            self.write(b"".join(missed), portion.seen)
            if self._wire is not None:
                await self._wire.drain()
            await asyncio.sleep(0)  # a listener that is a million behind lets the others go first
        if self._wire is not None:
            hub.join(self, interest)

    def _send(self, data: bytes) -> bool:
        if self._wire is None:
            return False
        if self._wire.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self.end("too slow: too much was left unread")
            return False
        if data:
            self._wire.transport.write(data)
            self._silent = False
        return True

    def _stop_listening(self) -> None:
        if self._catching_up is not None:
            self._catching_up.cancel()
            self._catching_up = None
        if self._interest is not None:
            self._source.hub.leave(self, self._interest)
            self._interest = None

    def _detach(self) -> Wire | None:
        self._stop_listening()
        wire, self._wire = self._wire, None
        return wire
