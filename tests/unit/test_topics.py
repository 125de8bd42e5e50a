"""Topic names and patterns: what is one, what a pattern selects, and when one pattern covers another."""

from __future__ import annotations

import re
from itertools import product

import pytest

from gatepost import topics


def every(*segments: str, longest: int) -> list[str]:
    """Every name or pattern of these segments."""
    return [".".join(parts) for length in range(1, longest + 1) for parts in product(segments, repeat=length)]


NAMES = every("a", "b", longest=4)
PATTERNS = every("a", "b", "*", longest=3)


@pytest.mark.parametrize("name", ["a", "orders.eu.created", "A-1_z", "-", "_", "0.0", "x" * 128])
def test_a_name_is_dot_separated_words(name: str) -> None:
    assert re.search(topics.NAME, name)
    assert topics.is_pattern(name)


@pytest.mark.parametrize("name", ["", ".", "a.", ".a", "a..b", "a b", "a\n", "a\0", "é", "a/b", "a:b", "*", "a.*"])
def test_anything_else_is_no_name(name: str) -> None:
    assert not re.search(topics.NAME, name)


@pytest.mark.parametrize("pattern", ["*", "a.*", "*.a", "a.*.b", "*.*"])
def test_a_star_stands_for_a_whole_segment(pattern: str) -> None:
    assert topics.is_pattern(pattern)


@pytest.mark.parametrize("pattern", ["", "a*", "*a", "**", "a.**", "a.*.", "*\n", "a.?", "[a]", "x" * 129])
def test_anything_else_is_no_pattern(pattern: str) -> None:
    assert not topics.is_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "selected", "passed_over"),
    [
        ("*", ["a", "a.b", "a.b.c"], []),
        ("a", ["a"], ["b", "a.b", "aa"]),
        ("a.*", ["a.b", "a.b.c"], ["a", "b.a", "aa.b"]),
        ("*.b", ["a.b", "b.b"], ["b", "a.a.b", "a.b.c"]),
        ("a.*.c", ["a.b.c", "a.c.c"], ["a.c", "a.b.b.c", "a.b.c.c"]),
        ("*.*", ["a.b", "a.b.c"], ["a"]),
        ("a.*.*", ["a.b.c", "a.b.c.d"], ["a.b"]),
        ("a-b.*", ["a-b.c"], ["aXb.c"]),
    ],
)
def test_what_a_pattern_selects(pattern: str, selected: list[str], passed_over: list[str]) -> None:
    assert [name for name in selected if not topics.matches(pattern, name)] == []
    assert [name for name in passed_over if topics.matches(pattern, name)] == []


@pytest.mark.parametrize(
    ("outer", "inner"),
    [("*", "a.*"), ("a.*", "a.b.*"), ("a.*", "a.b"), ("*.b", "a.b"), ("a.*.*", "a.*.c"), ("*.*", "a.*"), ("a", "a")],
)
def test_a_wider_pattern_covers(outer: str, inner: str) -> None:
    assert topics.covers(outer, inner)


@pytest.mark.parametrize(
    ("outer", "inner"),
    [("a.*", "*"), ("a.*", "a"), ("a.b", "a.*"), ("*.b", "*"), ("*.*", "*"), ("a.*.c", "a.*"), ("a.*", "b.*")],
)
def test_a_narrower_or_other_pattern_does_not(outer: str, inner: str) -> None:
    assert not topics.covers(outer, inner)


def test_whatever_the_inner_selects_a_covering_outer_selects_too() -> None:
    selected = {pattern: {name for name in NAMES if topics.matches(pattern, name)} for pattern in PATTERNS}
    covering = [(outer, inner) for outer, inner in product(PATTERNS, repeat=2) if topics.covers(outer, inner)]
    assert [(outer, inner) for outer, inner in covering if not selected[inner] <= selected[outer]] == []


def test_covering_a_plain_name_is_selecting_it() -> None:
    for pattern, name in product(PATTERNS, NAMES):
        assert topics.covers(pattern, name) == topics.matches(pattern, name), (pattern, name)
