"""Rate limits in process: the generic cell rate algorithm (ITU-T I.371), which is exact for a rate and a burst.

A limit keeps one number a subject: the moment at which its burst will be whole again. Everything is counted in
whole nanoseconds times the rate's count, so no rounding ever adds or loses a request.
"""

from __future__ import annotations

import heapq
import re

import msgspec

from gatepost.clock import Clock
from gatepost.errors import InvalidSetting

NANOSECONDS = 1_000_000_000

MAX_COUNT = 1_000_000_000
"""Requests of a rate or burst: beyond it the word "limit" has lost its meaning."""

_UNITS = {"s": 1, "min": 60, "h": 3600}
_RATE = re.compile(r"([0-9]{1,10})/(s|min|h)(?: +burst +([0-9]{1,10}))?")


class Rate(msgspec.Struct, frozen=True):
    """`count` requests in `seconds`, of which `burst` may come at once. Any span T sees at most burst + rate * T."""

    count: int
    burst: int
    seconds: int = 1

    def __post_init__(self) -> None:
        if not (0 < self.count <= MAX_COUNT and 0 < self.burst <= MAX_COUNT and self.seconds > 0):
            raise InvalidSetting(f"a rate and its burst lie between 1 and {MAX_COUNT}")

    @classmethod
    def parse(cls, text: str) -> Rate:
        """Read `20000/s burst 40000`, `100/min` or `5000/h`; the burst is one unit's worth unless it is given.

        Raises InvalidSetting.
        """
        found = _RATE.fullmatch(text.strip())
        if found is None:
            raise InvalidSetting("a rate reads like `1000/s` or `1000/s burst 2000`; units are s, min and h")
        count, unit, burst = found.groups()
        return cls(int(count), int(burst or count), _UNITS[unit])


class Charge(msgspec.Struct, frozen=True):
    """`cost` requests counted against one subject, such as a key's id, at one rate."""

    subject: str
    rate: Rate
    cost: int = 1


class Verdict(msgspec.Struct, frozen=True):
    """The answer to charges taken together: all were counted, or none."""

    allowed: bool
    retry_after: float | None = None
    """Seconds until the same charges may pass; None when they passed, or never will because they exceed a burst."""

    remaining: int = 0
    """Requests that the tightest limit has left at this moment."""


class GcraLimiter:
    """Limits of one process, in memory; a restart forgets them.

    Holds at most `max_keys` subjects. One whose burst is whole again is dropped without loss; when every one is
    in use, those closest to it go first, which at worst gives back the part of a burst that they had used.
    """

    def __init__(self, clock: Clock, max_keys: int = 100_000) -> None:
        self._clock = clock
        self._max_keys = max_keys
        self._whole_at: dict[tuple[str, Rate], int] = {}  # nanoseconds * rate.count

    def take(self, charges: tuple[Charge, ...]) -> Verdict:
        """Count all charges if each is within its limit, else none."""
        now = round(self._clock.monotonic() * NANOSECONDS)
        taken: dict[tuple[str, Rate], int] = {}
        remaining = MAX_COUNT
        for charge in charges:
            rate = charge.rate
            key = (charge.subject, rate)
            present = now * rate.count
            each = rate.seconds * NANOSECONDS
            whole_at = max(taken.get(key, self._whole_at.get(key, present)), present) + charge.cost * each
            room = present + rate.burst * each - whole_at
            if room < 0:
                return _refusal(charge, room)
            taken[key] = whole_at
            remaining = min(remaining, room // each)
        self._whole_at.update(taken)
        if len(self._whole_at) > self._max_keys:
            self._make_room(now)
        return Verdict(allowed=True, remaining=remaining)

    def _make_room(self, now: int) -> None:
        """Keep the subjects that are furthest from whole, at most half of the room: so this is rare."""
        in_use = ((whole_at / key[1].count, key) for key, whole_at in self._whole_at.items())
        kept = heapq.nlargest(self._max_keys // 2, (entry for entry in in_use if entry[0] > now), key=lambda e: e[0])
        self._whole_at = {key: self._whole_at[key] for _, key in kept}


def _refusal(charge: Charge, room: int) -> Verdict:
    if charge.cost > charge.rate.burst:
        return Verdict(allowed=False)
    return Verdict(allowed=False, retry_after=-room / (charge.rate.count * NANOSECONDS))
