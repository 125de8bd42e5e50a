"""One connection of a listener. What it speaks, a subclass says."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod

from gatepost.guard.request import ANONYMOUS, Principal
from gatepost.net.takeover import TakeOver, Wire
from gatepost.server.streams.endings import EXPIRED, STOPPING, TOO_SLOW, Ending
from gatepost.server.streams.feed import Feed, Source

MAX_UNSENT_BYTES = 1024 * 1024
"""Bytes that a listener may leave unread before it is cut off: it must not fill the memory, nor hold up others."""

LAST_WORDS_S = 5.0
"""Seconds for the other side to read why it was cut off."""


class Connection(ABC):
    """A `Listener` of the hub, the `Outlet` of its feeds, and the `Reader` of its wire."""

    def __init__(self, source: Source) -> None:
        self.tenant = ""
        self.key = ""
        self.name = ""
        self._source = source
        self._principal = ANONYMOUS
        self._expiry: asyncio.TimerHandle | None = None
        self._feeds: dict[int, Feed] = {}
        self._wire: Wire | None = None
        self._is_silent = True

    def start(self, take_over: TakeOver) -> None:
        """Takes the connection over and begins."""
        self._wire = take_over(self)
        self._source.hub.enter(self)
        self._opened()

    # What a subclass says

    @abstractmethod
    def _opened(self) -> None:
        """The connection is there: write the head of the answer."""

    @abstractmethod
    def data_received(self, data: bytes) -> None: ...

    @abstractmethod
    def tell_gap(self, feed: Feed) -> None: ...

    @abstractmethod
    def end_feed(self, feed: Feed, ending: Ending) -> None: ...

    @abstractmethod
    def _sign_of_life(self) -> bytes: ...

    @abstractmethod
    def _last_words(self, ending: Ending) -> bytes: ...

    # What the hub and the feeds call

    def send(self, data: bytes) -> bool:
        """Writes without waiting. False when the connection is over, or ends now because too much was left unread."""
        if self._wire is None:
            return False
        if self._wire.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self.end(TOO_SLOW)
            return False
        if data:
            self._wire.transport.write(data)
            self._is_silent = False
        return True

    async def drain(self) -> None:
        if self._wire is not None:
            await self._wire.drain()

    def beat(self) -> None:
        """Gives a sign of life if nothing was sent since the last beat."""
        if self._is_silent:
            self.send(self._sign_of_life())
        self._is_silent = True

    def end(self, ending: Ending) -> None:
        wire = self._detach()
        if wire is not None:
            wire.transport.write(self._last_words(ending))
            wire.transport.close()
            asyncio.get_running_loop().call_later(LAST_WORDS_S, wire.transport.abort)

    # What the server calls

    def connection_lost(self) -> None:
        self._detach()

    def shutdown(self) -> None:
        self.end(STOPPING)

    # Inside

    def _belongs_to(self, principal: Principal) -> None:
        """From now on it is theirs, and ends with their credential."""
        self._principal = principal
        self.tenant, self.key = principal.tenant, principal.key
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        if principal.until is not None:
            seconds = (principal.until - self._source.clock.now()) / 1000
            self._expiry = asyncio.get_running_loop().call_later(seconds, self.end, EXPIRED)

    def _add(self, feed: Feed) -> None:
        self._feeds[feed.id] = feed
        feed.start()

    def _detach(self) -> Wire | None:
        for feed in self._feeds.values():
            feed.stop()
        self._feeds.clear()
        if self._expiry is not None:
            self._expiry.cancel()
        self._source.hub.exit(self)
        wire, self._wire = self._wire, None
        return wire
