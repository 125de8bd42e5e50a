"""What is told: after suppression, without what was known, in the default view or all of it."""

from __future__ import annotations

import pytest

from gatepost.errors import NotFound
from gatepost.probe.scan import engine
from gatepost.probe.scan.engine import Document, Scan
from gatepost.probe.scan.explain import explain
from gatepost.probe.scan.outcome import baseline_of, report
from gatepost.probe.scan.rules import every_rule
from gatepost.probe.suppression import Suppression
from tests.unit.clocks import HandClock

TEXT = b"""
openapi: 3.1.0
servers: [{url: http://example.com}]
paths: {/a: {get: {}}}
x: {$ref: https://example.com/x.yaml}
"""


@pytest.fixture
def scan() -> Scan:
    rules = [rule for rule in every_rule() if rule.id in {"api8-plain-http", "document-remote-ref"}]
    return engine.scan([Document("api.yaml", TEXT)], rules=rules)


def told(found: Scan, **options: object) -> list[str]:
    return [finding.rule for finding in report(found, HandClock(), **options).findings]  # type: ignore[arg-type]


def test_the_default_view_holds_back_what_nobody_must_act_on(scan: Scan) -> None:
    assert told(scan) == ["api8-plain-http"]
    assert report(scan, HandClock()).held_back == 1
    assert told(scan, strict=True) == ["api8-plain-http", "document-remote-ref"]


def test_what_was_known_is_left_out_and_still_counts(scan: Scan) -> None:
    known = baseline_of(scan.findings)
    found = report(scan, HandClock(), baseline=known)
    assert (found.findings, found.known) == ((), 2)
    assert found.score == report(scan, HandClock()).score
    assert found.former_score == found.score.total


def test_what_is_suppressed_is_told_apart_and_does_not_count(scan: Scan) -> None:
    found = report(scan, HandClock(), suppressions=[Suppression(reason="known", rule="api8-*")])
    assert (found.findings, len(found.suppressed), found.score.total) == ((), 1, 100)


def test_a_report_has_the_sources_and_rules_that_it_names(scan: Scan) -> None:
    found = report(scan, HandClock())
    assert found.sources == {"api.yaml": TEXT.decode()}
    assert all(finding.rule in found.rules for finding in found.findings)


def test_a_rule_is_explained_with_its_examples() -> None:
    text = explain("api8-plain-http")
    assert "Why it matters" in text
    assert 'swagger: "2.0"' in text


def test_a_rule_that_is_not_there_is_told_with_those_that_are_near() -> None:
    with pytest.raises(NotFound, match="did you mean api8-plain-http"):
        explain("api8-plain-htp")
