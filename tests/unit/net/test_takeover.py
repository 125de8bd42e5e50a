"""A connection that an application has taken over, on real sockets against a running uvicorn."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from gatepost.net.exchange import EXCHANGE
from gatepost.net.server import BoundedHttpProtocol
from gatepost.net.takeover import Wire
from tests.unit.net.receivers import HOST

GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
PATIENCE = 20.0
"""Seconds for anything to happen; on time it takes milliseconds."""


class Hasty(BoundedHttpProtocol):
    header_timeout_s = 0.1
    body_timeout_s = 0.1


class Echo:
    """Sends back whatever comes, and says goodbye."""

    def __init__(self) -> None:
        self.wire: Wire | None = None
        self.lost = asyncio.Event()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.wire = scope["extensions"][EXCHANGE].take_over(self)
        self.wire.transport.write(b"ready;")

    def data_received(self, data: bytes) -> None:
        assert self.wire is not None
        self.wire.transport.write(data)

    def connection_lost(self) -> None:
        self.lost.set()

    def shutdown(self) -> None:
        assert self.wire is not None
        self.wire.transport.write(b"goodbye")
        self.wire.transport.close()


@asynccontextmanager
async def serving(echo: Echo) -> AsyncIterator[tuple[uvicorn.Server, int]]:
    with socket.create_server((HOST, 0)) as listener:
        config = uvicorn.Config(echo, http=Hasty, ws="none", lifespan="off", log_config=None, timeout_keep_alive=0)
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve([listener]))
        try:
            yield server, listener.getsockname()[1]
        finally:
            server.should_exit = True
            await running


async def opened(port: int, request: bytes = GET) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(request)
    async with asyncio.timeout(PATIENCE):
        assert await reader.readexactly(6) == b"ready;"
    return reader, writer


async def test_what_follows_is_the_readers_and_no_bound_of_http_ends_it() -> None:
    echo = Echo()
    async with serving(echo) as (_, port), asyncio.timeout(PATIENCE):
        reader, writer = await opened(port)
        await asyncio.sleep(3 * Hasty.header_timeout_s)  # the time of the server, not of a clock
        writer.write(GET)
        assert await reader.readexactly(len(GET)) == GET
        writer.close()
        await echo.lost.wait()


async def test_an_upgrade_can_be_taken_over() -> None:
    upgrade = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
    async with serving(Echo()) as (_, port), asyncio.timeout(PATIENCE):
        reader, writer = await opened(port, upgrade)
        writer.write(b"\x81\x80abcd")
        assert await reader.readexactly(6) == b"\x81\x80abcd"
        writer.close()


async def test_a_server_that_stops_lets_the_reader_say_goodbye() -> None:
    async with serving(Echo()) as (server, port), asyncio.timeout(PATIENCE):
        reader, writer = await opened(port)
        server.should_exit = True
        assert await reader.read() == b"goodbye"
        writer.close()
