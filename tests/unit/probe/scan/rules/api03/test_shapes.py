"""Objects and values that are open, and compositions that nothing fits."""

from __future__ import annotations

import pytest

from gatepost.probe.finding import Severity
from gatepost.probe.scan.edits import SetKey
from gatepost.probe.scan.rules.api03 import shapes
from tests.unit.probe.scan.describing import description, findings


def _taking(schema: str, version: str = "3.1.0") -> str:
    body = f"requestBody: {{content: {{application/json: {{schema: {schema}}}}}}}"
    return f"openapi: {version}\npaths: {{/a: {{post: {{{body}}}}}}}"


@pytest.mark.parametrize(
    ("schema", "version", "keyword"),
    [
        ("{type: object, properties: {a: {type: string}}}", "3.0.3", "additionalProperties"),
        ("{type: object, properties: {a: {type: string}}}", "3.2.0", "additionalProperties"),
        ("{allOf: [{properties: {a: {}}}, {properties: {b: {}}}]}", "3.1.0", "unevaluatedProperties"),
    ],
)
def test_an_open_object_is_closed_by_the_keyword_that_fits(schema: str, version: str, keyword: str) -> None:
    (hit,) = shapes.open_object(description(_taking(schema, version)))

    (change,) = hit.fix
    assert isinstance(change, SetKey)
    assert (change.key, change.value) == (keyword, False)


def test_a_composition_cannot_be_closed_in_a_version_without_the_keyword() -> None:
    (hit,) = shapes.open_object(description(_taking("{allOf: [{properties: {a: {}}}]}", "3.0.3")))

    assert hit.fix == ()


@pytest.mark.parametrize(
    "schema",
    [
        "{properties: {a: {}}, additionalProperties: false}",
        "{properties: {a: {}}, unevaluatedProperties: false}",
        "{allOf: [{properties: {a: {}}}], unevaluatedProperties: false}",
        "{properties: {a: {}}, additionalProperties: {type: string}}",
    ],
)
def test_a_closed_object_is_fine(schema: str) -> None:
    assert findings(_taking(schema), "api3-open-object") == []


def test_only_an_object_that_says_that_it_is_open_is_shown() -> None:
    (silent,) = findings(_taking("{properties: {a: {}}}"), "api3-open-object")
    (explicit,) = findings(_taking("{properties: {a: {}}, additionalProperties: true}"), "api3-open-object")

    assert (silent.actionable, explicit.actionable) == (False, True)


def test_a_body_of_any_object_is_graver_than_a_part_of_one() -> None:
    (body,) = findings(_taking("{type: object}"), "api3-free-form-object")
    (part,) = findings(_taking("{properties: {a: {type: object}}}"), "api3-free-form-object")

    assert (body.severity, part.severity) == (Severity.MEDIUM, Severity.LOW)
    assert (body.actionable, part.actionable) == (True, False)


@pytest.mark.parametrize("schema", ["{}", "{description: a}", "{allOf: [{description: a}]}", "{properties: {a: {}}}"])
def test_a_value_about_which_nothing_is_said_is_found(schema: str) -> None:
    assert findings(_taking(schema), "api3-untyped-value")


@pytest.mark.parametrize(
    "schema", ["{enum: [a]}", "{allOf: [{description: a}, {type: string}]}", "{not: {type: 'null'}}"]
)
def test_one_keyword_says_enough(schema: str) -> None:
    assert findings(_taking(schema), "api3-untyped-value") == []


def test_an_example_tells_the_type() -> None:
    (hit,) = shapes.untyped_value(description(_taking("{example: 7}")))

    assert [getattr(change, "value", None) for change in hit.fix] == ["integer"]


@pytest.mark.parametrize(
    ("other", "count"),
    [("{properties: {b: {}}}", 1), ("{properties: {a: {}}}", 0), ("{description: nothing more}", 0)],
)
def test_closed_parts_refuse_the_properties_of_the_others(other: str, count: int) -> None:
    text = _taking(f"{{allOf: [{{properties: {{a: {{}}}}, additionalProperties: false}}, {other}]}}")

    assert len(findings(text, "api3-impossible-composition")) == count
