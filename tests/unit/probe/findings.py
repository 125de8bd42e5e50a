"""Findings and reports to render: one at a time, and hostile ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from gatepost.probe.finding import Confidence, Edit, Finding, Severity
from gatepost.probe.report import Report, in_order
from gatepost.probe.score import score
from tests.unit.clocks import HandClock

HOSTILE = (
    "\x1b[31mred\x1b[0m \x9b2J\x07 \r\n\u2028 \u202egnihton\u202c \ud800 \x00 </script><script>alert(1)</script> "
    "<img src=x onerror=alert(1)> ]]> --> \" ' & | `code` ``` [link](https://evil.example) @everyone #1 **bold** "
)
"""What a document may hold to be noticed: controls, escapes, direction marks, lone surrogates, markup of every kind."""


def a_finding(**changes: Any) -> Finding:
    """One finding; give what matters to the test."""
    finding = Finding(
        rule="api2-no-authentication",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        owasp="API2:2023",
        cwe=306,
        title="Anybody may call an operation that writes",
        message="DELETE /exhibits/{id} has an empty security requirement.",
        remediation="Remove `security: []`, so that the requirement of the document holds.",
        file="museum.yaml",
        line=3,
        column=7,
        pointer="/paths/~1exhibits~1{id}/delete/security",
        operations=("DELETE /exhibits/{id}",),
        fixable=False,
        fingerprint="0" * 32,
        excerpt="      security: []",
    )
    return msgspec.structs.replace(finding, **changes)


def a_hostile_finding() -> Finding:
    text = "openapi: 3.1.0\n" + HOSTILE.replace("\n", "") + "\n"
    return a_finding(
        title=HOSTILE,
        message=HOSTILE * 100,
        remediation=HOSTILE,
        file=f"/srv/{HOSTILE}.yaml",
        pointer=f"/paths/{HOSTILE}",
        operations=(f"GET {HOSTILE}",),
        excerpt=text.splitlines()[1] * 50,
        column=2_000,
        edits=(Edit(f"/srv/{HOSTILE}.yaml", 15, 20, HOSTILE, True),),
    )


def a_report(findings: Iterable[Finding] = (), **changes: Any) -> Report:
    """A report on `museum.yaml` with these findings."""
    found = in_order(findings)
    settings: dict[str, Any] = {
        "documents": ("museum.yaml",),
        "generated_at": HandClock().now(),
        "score": score(found),
    } | changes
    return Report(findings=found, **settings)


def a_hostile_report() -> Report:
    finding = a_hostile_finding()
    sources = {finding.file: "openapi: 3.1.0\n" + HOSTILE}
    return a_report([finding], documents=(finding.file,), notes=(HOSTILE,), sources=sources)
