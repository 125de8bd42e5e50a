"""Which parameters name objects, and from where ids may come."""

from __future__ import annotations

import pytest

from gatepost.probe.finding import Severity
from tests.unit.probe.scan.describing import findings


def _path(path: str, schema: str, security: str = "") -> str:
    name = path.partition("{")[2].partition("}")[0]
    return f"""
openapi: 3.0.3
components: {{securitySchemes: {{key: {{type: http, scheme: bearer}}}}}}
paths:
  {path}:
    get:
      {security}
      parameters: [{{name: {name}, in: path, required: true, schema: {{{schema}}}}}]
"""


@pytest.mark.parametrize("path", ["'/orders/{id}'", "'/orders/{orderId}'", "'/orders/{order}'", "'/entries/{entry}'"])
@pytest.mark.parametrize("schema", ["type: integer", "type: string, pattern: '^[0-9]+$'", "type: number"])
def test_a_number_that_names_an_object_is_found(path: str, schema: str) -> None:
    assert findings(_path(path, schema), "api1-numeric-id")


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("'/orders/{id}'", "type: string"),
        ("'/orders/{id}'", "type: string, format: uuid"),
        ("'/orders/{id}'", "type: integer, enum: [1, 2]"),
        ("'/years/{year}'", "type: integer"),
        ("'/tiles/{zoom}'", "type: integer"),
        ("'/orders/{width}'", "type: integer"),
    ],
)
def test_other_parameters_are_left_alone(path: str, schema: str) -> None:
    assert findings(_path(path, schema), "api1-numeric-id") == []


def test_a_number_that_anybody_may_count_up_is_graver() -> None:
    (anonymous,) = findings(_path("'/orders/{id}'", "type: integer"), "api1-numeric-id")
    (known,) = findings(_path("'/orders/{id}'", "type: integer", "security: [{key: []}]"), "api1-numeric-id")

    assert (anonymous.severity, known.severity) == (Severity.MEDIUM, Severity.LOW)


def test_a_shared_parameter_is_one_finding() -> None:
    (found,) = findings(
        """
openapi: 3.1.0
paths:
  /a/{id}: {get: {parameters: [{$ref: '#/components/parameters/id'}]}}
  /b/{id}: {get: {parameters: [{$ref: '#/components/parameters/id'}]}}
components: {parameters: {id: {name: id, in: path, required: true, schema: {type: integer}}}}
""",
        "api1-numeric-id",
    )

    assert found.pointer == "/components/parameters/id"
    assert found.operations == ("GET /a/{id}", "GET /b/{id}")


def test_an_id_that_only_answers_carry_cannot_name_another_object() -> None:
    text = """
openapi: 3.1.0
paths:
  /users/{userId}:
    put:
      parameters: [{name: userId, in: path, required: true, schema: {type: string}}]
      requestBody: {content: {application/json: {schema: {properties: {userId: {type: string, readOnly: true}}}}}}
"""
    assert findings(text, "api1-id-in-two-places") == []
    assert findings(text.replace(", readOnly: true", ""), "api1-id-in-two-places")
