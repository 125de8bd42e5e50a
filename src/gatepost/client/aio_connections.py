"""Performs requests on asyncio, over connections that are kept."""

from __future__ import annotations

import asyncio

from gatepost.client.aio_stream import AsyncAnswerStream, connect
from gatepost.client.service import Service
from gatepost.client.wire import MAX_ANSWER_BYTES, Answer, Request
from gatepost.errors import GarbledAnswer
from gatepost.net.connector import Connector
from gatepost.net.http1 import Connection, Limits
from gatepost.net.tls import client_context

MAX_CONNECTIONS = 32
"""Connections to one service at once; further requests wait for one of them."""


class AsyncConnections:
    """Connections to one service. `timeout` in seconds is for connecting, and for a whole exchange."""

    def __init__(self, service: Service, timeout: float, ca_file: str | None) -> None:
        self._service = service
        self._limits = Limits(connect_s=timeout, read_s=timeout, total_s=timeout, max_body=MAX_ANSWER_BYTES)
        # No egress rules: whoever runs this code chose the service.
        self._tls = client_context(ca_file) if service.tls else None
        self._connector = Connector(None, tls=self._tls)
        self._places = asyncio.Semaphore(MAX_CONNECTIONS)
        self._idle: list[Connection] = []

    async def send(self, request: Request) -> Answer:
        """Makes one request. Raises a `DeliveryFailed` when no answer came."""
        async with self._places:
            connection = self._take() or await self._connect()
            try:
                response = await connection.send(_encode(self._service, request))
            except BaseException:
                connection.close()
                raise
            if connection.is_idle:
                self._idle.append(connection)
        if response.truncated:
            raise GarbledAnswer(f"the answer has more than {MAX_ANSWER_BYTES} bytes")
        return Answer(response.status, response.headers, response.body)

    async def open(self, request: Request, silence: float) -> AsyncAnswerStream:
        """Makes one request on a connection of its own, whose answer is read as it comes.

        `silence` in seconds is how long it may say nothing. Raises a `DeliveryFailed` when no answer came.
        """
        service = self._service
        stream = await connect(service.host, service.port, self._tls, self._limits.connect_s, silence)
        try:
            await stream.begin(_encode(service, request))
        except BaseException:
            stream.close()
            raise
        return stream

    async def aclose(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_idle:
                return connection
        return None

    async def _connect(self) -> Connection:
        service = self._service
        return await self._connector.connect(service.host, service.port, tls=service.tls, limits=self._limits)


def _encode(service: Service, request: Request) -> bytes:
    lines = [f"{request.method} {service.prefix}{request.path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in service.headers(request).items()]
    if request.body or request.method == "POST":
        lines.append(f"content-length: {len(request.body)}")
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + request.body
