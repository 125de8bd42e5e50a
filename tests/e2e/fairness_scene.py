"""Many endpoints behind one receiver, some of which may hang, and how long notifications take to reach the others."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import cast

import httptools
import msgspec

from tests.e2e.raw_http import HOST, Api, request
from tests.e2e.webhook_log import OK

RATE = 400
"""Notifications a second: well below what two cores carry, so that what is measured is waiting."""

SPAN_S = 3.0
PRODUCERS = 8
TO_SUSPECTS = 0.5
"""The share of all notifications that goes to the endpoints which hang in every other run."""

CONCURRENCY = 64
"""So high that ten endpoints which hang would hold every connection of the service, were it not learned."""


class Data(msgspec.Struct):
    endpoint: int
    sent: float


class Webhook(msgspec.Struct):
    data: Data


_read = msgspec.json.Decoder(Webhook).decode


class Receiver:
    """Notes how long each webhook took but those to the suspects, which accept and do not answer while they `hang`.

    Only the same endpoints can be compared: suspects get so much that their connections are always open, and then a
    webhook takes half as long as one to an endpoint that is connected to first.
    """

    def __init__(self, suspects: Sequence[int]) -> None:
        self.hang = False
        self._suspects = suspects
        self.took: list[float] = []
        self.arrived = 0
        self.changed = asyncio.Event()
        self.connections: set[asyncio.Transport] = set()
        self._held: list[Peer] = []

    def take(self, peer: Peer, body: bytes) -> None:
        data = _read(body).data
        if data.endpoint not in self._suspects:
            self.took.append(time.monotonic() - data.sent)
        elif self.hang:
            self._held.append(peer)
            return
        self._answer(peer)

    def release(self) -> None:
        """Answers everything."""
        self.hang = False
        for peer in self._held:
            self._answer(peer)
        self._held.clear()

    def _answer(self, peer: Peer) -> None:
        peer.answer()
        self.arrived += 1
        self.changed.set()


class Peer(asyncio.Protocol):
    """One connection of the service."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._parser = httptools.HttpRequestParser(self)
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._receiver.connections.add(self._transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._receiver.connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._body = b""

    def on_body(self, data: bytes) -> None:
        self._body += data

    def on_message_complete(self) -> None:
        self._receiver.take(self, self._body)

    def answer(self) -> None:
        self._transport.write(OK)


class Scene:
    """One service, its endpoints, and the producers."""

    def __init__(self, api: Api, endpoints: int, suspects: int) -> None:
        self._api = api
        self._endpoints = range(endpoints)
        self._suspects = range(suspects)
        self._receiver = Receiver(self._suspects)

    @asynccontextmanager
    async def ready(self) -> AsyncIterator[None]:
        """All endpoints made, and the receiver there."""
        server = await asyncio.get_running_loop().create_server(lambda: Peer(self._receiver), HOST, 0, backlog=1024)
        making = iter(self._endpoints)
        port = server.sockets[0].getsockname()[1]
        try:
            await asyncio.gather(*(self._make(making, port) for _ in range(PRODUCERS)))
            yield
        finally:
            server.close()
            for transport in list(self._receiver.connections):
                transport.abort()
            await server.wait_closed()

    async def run(self, seed: int, *, hang: bool) -> list[float]:
        """The seconds from sending to arrival, of the endpoints that never hang."""
        self._receiver.took = []
        self._receiver.arrived = 0
        self._receiver.hang = hang
        targets = self._targets(seed)
        due = iter(enumerate(targets))
        start = time.monotonic()
        await asyncio.gather(*(self._send(due, start) for _ in range(PRODUCERS)))
        honest = sum(each not in self._suspects for each in targets)
        await self._until(honest if hang else len(targets))
        self._receiver.release()
        await self._until(len(targets))
        return self._receiver.took

    def _targets(self, seed: int) -> list[int]:
        chance = random.Random(seed)
        return [
            chance.choice(self._suspects if chance.random() < TO_SUSPECTS else self._endpoints[len(self._suspects) :])
            for _ in range(round(RATE * SPAN_S))
        ]

    async def _until(self, arrived: int) -> None:
        async with asyncio.timeout(20):
            while self._receiver.arrived < arrived:
                self._receiver.changed.clear()
                await self._receiver.changed.wait()

    async def _make(self, numbers: Iterator[int], port: int) -> None:
        async with connected(self._api) as client:
            for number in numbers:
                document = {
                    "url": f"http://{HOST}:{port}/{number}",
                    "topics": [f"to.{number}"],
                    "concurrency": CONCURRENCY,
                }
                await client.post("/v1/endpoints", document)

    async def _send(self, due: Iterator[tuple[int, int]], start: float) -> None:
        async with connected(self._api) as client:
            for place, endpoint in due:
                await asyncio.sleep(start + place / RATE - time.monotonic())
                payload = {"endpoint": endpoint, "sent": time.monotonic()}
                document = {"topic": f"to.{endpoint}", "type": "order.paid", "payload": payload}
                await client.post("/v1/notifications", document)


class Client:
    """A kept connection to the API."""

    def __init__(self, api: Api, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._api = api
        self._reader = reader
        self._writer = writer

    async def post(self, path: str, document: object) -> None:
        self._writer.write(request("POST", path, msgspec.json.encode(document), self._api.credentials))
        head = await self._reader.readuntil(b"\r\n\r\n")
        assert head.split(b" ", 2)[1] in (b"201", b"202"), head
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await self._reader.readexactly(int(length.partition(b":")[2]))


@asynccontextmanager
async def connected(api: Api) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection(HOST, api.port)
    try:
        yield Client(api, reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()
