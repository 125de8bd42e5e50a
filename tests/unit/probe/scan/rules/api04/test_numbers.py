"""Numbers without ends, formats and precision."""

from __future__ import annotations

import pytest

from gatepost.probe.scan.rules.api04 import numbers
from gatepost.probe.scan.rules.rule import Rule
from tests.unit.probe.scan.describing import description, findings


def _taking(schema: str, name: str = "q", version: str = "3.1.0") -> str:
    parameter = f"{{name: {name}, in: query, schema: {{{schema}}}}}"
    return f"openapi: {version}\npaths: {{/a: {{get: {{parameters: [{parameter}]}}}}}}"


def _changes(rule: Rule, text: str) -> list[tuple[str, object, bool]]:
    return [(change.key, change.value, change.guess) for hit in rule(description(text)) for change in hit.fix]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("schema", "changes"),
    [
        ("format: int32", [("minimum", -(2**31), False), ("maximum", 2**31 - 1, False)]),
        ("format: int32, minimum: 0", [("maximum", 2**31 - 1, False)]),
        ("minimum: 5, example: 7", [("maximum", 1000, False)]),
        ("maximum: -5", [("minimum", -(2**31), True)]),
        ("maximum: -9000000000", [("minimum", -9_000_000_000, True)]),
        ("example: 25", [("minimum", 0, False), ("maximum", 10_000, False)]),
        ("example: -25", [("minimum", -10_000, False), ("maximum", 10_000, False)]),
    ],
)
def test_the_ends_are_taken_from_what_the_document_implies(
    schema: str, changes: list[tuple[str, object, bool]]
) -> None:
    assert _changes(numbers.unbounded_integer, _taking(f"type: integer, {schema}")) == changes


@pytest.mark.parametrize(
    ("version", "bounds"),
    [
        ("3.0.3", "minimum: 0, exclusiveMinimum: true, maximum: 9"),
        ("3.1.0", "exclusiveMinimum: 0, exclusiveMaximum: 9"),
    ],
)
def test_exclusive_bounds_are_bounds_in_every_version(version: str, bounds: str) -> None:
    for kind in ("integer", "number"):
        assert findings(_taking(f"type: {kind}, {bounds}", version=version), f"api4-unbounded-{kind}") == []


@pytest.mark.parametrize(
    ("bounds", "change"),
    [
        ("minimum: 0, maximum: 9", ("format", "int32", False)),
        ("minimum: 0, maximum: 9000000000", ("format", "int64", False)),
        ("minimum: 0", ("format", "int64", True)),
    ],
)
def test_the_format_is_the_one_that_holds_the_bounds(bounds: str, change: tuple[str, object, bool]) -> None:
    assert _changes(numbers.integer_without_format, _taking(f"type: integer, {bounds}")) == [change]


def test_the_maximum_of_a_page_size_is_told_by_its_own_rule() -> None:
    assert findings(_taking("type: integer, minimum: 1", "limit"), "api4-unbounded-integer") == []
    assert findings(_taking("type: integer, minimum: 1", "weight"), "api4-unbounded-integer")


def _body(name: str, schema: str) -> str:
    body = f"requestBody: {{content: {{application/json: {{schema: {{properties: {{{name}: {{{schema}}}}}}}}}}}}}"
    return f"openapi: 3.1.0\npaths: {{/a: {{post: {{{body}}}}}}}"


@pytest.mark.parametrize(
    ("name", "schema", "count"),
    [
        ("price", "type: number", 1),
        ("totalAmount", "type: number, format: float", 1),
        ("price", "type: integer", 0),
        ("price", "type: string", 0),
        ("price", "type: number, multipleOf: 0.01", 0),
        ("weight", "type: number", 0),
    ],
)
def test_amounts_that_are_binary_fractions_are_found(name: str, schema: str, count: int) -> None:
    assert len(findings(_body(name, schema), "api4-imprecise-amount")) == count
