"""The examples that a description documents, each with the schema that it is an example of."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.probe.scan.model import Description
from gatepost.probe.scan.reading.node import Node
from gatepost.probe.scan.schema import Schema

Example = tuple[Node, Node]
"""A value, and the node of its schema."""


def examples_of(description: Description) -> Iterator[Example]:
    """Every example and default of every file, each once for each schema that it is given for."""
    told: set[tuple[int, int]] = set()
    for value, schema in (*_in_schemas(description), *_beside_schemas(description)):
        if (id(value), id(schema)) not in told:
            told.add((id(value), id(schema)))
            yield value, schema


def _in_schemas(description: Description) -> Iterator[Example]:
    for schema in description.schemas:
        for keyword in ("example", "default"):
            if (value := schema.node.at(keyword)) is not None:
                yield value, schema.node
        listed = schema.node.at("examples")
        if description.version.type_lists and listed is not None and listed.is_sequence:
            yield from ((value, schema.node) for value in listed.items())


def _beside_schemas(description: Description) -> Iterator[Example]:
    for operation in description.every_operation:
        for parameter in operation.parameters:
            yield from _at(parameter.node, parameter.schema)
        for body in operation.bodies:
            yield from _at(body.place, body.schema)
        for response in operation.responses:
            for header in response.headers:
                yield from _at(header.node, header.schema)
            for content in response.contents:
                yield from _at(content.place, content.schema, content.media_type)


def _at(holder: Node, schema: Schema | None, media_type: str = "") -> Iterator[Example]:
    if schema is None:
        return
    if (value := holder.at("example")) is not None:
        yield value, schema.node
    named = holder.at("examples")
    for name, example in named.entries() if named is not None and named.is_mapping else ():
        if (value := example.resolved.at("value")) is not None:
            yield value, schema.node
        elif name.lower() == media_type:  # 2.0 has the value itself under its media type
            yield example, schema.node
