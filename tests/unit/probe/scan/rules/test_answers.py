"""A missing answer is proposed in the way in which the document writes it elsewhere."""

from __future__ import annotations

from gatepost.probe.scan.edits import Change, SetKey
from gatepost.probe.scan.rules.answers import MEANINGS, Answers
from tests.unit.probe.scan.describing import description


def _added(text: str, status: str, path: str = "/a") -> Change:
    described = description(text)
    operation = next(each for each in described.operations if each.path == path)
    (change,) = Answers(described).added(operation, status)
    return change


def _value(text: str, status: str) -> object:
    change = _added(text, status)
    assert isinstance(change, SetKey)
    return change.value


def test_by_the_reference_that_other_operations_use() -> None:
    text = """
paths:
  /a: {get: {responses: {}}}
  /b: {get: {responses: {'401': {$ref: '#/components/responses/NoEntry'}}}}
components: {responses: {NoEntry: {description: a}, Unauthorized: {description: b}}}
"""
    assert _value(text, "401") == {"$ref": "#/components/responses/NoEntry"}


def test_by_a_component_of_that_name() -> None:
    text = (
        "paths: {/a: {get: {responses: {}}}}\ncomponents: {responses: {Not~Found/x: {}, not_found: {description: a}}}"
    )

    assert _value(text, "404") == {"$ref": "#/components/responses/not_found"}


def test_by_a_copy_of_that_status() -> None:
    text = "paths: {/a: {get: {responses: {}}}, /b: {get: {responses: {'403': {description: No}}}}}"

    assert _value(text, "403") == {"description": "No"}


def test_like_another_error_without_what_belongs_to_that_one() -> None:
    text = """
paths:
  /a: {get: {responses: {}}}
  /b: {get: {responses: {'429': {description: slow, headers: {Retry-After: {}, X-Id: {}}, content: {a/b: {}}}}}}
"""
    assert _value(text, "500") == {
        "description": MEANINGS["500"],
        "headers": {"X-Id": {}},
        "content": {"a/b": {}},
    }


def test_by_the_least_that_says_it_in_the_style_of_the_version() -> None:
    new = "paths: {/a: {get: {responses: {}}}}"
    old = f'swagger: "2.0"\n{new}'
    retry_after = {"type": "integer", "format": "int32", "minimum": 0, "maximum": 86400}

    assert _value(new, "401") == {"description": MEANINGS["401"]}
    assert _value(new, "429") == {
        "description": MEANINGS["429"],
        "headers": {"Retry-After": {"description": "Seconds until the next try.", "schema": retry_after}},
    }
    assert _value(old, "429") == {
        "description": MEANINGS["429"],
        "headers": {"Retry-After": {"description": "Seconds until the next try.", **retry_after}},
    }


def test_an_operation_without_responses_gets_them() -> None:
    change = _added("paths: {/a: {get: {summary: a}}}", "401")

    assert isinstance(change, SetKey)
    assert change.key == "responses"
    assert change.place.pointer == "/paths/~1a/get"
