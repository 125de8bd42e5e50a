"""From what was found to what is told: suppression, baseline, the default view and the score."""

from __future__ import annotations

from collections.abc import Sequence

from gatepost.clock import Clock
from gatepost.probe.baseline import Baseline, KnownFinding, only_new
from gatepost.probe.finding import Finding
from gatepost.probe.report import Report, RuleInfo
from gatepost.probe.scan.engine import Scan
from gatepost.probe.scan.rules import every_rule
from gatepost.probe.scan.rules.rule import Rule
from gatepost.probe.score import score
from gatepost.probe.suppression import Suppression, suppress


def report(
    scan: Scan,
    clock: Clock,
    *,
    strict: bool = False,
    suppressions: Sequence[Suppression] = (),
    baseline: Baseline | None = None,
    command: str = "gatepost scan",
) -> Report:
    """What a person is told. The score is that of the documents: it does not depend on what was known before."""
    outcome = suppress(scan.findings, suppressions, clock)
    new = only_new(outcome.kept, baseline) if baseline is not None else outcome.kept
    told = tuple(finding for finding in new if strict or finding.actionable)
    return Report(
        documents=scan.documents,
        findings=told,
        score=score(outcome.kept),
        rules={rule.id: _info(rule) for rule in every_rule()},
        sources=scan.sources,
        suppressed=outcome.suppressed,
        known=len(outcome.kept) - len(new),
        held_back=len(new) - len(told),
        former_score=baseline.score if baseline is not None else None,
        notes=(*outcome.notes, *scan.failures),
        generated_at=clock.now(),
        command=command,
    )


def baseline_of(findings: Sequence[Finding]) -> Baseline:
    """What was found in a former document, as a baseline for the present one."""
    return Baseline(
        tuple(KnownFinding(finding.fingerprint, finding.file) for finding in findings), score(findings).total
    )


def _info(rule: Rule) -> RuleInfo:
    return RuleInfo(rule.id, rule.title, rule.why, rule.exploited, rule.remediation)
