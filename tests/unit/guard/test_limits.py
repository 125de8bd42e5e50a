from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.errors import InvalidSetting
from gatepost.guard.limits import MAX_COUNT, Charge, GcraLimiter, Rate
from tests.unit.clocks import HandClock

rates = st.builds(Rate, st.integers(1, 50), st.integers(1, 20), st.sampled_from([1, 3, 60]))
subjects = st.sampled_from(["key_1", "key_2"])


class TokenBuckets:
    """The model: a bucket a limit, filled continuously, in fractions."""

    def __init__(self) -> None:
        self.now = Fraction(0)
        self.levels: dict[tuple[str, Rate], tuple[Fraction, Fraction]] = {}

    def level(self, subject: str, rate: Rate) -> Fraction:
        level, at = self.levels.get((subject, rate), (Fraction(rate.burst), self.now))
        return min(Fraction(rate.burst), level + (self.now - at) * Fraction(rate.count, rate.seconds))

    def take(self, charges: tuple[Charge, ...]) -> bool:
        levels: dict[tuple[str, Rate], Fraction] = {}
        for charge in charges:
            key = (charge.subject, charge.rate)
            levels[key] = levels.get(key, self.level(*key)) - charge.cost
        if any(level < 0 for level in levels.values()):
            return False
        self.levels.update({key: (level, self.now) for key, level in levels.items()})
        return True


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("20000/s burst 40000", Rate(20_000, 40_000)),
        ("1000/s", Rate(1000, 1000)),
        (" 100/min burst 10 ", Rate(100, 10, 60)),
        ("5000/h", Rate(5000, 5000, 3600)),
    ],
)
def test_rates_are_read_from_text(text: str, rate: Rate) -> None:
    assert Rate.parse(text) == rate


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1000",
        "1000/day",
        "0/s",
        "10/s burst 0",
        "-1/s",
        "1.5/s",
        "1e3/s",
        "10/s burst",
        "10/sburst 5",
        f"{MAX_COUNT + 1}/s",
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(InvalidSetting):
        Rate.parse(text)


@given(
    st.lists(rates, min_size=1, max_size=2),
    st.lists(
        st.tuples(
            st.integers(0, 3_000_000_000),
            st.lists(st.tuples(subjects, st.integers(0, 1), st.integers(1, 4)), min_size=1, max_size=3),
        ),
        max_size=40,
    ),
)
def test_it_admits_exactly_what_token_buckets_would(
    used: list[Rate], history: list[tuple[int, list[tuple[str, int, int]]]]
) -> None:
    clock, model = HandClock(), TokenBuckets()
    limiter = GcraLimiter(clock)
    for nanoseconds, wanted in history:
        clock.advance(nanoseconds=nanoseconds)
        model.now += Fraction(nanoseconds, 1_000_000_000)
        charges = tuple(Charge(subject, used[which % len(used)], cost) for subject, which, cost in wanted)
        verdict = limiter.take(charges)
        assert verdict.allowed == model.take(charges)
        if verdict.allowed:
            left = min(model.level(charge.subject, charge.rate) for charge in charges)
            assert verdict.remaining == left // 1


@given(rates, st.integers(0, 40), st.integers(1, 4))
def test_retry_after_is_the_first_moment_that_passes(rate: Rate, used: int, cost: int) -> None:
    clock = HandClock()
    limiter = GcraLimiter(clock)
    charge = (Charge("key_1", rate, cost),)
    for _ in range(used):
        limiter.take(charge)
    verdict = limiter.take(charge)
    if verdict.retry_after is not None:
        nanoseconds = round(verdict.retry_after * 1_000_000_000)
        clock.advance(nanoseconds=nanoseconds - 2)
        assert not limiter.take(charge).allowed
        clock.advance(nanoseconds=4)
        assert limiter.take(charge).allowed
    else:
        assert verdict.allowed == (cost <= rate.burst)


def test_a_refused_set_of_charges_counts_nothing() -> None:
    limiter = GcraLimiter(HandClock())
    wide, narrow = Charge("key_1", Rate(10, 10)), Charge("ten_1", Rate(1, 1))
    assert limiter.take((wide, narrow)).allowed
    for _ in range(20):
        assert not limiter.take((wide, narrow)).allowed
    assert limiter.take((wide,)).remaining == 8


def test_the_same_subject_charged_twice_at_once_counts_twice() -> None:
    charge = Charge("key_1", Rate(1, 3))
    limiter = GcraLimiter(HandClock())
    assert limiter.take((charge, charge)).remaining == 1
    assert not limiter.take((charge, charge)).allowed


def test_a_cost_beyond_the_burst_never_passes_and_says_so() -> None:
    verdict = GcraLimiter(HandClock()).take((Charge("key_1", Rate(100, 10), cost=11),))
    assert not verdict.allowed
    assert verdict.retry_after is None


def test_no_span_of_time_sees_more_than_burst_and_rate() -> None:
    clock = HandClock()
    limiter, charge = GcraLimiter(clock), (Charge("key_1", Rate(100, 20)),)
    admitted = 0
    for _ in range(10_000):
        admitted += limiter.take(charge).allowed
        clock.advance(0.0005)
    assert admitted == 20 + 100 * 5 - 1  # the last moment is half a step short of five seconds


def test_memory_is_bounded_and_forgets_what_is_whole_first() -> None:
    clock = HandClock()
    limiter = GcraLimiter(clock, max_keys=100)
    slow = Rate(1, 5, seconds=3600)
    for _ in range(5):
        assert limiter.take((Charge("spent", slow),)).allowed
    for number in range(10_000):
        clock.advance(0.01)
        limiter.take((Charge(f"passer-by {number}", Rate(1000, 5)),))
        assert len(limiter._whole_at) <= 100
    assert not limiter.take((Charge("spent", slow),)).allowed


def test_when_every_subject_is_in_use_those_that_used_least_are_forgotten() -> None:
    limiter = GcraLimiter(HandClock(), max_keys=100)
    slow = Rate(1, 5, seconds=3600)
    for _ in range(5):
        assert limiter.take((Charge("spent", slow),)).allowed
    for number in range(1000):
        limiter.take((Charge(f"busy {number}", slow),))
        assert len(limiter._whole_at) <= 100
    assert not limiter.take((Charge("spent", slow),)).allowed
