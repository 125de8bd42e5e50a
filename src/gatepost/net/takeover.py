"""How an application takes a connection over from the server, for answers that never end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol


class Reader(Protocol):
    """Whoever reads a connection that was taken over."""

    def data_received(self, data: bytes) -> None: ...

    def connection_lost(self) -> None: ...

    def shutdown(self) -> None:
        """The server is stopping: say so to the other side and close."""
        ...


class Wire:
    """What is left of such a connection: somewhere to write to."""

    __slots__ = ("drain", "transport")

    def __init__(self, transport: asyncio.Transport, drain: Callable[[], Awaitable[None]]) -> None:
        self.transport = transport
        self.drain = drain
        """Waits until the other side has read most of what was written."""


TakeOver = Callable[[Reader], Wire]
