"""Lists, maps, files and pages without an end."""

from __future__ import annotations

import pytest

from gatepost.probe.scan.rules.api04 import collections, sizes
from tests.unit.probe.scan.describing import description, findings


def _taking(schema: str, media_type: str = "application/json", more: str = "") -> str:
    body = f"requestBody: {{content: {{{media_type}: {{schema: {{{schema}}}}}}}}}"
    return f"openapi: 3.1.0\npaths: {{/a: {{post: {{{body}{more}}}}}}}"


def test_a_list_in_a_body_is_shown_and_one_in_an_address_is_not() -> None:
    in_query = "paths: {/a: {get: {parameters: [{name: q, in: query, schema: {type: array}}]}}}"
    (body,) = findings(_taking("type: array"), "api4-unbounded-array")
    (query,) = findings(f"openapi: 3.1.0\n{in_query}", "api4-unbounded-array")

    assert (body.actionable, query.actionable) == (True, False)


def test_an_example_implies_how_long_a_list_is() -> None:
    (shown,) = sizes.unbounded_array(description(_taking("type: array, example: [1, 2, 3]")))
    (silent,) = sizes.unbounded_array(description(_taking("type: array")))

    values = [(getattr(hit.fix[0], "value", None), getattr(hit.fix[0], "guess", None)) for hit in (shown, silent)]
    assert values == [(64, False), (100, True)]


@pytest.mark.parametrize(
    ("schema", "count"),
    [
        ("additionalProperties: {type: string}", 1),
        ("allOf: [{additionalProperties: {type: string}}]", 1),
        ("additionalProperties: {type: string}, maxProperties: 5", 0),
        ("additionalProperties: false", 0),
        ("additionalProperties: true", 0),
    ],
)
def test_a_map_without_an_end_is_found(schema: str, count: int) -> None:
    assert len(findings(_taking(f"type: object, {schema}"), "api4-unbounded-map")) == count


@pytest.mark.parametrize(
    ("schema", "media_type"),
    [
        ("type: string, format: binary", "image/png"),
        ("properties: {a: {type: string, format: binary}}", "multipart/form-data"),
        ("type: string, contentMediaType: image/png", "image/png"),
        ("properties: {a: {type: array, items: {type: string, format: binary}}}", "multipart/form-data"),
    ],
)
def test_a_file_of_any_size_is_found_in_every_form(schema: str, media_type: str) -> None:
    assert findings(_taking(schema, media_type), "api4-unbounded-upload")


def test_a_documented_refusal_is_a_limit() -> None:
    text = _taking("type: string, format: binary", "image/png", ", responses: {'413': {description: Too large}}")

    assert findings(text, "api4-unbounded-upload") == []


LIST = "'200': {content: {application/json: {schema: %s}}}"


def _reading(path: str, schema: str, parameters: str = "") -> str:
    answer = LIST % f"{{{schema}}}"
    return f"openapi: 3.1.0\npaths: {{{path}: {{get: {{parameters: [{parameters}], responses: {{{answer}}}}}}}}}"


@pytest.mark.parametrize(
    "schema", ["type: array", "properties: {data: {type: array}}", "properties: {orders: {type: array}, next: {}}"]
)
def test_a_list_that_is_returned_as_a_whole_is_found(schema: str) -> None:
    (found,) = findings(_reading("/orders", schema), "api4-endless-collection")

    assert found.actionable


@pytest.mark.parametrize(
    ("path", "schema", "parameters"),
    [
        ("'/orders/{id}'", "type: array", ""),
        ("/orders", "properties: {tags: {type: array}}", ""),
        ("/orders", "type: array", "{name: cursor, in: query}"),
        ("/orders", "type: array", "{name: 'page[size]', in: query, schema: {type: integer}}"),
        ("/orders", "type: array", "{name: $top, in: query, schema: {type: integer}}"),
    ],
)
def test_objects_and_pages_are_no_endless_collections(path: str, schema: str, parameters: str) -> None:
    assert findings(_reading(path, schema, parameters), "api4-endless-collection") == []


def test_a_list_with_an_end_is_only_incomplete() -> None:
    (found,) = findings(_reading("/orders", "type: array, maxItems: 50"), "api4-endless-collection")

    assert not found.actionable


@pytest.mark.parametrize(
    ("parameter", "answer", "bound", "guess"),
    [
        ("description: The maximum is 1000., schema: {type: integer}", "type: array", 1000, False),
        ("schema: {type: integer}", "type: array, maxItems: 50", 50, False),
        ("schema: {type: integer, default: 20}", "type: array", 100, False),
        ("schema: {type: integer, default: 500}", "type: array", 500, False),
        ("schema: {type: integer}", "type: array", 100, True),
    ],
)
def test_the_maximum_of_a_page_is_what_the_document_implies(
    parameter: str, answer: str, bound: int, guess: bool
) -> None:
    text = _reading("/orders", answer, f"{{name: limit, in: query, {parameter}}}")

    (hit,) = collections.page_size_without_maximum(description(text))

    assert [(getattr(change, "value", None), getattr(change, "guess", None)) for change in hit.fix] == [(bound, guess)]
