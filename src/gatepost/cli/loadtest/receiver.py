"""The receiver: a process of its own that answers every POST with 204 as cheaply as it can, and counts by number.

It says its port on stdout; for each line on stdin it writes a `Tally`; it ends when stdin does.
"""

from __future__ import annotations

import asyncio
import sys
from typing import cast

import httptools
import msgspec
import uvloop
from msgspec import Struct

from gatepost.cli.loadtest.notifications import number_of
from gatepost.clock import Clock, SystemClock

MAX_NUMBERS = 16 * 1024 * 1024
"""Notifications that can be told apart, at one byte each: sixteen times the largest run that is reported."""

BACKLOG = 1024
"""Connections that may wait to be accepted: peers open hundreds at once."""

_ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


class Tally(Struct, frozen=True):
    """What has arrived: `delivered` different ones, the last at `last_at` by the monotonic clock.

    `duplicates` came again, `strays` were not ours.
    """

    delivered: int = 0
    duplicates: int = 0
    strays: int = 0
    last_at: float = 0.0


class Counter:
    """Counts exactly, by the number in each body."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen = bytearray(MAX_NUMBERS)
        self._delivered = self._duplicates = self._strays = 0
        self._last_at = 0.0

    def take(self, body: bytes) -> None:
        number = number_of(body)
        if number is None or number >= MAX_NUMBERS:
            self._strays += 1
        elif self._seen[number]:
            self._duplicates += 1
        else:
            self._seen[number] = 1
            self._delivered += 1
            self._last_at = self._clock.monotonic()

    def tally(self) -> Tally:
        return Tally(self._delivered, self._duplicates, self._strays, self._last_at)


class Receiver(asyncio.Protocol):
    """Just enough of an HTTP server."""

    _transport: asyncio.Transport

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._parser = httptools.HttpRequestParser(self)
        self._body = b""
        self._answers = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.abort()
            return
        if self._answers:
            self._transport.write(_ANSWER * self._answers)
            self._answers = 0

    # What the parser calls

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        body, self._body = self._body, b""
        self._counter.take(body)
        self._answers += 1


async def _main() -> None:
    loop = asyncio.get_running_loop()
    counter = Counter(SystemClock())
    server = await loop.create_server(lambda: Receiver(counter), "127.0.0.1", 0, backlog=BACKLOG)
    _say({"port": server.sockets[0].getsockname()[1]})
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while await orders.readline():
        _say(counter.tally())


def _say(document: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(document) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    uvloop.run(_main())
