"""All schemas of a description and how they lead to one another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from gatepost.probe.scan.reach import bits, spread
from gatepost.probe.scan.reading.node import Node
from gatepost.probe.scan.reading.versions import Version
from gatepost.probe.scan.schema import Schema, canonical, edges

if TYPE_CHECKING:
    from gatepost.probe.scan.operation import Operation


class SchemaGraph:
    """Every schema once. `operations` may still grow until `connect` is called."""

    def __init__(self, version: Version, operations: Sequence[Operation]) -> None:
        self._version = version
        self._operations = operations
        self._schemas: dict[int, Schema] = {}
        self.operations_of = cache(self._operations_of)
        """The operations whose bits are set. Cached: few sets occur, and many schemas share each."""

    @property
    def schemas(self) -> tuple[Schema, ...]:
        return tuple(self._schemas.values())

    def schema(self, node: Node) -> Schema | None:
        """The schema at a node or behind its `$ref`; None for what is no mapping, such as `true`."""
        node = canonical(node, self._version)
        found = self._schemas.get(id(node))
        if found is None and node.is_mapping:
            found = self._schemas[id(node)] = Schema(node, self)
        return found

    def known(self, node: Node) -> Schema | None:
        """The schema that stands at this very node, if one does."""
        return self._schemas.get(id(node))

    def connect(self, roots: Iterable[Node]) -> None:
        """Finds all schemas below `roots` and the known ones, and hands on from each to the next who uses it."""
        schemas = self._discover(roots)
        number = {id(schema.node): index for index, schema in enumerate(schemas)}
        to_request: list[list[int]] = []
        to_response: list[list[int]] = []
        for schema in schemas:
            children = [
                (number[id(child.node)], place) for place in edges(schema.node) if (child := self.schema(place))
            ]
            to_request.append([index for index, place in children if not _flag(place, "readOnly")])
            to_response.append([index for index, place in children if not _flag(place, "writeOnly")])
        for schema, request in zip(schemas, spread(to_request, [each.request for each in schemas]), strict=True):
            schema.request = request
        for schema, response in zip(schemas, spread(to_response, [each.response for each in schemas]), strict=True):
            schema.response = response

    def _discover(self, roots: Iterable[Node]) -> tuple[Schema, ...]:
        for root in roots:
            self.schema(root)
        waiting = list(self.schemas)
        entered: set[int] = set()
        while waiting:
            node = waiting.pop().node
            if id(node) not in entered:
                entered.add(id(node))
                waiting.extend(child for place in edges(node) if (child := self.schema(place)) is not None)
        return self.schemas

    def _operations_of(self, mask: int) -> tuple[Operation, ...]:
        return tuple(self._operations[number] for number in bits(mask))


def _flag(place: Node, keyword: str) -> bool:
    """A read-only property is no part of a request, a write-only one no part of a response."""
    return any(flag is not None and flag.value is True for flag in (place.at(keyword), place.resolved.at(keyword)))
