"""What became worse is told, what became better or only moved is not."""

from __future__ import annotations

import pytest

from gatepost.probe.finding import Finding
from gatepost.probe.scan import engine
from gatepost.probe.scan.engine import Document

HEAD = 'openapi: 3.1.0\ninfo: {title: a, version: "1"}\n'


def regressions(before: str, now: str) -> list[Finding]:
    """What the comparing rules find."""
    since = Document("before.yaml", (HEAD + before).encode())
    found = engine.scan([Document("api.yaml", (HEAD + now).encode())], since=since).findings
    return [finding for finding in found if finding.rule.startswith("regression-")]


def _body(schema: str) -> str:
    content = f"{{content: {{application/json: {{schema: {schema}}}}}}}"
    return f"paths: {{/a: {{post: {{responses: {{}}, requestBody: {content}}}}}}}"


@pytest.mark.parametrize(
    ("before", "now", "message"),
    [
        ("{type: string, maxLength: 10}", "{type: string, maxLength: 11}", "maxLength was 10 and is 11"),
        ("{type: string, maxLength: 10}", "{type: string}", "maxLength was 10 and is gone"),
        ("{type: integer, maximum: 10}", "{type: integer}", "maximum was 10 and is gone"),
        ("{type: integer, minimum: 1}", "{type: integer, minimum: 0}", "minimum was 1 and is 0"),
        ("{type: string, pattern: '^a$'}", "{type: string}", "pattern was ^a$ and is gone"),
        ("{enum: [a]}", "{enum: [a, b]}", "b is valid now too"),
        ("{enum: [a]}", "{type: string}", "the list of valid values is gone"),
        ("{type: string, format: uuid}", "{type: string}", "format was uuid and is gone"),
        (
            "{type: object, additionalProperties: false}",
            "{type: object}",
            "properties that are not listed are valid now",
        ),
    ],
)
def test_a_loosened_bound_is_told_with_both_values(before: str, now: str, message: str) -> None:
    (finding,) = regressions(_body(before), _body(now))

    assert finding.rule == "regression-bound-loosened"
    assert finding.message == f"the body: {message}"


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("{type: string, maxLength: 10}", "{type: string, maxLength: 9}"),
        ("{type: string, maxLength: 10}", "{allOf: [{type: string, maxLength: 10}]}"),
        ("{type: integer, maximum: 10}", "{type: integer, exclusiveMaximum: 10}"),
        ("{type: integer, minimum: 0}", "{type: integer, minimum: 1}"),
        ("{type: string, pattern: '^a$'}", "{type: string, enum: [a]}"),
        ("{enum: [a, b]}", "{const: a}"),
        ("{type: object, additionalProperties: false}", "{type: object, unevaluatedProperties: false}"),
        ("{type: string}", "{type: string, maxLength: 10}"),
    ],
)
def test_a_bound_that_moved_or_is_tighter_is_not(before: str, now: str) -> None:
    assert regressions(_body(before), _body(now)) == []


def test_bounds_are_compared_wherever_they_are_and_across_renamed_parameters_and_references() -> None:
    before = """
paths: {'/a/{id}': {post: {responses: {}, requestBody: {content: {application/json: {schema:
  {type: object, properties: {list: {type: array, items: {type: string, maxLength: 3}}}}}}}}}}
"""
    now = """
paths: {'/a/{key}': {post: {responses: {}, requestBody: {content: {application/json: {schema:
  {$ref: '#/components/schemas/A'}}}}}}}
components: {schemas: {A: {type: object, properties: {list: {type: array, items: {type: string, maxLength: 4}}}}}}
"""
    (finding,) = regressions(before, now)

    assert finding.pointer == "/components/schemas/A/properties/list/items"


KEY = "components: {securitySchemes: {key: {type: apiKey, in: header, name: K}}}\n"


def test_a_requirement_that_the_whole_document_lost_is_one_finding() -> None:
    paths = "paths: {/a: {get: {responses: {}}}, /b: {get: {responses: {}}}}\n"
    (finding,) = regressions(f"security: [{{key: []}}]\n{paths}{KEY}", paths + KEY)

    assert finding.rule == "regression-auth-dropped"
    assert finding.operations == ("GET /a", "GET /b")


def test_schemas_that_contain_themselves_end() -> None:
    schema = "{type: object, properties: {next: {$ref: '#/components/schemas/A'}, a: {type: string, maxLength: %d}}}"
    document = _body("{$ref: '#/components/schemas/A'}") + "\ncomponents: {schemas: {A: " + schema + "}}"

    assert len(regressions(document % 3, document % 4)) == 1
    assert regressions(document % 3, document % 3) == []


def test_without_another_document_nothing_is_compared() -> None:
    found = engine.scan([Document("api.yaml", (HEAD + _body("{type: string}")).encode())]).findings

    assert not [finding for finding in found if finding.rule.startswith("regression-")]
