"""SARIF 2.1.0 (OASIS, errata 01), with the edits as fixes: for code scanning services and editors."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from gatepost._version import __version__
from gatepost.clock import rfc3339
from gatepost.probe.finding import Confidence, Edit, Finding, Severity
from gatepost.probe.report import Report, RuleInfo
from gatepost.probe.reports.markdown import prose
from gatepost.probe.reports.text import plain, well_formed, window

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

FINGERPRINT_KEY = "gatepostFinding/v1"
"""Raise the number when `fingerprint` names findings in another way."""

SNIPPET_WIDTH = 200
"""Characters of a source line; a viewer has the file itself."""

Json = dict[str, Any]

_LEVELS: Mapping[Severity, str] = MappingProxyType(
    {
        Severity.CRITICAL: "error",
        Severity.HIGH: "error",
        Severity.MEDIUM: "warning",
        Severity.LOW: "note",
        Severity.INFO: "note",
    }
)

_SECURITY_SEVERITY: Mapping[Severity, str] = MappingProxyType(
    {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.0", Severity.INFO: "0.1"}
)
"""The middle of each range that code scanning services have (those of CVSS)."""

_PRECISION: Mapping[Confidence, str] = MappingProxyType(
    {Confidence.CERTAIN: "very-high", Confidence.FIRM: "high", Confidence.TENTATIVE: "medium"}
)


def render(report: Report) -> str:
    """One SARIF log with one run; suppressed findings are in it, as suppressed."""
    told = [(finding, None) for finding in report.findings]
    suppressed = [(each.finding, each.reason) for each in report.suppressed]
    worst = _worst_of_each_rule(finding for finding, _ in [*told, *suppressed])
    places = {rule: place for place, rule in enumerate(worst)}
    results = [_result(finding, reason, places[finding.rule]) for finding, reason in [*told, *suppressed]]
    run = {
        "tool": {"driver": _driver([_rule(each, report.rules.get(rule)) for rule, each in worst.items()])},
        "columnKind": "unicodeCodePoints",
        "artifacts": [{"location": _location(name)} for name in report.documents],
        "invocations": [_invocation(report)],
        "results": results,
        "properties": {"score": report.score.total},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _driver(rules: list[Json]) -> Json:
    return {"name": "Gatepost", "version": __version__, "rules": rules}


def _worst_of_each_rule(findings: Iterable[Finding]) -> dict[str, Finding]:
    worst: dict[str, Finding] = {}
    for finding in findings:
        if finding.rule not in worst or finding.severity > worst[finding.rule].severity:
            worst[finding.rule] = finding
    return worst


def _rule(worst: Finding, info: RuleInfo | None) -> Json:
    """A rule with the severity of its worst finding: SARIF has one for each rule."""
    title = info.title if info else worst.title
    why, exploited = (info.why, info.exploited) if info else (worst.message, "")
    remediation = info.remediation if info else worst.remediation
    paragraphs = [("Why it matters", why), ("How it is exploited", exploited), ("What to do", remediation)]
    told = [(heading, text) for heading, text in paragraphs if text]
    return {
        "id": worst.rule,
        "shortDescription": {"text": plain(title)},
        "fullDescription": {"text": plain(why)},
        "help": {
            "text": "\n\n".join(f"{heading}: {plain(text)}" for heading, text in told),
            "markdown": "\n\n".join(f"**{heading}.** {prose(text)}" for heading, text in told),
        },
        "defaultConfiguration": {"level": _LEVELS[worst.severity]},
        "properties": {
            "tags": ["security", "api", f"external/owasp/{worst.owasp}", f"external/cwe/cwe-{worst.cwe}"],
            "precision": _PRECISION[worst.confidence],
            "security-severity": _SECURITY_SEVERITY[worst.severity],
        },
    }


def _result(finding: Finding, suppressed_because: str | None, rule_index: int) -> Json:
    result: Json = {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{plain(finding.message)} {plain(finding.remediation)}".strip()},
        "locations": [_place(finding)],
        "partialFingerprints": {FINGERPRINT_KEY: finding.fingerprint},
        "properties": {
            "severity": str(finding.severity),
            "confidence": str(finding.confidence),
            "operations": [plain(operation) for operation in finding.operations],
        },
    }
    if finding.edits:
        result["fixes"] = [_fix(finding)]
    if suppressed_because is not None:
        result["suppressions"] = [{"kind": "external", "justification": plain(suppressed_because)}]
    return result


def _place(finding: Finding) -> Json:
    region: Json = {"startLine": finding.line, "startColumn": finding.column}
    if finding.excerpt:
        region["snippet"] = {"text": window(finding.excerpt, finding.column, SNIPPET_WIDTH).text}
    return {
        "physicalLocation": {"artifactLocation": _location(finding.file), "region": region},
        "logicalLocations": [{"fullyQualifiedName": plain(finding.pointer), "kind": "object"}],
    }


def _fix(finding: Finding) -> Json:
    by_file: dict[str, list[Edit]] = defaultdict(list)
    for edit in finding.edits:
        by_file[edit.file].append(edit)
    guessed = any(edit.guess for edit in finding.edits)
    return {
        "description": {"text": plain(finding.remediation) + " (the values are a guess: confirm them)" * guessed},
        "artifactChanges": [
            {"artifactLocation": _location(file), "replacements": [_replacement(edit) for edit in edits]}
            for file, edits in by_file.items()
        ],
    }


def _replacement(edit: Edit) -> Json:
    replacement: Json = {"deletedRegion": {"charOffset": edit.start, "charLength": edit.end - edit.start}}
    if edit.text:
        replacement["insertedContent"] = {"text": well_formed(edit.text)}
    return replacement


def _invocation(report: Report) -> Json:
    notes = [{"level": "note", "message": {"text": plain(note)}} for note in report.notes]
    return {
        "executionSuccessful": True,
        "endTimeUtc": rfc3339(report.generated_at),
        "toolExecutionNotifications": notes,
    }


def _location(file: str) -> Json:
    """An absolute path becomes a `file:` URI, a relative one stays relative to where the probe ran."""
    if file.startswith(("http://", "https://")):
        return {"uri": quote(well_formed(file), safe="/:?&=%+,;@~")}
    if Path(file).is_absolute():
        return {"uri": Path(well_formed(file)).as_uri()}
    return {"uri": quote(well_formed(file).replace("\\", "/"))}
