"""The bounds of the server's protocol, on real sockets against a running uvicorn."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import uvicorn

from gatepost.net.server import BoundedHttpProtocol
from tests.unit.net.receivers import HOST

LIMIT = BoundedHttpProtocol.max_header_bytes
GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
HANG_S = 20.0
"""After which a test takes a connection for hanging."""


class Hasty(BoundedHttpProtocol):
    header_timeout_s = 0.15
    body_timeout_s = 0.2


class App:
    """Reads the whole request, waits until it may answer, and answers with the number of bytes."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []
        self.disconnects = 0
        self.called = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.answers_at_once = False

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        self.requests.append(scope)
        self.called.set()
        body = b"" if self.answers_at_once else await self._body(receive)
        self.bodies.append(body)
        await self.may_answer.wait()
        answer = b"%d" % len(body)
        length = [(b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        await send({"type": "http.response.body", "body": answer})

    async def _body(self, receive: Callable[[], Awaitable[dict[str, Any]]]) -> bytes:
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.disconnects += 1
                return body
            body += bytes(message["body"])
            if not message["more_body"]:
                return body


class Service:
    def __init__(self, app: App, port: int) -> None:
        self.app = app
        self.port = port

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        client = Client(*await asyncio.open_connection(HOST, self.port))
        try:
            yield client
        finally:
            await client.close()

    async def ask(self, request: bytes) -> bytes:
        """Sends the bytes and returns whatever comes until the server closes the connection."""
        async with self.client() as client:
            await client.send(request)
            return await client.rest()


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        with suppress(ConnectionError):
            self._writer.write(data)
            await self._writer.drain()

    async def answer(self) -> bytes:
        """One whole answer of the app."""
        async with asyncio.timeout(HANG_S):
            return await self._reader.readuntil(b"\r\n\r\n") + await self._reader.readexactly(1)

    async def rest(self) -> bytes:
        received = b""
        async with asyncio.timeout(HANG_S):
            with suppress(ConnectionError):
                while data := await self._reader.read(65536):
                    received += data
        return received

    async def close(self) -> None:
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()


class PromptServer(uvicorn.Server):
    """Says when it is ready, and stops at once when it is told, where uvicorn waits for ticks."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self.stop = asyncio.Event()

    async def main_loop(self) -> None:
        self.ready.set()
        await self.stop.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        while self.server_state.connections:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0)


@asynccontextmanager
async def serving(protocol: type[BoundedHttpProtocol] = BoundedHttpProtocol) -> AsyncIterator[Service]:
    app = App()
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        server = PromptServer(uvicorn.Config(app, http=protocol, ws="none", lifespan="off", log_config=None))
        running = asyncio.create_task(server.serve([listener]))
        await server.ready.wait()
        try:
            yield Service(app, listener.getsockname()[1])
        finally:
            server.stop.set()
            await running


def closing(request: bytes) -> bytes:
    """The request with the wish that the connection ends after it."""
    return request.replace(b"\r\n", b"\r\nconnection: close\r\n", 1)


def post(body: bytes, headers: bytes = b"") -> bytes:
    return b"POST / HTTP/1.1\r\nhost: x\r\n%bcontent-length: %d\r\n\r\n%b" % (headers, len(body), body)


# What passes


async def test_requests_follow_one_another() -> None:
    async with serving() as service, service.client() as client:
        for body in (b"", b"x", b"x" * 9):
            await client.send(post(body))
            assert (await client.answer()).endswith(b"%d" % len(body))
        assert service.app.bodies == [b"", b"x", b"x" * 9]


async def test_a_request_may_come_in_pieces() -> None:
    async with serving() as service, service.client() as client:
        for byte in closing(post(b"hello")):
            await client.send(bytes([byte]))
        assert (await client.rest()).endswith(b"\r\n\r\n5")


async def test_requests_may_be_sent_ahead() -> None:
    count = 3 * LIMIT // len(GET)
    async with serving() as service:
        answers = await service.ask(GET * count + closing(GET))
        assert answers.count(b"HTTP/1.1 200 OK") == count + 1


async def test_a_large_body_does_not_count_as_headers() -> None:
    async with serving() as service:
        assert (await service.ask(closing(post(b"x" * 9 * LIMIT)))).endswith(b"\r\n\r\n%d" % (9 * LIMIT))


async def test_a_body_in_tiny_chunks_passes() -> None:
    chunked = b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * LIMIT + b"0\r\n\r\n"
    async with serving() as service:
        assert (await service.ask(closing(chunked))).endswith(b"\r\n\r\n%d" % LIMIT)


# Headers


@pytest.mark.parametrize("size", [LIMIT // 2, LIMIT - 100])
async def test_headers_within_the_bound_pass(size: int) -> None:
    async with serving() as service:
        answer = await service.ask(closing(post(b"x" * LIMIT, b"a: %b\r\n" % (b"y" * size))))
        assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\na: " + b"y" * LIMIT + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"y" * LIMIT + b": a\r\n\r\n",
        b"GET /" + b"y" * LIMIT + b" HTTP/1.1\r\n\r\n",
        b"GET /?" + b"y" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * LIMIT + b"\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 101 + b"\r\n",
        b"GET / HTTP/1.1\r\na: " + b"y" * 2 * LIMIT,
        b"\r\n" * LIMIT,
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
async def test_headers_beyond_the_bound_are_refused(head: bytes, at_once: bool) -> None:
    async with serving() as service, service.client() as client:
        for start in range(0, len(head), len(head) if at_once else 1000):
            await client.send(head[start:][: len(head) if at_once else 1000])
        answer = await client.rest()
        assert answer.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
        assert answer.endswith(b'"code":"headers-too-large"}')
        assert service.app.requests == []


async def test_a_hundred_headers_pass() -> None:
    async with serving() as service:
        head = b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 99 + b"\r\n"
        assert (await service.ask(closing(head))).startswith(b"HTTP/1.1 200 ")


async def test_headers_of_a_second_request_are_bounded_too() -> None:
    async with serving() as service, service.client() as client:
        await client.send(GET)
        await client.answer()
        await client.send(b"GET / HTTP/1.1\r\na: " + b"y" * 2 * LIMIT)
        assert (await client.rest()).startswith(b"HTTP/1.1 431 ")


# Time


@pytest.mark.parametrize("start", [b"", b"G", b"GET / HTTP/1.1\r\nhost: x\r\n", b"\r\n"])
async def test_a_request_that_does_not_get_on_is_ended(start: bytes) -> None:
    async with serving(Hasty) as service:
        assert (await service.ask(start)).startswith(b"HTTP/1.1 408 Request Timeout\r\n")


async def test_a_byte_now_and_then_buys_no_time() -> None:
    async with serving(Hasty) as service, service.client() as client:
        answer = asyncio.create_task(client.rest())
        await client.send(b"GET / HTTP/1.1\r\nx: ")
        while not answer.done():
            await client.send(b"a")
            await asyncio.sleep(0.01)
        assert answer.result().startswith(b"HTTP/1.1 408 ")


async def test_an_empty_line_does_not_keep_a_connection_open() -> None:
    async with serving(Hasty) as service, service.client() as client:
        await client.send(GET)
        await client.answer()
        await client.send(b"\r\n")
        assert (await client.rest()).startswith(b"HTTP/1.1 408 ")


async def test_a_body_that_does_not_get_on_is_ended_and_the_application_told() -> None:
    async with serving(Hasty) as service:
        assert (await service.ask(post(b"hello")[:-1])).startswith(b"HTTP/1.1 408 ")
        assert service.app.disconnects == 1


async def test_a_body_that_follows_an_early_answer_is_not_read_for_ever() -> None:
    async with serving(Hasty) as service, service.client() as client:
        service.app.answers_at_once = True
        await client.send(post(b"hello")[:-1])
        assert (await client.rest()).count(b"HTTP/1.1 ") == 1


async def test_a_slow_second_request_does_not_cut_off_the_answer_to_the_first() -> None:
    async with serving(Hasty) as service, service.client() as client:
        service.app.may_answer.clear()
        await client.send(GET + b"GET / HT")
        await asyncio.sleep(2 * Hasty.header_timeout_s)
        service.app.may_answer.set()
        assert (await client.answer()).startswith(b"HTTP/1.1 200 ")
        assert (await client.rest()).startswith(b"HTTP/1.1 408 ")


async def test_an_answer_may_take_longer_than_a_request() -> None:
    async with serving(Hasty) as service, service.client() as client:
        service.app.may_answer.clear()
        await client.send(post(b"hello"))
        await asyncio.sleep(2 * Hasty.body_timeout_s)
        service.app.may_answer.set()
        assert (await client.answer()).startswith(b"HTTP/1.1 200 ")


# Framing


@pytest.mark.parametrize(
    "request_",
    [
        b"garbage\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST / HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost : x\r\n\r\n",
        b"GET / HTTP/1.1\r\na: b\r\n c\r\n\r\n",
        b"GET / HTTP/1.1\nhost: x\n\n",
        b"CONNECT example.com:80 HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nupgrade: h2c\r\nconnection: upgrade\r\ncontent-length: 2\r\n\r\nok",
        b"POST / HTTP/1.1\r\nupgrade: x\r\nconnection: upgrade\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
async def test_what_could_be_read_in_two_ways_is_refused(request_: bytes) -> None:
    async with serving() as service:
        answer = await service.ask(request_)
        assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert b"content-type: application/problem+json\r\n" in answer
        assert service.app.requests == []


async def test_an_unknown_transfer_coding_is_refused() -> None:
    async with serving() as service:
        answer = await service.ask(b"POST / HTTP/1.1\r\ntransfer-encoding: gzip\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert service.app.disconnects == 1


async def test_an_unknown_upgrade_without_a_body_is_passed_over() -> None:
    async with serving() as service:
        answer = await service.ask(b"GET / HTTP/1.1\r\nupgrade: h2c\r\nconnection: upgrade, close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 ")


async def test_trailers_do_not_become_headers() -> None:
    start = b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n1\r\nx\r\n"
    async with serving() as service, service.client() as client:
        await client.send(start)
        await service.app.called.wait()
        await client.send(b"0\r\nauthorization: Bearer x\r\n\r\n")
        assert (await client.rest()).endswith(b"\r\n\r\n1")
        assert [name for name, _ in service.app.requests[0]["headers"]] == [b"transfer-encoding", b"connection"]


@pytest.mark.parametrize(
    "endless", [b"0\r\n" + b"a: b\r\n" * 20_000, b"0\r\na: " + b"b" * 500_000, b"1" + b";a" * 99_999]
)
async def test_endless_framing_is_refused(endless: bytes) -> None:
    async with serving() as service, service.client() as client:
        await client.send(b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n")
        await service.app.called.wait()
        await client.send(endless)
        assert (await client.rest()).startswith(b"HTTP/1.1 400 ")
        assert service.app.disconnects == 1


async def test_a_bad_request_is_not_answered_in_place_of_the_one_before() -> None:
    async with serving() as service, service.client() as client:
        service.app.may_answer.clear()
        await client.send(GET + b"garbage\r\n\r\n")
        assert await client.rest() == b""


async def test_what_the_application_says_after_a_refusal_is_dropped(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(Hasty) as service:
        answer = await service.ask(post(b"hello")[:-1])
        assert answer.count(b"HTTP/1.1 ") == 1
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
