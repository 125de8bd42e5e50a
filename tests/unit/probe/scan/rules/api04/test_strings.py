"""Strings without an end, and what bounds they get."""

from __future__ import annotations

import pytest

from gatepost.probe.finding import Severity
from gatepost.probe.scan.edits import SetKey
from gatepost.probe.scan.rules.api04 import strings
from tests.unit.probe.scan.describing import description, findings


def _taking(schema: str) -> str:
    return f"openapi: 3.1.0\npaths: {{/a: {{get: {{parameters: [{{name: q, in: query, schema: {{{schema}}}}}]}}}}}}"


@pytest.mark.parametrize(
    ("schema", "length", "guess"),
    [
        ("type: string, format: uuid", 36, False),
        ("type: string, pattern: '^[a-z]{2,5}$'", 5, False),
        ("type: string, pattern: '[a-z]{2,5}'", 255, True),
        ("type: string, example: abc", 64, False),
        (f"type: string, examples: [{'a' * 100}]", 512, False),
        ("type: string, default: x", 64, False),
        ("type: string", 255, True),
        ("allOf: [{type: string}, {format: date}]", 10, False),
        ("type: [string, 'null']", 255, True),
    ],
)
def test_the_length_is_taken_from_what_the_document_implies(schema: str, length: int, guess: bool) -> None:
    (hit,) = strings.unbounded_string(description(_taking(schema)))

    (change,) = hit.fix
    assert isinstance(change, SetKey)
    assert (change.key, change.value, change.guess) == ("maxLength", length, guess)


def test_the_example_of_a_parameter_counts_too() -> None:
    text = "paths: {/a: {get: {parameters: [{name: q, in: query, example: abc, schema: {type: string}}]}}}"

    (hit,) = strings.unbounded_string(description(text))

    assert [getattr(change, "guess", None) for change in hit.fix] == [False]


@pytest.mark.parametrize(
    "schema",
    ["type: string, maxLength: 5", "enum: [a]", "const: a", "allOf: [{type: string}, {maxLength: 3}]", "type: integer"],
)
def test_a_bounded_string_is_fine(schema: str) -> None:
    assert findings(_taking(schema), "api4-unbounded-string") == []


def test_what_is_sent_weighs_more_than_what_is_returned() -> None:
    answer = "responses: {'200': {content: {a/b: {schema: {type: string}}}}}"
    (returned,) = findings(f"openapi: 3.1.0\npaths: {{/a: {{get: {{{answer}}}}}}}", "api4-unbounded-string")
    (sent,) = findings(_taking("type: string"), "api4-unbounded-string")

    assert (sent.severity, returned.severity) == (Severity.LOW, Severity.INFO)
    assert not sent.actionable


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [
        ("type: string", strings.NO_CONTROLS),
        ("type: string, example: ab-12", r"^[A-Za-z0-9\-]*$"),
        ("type: string, examples: ['a b', 'c.d']", "^[A-Za-z .]*$"),
    ],
)
def test_a_pattern_is_guessed_from_the_characters_of_the_examples(schema: str, pattern: str) -> None:
    (hit,) = strings.unrestricted_string(description(_taking(schema)))

    (change,) = hit.fix
    assert isinstance(change, SetKey)
    assert (change.value, change.guess) == (pattern, True)


def test_a_password_may_have_any_characters() -> None:
    body = "requestBody: {content: {application/json: {schema: {properties: {password: {type: string}}}}}}"

    assert findings(f"openapi: 3.1.0\npaths: {{/a: {{post: {{{body}}}}}}}", "api4-unrestricted-string") == []
