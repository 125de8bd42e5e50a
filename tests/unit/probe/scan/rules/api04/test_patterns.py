"""What is found in the patterns of a document."""

from __future__ import annotations

import json

import pytest

from gatepost.probe.finding import Severity
from gatepost.probe.scan.edits import ReplaceValue
from gatepost.probe.scan.rules.api04 import patterns
from tests.unit.probe.scan.describing import description, findings


def _taking(pattern: str, more: str = "") -> str:
    schema = f"{{type: string, pattern: {json.dumps(pattern)}{more}}}"
    return f"openapi: 3.1.0\npaths: {{/a: {{get: {{parameters: [{{name: q, in: query, schema: {schema}}}]}}}}}}"


def _returning(pattern: str) -> str:
    schema = f"{{type: string, pattern: {json.dumps(pattern)}}}"
    return (
        f"openapi: 3.1.0\npaths: {{/a: {{get: {{responses: {{'200': {{content: {{a/b: {{schema: {schema}}}}}}}}}}}}}}}"
    )


def test_a_short_text_cannot_keep_anybody_busy() -> None:
    (free,) = findings(_taking("^(a+)+$"), "api4-catastrophic-pattern")
    (short,) = findings(_taking("^(a+)+$", ", maxLength: 10"), "api4-catastrophic-pattern")

    assert (free.severity, free.actionable) == (Severity.HIGH, True)
    assert (short.severity, short.actionable) == (Severity.LOW, False)


def test_what_only_answers_carry_is_for_the_strict() -> None:
    found = findings(_returning("^(a+)+$"), "api4-catastrophic-pattern") + findings(
        _returning("[a-z]+"), "api4-unanchored-pattern"
    )

    assert [finding.actionable for finding in found] == [False, False]


@pytest.mark.parametrize(("pattern", "mended"), [("[a-z]+", "^[a-z]+$"), ("ab|cd", "^(?:ab|cd)$")])
def test_an_unanchored_pattern_gets_its_anchors(pattern: str, mended: str) -> None:
    (hit,) = patterns.unanchored_pattern(description(_taking(pattern)))

    (change,) = hit.fix
    assert isinstance(change, ReplaceValue)
    assert (change.value, change.guess) == (mended, False)


@pytest.mark.parametrize("pattern", ["^https://", r"\S", r"\.png$"])
def test_a_beginning_or_a_single_character_may_be_meant(pattern: str) -> None:
    (found,) = findings(_taking(pattern), "api4-unanchored-pattern")

    assert not found.actionable
    assert not found.fixable


@pytest.mark.parametrize("pattern", ["^[a-z]+$", "^a$|^b$", "^.*$"])
def test_anchored_and_broad_patterns_are_no_unanchored_ones(pattern: str) -> None:
    assert findings(_taking(pattern), "api4-unanchored-pattern") == []


def test_a_pattern_between_slashes_is_taken_out_of_them() -> None:
    (hit,) = patterns.broken_pattern(description(_taking("/^[a-z]+$/")))

    assert [getattr(change, "value", None) for change in hit.fix] == ["^[a-z]+$"]
