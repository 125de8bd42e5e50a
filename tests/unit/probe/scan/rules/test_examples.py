"""Every rule finds what its bad examples show, and nothing in its good ones."""

from __future__ import annotations

import pytest

from gatepost.probe.scan import engine
from gatepost.probe.scan.engine import Document
from gatepost.probe.scan.rules import every_rule
from gatepost.probe.scan.rules.rule import Rule

_GOOD = [pytest.param(rule, text, id=f"{rule.id}-{n}") for rule in every_rule() for n, text in enumerate(rule.good)]
_BAD = [pytest.param(rule, text, id=f"{rule.id}-{n}") for rule in every_rule() for n, text in enumerate(rule.bad)]


def _messages(rule: Rule, text: str) -> list[str]:
    since = Document("before.yaml", rule.before.encode()) if rule.before else None
    found = engine.scan([Document("api.yaml", text.encode())], since=since).findings
    return [finding.message for finding in found if finding.rule == rule.id]


@pytest.mark.parametrize(("rule", "text"), _GOOD)
def test_nothing_is_found_in_a_good_example(rule: Rule, text: str) -> None:
    assert _messages(rule, text) == []


@pytest.mark.parametrize(("rule", "text"), _BAD)
def test_a_bad_example_is_found(rule: Rule, text: str) -> None:
    assert _messages(rule, text)


def test_every_rule_has_its_own_name() -> None:
    ids = [rule.id for rule in every_rule()]

    assert len(ids) == len(set(ids))
