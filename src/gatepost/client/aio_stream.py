"""An HTTP answer without an end, read on asyncio as it comes."""

from __future__ import annotations

import asyncio
import ssl

import httptools

from gatepost.errors import ConnectFailed, ConnectionClosed, DeliveryFailed, DeliveryTimeout, GarbledAnswer
from gatepost.net.response import MAX_HEADER_BYTES

MAX_PORTION_BYTES = 64 * 1024
"""Bytes that are read at once."""


class AsyncAnswerStream:
    """One answer: `status`, `headers` by lower-case name, and its body in portions.

    `silence` in seconds is how long the other side may say nothing.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, silence: float) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self._reader = reader
        self._writer = writer
        self._silence = silence
        self._parser = httptools.HttpResponseParser(self)
        self._body = bytearray()
        self._has_begun = self._has_ended = False

    async def begin(self, request: bytes) -> None:
        """Sends the request and reads the head of the answer. Raises a `DeliveryFailed`."""
        self._writer.write(request)
        received = 0
        while not self._has_begun:
            received += await self._receive()
            if received > MAX_HEADER_BYTES and not self._has_begun:
                raise GarbledAnswer(f"the headers of the answer have more than {MAX_HEADER_BYTES} bytes")

    async def read(self) -> bytes:
        """What has come, at least a byte. Raises a `DeliveryFailed`, also at the end."""
        while not self._body:
            if self._has_ended:
                raise ConnectionClosed("the stream ended")
            await self._receive()
        data = bytes(self._body)
        self._body.clear()
        return data

    def close(self) -> None:
        self._writer.transport.abort()  # a farewell could wait for the other side for ever

    async def _receive(self) -> int:
        try:
            async with asyncio.timeout(self._silence):
                data = await self._reader.read(MAX_PORTION_BYTES)
        except TimeoutError as error:
            raise DeliveryTimeout(f"the service said nothing for {self._silence:g} s") from error
        except OSError as error:
            raise DeliveryFailed(f"the connection to the service broke: {error}") from error
        if not data:
            raise ConnectionClosed("the stream ended")
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            raise GarbledAnswer(f"the service did not answer in HTTP: {error}") from error
        return len(data)

    # What the parser calls

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        self._has_begun = True

    def on_body(self, data: bytes) -> None:
        self._body += data

    def on_message_complete(self) -> None:
        self._has_ended = True


async def connect(
    host: str, port: int, context: ssl.SSLContext | None, timeout: float, silence: float
) -> AsyncAnswerStream:
    """A connection of its own for one answer, made within `timeout` seconds. Raises `ConnectFailed`."""
    try:
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_connection(host, port, ssl=context)
    except TimeoutError as error:
        raise ConnectFailed(f"no connection to {host} within {timeout:g} s") from error
    except OSError as error:
        raise ConnectFailed(f"no connection to {host}: {error.strerror or error}") from error
    return AsyncAnswerStream(reader, writer, silence)
