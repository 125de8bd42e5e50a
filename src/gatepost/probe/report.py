"""Everything that a report says, whichever form it takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import groupby

from msgspec import Struct, field

from gatepost.probe.finding import Finding, Severity
from gatepost.probe.score import Score
from gatepost.probe.suppression import Suppressed


class RuleInfo(Struct, frozen=True):
    """What a rule looks for, in sentences for a person."""

    id: str
    title: str
    why: str
    """Why it matters."""
    exploited: str
    """How somebody makes use of it."""
    remediation: str


class Report(Struct, frozen=True, kw_only=True):
    """One run of a probe."""

    documents: tuple[str, ...]
    findings: tuple[Finding, ...]
    """What is told; build it with `in_order`."""
    score: Score
    rules: Mapping[str, RuleInfo] = field(default_factory=dict)
    """By id; a finding whose rule is missing is told with what it says itself."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """The text of files by name, to show what surrounds a finding and what an edit changes."""
    suppressed: tuple[Suppressed, ...] = ()
    known: int = 0
    """How many findings were left out because the baseline holds them."""
    held_back: int = 0
    """How many more there are with `--strict`."""
    former_score: int | None = None
    """That of the baseline."""
    notes: tuple[str, ...] = ()
    """What else a person should know: expired suppressions, files that could not be read, fixes not offered."""
    generated_at: int
    """Milliseconds since 1970 UTC."""
    command: str = "gatepost scan"
    """What a person types to run it again."""


class Group(Struct, frozen=True):
    """The findings of one rule that are equally severe."""

    severity: Severity
    rule: str
    findings: tuple[Finding, ...]


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The worst first; among equals the one that is easiest to exploit, then as they stand in the file."""
    return tuple(sorted(findings, key=lambda each: (-each.severity, each.rank, each.file, each.line, each.column)))


def groups(report: Report) -> tuple[Group, ...]:
    """The findings by severity and rule; a rule stands where its first finding does."""
    return tuple(
        Group(severity, rule, tuple(found))
        for severity, level in groupby(report.findings, key=lambda each: each.severity)
        for rule, found in _by_rule(level).items()
    )


def counts(findings: Iterable[Finding]) -> tuple[tuple[Severity, int], ...]:
    """How many there are of each severity that occurs, the worst first."""
    return tuple(sorted(Counter(each.severity for each in findings).items(), reverse=True))


def _by_rule(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    by_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    return by_rule
