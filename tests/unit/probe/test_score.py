"""The score says how a document stands, and one more finding never makes it look better."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from gatepost.probe.finding import Confidence, Finding, Severity
from gatepost.probe.score import CATEGORIES, score
from tests.unit.probe.findings import a_finding

findings = st.builds(
    lambda rule, severity, confidence, owasp: a_finding(
        rule=rule, severity=severity, confidence=confidence, owasp=owasp
    ),
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from(Severity),
    st.sampled_from(Confidence),
    st.sampled_from([*CATEGORIES, "API8:2019", ""]),
)


def total(*found: Finding) -> int:
    return score(found).total


def test_nothing_found_is_full_marks() -> None:
    clean = score([])
    assert clean.total == 100
    assert [(part.category, part.score, part.findings) for part in clean.parts] == [
        (category, 100, 0) for category in CATEGORIES
    ]


@given(st.lists(findings, max_size=30), findings)
def test_one_more_finding_never_raises_it(found: list[Finding], more: Finding) -> None:
    before, after = score(found), score([*found, more])
    assert after.total <= before.total
    assert all(new.score <= old.score for new, old in zip(after.parts, before.parts, strict=True))


@given(st.lists(findings, max_size=30), st.randoms())
def test_the_order_does_not_matter(found: list[Finding], chance: random.Random) -> None:
    shuffled = chance.sample(found, len(found))
    assert score(shuffled) == score(found)


@given(findings)
def test_every_finding_costs_something(found: Finding) -> None:
    assert total(found) < 100


def test_severity_and_confidence_weigh() -> None:
    by_severity = [total(a_finding(severity=severity)) for severity in Severity]
    by_confidence = [total(a_finding(confidence=confidence)) for confidence in Confidence]
    assert by_severity == sorted(set(by_severity), reverse=True)
    assert by_confidence == sorted(set(by_confidence), reverse=True)


def test_a_critical_finding_is_seen_in_the_score() -> None:
    assert total(a_finding(severity=Severity.CRITICAL)) == 67


def test_a_bad_habit_in_a_large_document_is_not_hopeless() -> None:
    habit = [a_finding(severity=Severity.MEDIUM) for _ in range(500)]
    assert 50 <= total(*habit) < total(habit[0])


def test_many_different_faults_are_hopeless() -> None:
    faults = [
        a_finding(rule=f"rule-{number}", owasp=category, severity=Severity.CRITICAL)
        for category in CATEGORIES
        for number in range(5)
    ]
    assert total(*faults) <= 5


def test_what_nobody_has_to_act_on_does_not_count() -> None:
    assert total(a_finding(actionable=False)) == 100


def test_an_unknown_category_counts_as_configuration() -> None:
    parts = {part.category: part for part in score([a_finding(owasp="API10:2019")]).parts}
    assert len(parts) == 10
    assert parts["API8:2023"].findings == 1
