"""Every rule finds what its bad examples show, and nothing in its good ones."""

from __future__ import annotations

import pytest

from gatepost.probe.scan.rules import every_rule
from tests.unit.probe.scan.describing import findings

_GOOD = [pytest.param(rule.id, text, id=f"{rule.id}-{n}") for rule in every_rule() for n, text in enumerate(rule.good)]
_BAD = [pytest.param(rule.id, text, id=f"{rule.id}-{n}") for rule in every_rule() for n, text in enumerate(rule.bad)]


@pytest.mark.parametrize(("rule", "text"), _GOOD)
def test_nothing_is_found_in_a_good_example(rule: str, text: str) -> None:
    assert [finding.message for finding in findings(text, rule)] == []


@pytest.mark.parametrize(("rule", "text"), _BAD)
def test_a_bad_example_is_found(rule: str, text: str) -> None:
    assert findings(text, rule)


def test_every_rule_has_its_own_name() -> None:
    ids = [rule.id for rule in every_rule()]

    assert len(ids) == len(set(ids))
