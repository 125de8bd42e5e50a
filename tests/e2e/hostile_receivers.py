"""Receivers that misbehave, on an event loop in a thread of their own."""

from __future__ import annotations

import asyncio
import itertools
import ssl
import threading
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self, TypeVar

from tests.unit.net.receivers import OK, Peer, Receiver, Script, receiver

HUGE = 100 * 1024 * 1024
"""Bytes of an answer that nobody wants."""

START_LIMIT = 10.0
"""Seconds until a receiver must listen."""

Result = TypeVar("Result")


class Receivers:
    """Any number of receivers, running beside the test."""

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._open = AsyncExitStack()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run(self._open.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def start(self, script: Script, tls: ssl.SSLContext | None = None) -> Receiver:
        return self._run(self._open.enter_async_context(receiver(script, tls)))

    def _run(self, work: Awaitable[Result]) -> Result:
        async def run() -> Result:
            return await work

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(START_LIMIT)


def answer(status: str, *headers: str, body: str = "") -> bytes:
    content = body.encode()
    head = "".join(f"{header}\r\n" for header in (*headers, f"content-length: {len(content)}"))
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + content


def in_turn(*answers: bytes) -> Script:
    """Another answer to each request, whatever connection it comes on; the last one for ever."""
    left = itertools.chain(answers, itertools.repeat(answers[-1]))

    async def script(peer: Peer) -> None:
        while True:
            await peer.request()
            await peer.send(next(left))

    return script


def slow(seconds: float) -> Script:
    """Answers well, and takes its time."""

    async def script(peer: Peer) -> None:
        while True:
            await peer.request()
            await asyncio.sleep(seconds)
            await peer.send(OK)

    return script


async def trickles(peer: Peer) -> None:
    """Never silent, never done."""
    await peer.request()
    await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
    while True:
        await peer.send(b"x")
        await asyncio.sleep(0.05)


async def trickles_headers(peer: Peer) -> None:
    await peer.request()
    await peer.send(b"HTTP/1.1 200 OK\r\nx: ")
    while True:
        await peer.send(b"x")
        await asyncio.sleep(0.05)


def floods(head: bytes, block: bytes) -> Script:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(head)
        for _ in range(HUGE // len(block)):
            await peer.send(block)

    return script


async def speaks_first(peer: Peer) -> None:
    await peer.send(OK)


async def resets(peer: Peer) -> None:
    """Closes in the middle of the answer."""
    await peer.request()
    await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf")
