"""Answers without an end, read by both clients from a server that writes what the test says."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from gatepost.client.aio_connections import AsyncConnections
from gatepost.client.connections import Connections
from gatepost.client.service import locate
from gatepost.client.wire import Request
from gatepost.errors import ConnectFailed, ConnectionClosed, DeliveryFailed, DeliveryTimeout, GarbledAnswer

SILENCE_S = 0.2
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
PLAIN = HEAD + b"Connection: close\r\n\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

Read = Callable[[str], tuple[bytes, DeliveryFailed]]


@contextmanager
def server(answer: bytes, *, then_close: bool = True) -> Iterator[str]:
    """Answers one connection with these bytes."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)
                if not then_close:
                    done.wait(10)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            done.set()
            thread.join()


def read_blocking(url: str) -> tuple[bytes, DeliveryFailed]:
    """All that came, and how it ended."""
    body = b""
    try:
        stream = Connections(locate(url, "gp_live_test"), 5, None).open(Request("GET", "/"), SILENCE_S)
    except DeliveryFailed as failure:
        return body, failure
    assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream")
    try:
        while True:
            body += stream.read()
    except DeliveryFailed as failure:
        return body, failure
    finally:
        stream.close()


def read_awaiting(url: str) -> tuple[bytes, DeliveryFailed]:
    async def read() -> tuple[bytes, DeliveryFailed]:
        body = b""
        try:
            connections = AsyncConnections(locate(url, "gp_live_test"), 5, None)
            stream = await connections.open(Request("GET", "/"), SILENCE_S)
        except DeliveryFailed as failure:
            return body, failure
        assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream")
        try:
            while True:
                body += await stream.read()
        except DeliveryFailed as failure:
            return body, failure
        finally:
            stream.close()

    return asyncio.run(read())


@pytest.fixture(params=[read_blocking, read_awaiting])
def read(request: pytest.FixtureRequest) -> Read:
    chosen: Read = request.param
    return chosen


@pytest.mark.parametrize(
    "answer",
    [
        PLAIN + b"data: a",
        CHUNKED + b"7\r\ndata: a\r\n0\r\n\r\n",
        CHUNKED + b"7\r\ndata: a\r\n",
        CHUNKED + b"9\r\ndata: a",
    ],
    ids=["plain", "chunked", "cut between chunks", "cut in a chunk"],
)
def test_what_came_is_given_and_the_end_is_a_break(read: Read, answer: bytes) -> None:
    with server(answer) as url:
        body, failure = read(url)
    assert body == b"data: a"
    assert isinstance(failure, ConnectionClosed)


@pytest.mark.parametrize("answer", [PLAIN + b"data: a", PLAIN, b""], ids=["later", "at once", "before the head"])
def test_silence_is_a_break(read: Read, answer: bytes) -> None:
    with server(answer, then_close=False) as url:
        _, failure = read(url)
    assert isinstance(failure, DeliveryTimeout)


def test_a_connection_that_ends_before_the_head_is_a_break(read: Read) -> None:
    with server(b"") as url:
        _, failure = read(url)
    assert not isinstance(failure, GarbledAnswer)


@pytest.mark.parametrize("answer", [b"220 mail\r\n\r\n", b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000 + b"\r\n\r\n"])
def test_what_is_no_http_or_has_no_bounds_is_told_apart(read: Read, answer: bytes) -> None:
    with server(answer) as url:
        _, failure = read(url)
    assert isinstance(failure, GarbledAnswer)


def test_nobody_there(read: Read) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    _, failure = read(url)
    assert isinstance(failure, ConnectFailed)
