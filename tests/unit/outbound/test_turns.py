"""Whose turn it is: no tenant and no lane comes twice before all others came once."""

from __future__ import annotations

from collections import Counter
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from gatepost.outbound.turns import Turns

CROWDS = st.dictionaries(
    st.sampled_from("xyz"), st.dictionaries(st.integers(0, 3), st.integers(1, 5), min_size=1), min_size=1
)


def crowded(crowds: dict[str, dict[int, int]]) -> Turns[str, str]:
    turns: Turns[str, str] = Turns()
    for tenant, lanes in crowds.items():
        for lane, count in lanes.items():
            for number in range(count):
                turns.add(tenant, f"{tenant}{lane}", f"{tenant}{lane}-{number}")
    return turns


def take(turns: Turns[str, str]) -> str:
    turn = turns.first(lambda _: True)
    assert turn is not None
    return turns.take(*turn)


def test_tenants_take_turns_and_so_do_their_lanes() -> None:
    turns = crowded({"x": {1: 3, 2: 1}, "y": {1: 2}})
    order = []
    while turns:
        order.append(take(turns))
    assert order == ["x1-0", "y1-0", "x2-0", "y1-1", "x1-1", "x1-2"]


def test_who_gives_up_is_passed_over() -> None:
    turns = crowded({"x": {1: 2}, "y": {1: 1}})
    turns.remove("x", "x1", "x1-0")
    turns.remove("y", "y1", "y1-0")
    assert take(turns) == "x1-1"
    assert not turns


def test_lanes_that_may_not_are_passed_over() -> None:
    turns = crowded({"x": {1: 1, 2: 1}, "y": {1: 1}})
    assert turns.first(lambda lane: lane != "x1") == ("x", "x2")
    assert turns.first(lambda lane: lane == "y1") == ("y", "y1")
    assert turns.first(lambda _: False) is None


@given(CROWDS)
def test_everybody_comes_once_and_nobody_waits_behind_a_crowd(crowds: dict[str, dict[int, int]]) -> None:
    turns = crowded(crowds)
    left = Counter({tenant: sum(lanes.values()) for tenant, lanes in crowds.items()})
    order: list[str] = []
    while turns:
        tenants = [tenant for tenant in left if left[tenant]]
        round_of_all = [take(turns) for _ in tenants]
        assert sorted(each[0] for each in round_of_all) == sorted(tenants)
        left -= Counter(each[0] for each in round_of_all)
        order += round_of_all
    lanes = chain.from_iterable(((t, n, c) for n, c in each.items()) for t, each in crowds.items())
    assert sorted(order) == sorted(f"{t}{n}-{number}" for t, n, c in lanes for number in range(c))
