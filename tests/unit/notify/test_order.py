"""Where a delivery in order starts, and what its failure means for those behind it."""

from __future__ import annotations

import pytest

from gatepost.notify.delivery import State
from gatepost.notify.order import judge, place
from gatepost.notify.retry import Verdict

WAITING = Verdict(State.WAITING, due_at=5)


@pytest.mark.parametrize("wanted", [State.SENDING, State.WAITING])
def test_the_first_of_its_key_starts_as_it_likes(wanted: State) -> None:
    assert place(None, wanted) is wanted


@pytest.mark.parametrize("last", [State.HELD, State.WAITING])
@pytest.mark.parametrize("wanted", [State.SENDING, State.WAITING])
def test_behind_one_that_waits_it_is_held(last: State, wanted: State) -> None:
    assert place(last, wanted) is State.HELD


def test_behind_one_in_memory_it_follows_only_into_memory() -> None:
    assert place(State.SENDING, State.SENDING) is State.SENDING
    assert place(State.SENDING, State.WAITING) is State.HELD


@pytest.mark.parametrize("state", [State.DELIVERED, State.DEAD])
@pytest.mark.parametrize("on_stuck", ["block", "park", "skip"])
def test_an_end_is_an_end(state: State, on_stuck: str) -> None:
    verdict = Verdict(state)
    assert judge(verdict, 3, on_stuck, 3) == verdict  # type: ignore[arg-type]  # parametrized


def test_block_waits_however_often_it_fails() -> None:
    assert judge(WAITING, 29, "block", 3) == WAITING


def test_park_sets_aside_after_so_many_attempts() -> None:
    assert judge(WAITING, 2, "park", 3) == WAITING
    assert judge(WAITING, 3, "park", 3) == Verdict(State.PARKED, due_at=5)


def test_skip_goes_on_out_of_order() -> None:
    assert judge(WAITING, 1, "skip", 3) == Verdict(State.WAITING, due_at=5, out_of_order=True)
