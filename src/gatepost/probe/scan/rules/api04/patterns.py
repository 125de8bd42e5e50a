"""Patterns: those that take exponential time, restrict nothing, or are not what they seem."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from gatepost.probe.finding import Confidence, Severity
from gatepost.probe.scan.edits import Change, ReplaceValue
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.reading.node import Node
from gatepost.probe.scan.rules.api04.ambiguity import is_exponential
from gatepost.probe.scan.rules.api04.expression import (
    BrokenPattern,
    NotUnderstood,
    One,
    Sequence,
    Tree,
    begins_with,
    ends_with,
    longest,
    parse,
    takes_anything,
)
from gatepost.probe.scan.rules.rule import Hit, rule
from gatepost.probe.scan.rules.sides import by_side, known_as
from gatepost.probe.scan.schema import Schema

CACHED = 4096
"""Patterns that are kept with what is known about them: documents repeat a few."""

_TAKEN = "paths: {{/a: {{get: {{parameters: [{{name: q, in: query, schema: {{type: string, pattern: '{}'}}}}]}}}}}}"
_GOOD = _TAKEN.format("^[a-z]+( [a-z]+)*$")


class Pattern(Struct, frozen=True):
    """What is known about a pattern; `tree` is None for one that is broken or not understood."""

    tree: Tree | None
    broken: str = ""
    exponential: bool = False

    @property
    def anchors(self) -> int:
        """0 to 2: whether it says where a match begins, and where it ends."""
        return 0 if self.tree is None else begins_with(self.tree, "^") + ends_with(self.tree, "$")

    @property
    def longest(self) -> int | None:
        """How long a text can be that it matches, if it says where the text begins and ends."""
        return longest(self.tree) if self.tree is not None and self.anchors == 2 else None


@lru_cache(maxsize=CACHED)
def known(text: str) -> Pattern:
    """Looks at a pattern."""
    if _is_between_slashes(text):
        return Pattern(None, "the slashes around it are part of the pattern, and ^ inside of it never matches")
    try:
        tree = parse(text)
    except BrokenPattern as error:
        return Pattern(None, str(error))
    except NotUnderstood:
        return Pattern(None)
    try:
        return Pattern(tree, exponential=is_exponential(tree))
    except NotUnderstood:
        return Pattern(tree)


def _is_between_slashes(text: str) -> bool:
    """As in the source of a program: `/^a$/i`."""
    return text.startswith("/^") and text.rstrip("gimsuy").endswith("$/")


def _patterns(description: Description) -> Iterator[tuple[Schema, Node, str]]:
    for schema in description.schemas:
        node = schema.node.at("pattern")
        if node is not None and isinstance(node.value, str) and schema.is_reached:
            yield schema, node, node.value


@rule(
    "api4-catastrophic-pattern",
    title="A pattern takes exponential time",
    severity=Severity.HIGH,
    confidence=Confidence.FIRM,
    owasp="API4:2023",
    cwe=1333,
    why="A part of the text can be matched in several ways, and a backtracking matcher tries all combinations.",
    exploited="An attacker sends thirty fitting characters and a wrong one, and a processor is busy for hours.",
    remediation="Write the pattern so that each text can be matched in one way only, and set maxLength.",
    good=_GOOD,
    bad=(_TAKEN.format("^(a+)+$"), _TAKEN.format("^([a-zA-Z0-9]+\\s?)*$"), _TAKEN.format("^(a|b|ab)*$")),
)
def catastrophic_pattern(description: Description) -> Iterator[Hit]:
    for schema, node, text in _patterns(description):
        if known(text).exponential:
            length = schema.constraint("maxLength")
            bounded = length is not None and (length.numeric or HARMLESS_LENGTH) < HARMLESS_LENGTH
            yield Hit(
                node,
                f"{text[:80]} matches the same text in ever more ways the longer it is",
                severity=Severity.LOW if bounded else by_side(schema, Severity.HIGH, Severity.LOW),
                actionable=schema.in_request and not bounded,
            )


HARMLESS_LENGTH = 20
"""Characters up to which even all combinations are tried in no time: a million steps."""


@rule(
    "api4-broken-pattern",
    title="A pattern is no regular expression",
    severity=Severity.LOW,
    owasp="API4:2023",
    cwe=185,
    why="JSON Schema has the expressions of ECMA-262; validators ignore, or misread, those of other languages.",
    exploited="An attacker sends what the pattern was meant to keep out.",
    remediation="Write it as ECMA-262 has it.",
    good=_GOOD,
    bad=(_TAKEN.format("^[a-z$"), _TAKEN.format("/^[a-z]+$/i"), _TAKEN.format("(?P<a>b)")),
)
def broken_pattern(description: Description) -> Iterator[Hit]:
    for schema, node, text in _patterns(description):
        if why := known(text).broken:
            yield Hit(
                node,
                f"the pattern of {known_as(schema)} does not work: {why}",
                fix=_without_slashes(node, text),
                actionable=schema.in_request,
            )


def _without_slashes(node: Node, text: str) -> tuple[Change, ...]:
    flags = text[len(text.rstrip("gimsuy")) :]
    return (ReplaceValue(node, text[1:-1]),) if _is_between_slashes(text) and not flags else ()


@rule(
    "api4-broad-pattern",
    title="A pattern restricts nothing",
    severity=Severity.LOW,
    owasp="API4:2023",
    cwe=625,
    why="It looks as if the value were checked, to people and to tools, and everything passes.",
    exploited="An attacker sends what they like.",
    remediation="Say which characters there may be, or take the pattern out.",
    good=_GOOD,
    bad=(_TAKEN.format("^.*$"), _TAKEN.format("[\\s\\S]+")),
    strict=True,
)
def broad_pattern(description: Description) -> Iterator[Hit]:
    for schema, node, text in _patterns(description):
        tree = known(text).tree
        if tree is not None and takes_anything(tree):
            yield Hit(node, f"{text[:80]} lets everything pass", severity=by_side(schema, Severity.LOW))


@rule(
    "api4-unanchored-pattern",
    title="A pattern looks at a part of the value only",
    severity=Severity.LOW,
    confidence=Confidence.FIRM,
    owasp="API4:2023",
    cwe=777,
    why="Without ^ and $ one fitting character anywhere is enough: `[a-z]+` lets `'; drop table a --` pass.",
    exploited="An attacker adds what fits to whatever they want to send.",
    remediation="Put the pattern between ^ and $.",
    good=_GOOD,
    bad=_TAKEN.format("[a-z]+"),
)
def unanchored_pattern(description: Description) -> Iterator[Hit]:
    for schema, node, text in _patterns(description):
        pattern = known(text)
        if pattern.tree is None or pattern.anchors == 2 or takes_anything(pattern.tree):
            continue
        nowhere = pattern.anchors == 0 and not _asks_for_one(pattern.tree)
        yield Hit(
            node,
            f"{text[:80]} {'is enough anywhere in the value' if pattern.anchors == 0 else _open_end(pattern)}",
            severity=by_side(schema, Severity.LOW),
            confidence=Confidence.FIRM if nowhere else Confidence.TENTATIVE,
            fix=(ReplaceValue(node, _anchored(text)),) if nowhere else (),
            actionable=nowhere and schema.in_request,
        )


def _asks_for_one(tree: Tree) -> bool:
    """`\\S` says that there is one, and is meant so."""
    return isinstance(tree, One) or (
        isinstance(tree, Sequence) and len(tree.parts) == 1 and _asks_for_one(tree.parts[0])
    )


def _open_end(pattern: Pattern) -> str:
    begins = pattern.tree is not None and begins_with(pattern.tree, "^")
    return (
        "says how the value begins and not how it ends" if begins else "says how the value ends and not how it begins"
    )


def _anchored(text: str) -> str:
    """A choice needs a group: `^a|b$` would let `a…` and `…b` pass."""
    return f"^(?:{text})$" if "|" in text else f"^{text.removeprefix('^').removesuffix('$')}$"
