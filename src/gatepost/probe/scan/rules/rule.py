"""What a rule is: a function that looks at a description, and what people have to know about it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from gatepost.probe.finding import Confidence, Severity
from gatepost.probe.scan.edits import Change
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Operation
from gatepost.probe.scan.reading.node import Node

HEAD = 'openapi: 3.1.0\ninfo: {title: Example, version: "1"}\n'
"""What an example begins with that does not say which version it is of."""


class Hit(Struct, frozen=True):
    """One place where a rule does not hold.

    Hits of one rule at one place with the same `detail` become one finding, so a rule may go through operations
    and hit what they share again and again.
    """

    place: Node
    message: str
    """What is wrong here, with names and values, as one sentence without a full stop."""
    operations: tuple[Operation, ...] | None = None
    """Whom it concerns; None for those that use `place`, which `Description.reach` knows."""
    remediation: str = ""
    """What to do here; by default what the rule says for all places."""
    severity: Severity | None = None
    confidence: Confidence | None = None
    detail: str = ""
    """Tells hits at one place apart, such as the name of the missing header. Part of the fingerprint."""
    fix: tuple[Change, ...] = ()
    """Changes that end it, in the order in which they are made."""
    actionable: bool = True
    """False for what a person should see only with `--strict`."""


Check = Callable[[Description], Iterable[Hit]]


class Rule(Struct, frozen=True):
    """A check with its metadata; call it to get the hits in a description."""

    check: Check
    id: str
    """Category and subject, such as `api8-plain-http`. Never changed: suppression files name it."""
    title: str
    severity: Severity
    confidence: Confidence
    owasp: str
    """Such as `API8:2023`."""
    cwe: int
    why: str
    """Why it matters."""
    exploited: str
    """How somebody makes use of it."""
    remediation: str
    good: tuple[str, ...]
    """Documents in which it finds nothing, for people and for the tests."""
    bad: tuple[str, ...]
    """Documents in which it finds something."""
    strict: bool
    """Whether only `--strict` shows what it finds."""
    before: str = ""
    """For a rule that compares: the document with which the examples are compared."""

    def __call__(self, description: Description) -> Iterator[Hit]:
        return iter(self.check(description))


def rule(
    id: str,
    *,
    title: str,
    severity: Severity,
    owasp: str,
    cwe: int,
    why: str,
    exploited: str,
    remediation: str,
    good: str | tuple[str, ...],
    bad: str | tuple[str, ...],
    confidence: Confidence = Confidence.CERTAIN,
    strict: bool = False,
    before: str = "",
) -> Callable[[Check], Rule]:
    """Makes a check a rule. Examples may be indented and may leave out what `HEAD` says."""

    def decorate(check: Check) -> Rule:
        return Rule(
            check,
            id,
            title,
            severity,
            confidence,
            owasp,
            cwe,
            why,
            exploited,
            remediation,
            _documents(good),
            _documents(bad),
            strict,
            _document(before) if before else "",
        )

    return decorate


def _documents(examples: str | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_document(example) for example in ((examples,) if isinstance(examples, str) else examples))


def _document(example: str) -> str:
    text = textwrap.dedent(example).strip() + "\n"
    return text if text.startswith(("openapi", "swagger", "{")) else HEAD + text
