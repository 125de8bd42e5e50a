"""Against the specification, and examples against their schemas, in every version."""

from __future__ import annotations

import pytest

from gatepost.probe.scan.fixes.problems import CONTRADICTED, INVALID, problems
from tests.unit.probe.scan.describing import description

INFO = "info: {title: a, version: '1'}\n"
BODY = "paths: {/a: {post: {requestBody: {content: {application/json: %s}}, responses: {default: {description: x}}}}}\n"


def found(text: str) -> list[tuple[str, str]]:
    return sorted((problem.kind, "/".join(place[1])) for problem, place in problems(description(text)).items())


@pytest.mark.parametrize(
    "version", ["openapi: 3.0.3\n", "openapi: 3.1.0\n", "openapi: 3.2.0\n", 'swagger: "2.0"\n'], ids=str.strip
)
def test_a_document_is_held_to_its_version(version: str) -> None:
    assert found(f"{version}{INFO}paths: {{}}\n") == []
    assert found(f"{version}info: {{title: a}}\npaths: {{}}\n") == [(INVALID, "info")]


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_schemas_are_held_to_their_dialect(version: str) -> None:
    text = f"openapi: {version}\n{INFO}paths: {{}}\ncomponents: {{schemas: {{A: {{maxLength: x}}}}}}\n"
    assert found(text)[0][1].startswith("components/schemas/A")


EXAMPLES = {
    "an example in a schema": "{schema: {type: string, maxLength: 1, example: xx}}",
    "an example of a body": "{schema: {type: string, maxLength: 1}, example: xx}",
    "a named example": "{schema: {type: string, maxLength: 1}, examples: {a: {value: xx}}}",
    "a default": "{schema: {type: string, maxLength: 1, default: xx}}",
    "a format": "{schema: {type: string, format: uuid}, example: xx}",
}


@pytest.mark.parametrize("media", EXAMPLES.values(), ids=EXAMPLES)
def test_an_example_that_its_schema_forbids_is_found_at_the_keyword(media: str) -> None:
    ((kind, place),) = found(f"openapi: 3.0.3\n{INFO}{BODY % media}")
    assert kind == CONTRADICTED
    assert place.endswith(("schema/maxLength", "schema/format"))


ALLOWED = {
    "null in 3.0": "{schema: {type: string, nullable: true}, example: null}",
    "an exclusive bound in 3.0": "{schema: {type: integer, minimum: 1, exclusiveMinimum: true}, example: 2}",
    "beside a reference in 3.0": "{schema: {$ref: '#/components/schemas/A', maxLength: 1}, example: xx}",
    "through a reference": "{schema: {$ref: '#/components/schemas/A'}, example: xx}",
    "a pattern that takes for ever": "{schema: {type: string, pattern: '^a+$'}, example: aaa}",
}


@pytest.mark.parametrize("media", ALLOWED.values(), ids=ALLOWED)
def test_what_a_version_means_by_a_schema_is_understood(media: str) -> None:
    components = "components: {schemas: {A: {type: string}}}\n"
    assert found(f"openapi: 3.0.3\n{INFO}{BODY % media}{components}") == []


def test_examples_of_2_0_are_found() -> None:
    text = (
        f'swagger: "2.0"\n{INFO}paths: {{/a: {{get: {{responses: {{200: {{description: x, '
        "schema: {type: string, maxLength: 1}, examples: {application/json: xx}}}}}}\n"
    )
    assert [kind for kind, _ in found(text)] == [CONTRADICTED]


def test_recursive_schemas_come_to_an_end() -> None:
    schema = "{type: object, properties: {next: {$ref: '#/components/schemas/A'}}, example: {next: {next: 1}}}"
    text = f"openapi: 3.1.0\n{INFO}paths: {{}}\ncomponents: {{schemas: {{A: {schema}}}}}\n"
    assert found(text) == [(CONTRADICTED, "components/schemas/A/type")]


def test_a_schema_that_means_nothing_is_one_problem_and_stops_nothing() -> None:
    schemas = "{A: {type: string, pattern: '(', example: x}, B: {type: string, example: 1}}"
    text = f"openapi: 3.0.3\n{INFO}paths: {{}}\ncomponents: {{schemas: {schemas}}}\n"
    assert {place for kind, place in found(text) if kind == CONTRADICTED} >= {"components/schemas/B/type"}
