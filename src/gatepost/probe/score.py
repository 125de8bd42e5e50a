"""One number for a document, and the ten it is made of.

The parts are the categories of the OWASP API Security Top 10 (2023). A part starts at 100, and each finding takes
a share of what is left of it: `SHARES` by severity, times `CERTAINTY` by confidence. The second finding of one
rule takes half of that, the third a third, and so on, so that one bad habit in a large document costs its score
some, and not all.

A chain breaks at its weakest link: the score is the mean of the weakest part and of the average of all ten,
rounded down. Only what a person should act on counts. One more finding therefore never raises it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct

from gatepost.probe.finding import Confidence, Finding, Severity

CATEGORIES: Mapping[str, str] = MappingProxyType(
    {
        "API1:2023": "Access to objects",
        "API2:2023": "Authentication",
        "API3:2023": "Access to properties",
        "API4:2023": "Resource limits",
        "API5:2023": "Access to functions",
        "API6:2023": "Business flows",
        "API7:2023": "Server-side requests",
        "API8:2023": "Configuration and transport",
        "API9:2023": "Inventory",
        "API10:2023": "Use of other APIs",
    }
)
"""What each category is about, in words that fit a heading."""

OTHERWISE = "API8:2023"
"""Where a finding counts whose category is none of the ten: a part of its own could raise the average."""

SHARES: Mapping[Severity, float] = MappingProxyType(
    {
        Severity.CRITICAL: 0.60,
        Severity.HIGH: 0.30,
        Severity.MEDIUM: 0.12,
        Severity.LOW: 0.04,
        Severity.INFO: 0.01,
    }
)

CERTAINTY: Mapping[Confidence, float] = MappingProxyType(
    {Confidence.CERTAIN: 1.0, Confidence.FIRM: 0.8, Confidence.TENTATIVE: 0.4}
)


class Part(Struct, frozen=True):
    """One category: its score from 0 to 100, and how many findings lower it."""

    category: str
    name: str
    score: int
    findings: int


class Score(Struct, frozen=True):
    """From 0 to 100, best last; `parts` are all ten categories in their order."""

    total: int
    parts: tuple[Part, ...]


def score(findings: Iterable[Finding]) -> Score:
    """The score of a document with these findings; their order does not matter."""
    by_category: dict[str, list[Finding]] = {category: [] for category in CATEGORIES}
    for finding in findings:
        if finding.actionable:
            by_category.get(finding.owasp, by_category[OTHERWISE]).append(finding)
    left = {category: _left(found) for category, found in by_category.items()}
    average = sum(left.values()) / len(left)
    parts = tuple(
        Part(category, name, math.floor(100 * left[category]), len(by_category[category]))
        for category, name in CATEGORIES.items()
    )
    return Score(math.floor(100 * (min(left.values()) + average) / 2), parts)


def _left(findings: Sequence[Finding]) -> float:
    """What is left of a part, from 0 to 1."""
    by_rule: dict[str, list[float]] = defaultdict(list)
    for finding in findings:
        by_rule[finding.rule].append(SHARES[finding.severity] * CERTAINTY[finding.confidence])
    return math.prod(
        1 - share / place
        for _, shares in sorted(by_rule.items())  # in one order: floats do not multiply alike in every order
        for place, share in enumerate(sorted(shares, reverse=True), start=1)
    )
