"""Which expressions keep a backtracking matcher busy for ever."""

from __future__ import annotations

import pytest

from gatepost.probe.scan.rules.api04.ambiguity import is_exponential
from gatepost.probe.scan.rules.api04.expression import NotUnderstood, parse


@pytest.mark.parametrize(
    "pattern",
    [
        "^(a+)+$",
        "^(a*)*$",
        "^(a|a)*$",
        "^(a|b|ab)*$",
        "^(a|ab|b)*$",
        "(x+x+)+y",
        r"^([a-zA-Z0-9]+\s?)*$",
        r"^(\d+\s*)+$",
        "^(.*,)*x$",
        r"^(?:[a-z0-9]|[a-z]\d)+$",
        "^(a{1,3})*$",
        "^(a{1,64})+$",
        r"^(([a-z])+.)+[A-Z]([a-z])+$",
        r"^([\w.]+-?)*@",
    ],
)
def test_loops_in_loops_and_choices_that_overlap_are_exponential(pattern: str) -> None:
    assert is_exponential(parse(pattern))


@pytest.mark.parametrize(
    "pattern",
    [
        "^[a-z]+$",
        r"^([a-z]+\.)+[a-z]{2,}$",
        r"^[a-z0-9]+(?:-[a-z0-9]+)*$",
        r"^[^@\s]+@[^@\s]+\.[a-z]+$",
        r"^(\d{1,3}\.){3}\d{1,3}$",
        r"^(?=.*[A-Z])(?=.*\d).{8,}$",
        r'^"([^"\\]|\\.)*"$',
        "^(ab|cd)*(ef)?$",
        "^(a|b)*$",
        "^[a-z]{1,64}(,[a-z]{1,64}){0,20}$",
        "a*a*a*b",
    ],
)
def test_what_each_text_fits_in_one_way_is_not(pattern: str) -> None:
    assert not is_exponential(parse(pattern))


@pytest.mark.parametrize("pattern", ["[a-z]" * 200, f"({'|'.join(['[a-z]x'] * 70)})*"])
def test_an_expression_that_costs_too_much_is_given_up(pattern: str) -> None:
    with pytest.raises(NotUnderstood):
        is_exponential(parse(pattern))
