"""What two descriptions of one API have in common, so that rules can say what became worse."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Operation
from gatepost.probe.scan.schema import Schema

MAX_PAIRS = 200_000
"""Schemas of two descriptions that are compared with each other; several times those of the largest public ones."""

_PARAMETER = re.compile(r"\{[^}]*\}")


class Operations(Struct, frozen=True):
    """An operation as it was and as it is."""

    before: Operation
    now: Operation


class Schemas(Struct, frozen=True):
    """What callers may send at one place, as it was and as it is. `where` names the place."""

    before: Schema
    now: Schema
    where: str


def common_operations(description: Description) -> Iterator[Operations]:
    """Every operation that was there before too; the names of path parameters do not matter."""
    before = {_key(each): each for each in (description.former.every_operation if description.former else ())}
    for operation in description.every_operation:
        former = before.get(_key(operation))
        if former is not None:
            yield Operations(former, operation)


def added_operations(description: Description) -> Iterator[Operation]:
    """What callers could not call before."""
    if description.former is not None:
        before = {_key(each) for each in description.former.every_operation}
        yield from (each for each in description.operations if _key(each) not in before)


def _key(operation: Operation) -> tuple[str, str, str]:
    return operation.kind.value, operation.method, _PARAMETER.sub("{}", operation.path)


def common_inputs(description: Description) -> Iterator[Schemas]:
    """Every pair of schemas that stand for the same input, each pair once."""
    seen: set[tuple[int, int]] = set()
    waiting = [pair for operations in common_operations(description) for pair in _inputs(operations)]
    waiting.reverse()
    while waiting and len(seen) < MAX_PAIRS:
        pair = waiting.pop()
        key = id(pair.before.node), id(pair.now.node)
        if key not in seen:
            seen.add(key)
            yield pair
            waiting.extend(_inside(pair))


def _inputs(operations: Operations) -> Iterator[Schemas]:
    before, now = operations.before, operations.now
    for parameter in now.parameters:
        former = before.parameter(parameter.name, parameter.location)
        if former is not None and former.schema is not None and parameter.schema is not None:
            yield Schemas(former.schema, parameter.schema, parameter.name)
    bodies = {body.media_type: body.schema for body in before.bodies}
    for body in now.bodies:
        schema = bodies.get(body.media_type)
        if schema is not None and body.schema is not None:
            yield Schemas(schema, body.schema, "the body")


def _inside(pair: Schemas) -> Iterator[Schemas]:
    """Properties of the same name, items, and branches where there are equally many."""
    for name, now in pair.now.properties.items():
        before = pair.before.properties.get(name)
        if before is not None:
            yield Schemas(before.schema, now.schema, name)
    if pair.before.items is not None and pair.now.items is not None:
        yield Schemas(pair.before.items, pair.now.items, f"an item of {pair.where}")
    formerly, present = tuple(pair.before.branches), tuple(pair.now.branches)
    if len(formerly) == len(present):
        yield from (Schemas(before, now, pair.where) for before, now in zip(formerly, present, strict=True))
