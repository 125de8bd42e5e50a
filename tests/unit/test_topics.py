"""Topic names and patterns: what is one, what a pattern selects, and when one pattern covers another."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost import topics

SEGMENTS = ("a", "b", "c")
NAMES = st.lists(st.sampled_from(SEGMENTS), min_size=1, max_size=4).map(".".join)
PATTERNS = st.lists(st.sampled_from((*SEGMENTS, "*")), min_size=1, max_size=4).map(".".join)


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


@given(outer=PATTERNS, inner=PATTERNS, name=NAMES)
def test_whatever_the_inner_selects_a_covering_outer_selects_too(outer: str, inner: str, name: str) -> None:
    if topics.covers(outer, inner) and topics.matches(inner, name):
        assert topics.matches(outer, name)


@given(pattern=PATTERNS, name=NAMES)
def test_covering_a_plain_name_is_selecting_it(pattern: str, name: str) -> None:
    assert topics.covers(pattern, name) == topics.matches(pattern, name)
