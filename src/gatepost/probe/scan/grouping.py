"""From the hits of rules to findings: one for each cause, ranked by how easily it is exploited."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from gatepost.probe.finding import Confidence, Finding, Severity
from gatepost.probe.fingerprint import fingerprint
from gatepost.probe.scan.edits import Change
from gatepost.probe.scan.model import Description, Reach
from gatepost.probe.scan.operation import Kind
from gatepost.probe.scan.reading.node import Node
from gatepost.probe.scan.rules.rule import Hit, Rule

MAX_EXCERPT = 4096
"""Characters of a source line that a finding carries; minified documents are one line of megabytes."""


class Exposure:
    """Sets of operations, as bits, that matter for the rank of a finding in one description."""

    def __init__(self, description: Description) -> None:
        self.description = description
        self._names: dict[int, tuple[str, ...]] = {}

    @cached_property
    def anonymous(self) -> int:
        """Operations that anybody can call."""
        operations = self.description.operations
        return sum(operation.bit for operation in operations if operation.anonymous)

    @cached_property
    def writes(self) -> int:
        """Operations of callers that change something."""
        return sum(each.bit for each in self.description.every_operation if each.is_write and each.kind is Kind.PATH)

    def names(self, mask: int) -> tuple[str, ...]:
        if mask not in self._names:
            operations = self.description.graph.operations_of(mask)
            self._names[mask] = tuple(dict.fromkeys(operation.name for operation in operations))
        return self._names[mask]


class Cause:
    """All hits of one rule at one place for one reason."""

    def __init__(self, rule: Rule, hit: Hit) -> None:
        self.rule = rule
        self.hit = hit
        self.severity = rule.severity if hit.severity is None else hit.severity
        self.confidence = rule.confidence if hit.confidence is None else hit.confidence
        self.reach = Reach()
        self.actionable = False

    def add(self, hit: Hit, reach: Reach, actionable: bool) -> None:
        """Takes in another hit: the most serious of them says how serious the cause is."""
        self.reach |= reach
        self.actionable = self.actionable or actionable
        if hit.severity is not None:
            self.severity = max(self.severity, hit.severity)
        if hit.confidence is not None:
            self.confidence = max(self.confidence, hit.confidence)


class Grouping:
    """Runs rules over one description and makes findings of their hits."""

    def __init__(self, description: Description) -> None:
        self._description = description
        self._exposure = Exposure(description)
        self._causes: dict[tuple[str, int, str], Cause] = {}
        self._told: set[str] = set()
        self.failures: list[str] = []
        """Rules that came to no end because of a mistake in them."""

    def run(self, rule: Rule) -> None:
        """Runs one rule. A defect in it is noted: it must not hide what the others find."""
        try:
            for hit in rule(self._description):
                self._add(rule, hit)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told, and the tests fail on it
            self.failures.append(
                f"{rule.id} failed in {self._description.source.name}: {type(error).__name__}: {error}"
            )

    def _add(self, rule: Rule, hit: Hit) -> None:
        reach = self._reach(hit)
        cause = self._causes.setdefault((rule.id, id(hit.place), hit.detail), Cause(rule, hit))
        cause.add(hit, reach, self._is_actionable(cause, hit, reach))

    def findings(self) -> Iterable[tuple[Finding, tuple[Change, ...]]]:
        """Each finding with the changes that its rule proposes."""
        for cause in self._causes.values():
            yield self._finding(cause), cause.hit.fix

    def _reach(self, hit: Hit) -> Reach:
        use = self._description.reach(hit.place)
        if hit.operations is None:
            return use
        given = 0
        for operation in hit.operations:
            given |= operation.bit
        # Of a shared place only the named operations count, on the side on which they use it.
        named = Reach(use.request & given, use.response & given)
        return named if named.request | named.response == given else Reach(request=given)

    def _is_actionable(self, cause: Cause, hit: Hit, reach: Reach) -> bool:
        if cause.rule.strict or not hit.actionable or cause.severity is Severity.INFO:
            return False
        if cause.confidence is Confidence.TENTATIVE and cause.severity <= Severity.LOW:
            return False
        return bool(reach.request | reach.response) or self._description.schema_around(hit.place) is None

    def _finding(self, cause: Cause) -> Finding:
        rule, hit, place = cause.rule, cause.hit, cause.hit.place
        line, column = place.source.position(place.mark)
        mask = cause.reach.request | cause.reach.response
        return Finding(
            rule=rule.id,
            severity=cause.severity,
            confidence=cause.confidence,
            owasp=rule.owasp,
            cwe=rule.cwe,
            title=rule.title,
            message=hit.message,
            remediation=hit.remediation or rule.remediation,
            file=place.file,
            line=line,
            column=column,
            pointer=place.pointer,
            operations=self._exposure.names(mask),
            fixable=bool(hit.fix),
            fingerprint=self._fingerprint(rule, hit),
            excerpt=place.source.line_text(line)[:MAX_EXCERPT],
            rank=self._rank(cause, mask),
            actionable=cause.actionable,
        )

    def _fingerprint(self, rule: Rule, hit: Hit) -> str:
        """Two places that look the same from afar are told apart by their order."""
        detail = " ".join((*_items_on_the_way(hit.place), hit.detail))
        number = 1
        found = fingerprint(rule.id, hit.place.file, hit.place.pointer, detail)
        while found in self._told:
            number += 1
            found = fingerprint(rule.id, hit.place.file, hit.place.pointer, f"{detail} #{number}")
        self._told.add(found)
        return found

    def _rank(self, cause: Cause, mask: int) -> tuple[int, ...]:
        """Lower is easier: sent by callers, then open to anybody, then able to change something."""
        return (
            0 if cause.reach.request else 1,
            0 if mask & self._exposure.anonymous else 1,
            0 if mask & self._exposure.writes else 1,
            -cause.confidence,
            -mask.bit_count(),
        )


def _items_on_the_way(place: Node) -> list[str]:
    """What names the list items that `place` is in: their position says nothing, it moves."""
    names: list[str] = []
    node = place
    while node.parent is not None:
        if node.parent.is_sequence:
            names.append(_item_name(node))
        node = node.parent
    return names[::-1]


def _item_name(item: Node) -> str:
    if not item.is_mapping:
        return str(item.value)[:MAX_EXCERPT] if not item.is_sequence else ""
    return " ".join(str(child.value) for name in ("in", "name", "url", "$ref") if (child := item.at(name)) is not None)
