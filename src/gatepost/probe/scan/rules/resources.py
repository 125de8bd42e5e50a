"""Which properties the operations of one resource take and give: `/orders` and `/orders/{id}` are about one thing."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Content, Operation
from gatepost.probe.scan.rules.words import is_template, segments_of, squeezed
from gatepost.probe.scan.schema import Property, Schema


class Use(Struct, frozen=True):
    """A property at the top of a body, and the operation that takes or gives it."""

    operation: Operation
    property: Property


class Resource:
    """The properties of one resource by name, on either side."""

    def __init__(self) -> None:
        self.taken: dict[str, list[Use]] = {}
        self.given: dict[str, list[Use]] = {}


def resources(description: Description) -> Iterator[Resource]:
    """Every resource of the description."""
    found: dict[str, Resource] = {}
    for operation in description.operations:
        resource = found.setdefault(_resource_of(operation), Resource())
        _note(resource.taken, operation, operation.bodies)
        for response in operation.responses:
            if response.is_success:
                _note(resource.given, operation, response.contents)
    return iter(found.values())


def _resource_of(operation: Operation) -> str:
    parts = list(segments_of(operation.path))
    while parts and is_template(parts[-1]):
        parts.pop()
    return "/".join("{}" if is_template(part) else part for part in parts)


def _note(uses: dict[str, list[Use]], operation: Operation, contents: tuple[Content, ...]) -> None:
    seen: set[int] = set()
    for content in contents:
        for schema in _things(content.schema):
            for each in schema.properties.values():
                if id(each.place) not in seen:
                    seen.add(id(each.place))
                    uses.setdefault(squeezed(each.name), []).append(Use(operation, each))


def _things(schema: Schema | None) -> Iterator[Schema]:
    """The object that a body is, or the ones that a list is of."""
    if schema is None:
        return
    yield schema
    if schema.items is not None:
        yield schema.items
    for each in schema.properties.values():
        if each.schema.items is not None and len(schema.properties) <= MAX_PROPERTIES_OF_PAGE:
            yield each.schema.items


MAX_PROPERTIES_OF_PAGE = 6
"""Of an object that only wraps a list: the list, and where the next page is."""
