"""Regular expressions of ECMA-262, read into a tree."""

from __future__ import annotations

import pytest

from gatepost.probe.scan.rules.api04.expression import (
    MAX_LENGTH,
    BrokenPattern,
    NotUnderstood,
    begins_with,
    ends_with,
    longest,
    parse,
    takes_anything,
)


@pytest.mark.parametrize(
    ("pattern", "length"),
    [
        ("^abc$", 3),
        ("^[a-z]{2,5}$", 5),
        ("^(?:ab|cde)?$", 3),
        (r"^\d{4}-\d{2}$", 7),
        (r"^VA[0-9a-f]{32}$", 34),
        (r"^\u0041\x42\u{43}$", 3),
        ("^(?<year>[0-9]{4})$", 4),
        ("^a+$", None),
        ("^(?=.{3})a$", 1),
        (r"^(a)\1$", None),
        ("^{id}$", 4),
        ("^[^]a]$", 3),  # a bracket that closes at once: any character, and then `a]`
    ],
)
def test_the_longest_match_is_known_where_there_is_one(pattern: str, length: int | None) -> None:
    assert longest(parse(pattern)) == length


@pytest.mark.parametrize(
    ("pattern", "begins", "ends"),
    [
        ("^a$", True, True),
        ("a", False, False),
        ("^a|b$", False, False),
        ("^a$|^b$", True, True),
        ("^(?:a|b)$", True, True),
        ("(^a$)", True, True),
        (r"a\$", False, False),
        ("[$]", False, False),
    ],
)
def test_anchors_count_only_where_they_hold_for_every_match(pattern: str, begins: bool, ends: bool) -> None:
    tree = parse(pattern)

    assert (begins_with(tree, "^"), ends_with(tree, "$")) == (begins, ends)


@pytest.mark.parametrize("pattern", ["^.*$", ".+", r"[\s\S]*", "^(.*)$", "", "[^]*"])
def test_what_restricts_nothing_is_known(pattern: str) -> None:
    assert takes_anything(parse(pattern))


@pytest.mark.parametrize("pattern", ["^.{1,5}$", "^[^<>]*$", r"^\S*$", ".*a", "^a*$"])
def test_what_restricts_something_is_not_broad(pattern: str) -> None:
    assert not takes_anything(parse(pattern))


@pytest.mark.parametrize(
    "pattern",
    ["(a", "a)", "[a", "[z-a]", "*a", "a++", "a{2,1}", "a\\", "(?P<n>a)", "(?i)a", r"\Aa\Z", "(?#note)", "(?<n"],
)
def test_what_is_no_expression_is_refused(pattern: str) -> None:
    with pytest.raises(BrokenPattern):
        parse(pattern)


@pytest.mark.parametrize("pattern", [r"\p{Script=Greek}", "a" * (MAX_LENGTH + 1), "(" * 60, "(?i:a)"])
def test_what_is_not_looked_at_is_told_apart_from_what_is_broken(pattern: str) -> None:
    with pytest.raises(NotUnderstood):
        parse(pattern)
