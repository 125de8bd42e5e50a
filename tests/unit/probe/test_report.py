"""A report is in the order in which a person should act."""

from __future__ import annotations

from gatepost.probe.finding import Severity
from gatepost.probe.report import counts, groups, in_order
from tests.unit.probe.findings import a_finding, a_report


def test_the_worst_comes_first_then_the_easiest_to_exploit_then_the_source() -> None:
    found = [
        a_finding(severity=Severity.LOW, rank=(0,)),
        a_finding(severity=Severity.HIGH, rank=(2, 0)),
        a_finding(severity=Severity.HIGH, rank=(1, 9), line=9),
        a_finding(severity=Severity.HIGH, rank=(1, 9), line=4),
    ]
    assert in_order(found) == (found[3], found[2], found[1], found[0])


def test_findings_of_one_rule_and_severity_stand_together() -> None:
    found = [
        a_finding(rule="a", rank=(1,)),
        a_finding(rule="b", rank=(2,)),
        a_finding(rule="a", rank=(3,)),
        a_finding(rule="a", rank=(0,), severity=Severity.LOW),
    ]
    assert [(str(group.severity), group.rule, len(group.findings)) for group in groups(a_report(found))] == [
        ("high", "a", 2),
        ("high", "b", 1),
        ("low", "a", 1),
    ]


def test_severities_are_counted_worst_first() -> None:
    found = [a_finding(severity=Severity.LOW), a_finding(), a_finding()]
    assert counts(found) == ((Severity.HIGH, 2), (Severity.LOW, 1))
