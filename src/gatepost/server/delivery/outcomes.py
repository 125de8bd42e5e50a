"""Outcomes on their way to the disk: written in sets, and kept while it is full."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from gatepost.errors import GatepostError
from gatepost.notify.delivery import Finished
from gatepost.notify.store import NotificationStore

WRITE_AGAIN_S = 1.0
"""Wait after outcomes could not be written (a full disk) before they are written again."""

MAX_UNWRITTEN = 10_000
"""Outcomes that may wait for the disk; beyond it nothing more is sent."""

_log = logging.getLogger(__name__)

Start = Callable[[Coroutine[Any, Any, None]], object]
"""Runs something beside everything else."""

Written = Callable[[Sequence[Finished], frozenset[str]], None]
"""Told of what is on disk, and for which endpoints deliveries were let go by it."""


class Outcomes:
    """Writes what became of deliveries: one set in flight, what comes meanwhile is the next."""

    def __init__(self, store: NotificationStore, start: Start, written: Written) -> None:
        self._store = store
        self._start = start
        self._written = written
        self._unwritten: list[Finished] = []
        self._writing = False

    def __len__(self) -> int:
        """How many wait."""
        return len(self._unwritten)

    @property
    def too_many(self) -> bool:
        return len(self._unwritten) >= MAX_UNWRITTEN

    def add(self, steps: Sequence[Finished]) -> None:
        self._unwritten += steps
        if steps and not self._writing:
            self._writing = True
            self._start(self._write_all())

    async def write_last(self) -> None:
        """Tries once more at the end of the process."""
        try:
            await self._store.finish(self._unwritten)
        except GatepostError as error:
            _log.error("%d deliveries may be sent again after the next start: %s", len(self), error.detail)

    async def _write_all(self) -> None:
        try:
            while self._unwritten:
                steps = self._unwritten.copy()  # they count as unwritten until they are on disk
                try:
                    freed = await self._store.finish(steps)
                except GatepostError as error:
                    _log.warning("outcomes of %d attempts wait for the disk: %s", len(steps), error.detail)
                    await asyncio.sleep(WRITE_AGAIN_S)
                else:
                    del self._unwritten[: len(steps)]
                    self._written(steps, freed)
        finally:
            self._writing = False
