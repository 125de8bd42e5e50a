"""Which properties of answers are sensitive, and who may show them."""

from __future__ import annotations

import pytest

from gatepost.probe.scan.edits import RemoveKey, ReplaceValue, SetKey
from gatepost.probe.scan.rules.api03 import returned
from tests.unit.probe.scan.describing import description, findings

RULE = "api3-sensitive-property-returned"


def _answer(name: str, schema: str = "type: string", path: str = "/users/{id}", method: str = "get") -> str:
    return f"""
openapi: 3.1.0
paths:
  {path}:
    {method}:
      responses: {{"200": {{content: {{application/json: {{schema: {{properties: {{{name}: {{{schema}}}}}}}}}}}}}}}
"""


@pytest.mark.parametrize("name", ["password", "passwordHash", "ssn", "cardNumber", "cvv", "api_secret", "privateKey"])
def test_what_opens_something_or_harms_somebody_is_found(name: str) -> None:
    assert findings(_answer(name), RULE)


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("password", "type: boolean"),
        ("password", "type: string, writeOnly: true"),
        ("passwordChangedAt", "type: string"),
        ("password", "type: string, format: date-time"),
        ("maskedCardNumber", "type: string"),
        ("secret", "type: object"),
        ("author", "type: string"),
        ("accountId", "type: string"),
    ],
)
def test_what_only_sounds_like_it_is_not(name: str, schema: str) -> None:
    assert findings(_answer(name, schema), RULE) == []


def test_a_secret_may_be_shown_where_it_is_made() -> None:
    assert findings(_answer("secret", path="/hooks", method="post"), RULE) == []
    assert findings(_answer("secret", path="/hooks/{id}/secret"), RULE) == []
    assert findings(_answer("secret", path="/hooks"), RULE)
    assert findings(_answer("password", path="/users", method="post"), RULE)


def test_what_only_answers_have_is_taken_out_of_them() -> None:
    text = _answer("ssn").replace("{properties", "{required: [ssn, name], properties")

    (hit,) = returned.sensitive_property_returned(description(text))

    assert [type(change) for change in hit.fix] == [RemoveKey, RemoveKey]


@pytest.mark.parametrize(
    ("version", "changes"), [("openapi: 3.0.3", [ReplaceValue]), ("openapi: 3.1.0", [SetKey]), ("swagger: '2.0'", [])]
)
def test_what_is_also_sent_is_marked_where_the_version_can(version: str, changes: list[type]) -> None:
    schemas = "Key: {type: string}, A: {properties: {secret: {$ref: '#/K/Key'}}}"
    reference = "schema: {$ref: '#/K/A'}"
    if version.startswith("swagger"):
        body = f"parameters: [{{in: body, name: b, {reference}}}]"
        answer, holder = reference, f"definitions: {{{schemas}}}".replace("#/K/", "#/definitions/")
        reference = "#/definitions/"
    else:
        body = f"requestBody: {{content: {{application/json: {{{reference}}}}}}}"
        answer = f"content: {{application/json: {{{reference}}}}}"
        holder = f"components: {{schemas: {{{schemas}}}}}"
        reference = "#/components/schemas/"
    text = f"{version}\npaths: {{/a: {{put: {{{body}, responses: {{'200': {{{answer}}}}}}}}}}}\n{holder}"

    (hit,) = returned.sensitive_property_returned(description(text.replace("#/K/", reference)))

    assert [type(change) for change in hit.fix] == changes


def test_what_is_write_only_in_one_body_is_not_shown_by_another() -> None:
    text = """
openapi: 3.0.3
paths:
  /cards: {post: {requestBody: {content: {application/json: {schema: {properties: {track: {writeOnly: true}}}}}}}}
  /cards/{id}: {get: {responses: {"200": {content: {application/json: {schema: {properties: {track: {}}}}}}}}}
  /tracks/{id}: {get: {responses: {"200": {content: {application/json: {schema: {properties: {track: {}}}}}}}}}
"""
    (found,) = findings(text, "api3-write-only-returned")

    assert found.operations == ("GET /cards/{id}",)
