"""The JSON report keeps its contract."""

from __future__ import annotations

import json

from gatepost.probe.reports.json_report import render
from tests.unit.probe.findings import HOSTILE, a_finding, a_hostile_report, a_report


def test_the_members_are_those_of_the_contract() -> None:
    document = json.loads(render(a_report([a_finding()])))
    assert document["documents"] == ["museum.yaml"]
    assert document["score"] == 83
    assert document["findings"] == [
        {
            "rule": "api2-no-authentication",
            "severity": "high",
            "confidence": "certain",
            "owasp": "API2:2023",
            "cwe": 306,
            "title": "Anybody may call an operation that writes",
            "message": "DELETE /exhibits/{id} has an empty security requirement.",
            "remediation": "Remove `security: []`, so that the requirement of the document holds.",
            "file": "museum.yaml",
            "line": 3,
            "column": 7,
            "pointer": "/paths/~1exhibits~1{id}/delete/security",
            "operations": ["DELETE /exhibits/{id}"],
            "fixable": False,
            "fingerprint": "0" * 32,
        }
    ]


def test_a_clean_report_has_no_findings() -> None:
    assert json.loads(render(a_report())) == {"documents": ["museum.yaml"], "score": 100, "findings": []}


def test_hostile_text_is_kept_and_harmless_when_printed() -> None:
    printed = render(a_hostile_report())
    assert printed.replace("\n", "").isascii()
    assert printed.replace("\n", "").isprintable()
    (finding,) = json.loads(printed)["findings"]
    assert finding["title"] == HOSTILE.replace("\ud800", "?")
