"""JUnit XML, for build servers that show test results: one suite a file, one failed case a finding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from xml.etree.ElementTree import Element, indent, tostring

from gatepost.probe.finding import Finding
from gatepost.probe.report import Report
from gatepost.probe.reports.markup import element
from gatepost.probe.reports.text import plain


def render(report: Report) -> str:
    """A document without findings has one case that passed: an empty suite would look like one that did not run."""
    cases: dict[str, list[Element]] = defaultdict(list, {name: [] for name in report.documents})
    for finding in report.findings:
        cases[finding.file].append(_failed(finding))
    for each in report.suppressed:
        cases[each.finding.file].append(_case(each.finding, element("skipped", message=each.reason)))
    suites = [_suite(file, found or [_passed(file)]) for file, found in cases.items()]
    root = element("testsuites", *suites, name=report.command)
    for total in ("tests", "failures", "errors", "skipped"):
        root.set(total, str(sum(int(suite.get(total, 0)) for suite in suites)))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suite(file: str, cases: Sequence[Element]) -> Element:
    return element(
        "testsuite",
        *cases,
        name=file,
        tests=len(cases),
        failures=sum(case.find("failure") is not None for case in cases),
        errors=0,
        skipped=sum(case.find("skipped") is not None for case in cases),
        time=0,
    )


def _passed(file: str) -> Element:
    return element("testcase", name="no findings", classname=file, time=0)


def _failed(finding: Finding) -> Element:
    failure = element("failure", message=finding.message, type=f"{finding.severity}: {finding.rule}")
    failure.text = "\n".join(map(plain, _lines(finding)))
    return _case(finding, failure)


def _case(finding: Finding, outcome: Element) -> Element:
    return element(
        "testcase",
        outcome,
        name=f"{finding.title} ({finding.pointer})",
        classname=f"{finding.file}.{finding.rule}",
        time=0,
    )


def _lines(finding: Finding) -> list[str]:
    lines = [
        f"{finding.file}:{finding.line}:{finding.column} {finding.pointer}",
        f"{finding.severity}, {finding.confidence}, {finding.owasp}, CWE-{finding.cwe}",
        finding.message,
        finding.remediation,
    ]
    return lines + [f"reaches {', '.join(finding.operations)}"] * bool(finding.operations)
