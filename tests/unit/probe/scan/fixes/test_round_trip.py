"""Fixed documents are scanned again, and read by a validator that is not ours."""

from __future__ import annotations

import pytest
from openapi_spec_validator import validate

from gatepost.probe.scan import engine
from gatepost.probe.scan.engine import Document, Options, identity
from gatepost.probe.scan.fixes.repair import repair
from gatepost.probe.scan.fixes.splice import applied
from gatepost.probe.scan.rules import every_rule
from gatepost.probe.scan.rules.rule import Rule
from tests.seeded.document import parse

OPTIONS = Options(changes=True)
CASES = [(rule, number) for rule in every_rule() for number in range(len(rule.bad))]


def is_valid(text: str) -> bool:
    try:
        validate(parse(text))
    except Exception:  # noqa: BLE001 - the validator has many, and a document that breaks it is not valid
        return False
    return True


@pytest.mark.parametrize(("rule", "number"), CASES, ids=[f"{rule.id}-{number}" for rule, number in CASES])
def test_a_fixed_example_is_clean_of_what_was_fixed_and_as_valid_as_before(rule: Rule, number: int) -> None:
    text = rule.bad[number]
    document = Document("api.yaml", text.encode())
    scan = engine.scan([document], OPTIONS)
    found = repair(scan, scan.findings, [document], OPTIONS, guesses=True)
    fixed = {file.source.name: applied(file.source.text, file.splices) for file in found.files}.get("api.yaml", text)
    again = engine.scan([Document("api.yaml", fixed.encode())], OPTIONS)
    assert found.fixed.isdisjoint(map(identity, again.findings))
    before = {identity(finding) for finding in scan.findings}
    places = {(finding.rule, finding.pointer) for finding in scan.findings}
    new = [each for each in again.findings if identity(each) not in before and (each.rule, each.pointer) not in places]
    assert [finding for finding in new if finding.actionable] == []
    assert is_valid(fixed) or not is_valid(text)


def test_most_examples_of_rules_with_a_fix_can_be_fixed() -> None:
    proposed, fixed = 0, 0
    for rule, number in CASES:
        document = Document("api.yaml", rule.bad[number].encode())
        scan = engine.scan([document], OPTIONS)
        wanted = [each for each in scan.findings if each.rule == rule.id and each.fixable]
        found = repair(scan, wanted, [document], OPTIONS, guesses=True)
        proposed += len(wanted)
        fixed += sum(map(found.ends, wanted))
    assert fixed >= 0.95 * proposed
