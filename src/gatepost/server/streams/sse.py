"""Server-sent events (WHATWG HTML section 9.2): a stream that any browser reads and that recovers by itself."""

from __future__ import annotations

from functools import cache

import msgspec

from gatepost.guard.request import Principal
from gatepost.notify.notification import Notification
from gatepost.notify.stream import Position, Recovery, stream_body
from gatepost.server.streams.connection import Connection, Source
from gatepost.server.streams.hub import Frame, Interest

RECONNECT_MS = 2_000
"""Milliseconds that a browser waits before it comes back."""

_HEAD = (
    b"HTTP/1.1 200 OK\r\n"
    b"content-type: text/event-stream\r\n"
    b"cache-control: no-store\r\n"
    b"x-content-type-options: nosniff\r\n"
    b"x-accel-buffering: no\r\n"  # nginx would hold events back until its buffer is full
    b"connection: close\r\n"
)
_LINE_BREAKS = bytes.maketrans(b"\r\n", b"  ")  # in JSON they can only be white space; in an event they would end it


@cache
def frame_of(epoch: str) -> Frame:
    """Frames notifications as events; one function for one log, so that all who use it share their frames."""

    def frame(notification: Notification) -> bytes:
        data = stream_body(notification).translate(_LINE_BREAKS)
        return b"id: %b-%d\ndata: %b\n\n" % (epoch.encode(), notification.seq, data)

    return frame


class EventStream(Connection):
    """One listener by server-sent events."""

    def __init__(
        self,
        source: Source,
        principal: Principal,
        patterns: tuple[str, ...],
        recovery: Recovery,
        *,
        name: str = "",
        origin: str | None = None,
    ) -> None:
        super().__init__(source, principal, name)
        self._wanted = Interest(principal.tenant, patterns, frame_of(source.store.epoch))
        self._recovery = recovery
        self._origin = origin

    def _opened(self) -> None:
        allowed = b"" if self._origin is None else b"access-control-allow-origin: %b\r\n" % self._origin.encode()
        here = Position(self._source.store.epoch, self._recovery.after)
        self._send(
            b"%b%bvary: origin\r\n\r\nretry: %d\nid: %b\n\n" % (_HEAD, allowed, RECONNECT_MS, str(here).encode())
        )
        if not self._recovery.complete:
            self._send(_event("gap", {"reason": "some of what was missed is no longer kept", "from": str(here)}))
        self._listen(self._wanted, self._recovery)

    def data_received(self, data: bytes) -> None:
        """Nothing is expected from the other side; whatever comes is dropped."""

    def _sign_of_life(self) -> bytes:
        return b":\n\n"

    def _last_words(self, reason: str) -> bytes:
        return _event("end", {"reason": reason})


def _event(name: str, data: dict[str, str]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), msgspec.json.encode(data))
