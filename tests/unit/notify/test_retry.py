"""The table of what follows from an attempt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.notify.delivery import State
from gatepost.notify.retry import (
    DEFAULT_SCHEDULE,
    FIRST_PAUSE_S,
    HOUR,
    JITTER,
    LONGEST_PAUSE_S,
    MAX_RETRY_AFTER_S,
    Verdict,
    decide,
)
from tests.samples import an_outcome

NOW = 1_790_000_000_000
SCHEDULE = (0.0, 5.0, 60.0)


def wait_s(verdict: Verdict) -> float:
    assert verdict.state is State.WAITING
    return (verdict.due_at - NOW) / 1000


def test_the_usual_schedule_is_ten_attempts_in_about_three_days() -> None:
    assert len(DEFAULT_SCHEDULE) == 10
    assert 72 * HOUR <= sum(DEFAULT_SCHEDULE) <= 78 * HOUR


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_success_is_delivered(status: int) -> None:
    assert decide(an_outcome(status), 1, SCHEDULE, NOW, 0) == Verdict(State.DELIVERED)


@pytest.mark.parametrize("attempts", [1, 2])
@pytest.mark.parametrize("status", [301, 400, 401, 404, 500])
def test_a_failure_waits_as_long_as_the_schedule_says(status: int, attempts: int) -> None:
    verdict = decide(an_outcome(status), attempts, SCHEDULE, NOW, jitter=0)
    assert wait_s(verdict) == SCHEDULE[attempts]
    assert (verdict.disable, verdict.pause_s) == (False, 0)


def test_at_the_end_of_the_schedule_it_is_a_dead_letter() -> None:
    assert decide(an_outcome(500), 3, SCHEDULE, NOW, 0) == Verdict(State.DEAD)
    assert decide(an_outcome(500), 1, (0.0,), NOW, 0) == Verdict(State.DEAD)


@given(attempts=st.integers(1, 9), jitter=st.floats(0, 1, exclude_max=True))
def test_jitter_only_makes_it_later_and_only_by_its_share(attempts: int, jitter: float) -> None:
    waits = wait_s(decide(an_outcome(500), attempts, DEFAULT_SCHEDULE, NOW, jitter))
    planned = DEFAULT_SCHEDULE[attempts]
    assert planned <= waits <= planned * (1 + JITTER) + 0.001


@pytest.mark.parametrize(
    ("retry_after", "waits"), [(1, 5), (30, 30), (2 * HOUR, 2 * HOUR), (30 * HOUR, MAX_RETRY_AFTER_S), (-5, 5)]
)
def test_retry_after_puts_it_off_but_not_forward_and_not_for_ever(retry_after: float, waits: float) -> None:
    assert wait_s(decide(an_outcome(500, retry_after=retry_after), 1, SCHEDULE, NOW, 0)) == waits


def test_retry_after_does_not_bring_a_dead_letter_back() -> None:
    assert decide(an_outcome(503, retry_after=5), 3, SCHEDULE, NOW, 0).state is State.DEAD


def test_gone_disables_at_once() -> None:
    assert decide(an_outcome(410), 1, SCHEDULE, NOW, 0) == Verdict(State.DEAD, disable=True)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_an_endpoint_that_asks_to_slow_down_is_paused(status: int) -> None:
    assert decide(an_outcome(status), 1, SCHEDULE, NOW, 0).pause_s == FIRST_PAUSE_S


@pytest.mark.parametrize("error", ["timeout", "connect-failed", "address-refused"])
def test_and_so_is_one_that_cannot_be_reached(error: str) -> None:
    assert decide(an_outcome(None, error=error), 1, SCHEDULE, NOW, 0).pause_s == FIRST_PAUSE_S


def test_pauses_grow_and_are_bounded() -> None:
    pauses = [decide(an_outcome(429), 1, SCHEDULE, NOW, 0, slow_downs).pause_s for slow_downs in range(8)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    assert decide(an_outcome(429), 1, SCHEDULE, NOW, 0, slow_downs=10**9).pause_s == LONGEST_PAUSE_S


@pytest.mark.parametrize(("retry_after", "pause_s"), [(0, 1), (30, 30), (3 * HOUR, 3 * HOUR), (10**12, 24 * HOUR)])
def test_a_pause_lasts_as_long_as_retry_after_asks(retry_after: float, pause_s: float) -> None:
    assert decide(an_outcome(429, retry_after=retry_after), 1, SCHEDULE, NOW, 0).pause_s == pause_s


def test_a_dead_letter_pauses_the_others_too() -> None:
    assert decide(an_outcome(429), 3, SCHEDULE, NOW, 0) == Verdict(State.DEAD, pause_s=FIRST_PAUSE_S)
