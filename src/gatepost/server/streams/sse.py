"""Server-sent events (WHATWG HTML section 9.2): a stream that any browser reads and that recovers by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
from msgspec import Struct

from gatepost.guard.request import Principal
from gatepost.notify.notification import Notification
from gatepost.notify.stream import Position, Recovery, stream_body
from gatepost.server.streams.connection import Connection
from gatepost.server.streams.endings import Ending
from gatepost.server.streams.feed import Feed, Outlet, Source
from gatepost.server.streams.hub import Frame

RECONNECT_MS = 2_000
"""Milliseconds that a browser waits before it comes back."""

MakeFeed = Callable[[Outlet, Frame], Feed]
"""Makes what a connection is fed by, given the connection and the frame of its events."""

_HEAD = (
    b"HTTP/1.1 200 OK\r\n"
    b"content-type: text/event-stream\r\n"
    b"cache-control: no-store\r\n"
    b"x-content-type-options: nosniff\r\n"
    b"x-accel-buffering: no\r\n"  # nginx would hold events back until its buffer is full
    b"connection: close\r\n"
)
_LINE_BREAKS = bytes.maketrans(b"\r\n", b"  ")  # in JSON they can only be white space; in an event they would end it


class EventFrame(Struct, frozen=True):
    """Frames notifications as events."""

    epoch: bytes

    def __call__(self, notification: Notification) -> bytes:
        data = stream_body(notification).translate(_LINE_BREAKS)
        return b"id: %b-%d\ndata: %b\n\n" % (self.epoch, notification.seq, data)


class EventStream(Connection):
    """One listener by server-sent events."""

    def __init__(
        self,
        source: Source,
        principal: Principal,
        recovery: Recovery,
        feed: MakeFeed,
        *,
        name: str = "",
        origin: str | None = None,
    ) -> None:
        super().__init__(source)
        self._belongs_to(principal)
        self.name = name
        self._feed = feed(self, EventFrame(source.store.epoch.encode()))
        self._is_complete = recovery.complete
        self._origin = origin

    def _opened(self) -> None:
        allowed = b"" if self._origin is None else b"access-control-allow-origin: %b\r\n" % self._origin.encode()
        self.send(
            b"%b%bvary: origin\r\n\r\nretry: %d\n%b" % (_HEAD, allowed, RECONNECT_MS, self._id(self._feed.position))
        )
        if not self._is_complete:
            self.tell_gap(self._feed)
        self._add(self._feed)

    def data_received(self, data: bytes) -> None:
        """Nothing is expected from the other side; whatever comes is dropped."""

    def tell_gap(self, feed: Feed) -> None:
        here = str(Position(self._source.store.epoch, feed.position))
        gap = {"reason": "some of what was missed is no longer kept", "from": here}
        self.send(b"id: %b\n%b" % (here.encode(), _event("gap", gap)))

    def end_feed(self, feed: Feed, ending: Ending) -> None:
        self.end(ending)

    def _sign_of_life(self) -> bytes:
        """An event without data: a browser takes its id and tells nobody, so it does not come back with an old one."""
        return self._id(self._feed.seen())

    def _last_words(self, ending: Ending) -> bytes:
        return _event("end", {"reason": ending.reason, "code": ending.code})

    def _id(self, seq: int) -> bytes:
        return b"id: %b\n\n" % str(Position(self._source.store.epoch, seq)).encode()


def _event(name: str, data: Mapping[str, str | int]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), msgspec.json.encode(data))
