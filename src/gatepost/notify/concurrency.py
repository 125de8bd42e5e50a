"""How much may be in flight to one endpoint: more while it keeps up, less when not. Decides; performs nothing."""

from __future__ import annotations

from gatepost.notify import retry
from gatepost.notify.delivery import Outcome

START = 8
"""Requests in flight to an endpoint that nothing is known of: an unknown one that hangs takes no more connections."""

CUT = 0.5
"""What is left of the allowance when the endpoint does not keep up: additive increase, multiplicative decrease."""

SLOW_MS = 1_000
"""Answers faster than this are never a sign of overload."""

SLOW_FACTOR = 4
"""An answer that takes so many times as long as usual is."""

SMOOTHING = 1 / 16
"""The weight of one answer in what is usual: a receiver that became slower for good is soon taken as it is."""


class Allowance:
    """The requests that may be in flight to one endpoint, learned from what came of those before.

    It doubles with each round of answers until the endpoint first falls behind; from then on it grows by one a round.
    """

    __slots__ = ("_cut_at", "_doubling", "_limit", "_usual_ms")

    def __init__(self) -> None:
        self._limit = float(START)
        self._doubling = True
        self._usual_ms: float | None = None
        self._cut_at = -1

    def within(self, ceiling: int) -> int:
        """How many may be in flight now: one at least, `ceiling` at most."""
        return max(1, min(int(self._limit), ceiling))

    def learn(self, outcome: Outcome, started: int, now: int, ceiling: int) -> None:
        """Takes an outcome into account; times in milliseconds.

        All that were in flight when the allowance was cut fail or linger together: they do not cut it again.
        """
        if retry.asks_to_slow_down(outcome) or self._is_slow(outcome.duration_ms):
            if started > self._cut_at:
                self._limit = max(1.0, min(self._limit, ceiling) * CUT)
                self._doubling = False
                self._cut_at = now
        elif self._limit < ceiling:
            self._limit += 1.0 if self._doubling else 1.0 / self._limit

    def _is_slow(self, duration_ms: int) -> bool:
        usual = self._usual_ms
        self._usual_ms = float(duration_ms) if usual is None else usual + (duration_ms - usual) * SMOOTHING
        return usual is not None and duration_ms > SLOW_MS and duration_ms > usual * SLOW_FACTOR
