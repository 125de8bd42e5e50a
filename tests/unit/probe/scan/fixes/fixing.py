"""Short ways to edited texts and proved fixes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from gatepost.probe.finding import Severity
from gatepost.probe.scan import engine
from gatepost.probe.scan.edits import Change
from gatepost.probe.scan.engine import Document, Options
from gatepost.probe.scan.fixes.plan import Plan
from gatepost.probe.scan.fixes.repair import Repair, repair
from gatepost.probe.scan.fixes.rewriting import splices_of
from gatepost.probe.scan.fixes.splice import applied
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.reading.node import Node
from gatepost.probe.scan.rules.rule import Hit, Rule, rule
from tests.unit.probe.scan.describing import source

Make = Callable[[Node], Change]
"""Makes a change from the root of a document."""


def at(root: Node, *names: str | int) -> Node:
    """The value at a place, which must be there."""
    found = root.get(*names)
    assert found is not None, names
    return found


def edited(text: str, *make: Make) -> str:
    """The text after changes that are made together."""
    read = source(text)
    plan = Plan()
    plan.add([each(read.root) for each in make])
    return applied(text, splices_of(plan)[read])


def fixing(id: str, check: Callable[[Description], Iterator[Hit]]) -> Rule:
    """A rule with fixes of its own."""
    told: dict[str, Any] = {"title": id, "why": "", "exploited": "", "remediation": "", "good": "", "bad": ""}
    return rule(id, severity=Severity.MEDIUM, owasp="API8:2023", cwe=1, **told)(check)


def repaired(documents: Sequence[Document], rules: Sequence[Rule], **wanted: Any) -> tuple[Repair, Mapping[str, str]]:
    """What can be proved of everything that `rules` propose, and the texts of the files after it."""
    options = Options(changes=True)
    scan = engine.scan(documents, options, rules=rules)
    found = repair(scan, scan.findings, documents, options, rules=rules, **wanted)
    return found, {file.source.name: applied(file.source.text, file.splices) for file in found.files}


def document(text: str, name: str = "api.yaml") -> Document:
    """A description of 3.1; its version is put in front when it is missing."""
    return Document(name, (text if "openapi" in text else f"openapi: 3.1.0\n{text}").encode())
