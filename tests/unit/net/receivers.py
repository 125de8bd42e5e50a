"""Servers on real sockets of loopback that answer a request well, badly or not at all."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from msgspec import Struct

HOST = "127.0.0.1"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Received(Struct, frozen=True):
    """One request as it came in."""

    line: str
    headers: dict[str, str]
    body: bytes


class Peer:
    """One accepted connection, from the receiver's side."""

    def __init__(self, receiver: Receiver, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._receiver = receiver
        self._reader = reader
        self._writer = writer

    async def request(self) -> Received:
        """Reads the next request; raises IncompleteReadError when the client is gone."""
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *fields = head.split("\r\n")[:-2]
        headers = dict(field.split(": ", 1) for field in fields)
        received = Received(line, headers, await self._reader.readexactly(int(headers.get("content-length", "0"))))
        self._receiver.requests.append(received)
        return received

    async def send(self, data: bytes) -> None:
        self._receiver.sent += len(data)
        self._writer.write(data)
        await self._writer.drain()

    async def gone(self) -> None:
        """Waits until the client has closed the connection."""
        while await self._reader.read(65536):
            pass


Script = Callable[[Peer], Awaitable[None]]
"""What a receiver does with one connection; it is closed when the script ends."""


class Receiver:
    """A running server, and what it saw."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.port = 0
        self.connections = 0
        self.sent = 0
        self.requests: list[Received] = []
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._accepted = asyncio.Condition()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.create_task(self._serve(Peer(self, reader, writer)))
        self._open[task] = writer
        task.add_done_callback(self._close)
        async with self._accepted:
            self._accepted.notify_all()

    async def met(self, connections: int = 1) -> None:
        """Waits until this many connections were accepted."""
        async with asyncio.timeout(5), self._accepted:
            await self._accepted.wait_for(lambda: self.connections >= connections)

    async def idle(self) -> None:
        """Waits until no connection is open."""
        async with asyncio.timeout(5):
            await asyncio.gather(*self._open)

    async def stop(self) -> None:
        open_now = dict(self._open)
        for task in open_now:
            task.cancel()
        await asyncio.gather(*open_now, return_exceptions=True)
        await asyncio.gather(*[writer.wait_closed() for writer in open_now.values()], return_exceptions=True)

    async def _serve(self, peer: Peer) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await self.script(peer)

    def _close(self, task: asyncio.Task[None]) -> None:
        self._open.pop(task).close()


@asynccontextmanager
async def receiver(
    script: Script, tls: ssl.SSLContext | None = None, host: str = HOST, port: int = 0
) -> AsyncIterator[Receiver]:
    """Runs a receiver, by default on a free port of loopback."""
    receiving = Receiver(script)
    server = await asyncio.start_server(receiving.accept, host, port, ssl=tls)
    receiving.port = server.sockets[0].getsockname()[1]
    try:
        yield receiving
    finally:
        server.close()
        await receiving.stop()


def always(answer: bytes) -> Script:
    """Gives the same answer to every request, and keeps the connection."""

    async def script(peer: Peer) -> None:
        while True:
            await peer.request()
            await peer.send(answer)

    return script


def once(answer: bytes) -> Script:
    """Answers one request and closes the connection."""

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(answer)

    return script


def then_waits(answer: bytes) -> Script:
    """Answers one request and then leaves the connection to the client."""

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(answer)
        await peer.gone()

    return script


async def closes_early(peer: Peer) -> None:
    """Reads the request and closes without an answer."""
    await peer.request()


async def hangs(peer: Peer) -> None:
    """Accepts, and that is all."""
    await peer.gone()
