"""The load generator: a process of its own. It reads one `Plan` from stdin and writes one `Report` to stdout.

Without a rate, each connection sends its next request when the last one is answered. With one, requests are due at
fixed moments whether or not the service keeps up, and how long one took is counted from when it was due.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from array import array
from collections import deque
from typing import cast

import httptools
import msgspec
import uvloop
from msgspec import Struct

from gatepost.cli.loadtest import notifications
from gatepost.cli.loadtest.figures import percentile
from gatepost.clock import Clock, SystemClock

CONNECTIONS = 64

PACE_S = 0.001
"""Seconds between two looks at what has become due: far below what is measured, far above what a look costs."""

ANSWER_LIMIT_S = 60.0
"""Seconds after the last request was sent in which it must be answered: slow peers have a long queue by then."""

_ALL_ACCEPTED = b'"refused":0'


class Plan(Struct, frozen=True):
    """What to send where: `count` notifications or as many as fit into `seconds`, whichever ends first.

    Numbers begin with `first`, and `count` is a multiple of `batch`. `rate` is in requests a second; None is as fast
    as it is answered.
    """

    port: int
    path: str
    seconds: float
    count: int
    headers: dict[str, str] = {}
    batch: int = 1
    first: int = 0
    rate: float | None = None
    connections: int = CONNECTIONS


class Report(Struct, frozen=True):
    """What came of it. Notifications are counted, not requests; moments are those of the monotonic clock.

    `failed` were answered with anything but a 202, or not at all.
    """

    sent: int
    accepted: int
    failed: int
    started_at: float
    ended_at: float
    p50_ms: float = 0.0
    p99_ms: float = 0.0


class Load:
    """What the connections share: what is due, what to send next, and what came back."""

    def __init__(self, plan: Plan, clock: Clock) -> None:
        self._plan = plan
        self._clock = clock
        self._head = _head(plan)
        self._due: deque[float] = deque()
        self._free: list[Connection] = []
        self._next = plan.first
        self._times = array("d")
        self._accepted = 0
        self._open = plan.connections
        self._finished = asyncio.Event()
        self._started_at = self._ended_at = clock.monotonic()

    async def run(self) -> Report:
        loop = asyncio.get_running_loop()
        made = [
            loop.create_connection(lambda: Connection(self), "127.0.0.1", self._plan.port)
            for _ in range(self._plan.connections)
        ]
        await asyncio.gather(*made)
        self._started_at = self._ended_at = self._clock.monotonic()
        try:
            async with asyncio.timeout(self._plan.seconds + ANSWER_LIMIT_S):
                await (self._send_paced(self._plan.rate) if self._plan.rate else self._send_at_once())
                await self._finished.wait()
        except TimeoutError:
            pass  # what was not answered counts as failed
        return self._report()

    async def _send_at_once(self) -> None:
        self._due.extend([self._started_at] * self._plan.connections)
        self._send_due()

    async def _send_paced(self, rate: float) -> None:
        issued = 0
        while not self._is_over():
            due = int((self._clock.monotonic() - self._started_at) * rate) + 1
            self._due.extend(self._started_at + number / rate for number in range(issued, due))
            issued = max(issued, due)
            self._send_due()
            await asyncio.sleep(PACE_S)
        self._send_due()

    def _send_due(self) -> None:
        free, self._free = self._free, []
        for connection in free:
            self.idle(connection)

    # What connections call

    def idle(self, connection: Connection) -> None:
        """Gives a connection its next request, lets it wait, or closes it when nothing more will be due."""
        if self._due and self._next < self._plan.first + self._plan.count:
            connection.send(self._request(), self._due.popleft())
        elif self._is_over():
            connection.close()
        else:
            self._free.append(connection)

    def answered(self, status: int, body: bytes, since: float) -> None:
        self._ended_at = self._clock.monotonic()
        self._times.append(self._ended_at - since)
        if status == 202 and (self._plan.batch == 1 or _ALL_ACCEPTED in body):
            self._accepted += self._plan.batch
        if self._plan.rate is None and not self._is_over():
            self._due.append(self._ended_at)

    def closed(self) -> None:
        self._open -= 1
        if self._open == 0:
            self._finished.set()

    def _is_over(self) -> bool:
        spent = self._clock.monotonic() - self._started_at
        return spent >= self._plan.seconds or self._next >= self._plan.first + self._plan.count

    def _request(self) -> bytes:
        number, self._next = self._next, self._next + self._plan.batch
        return self._head + _body(number, self._plan.batch)

    def _report(self) -> Report:
        times = sorted(self._times)
        sent = self._next - self._plan.first
        return Report(
            sent=sent,
            accepted=self._accepted,
            failed=sent - self._accepted,
            started_at=self._started_at,
            ended_at=self._ended_at,
            p50_ms=percentile(times, 0.50) * 1000,
            p99_ms=percentile(times, 0.99) * 1000,
        )


class Connection(asyncio.Protocol):
    """One keep-alive connection with one request on its way at a time."""

    _transport: asyncio.Transport

    def __init__(self, load: Load) -> None:
        self._load = load
        self._parser = httptools.HttpResponseParser(self)
        self._body = b""
        self._since = 0.0

    def send(self, request: bytes, since: float) -> None:
        self._since = since
        self._transport.write(request)

    def close(self) -> None:
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._load.idle(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        self._load.closed()

    # What the parser calls

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        body, self._body = self._body, b""
        self._load.answered(self._parser.get_status_code(), body, self._since)
        self._load.idle(self)


def _body(number: int, count: int) -> bytes:
    return notifications.notification(number) if count == 1 else notifications.batch(number, count)


def _head(plan: Plan) -> bytes:
    headers = {
        "host": f"127.0.0.1:{plan.port}",
        "content-type": "application/json",
        "content-length": str(len(_body(0, plan.batch))),
    } | plan.headers
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {plan.path} HTTP/1.1\r\n{fields}\r\n".encode("ascii")


async def _main() -> None:
    plan = msgspec.json.decode(sys.stdin.buffer.readline(), type=Plan)
    sys.stdout.buffer.write(msgspec.json.encode(await Load(plan, SystemClock()).run()))


if __name__ == "__main__":
    gc.disable()  # a pause of ours would be measured as one of the service; a run makes next to no cycles
    uvloop.run(_main())
