"""Build servers can read the report as test results."""

from __future__ import annotations

from junitparser import Failure, JUnitXml, Skipped, TestSuite

from gatepost.probe.reports.junit import render
from gatepost.probe.suppression import Suppressed
from tests.unit.probe.findings import a_finding, a_hostile_report, a_report
from tests.unit.probe.museum import museum_report


def suites(text: str) -> list[TestSuite]:
    return list(JUnitXml.fromstring(text.encode()))


def test_each_finding_is_a_failed_case() -> None:
    report = museum_report()
    (suite,) = suites(render(report))
    assert (suite.name, suite.tests, suite.failures) == ("museum.yaml", len(report.findings), len(report.findings))
    (result,) = next(iter(suite)).result
    assert isinstance(result, Failure)
    assert result.message == report.findings[0].message
    assert "museum.yaml:43:7" in result.text


def test_a_document_without_findings_has_a_case_that_passed() -> None:
    (suite,) = suites(render(a_report()))
    (case,) = suite
    assert (suite.tests, suite.failures, case.is_passed) == (1, 0, True)


def test_a_suppressed_finding_is_a_skipped_case_with_the_reason() -> None:
    report = a_report(suppressed=(Suppressed(a_finding(), "public on purpose"),))
    ((case,),) = suites(render(report))
    (result,) = case.result
    assert isinstance(result, Skipped)
    assert result.message == "public on purpose"


def test_every_file_has_its_suite_and_the_totals_add_up() -> None:
    report = a_report([a_finding(), a_finding(file="shared.yaml")], documents=("museum.yaml", "zoo.yaml"))
    whole = JUnitXml.fromstring(render(report).encode())
    assert [suite.name for suite in whole] == ["museum.yaml", "zoo.yaml", "shared.yaml"]
    assert (whole.tests, whole.failures, whole.skipped) == (3, 2, 0)


def test_hostile_text_stays_text() -> None:
    text = render(a_hostile_report())
    assert text.replace("\n", "").isprintable()
    ((case,),) = suites(text)
    assert "</script><script>alert(1)</script>" in case.name
