"""Acknowledges what was handled, beside the handling: one request at a time, for all that was handled meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from gatepost.errors import GatepostError

Acknowledge = Callable[[str], Awaitable[None]]
"""Says that everything up to a position is done with."""


class Acknowledger:
    """Keeps a durable subscription's place close behind what is handled."""

    def __init__(self, acknowledge: Acknowledge) -> None:
        self._acknowledge = acknowledge
        self._handled: str | None = None
        self._acknowledged: str | None = None
        self._running: asyncio.Task[None] | None = None

    def handled(self, position: str) -> None:
        """Everything up to `position` is done with."""
        self._handled = position
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._catch_up())

    async def finish(self) -> None:
        """Returns once all that was handled is acknowledged. Raises why it cannot be: some of it will come again."""
        if self._running is not None:
            await self._running
        await self._acknowledge_all()

    async def _catch_up(self) -> None:
        with suppress(GatepostError):  # the next request says the same and more, and the last one must work
            await self._acknowledge_all()

    async def _acknowledge_all(self) -> None:
        while (position := self._handled) is not None and position != self._acknowledged:
            await self._acknowledge(position)
            self._acknowledged = position
