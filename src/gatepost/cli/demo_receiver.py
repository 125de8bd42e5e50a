"""The receiver of the demo: a process of its own that trusts nothing it is told.

It verifies every webhook with the public `standardwebhooks` package and counts by `webhook-id`. The demo talks to it
over stdin and stdout, one JSON document a line: it says its port; it is given the secret; asked to, it reports.
It ends when its stdin does, so it never outlives the demo.
"""

from __future__ import annotations

import asyncio
import sys
from array import array
from typing import cast

import httptools
import msgspec
import uvloop
from msgspec import Struct
from standardwebhooks import Webhook, WebhookVerificationError

from gatepost.clock import Clock, SystemClock

MAX_BODY_BYTES = 128 * 1024
"""Bytes of one webhook: twice what a payload may have."""

_ACCEPTED = b"HTTP/1.1 204 No Content\r\n\r\n"
_REFUSED = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"


class Order(Struct):
    """What the demo says: the secret first, later that it wants a report, with or without how long deliveries took."""

    secret: str | None = None
    with_latencies: bool = False


class Report(Struct):
    """Webhooks by `webhook-id`: `delivered` came, `verified` were signed as they must be, `duplicates` came again.

    Times are in milliseconds: `last_at` is when the last new one came, the others how long from sending to arrival.
    """

    delivered: int = 0
    verified: int = 0
    duplicates: int = 0
    refused: int = 0
    last_at: int = 0
    p50_ms: float = 0.0
    p95_ms: float = 0.0
    p99_ms: float = 0.0


class _Airport(Struct):
    sent_at: int


class _Body(Struct):
    data: _Airport


_decode = msgspec.json.Decoder(_Body).decode


class Counter:
    """Verifies and counts."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._webhook: Webhook | None = None
        self._seen: set[str] = set()
        self._verified: set[str] = set()
        self._latencies = array("q")
        self._duplicates = self._refused = self._last_at = 0

    def trust(self, secret: str) -> None:
        self._webhook = Webhook(secret)

    def take(self, headers: dict[str, str], body: bytes) -> bool:
        """Counts one webhook; False when it is not signed as it must be."""
        webhook_id = headers.get("webhook-id", "")
        self._seen.add(webhook_id)
        if not self._is_signed(headers, body):
            self._refused += 1
            return False
        if webhook_id in self._verified:
            self._duplicates += 1
        else:
            self._verified.add(webhook_id)
            self._last_at = self._clock.now()
            self._latencies.append(self._last_at - _decode(body).data.sent_at)
        return True

    def _is_signed(self, headers: dict[str, str], body: bytes) -> bool:
        if self._webhook is None:  # the secret did not come yet
            return False
        try:
            self._webhook.verify(body, headers, json_parse=False)
        except (WebhookVerificationError, ValueError):
            return False
        return True

    def report(self, with_latencies: bool) -> Report:
        counts = (len(self._seen), len(self._verified), self._duplicates, self._refused, self._last_at)
        if not (with_latencies and self._latencies):
            return Report(*counts)
        ordered = sorted(self._latencies)
        return Report(*counts, *(float(ordered[int(len(ordered) * part)]) for part in (0.50, 0.95, 0.99)))


class Receiver(asyncio.Protocol):
    """Just enough of an HTTP server: httptools parses, the answers are fixed."""

    _transport: asyncio.Transport

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._parser = httptools.HttpRequestParser(self)
        self._answers: list[bytes] = []
        self._begin()

    def _begin(self) -> None:
        self._headers: dict[str, str] = {}
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, msgspec.DecodeError):
            self._transport.close()
            return
        if self._answers:
            self._transport.write(b"".join(self._answers))
            self._answers.clear()

    # What the parser calls

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body += body
        if len(self._body) > MAX_BODY_BYTES:
            self._transport.abort()

    def on_message_complete(self) -> None:
        self._answers.append(_ACCEPTED if self._counter.take(self._headers, self._body) else _REFUSED)
        self._begin()


async def receive() -> None:
    """Listens on a free port of this machine until stdin ends."""
    loop = asyncio.get_running_loop()
    counter = Counter(SystemClock())
    server = await loop.create_server(lambda: Receiver(counter), "127.0.0.1", 0)
    _say({"port": server.sockets[0].getsockname()[1]})
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := await orders.readline():
        order = msgspec.json.decode(line, type=Order)
        if order.secret is not None:
            counter.trust(order.secret)
        _say(counter.report(order.with_latencies))


def _say(document: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(document) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    uvloop.run(receive())
