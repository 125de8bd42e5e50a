"""When the owner of an endpoint is warned, and when the endpoint is disabled."""

from __future__ import annotations

import msgspec
import pytest

from gatepost.notify.health import HEALTHY, Judgement, judge
from tests.samples import an_endpoint
from tests.unit.clocks import HandClock

CLOCK = HandClock()
SINCE = CLOCK.now()
DISABLE_AFTER = 100_000


def after(percent: float, warned: int = 0) -> Judgement:
    """The judgement of a failure when so much of the way to auto-disable is over."""
    endpoint = an_endpoint(CLOCK, "ten_1", failing_since=SINCE, warned=warned)
    return judge(endpoint, succeeded=False, now=SINCE + round(percent * 1000), disable_after_ms=DISABLE_AFTER)


def test_the_first_failure_starts_the_count() -> None:
    first = judge(an_endpoint(CLOCK, "ten_1"), succeeded=False, now=SINCE, disable_after_ms=DISABLE_AFTER)
    assert first == Judgement(failing_since=SINCE)


@pytest.mark.parametrize(
    ("percent", "warned", "warn"),
    [(49.9, 0, None), (50, 0, 50), (60, 50, None), (70, 50, 70), (89.9, 70, None), (90, 70, 90), (99.9, 90, None)],
)
def test_each_warning_is_given_once(percent: float, warned: int, warn: int | None) -> None:
    assert after(percent, warned) == Judgement(SINCE, warned=warn or warned, warn=warn)


def test_warnings_that_were_slept_through_are_given_as_one() -> None:
    assert after(95) == Judgement(SINCE, warned=90, warn=90)


@pytest.mark.parametrize("percent", [100, 250])
def test_at_the_end_of_the_way_it_is_disabled(percent: float) -> None:
    assert after(percent, warned=90) == Judgement(SINCE, warned=100, disable=True)


def test_a_clock_that_was_set_back_warns_nobody() -> None:
    assert after(-10) == Judgement(SINCE)


def test_one_success_ends_the_run_of_failures() -> None:
    failing = an_endpoint(CLOCK, "ten_1", failing_since=SINCE, warned=70)
    assert judge(failing, succeeded=True, now=SINCE + 80_000, disable_after_ms=DISABLE_AFTER) == HEALTHY
    recovered = msgspec.structs.replace(failing, failing_since=None, warned=0)
    again = judge(recovered, succeeded=False, now=SINCE + 90_000, disable_after_ms=DISABLE_AFTER)
    assert again == Judgement(failing_since=SINCE + 90_000)
