"""A feed: one interest of one connection, caught up from the store, then fed by the hub."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from msgspec import Struct

from gatepost.clock import Clock
from gatepost.notify.store import NotificationStore
from gatepost.notify.stream import Position, Recovery, recover
from gatepost.server.streams.endings import FAILED, Ending
from gatepost.server.streams.hub import Hub, Interest, Listener

_log = logging.getLogger(__name__)


class Source(Struct, frozen=True):
    """Where feeds get their notifications from."""

    hub: Hub
    store: NotificationStore
    clock: Clock

    def recover(self, asked: Position | None) -> Recovery:
        """From where a listener that has seen everything up to `asked` can go on."""
        return recover(asked, self.store.epoch, self.hub.published, self.store.totals.forgotten)


class Outlet(Listener, Protocol):
    """The connection that a feed writes to."""

    def send(self, data: bytes) -> bool:
        """False when the connection is over."""
        ...

    async def drain(self) -> None:
        """Waits until the other side has read most of what was sent."""
        ...

    def tell_gap(self, feed: Feed) -> None:
        """Tells that what is missing up to the feed's position is no longer kept."""
        ...

    def end_feed(self, feed: Feed, ending: Ending) -> None:
        """Ends one feed and says why."""
        ...


class Feed:
    """`position` is the place in the log up to which it was fed, `sent` the place of the last that it was given."""

    __slots__ = ("_catching_up", "_source", "id", "interest", "is_over", "listener", "position", "sent")

    def __init__(self, source: Source, listener: Outlet, interest: Interest, after: int, own_id: int = 0) -> None:
        """It goes on after a place of the log; `own_id` is what the connection knows it by."""
        self.id = own_id
        self.listener = listener
        self.position = self.sent = after
        self._source = source
        self.interest = interest
        self.is_over = False
        self._catching_up: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Gives what was missed, then everything as it comes."""
        if self.position < self._source.hub.published:
            self._catching_up = asyncio.create_task(self._catch_up())
        else:
            self._source.hub.join(self, self.interest)

    def stop(self) -> None:
        self.is_over = True
        if self._catching_up is not None:
            self._catching_up.cancel()
        self._source.hub.leave(self, self.interest)

    def write(self, data: bytes, seq: int) -> None:
        if self.listener.send(data):
            self.position = self.sent = seq

    def seen(self) -> int:
        """The place up to which it has been given all there is; everything owed is given first."""
        if self.is_over or self._catching_up is not None:
            return self.position
        published = self._source.hub.settle(self.interest)
        return self.position if self.is_over else published  # what it was owed may have been too much

    async def _catch_up(self) -> None:
        try:
            await self._read_on()
        except Exception:  # noqa: BLE001 - whatever it is, a feed that stands still must not look alive
            _log.exception("a listener cannot be caught up")
            self.listener.end(FAILED)

    async def _read_on(self) -> None:
        """Up to where the hub is, then joins it: no place in between is missed or sent twice."""
        hub, interest = self._source.hub, self.interest
        while self.position < hub.published:
            portion = await self._source.store.read_log(interest.tenant, self.position, hub.published)
            if portion.forgotten > self.position:  # retention has overtaken us: a part must not pass for all
                self.position = self.sent = portion.forgotten
                self.listener.tell_gap(self)
                continue
            missed = [each for each in portion.notifications if interest.hears(each.topic)]
            if missed:
                self.write(b"".join(map(interest.frame, missed)), missed[-1].seq)
            self.position = portion.seen
            await self.listener.drain()
            await asyncio.sleep(0)  # a listener that is a million behind lets the others go first
        self._catching_up = None
        hub.join(self, interest)
