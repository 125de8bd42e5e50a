"""A clock that stands still."""

from __future__ import annotations


class StillClock:
    """Always the same moment; `jitter` and the bytes are the lowest there are unless told otherwise."""

    def __init__(self, now: int = 1_790_000_000_000, jitter: float = 0.0) -> None:
        self._now = now
        self._jitter = jitter

    def now(self) -> int:
        return self._now

    def monotonic(self) -> float:
        return 0.0

    def random_bytes(self, count: int) -> bytes:
        return bytes(count)

    def jitter(self) -> float:
        return self._jitter
