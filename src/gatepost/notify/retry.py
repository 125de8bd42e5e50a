"""When a delivery is tried again, and when it is given up. Decides; performs nothing."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from gatepost.notify.delivery import Outcome, State

MINUTE = 60.0
HOUR = 3600.0

DEFAULT_SCHEDULE: tuple[float, ...] = (
    0,
    5,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
)
"""Seconds before each attempt, counted from the one before it: ten attempts in about three days (Standard Webhooks)."""

JITTER = 0.2
"""A retry waits up to this share longer than the schedule says, so that receivers do not see waves."""

MAX_RETRY_AFTER_S = 24 * HOUR
"""The longest Retry-After that is honoured: a receiver must not be able to park a delivery for ever."""

SLOW_DOWN_STATUSES = frozenset({429, 502, 503, 504})
"""Answers that ask the sender to slow down, not only to try this one again."""

GONE = 410
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0


class Verdict(Struct, frozen=True):
    """What follows from an attempt.

    `due_at` (milliseconds) counts only for a delivery that goes on waiting. `disable` asks to disable the endpoint,
    `pause_s` to send nothing to it for that many seconds. `out_of_order` lets those behind it in order overtake it.
    """

    state: State
    due_at: int = 0
    disable: bool = False
    pause_s: float = 0.0
    out_of_order: bool = False


DELIVERED = Verdict(State.DELIVERED)


def decide(
    outcome: Outcome, attempts: int, schedule: Sequence[float], now: int, jitter: float, slow_downs: int = 0
) -> Verdict:
    """Judges an attempt.

    `attempts` counts this one, `jitter` is in [0, 1), and `slow_downs` is how many times in a row the endpoint
    was paused before.
    """
    if outcome.succeeded:
        return DELIVERED
    pause_s = _pause(outcome, slow_downs)
    if outcome.status == GONE:
        return Verdict(State.DEAD, disable=True)
    if attempts >= len(schedule):
        return Verdict(State.DEAD, pause_s=pause_s)
    wait_s = schedule[attempts] * (1 + JITTER * jitter)
    if outcome.retry_after is not None:
        wait_s = max(wait_s, min(outcome.retry_after, MAX_RETRY_AFTER_S))
    return Verdict(State.WAITING, due_at=now + round(wait_s * 1000), pause_s=pause_s)


def asks_to_slow_down(outcome: Outcome) -> bool:
    """Whether the endpoint says so, or cannot be reached at all."""
    return outcome.error is not None or outcome.status in SLOW_DOWN_STATUSES


def _pause(outcome: Outcome, slow_downs: int) -> float:
    """Seconds to leave the endpoint alone."""
    if not asks_to_slow_down(outcome):
        return 0.0
    growing = min(FIRST_PAUSE_S * 2.0 ** min(slow_downs, 16), LONGEST_PAUSE_S)
    return max(growing, min(outcome.retry_after or 0.0, MAX_RETRY_AFTER_S))
