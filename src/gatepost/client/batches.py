"""Cuts a stream of notifications into batches and says how many of them may be on their way. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from msgspec import Struct

from gatepost.client.notifications import Sendable, encode
from gatepost.client.results import BatchAnswer, Progress, SendResult
from gatepost.errors import GarbledAnswer, TooLarge

BATCH_ITEMS = 500
"""Notifications in one batch; the service takes 1,000. Beyond a few hundred nothing gets faster, only later."""

BATCH_BYTES = 4 * 1024 * 1024
"""Bytes of one batch, half of what the service takes."""

IN_FLIGHT = 4
"""Batches on their way at once: enough to keep the service busy while one is encoded and one is answered."""

F = TypeVar("F")


class Batch(Struct, frozen=True):
    """Notifications as NDJSON. An `ordered` one holds ordering keys and may not overtake another."""

    lines: bytes
    count: int
    ordered: bool


class Batcher:
    """Collects notifications until a batch is full."""

    __slots__ = ("_lines", "_ordered", "_seen", "_size")

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._size = 0
        self._ordered = False
        self._seen = 0

    def add(self, notification: Sendable) -> Batch | None:
        """Takes one notification; returns the batch that is full now. Raises `TooLarge` for one that never fits."""
        line = encode(notification)
        if len(line) >= BATCH_BYTES:
            raise TooLarge(f"notification {self._seen} (from 0) has {len(line)} bytes; {BATCH_BYTES} fit in a batch")
        full = self.rest() if self._size + len(line) >= BATCH_BYTES else None
        self._seen += 1
        self._lines.append(line)
        self._size += len(line) + 1
        self._ordered = self._ordered or b'"ordering_key"' in line
        return full or (self.rest() if len(self._lines) == BATCH_ITEMS else None)

    def rest(self) -> Batch | None:
        """The batch of what was collected so far, if anything was."""
        if not self._lines:
            return None
        batch = Batch(b"\n".join(self._lines), len(self._lines), self._ordered)
        self._lines, self._size, self._ordered = [], 0, False
        return batch


class Window(Generic[F]):
    """The batches on their way, oldest first; `F` is the future of one."""

    __slots__ = ("_flying", "_size")

    def __init__(self, size: int) -> None:
        self._size = size
        self._flying: deque[tuple[Batch, F]] = deque()

    def blocks(self, batch: Batch) -> bool:
        """Whether `batch` has to wait: there are too many, or it would overtake one whose order matters."""
        if len(self._flying) >= self._size:
            return True
        return batch.ordered and any(earlier.ordered for earlier, _ in self._flying)

    def add(self, batch: Batch, future: F) -> None:
        self._flying.append((batch, future))

    def take(self) -> tuple[Batch, F]:
        """Removes the oldest one."""
        return self._flying.popleft()

    def futures(self) -> list[F]:
        return [future for _, future in self._flying]

    def __bool__(self) -> bool:
        return bool(self._flying)


class Tally:
    """Counts results as they come and tells whoever wants to know."""

    __slots__ = ("_accepted", "_refused", "_report")

    def __init__(self, report: Callable[[Progress], None] | None) -> None:
        self._report = report
        self._accepted = 0
        self._refused = 0

    def add(self, batch: Batch, answer: BatchAnswer) -> tuple[SendResult, ...]:
        """The results of a batch. Raises `GarbledAnswer` when they cannot be those of its items."""
        if len(answer.results) != batch.count:
            raise GarbledAnswer(f"the service answered {len(answer.results)} results for {batch.count} notifications")
        refused = sum(not result.accepted for result in answer.results)
        self._refused += refused
        self._accepted += batch.count - refused
        if self._report is not None:
            self._report(Progress(self._accepted, self._refused))
        return answer.results
