"""What schemas say, in the words of any version."""

from __future__ import annotations

import pytest

from gatepost.probe.scan.schema import Schema
from tests.unit.probe.scan.describing import description


def schema(text: str, version: str = "3.1.0", **others: str) -> Schema:
    """The schema `It`, with others beside it."""
    named = "".join(f"\n    {name}: {other}" for name, other in others.items())
    found = description(f"openapi: {version}\ncomponents:\n  schemas:\n    It: {text}{named}\n")
    return next(each for each in found.schemas if each.node.path == ("components", "schemas", "It"))


@pytest.mark.parametrize("text", ["{type: [string, 'null']}", "{type: string, nullable: true}"])
def test_null_is_no_type_of_its_own(text: str) -> None:
    assert schema(text).types == {"string"}
    assert schema(text).nullable


@pytest.mark.parametrize(
    ("text", "value", "exclusive"),
    [
        ("{maximum: 5}", 5, False),
        ("{maximum: 5, exclusiveMaximum: true}", 5, True),
        ("{exclusiveMaximum: 5}", 5, True),
        ("{allOf: [{maximum: 5}]}", 5, False),
    ],
)
def test_a_bound_is_a_bound_in_every_version(text: str, value: int, exclusive: bool) -> None:
    bound = schema(text).maximum()
    assert bound is not None
    assert (bound.value, bound.exclusive) == (value, exclusive)
    assert schema(text).minimum() is None


def test_what_stands_beside_a_reference_counts_where_the_version_says_so() -> None:
    text = "{allOf: [{$ref: '#/components/schemas/Other', maxLength: 5}]}"
    assert schema(text, "3.1.0", Other="{type: string}").constraint("maxLength") is not None
    assert schema(text, "3.0.0", Other="{type: string}").constraint("maxLength") is None


def test_a_description_beside_a_reference_makes_no_schema_of_its_own() -> None:
    found = schema(
        "{properties: {a: {$ref: '#/components/schemas/Other', description: words}}}", Other="{type: string}"
    )
    assert found.properties["a"].schema.node.pointer == "/components/schemas/Other"
    assert found.properties["a"].place.pointer == "/components/schemas/It/properties/a"


def test_properties_of_all_parts_are_there_and_own_ones_only_once() -> None:
    found = schema(
        "{allOf: [{$ref: '#/components/schemas/Other'}], required: [a], properties: {a: {readOnly: true}}}",
        Other="{properties: {b: {writeOnly: true}, a: {}}}",
    )
    assert list(found.properties) == ["a", "b"]
    assert [each.name for each in found.own_properties] == ["a"]
    assert (found.properties["a"].required, found.properties["a"].read_only) == (True, True)
    assert found.properties["b"].write_only


def test_circles_end() -> None:
    text = "{allOf: [{$ref: '#/components/schemas/It'}], properties: {next: {$ref: '#/components/schemas/It'}}}"
    found = schema(text)
    assert found.constraint("maxLength") is None
    assert found.properties["next"].schema is found
    assert [each.node for each in found.descendants()] == [found.node]


def test_every_applicator_leads_on() -> None:
    text = """
      properties: {a: {title: a}}
      patternProperties: {b: {title: b}}
      dependentSchemas: {c: {title: c}}
      allOf: [{title: d}]
      anyOf: [{title: e}]
      oneOf: [{title: f}]
      prefixItems: [{title: g}]
      items: {title: h}
      additionalProperties: {title: i}
      if: {title: j}
      then: {title: k}
      else: {title: l}
      not: {title: never}
      example: {properties: {x: {title: never}}}
      discriminator: {mapping: {m: '#/components/schemas/Other'}}
"""
    found = schema(f"\n{text}", Other="{title: m}")
    assert sorted(each.node.text("title") for each in found.descendants()) == ["", *"abcdefghijklm"]


def test_read_only_properties_are_no_part_of_a_request() -> None:
    found = description(
        """
        paths:
          /a:
            put:
              requestBody: {content: {a/b: {schema: {$ref: '#/components/schemas/It'}}}}
              responses: {200: {content: {a/b: {schema: {$ref: '#/components/schemas/It'}}}}}
        components:
          schemas:
            It:
              properties:
                id: {title: id, readOnly: true}
                secret: {title: secret, writeOnly: true}
                name: {title: name}
        """
    )
    sides = {each.node.text("title"): (each.in_request, each.in_response) for each in found.schemas}
    assert sides == {"": (True, True), "id": (False, True), "secret": (True, False), "name": (True, True)}
