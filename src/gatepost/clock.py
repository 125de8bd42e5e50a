"""The only place that reads the time or asks for randomness.

Everything that needs either takes a `Clock`; tests pass one that stands still.
Wall-clock times are whole milliseconds since 1970 UTC; spans are seconds as floats.
"""

from __future__ import annotations

import os
import random
import re
import time
from datetime import UTC, datetime
from functools import lru_cache
from io import BytesIO
from typing import Protocol

_UUID_HEX = re.compile(r"[0-9a-f]{32}")


class Clock(Protocol):
    """Time and randomness, passed in."""

    def now(self) -> int:
        """Wall-clock time in milliseconds since 1970-01-01 UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never runs backwards."""
        ...

    def random_bytes(self, count: int) -> bytes:
        """Bytes fit for secrets."""
        ...

    def jitter(self) -> float:
        """A number in [0, 1) for spreading retries; not for secrets."""
        ...


RANDOM_PORTION = 4096
"""Bytes asked of the kernel at once: a system call for each id would cost more than the rest of the id."""


class _Randomness:
    """Random bytes of the kernel, drawn in portions by the whole process."""

    def __init__(self) -> None:
        self._left = BytesIO()

    def take(self, count: int) -> bytes:
        drawn = self._left.read(count)
        if len(drawn) == count:
            return drawn
        fresh = os.urandom(count + RANDOM_PORTION)
        self._left = BytesIO(fresh[count:])
        return fresh[:count]  # not read back: another thread may have read on meanwhile

    def forget(self) -> None:
        self._left = BytesIO()


_randomness = _Randomness()
os.register_at_fork(after_in_child=_randomness.forget)  # two processes must never share what is left


class SystemClock:
    """The real thing."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()

    def random_bytes(self, count: int) -> bytes:
        return _randomness.take(count)

    def jitter(self) -> float:
        return random.random()  # noqa: S311 - spreads retries, guards nothing


def new_id(prefix: str, clock: Clock) -> str:
    """A typed id: `prefix`, an underscore, and a UUIDv7 in hex (RFC 9562 section 5.7); it never holds a dot.

    Ids made by one process in one millisecond are not ordered among themselves.
    """
    bits = int.from_bytes(clock.random_bytes(10), "big")
    stamp = clock.now() << 80
    version_and_variant = (0x7 << 76) | (0x2 << 62)
    random_a = (bits >> 62 & 0xFFF) << 64
    random_b = bits & 0x3FFF_FFFF_FFFF_FFFF
    return f"{prefix}_{stamp | version_and_variant | random_a | random_b:032x}"


def is_id(prefix: str, text: str) -> bool:
    """Whether `text` is an id that `new_id` could have made with that prefix."""
    return text.startswith(f"{prefix}_") and _UUID_HEX.fullmatch(text, len(prefix) + 1) is not None


def rfc3339(milliseconds: int) -> str:
    """A time of the wire: RFC 3339 in UTC with milliseconds, such as `2026-11-22T08:30:00.000Z`."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{_to_the_second(seconds)}.{rest:03d}Z"


@lru_cache(maxsize=1024)
def _to_the_second(seconds: int) -> str:
    """What many times of the same second have in common; writing it out is the dear part."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"
