"""A clock that the test moves by hand."""

from __future__ import annotations

import random


class HandClock:
    """Stands still until `advance`; its random bytes are the same in every run, and different in every call."""

    def __init__(self, now: int = 1_790_000_000_000) -> None:
        self._start = now
        self._nanoseconds = 0
        self._random = random.Random(0)

    def advance(self, seconds: float = 0, *, nanoseconds: int = 0) -> None:
        self._nanoseconds += round(seconds * 1_000_000_000) + nanoseconds

    def now(self) -> int:
        return self._start + self._nanoseconds // 1_000_000

    def monotonic(self) -> float:
        return self._nanoseconds / 1_000_000_000

    def random_bytes(self, count: int) -> bytes:
        return self._random.randbytes(count)

    def jitter(self) -> float:
        return 0.0
