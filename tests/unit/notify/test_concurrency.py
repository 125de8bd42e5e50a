"""The allowance of an endpoint grows while it keeps up, and is cut once for each wave of trouble."""

from __future__ import annotations

import msgspec
import pytest

from gatepost.notify.concurrency import SLOW_FACTOR, SLOW_MS, START, Allowance
from gatepost.notify.delivery import Outcome
from tests.samples import an_outcome

CEILING = 32


def taking(milliseconds: int) -> Outcome:
    return msgspec.structs.replace(an_outcome(200), duration_ms=milliseconds)


def learn(allowance: Allowance, *outcomes: Outcome, started: int = 0, now: int = 1) -> None:
    for outcome in outcomes:
        allowance.learn(outcome, started, now, CEILING)


@pytest.fixture
def grown() -> Allowance:
    allowance = Allowance()
    learn(allowance, *[taking(20)] * CEILING)
    return allowance


def test_an_unknown_endpoint_gets_a_few(grown: Allowance) -> None:
    assert Allowance().within(CEILING) == START
    assert Allowance().within(3) == 3


def test_it_doubles_with_each_round_up_to_the_ceiling() -> None:
    allowance = Allowance()
    learn(allowance, *[taking(20)] * START)
    assert allowance.within(CEILING) == 2 * START
    learn(allowance, *[taking(20)] * 100)
    assert allowance.within(256) == CEILING


@pytest.mark.parametrize("trouble", [an_outcome(429), an_outcome(503), an_outcome(None, error="timeout")])
def test_trouble_halves_it_once_for_all_that_was_in_flight(grown: Allowance, trouble: Outcome) -> None:
    learn(grown, *[trouble] * CEILING, started=5, now=10)
    assert grown.within(CEILING) == CEILING // 2
    learn(grown, trouble, started=11, now=12)
    assert grown.within(CEILING) == CEILING // 4


def test_afterwards_it_grows_by_one_a_round(grown: Allowance) -> None:
    learn(grown, an_outcome(429), started=5, now=10)
    learn(grown, *[taking(20)] * (CEILING // 2 + 1), started=11, now=12)
    assert grown.within(CEILING) == CEILING // 2 + 1


def test_it_never_falls_below_one(grown: Allowance) -> None:
    for moment in range(10, 30, 2):
        learn(grown, an_outcome(429), started=moment, now=moment + 1)
    assert grown.within(CEILING) == 1


def test_an_answer_far_slower_than_usual_is_trouble(grown: Allowance) -> None:
    learn(grown, taking(SLOW_MS + 1), started=5, now=10)
    assert grown.within(CEILING) == CEILING // 2


def test_a_receiver_that_is_always_slow_is_taken_as_it_is() -> None:
    allowance = Allowance()
    learn(allowance, *[taking(SLOW_MS * 5)] * CEILING)
    assert allowance.within(CEILING) == CEILING


def test_and_so_is_one_that_became_slower_for_good(grown: Allowance) -> None:
    for moment in range(1000):
        learn(grown, taking(SLOW_MS * SLOW_FACTOR), started=moment, now=moment)
    assert grown.within(CEILING) == CEILING


@pytest.mark.parametrize("status", [200, 400, 404, 500])
def test_other_failures_say_nothing_about_its_load(status: int) -> None:
    allowance = Allowance()
    learn(allowance, an_outcome(status))
    assert allowance.within(CEILING) == START + 1
