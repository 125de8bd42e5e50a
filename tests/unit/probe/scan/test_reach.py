"""Which operations reach which schemas: exact in circles, linear in size."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gatepost.probe.scan.reach import bits, spread


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[list[int]], list[int]]:
    size = draw(st.integers(0, 12))
    nodes = st.integers(0, max(size - 1, 0))
    edges = [draw(st.lists(nodes, max_size=4)) for _ in range(size)]
    return edges, [draw(st.integers(0, 7)) for _ in range(size)]


@given(graphs())
def test_a_mask_comes_to_all_that_can_be_reached_and_to_nothing_else(graph: tuple[list[list[int]], list[int]]) -> None:
    edges, masks = graph
    expected = list(masks)
    for start, mask in enumerate(masks):
        seen, waiting = {start}, [start]
        while waiting:
            for child in edges[waiting.pop()]:
                if child not in seen:
                    seen.add(child)
                    waiting.append(child)
        for node in seen:
            expected[node] |= mask
    assert spread(edges, masks) == expected


def test_a_long_chain_needs_no_stack() -> None:
    size = 50_000
    edges = [[number + 1] for number in range(size - 1)] + [[0]]
    assert set(spread(edges, [1] + [0] * (size - 1))) == {1}


def test_bits_are_the_numbers_that_are_set() -> None:
    assert bits(0) == []
    assert bits(0b1010_0001) == [0, 5, 7]
