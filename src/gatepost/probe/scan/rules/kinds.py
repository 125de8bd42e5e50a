"""What a schema is when its `allOf` is counted in, and which schemas are worth a finding of their own."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.probe.scan.model import Description
from gatepost.probe.scan.schema import Schema

ANYTHING = 3
"""Types in a list from which on a schema means any JSON and not a value of each type."""


def of_kind(description: Description, *types: str) -> Iterator[Schema]:
    """The schemas of one of these types that an operation uses and that do not list their values.

    What is written as a part of `allOf` is left out: it is judged together with the other parts.
    """
    wanted = frozenset(types)
    for schema in description.schemas:
        found: frozenset[str] = frozenset().union(*(each.types for each in schema.whole))
        has_type = not wanted.isdisjoint(found) and len(found) < ANYTHING
        if has_type and schema.is_reached and not is_inline_part(schema) and not schema.is_fixed:
            yield schema


def is_inline_part(schema: Schema) -> bool:
    """Whether it is written out in an `allOf`."""
    parent = schema.node.parent
    return parent is not None and parent.key == "allOf"


def format_of(schema: Schema) -> str:
    """The `format`, here or in a part."""
    node = schema.constraint("format")
    return node.value if node is not None and isinstance(node.value, str) else ""
