"""The report for programs, and for the next run as its baseline."""

from __future__ import annotations

import json
from typing import Any

from gatepost.probe.finding import Finding
from gatepost.probe.report import Report
from gatepost.probe.reports.text import well_formed


def render(report: Report) -> str:
    """One JSON document; every character beyond ASCII is escaped, so that printing it is safe as well."""
    document = {
        "documents": [well_formed(name) for name in report.documents],
        "score": report.score.total,
        "findings": [_finding(each) for each in report.findings],
    }
    return json.dumps(document, indent=2) + "\n"


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "confidence": str(finding.confidence),
        "owasp": finding.owasp,
        "cwe": finding.cwe,
        "title": well_formed(finding.title),
        "message": well_formed(finding.message),
        "remediation": well_formed(finding.remediation),
        "file": well_formed(finding.file),
        "line": finding.line,
        "column": finding.column,
        "pointer": well_formed(finding.pointer),
        "operations": [well_formed(operation) for operation in finding.operations],
        "fixable": finding.fixable,
        "fingerprint": finding.fingerprint,
    }
