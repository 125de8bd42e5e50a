"""Whether a documented scalar keeps to its schema. Whole objects are the business of a validator."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from gatepost.probe.scan.reading.node import Node
from gatepost.probe.scan.schema import Schema

_TYPES: dict[str, Callable[[object], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int | float) and not isinstance(value, bool) and value == int(value),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "file": lambda _: True,
}

MAX_MATCHED = 200
"""Characters of a value that a foreign pattern is tried on: a catastrophic one must not hold the scan up."""

_NESTED = re.compile(r"[*+}]\)?[*+{]|\([^()]*[*+{][^()]*\)[*+{]")
"""Patterns that may take exponential time are not tried."""


def violation(schema: Schema, node: Node) -> str | None:
    """How a value breaks its schema, as the end of a sentence; None if it does not, or if that cannot be said."""
    value = node.value
    if value is None:
        return None
    if schema.types <= _TYPES.keys() and schema.types and not any(_TYPES[kind](value) for kind in schema.types):
        return f"is not of type {' or '.join(sorted(schema.types))}"
    listed = schema.constraint("enum")
    if (
        listed is not None
        and not isinstance(value, dict | list)
        and value not in [each.value for each in listed.items()]
    ):
        return "is none of the listed ones"
    return next(_broken_bounds(schema, value), None)


def _broken_bounds(schema: Schema, value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from _broken_text(schema, value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _broken_number(schema, value)


def _broken_text(schema: Schema, value: str) -> Iterator[str]:
    shortest, longest = _number(schema, "minLength"), _number(schema, "maxLength")
    if shortest is not None and len(value) < shortest:
        yield f"is shorter than {shortest} characters"
    if longest is not None and len(value) > longest:
        yield f"is longer than {longest} characters"
    pattern = schema.constraint("pattern")
    if pattern is not None and isinstance(pattern.value, str) and _matches(pattern.value, value) is False:
        yield f"does not match {pattern.value}"


def _broken_number(schema: Schema, value: float) -> Iterator[str]:
    least, most = schema.minimum(), schema.maximum()
    if least is not None and (value < least.value or (least.exclusive and value == least.value)):
        yield f"is below {least.value}"
    if most is not None and (value > most.value or (most.exclusive and value == most.value)):
        yield f"is above {most.value}"


def _number(schema: Schema, keyword: str) -> int | float | None:
    node = schema.constraint(keyword)
    return node.numeric if node is not None else None


def _matches(pattern: str, value: str) -> bool | None:
    """Whether the pattern is found in the value; None when that was not tried."""
    if len(value) > MAX_MATCHED or _NESTED.search(pattern):
        return None
    try:
        return re.search(pattern, value) is not None
    except (re.error, OverflowError, RecursionError):  # of another dialect than Python's
        return None
