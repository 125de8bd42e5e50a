"""A schema as rules see it: one `Schema` for each node of the document, with the versions' differences evened out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from gatepost.probe.scan.reading.node import Node
from gatepost.probe.scan.reading.versions import Version

if TYPE_CHECKING:
    from gatepost.probe.scan.operation import Operation
    from gatepost.probe.scan.schema_graph import SchemaGraph

IN_MAPS = ("properties", "patternProperties", "dependentSchemas")
"""Keywords whose value maps names to schemas."""

IN_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
"""Keywords whose value is a list of schemas."""

ALONE = (
    "items", "additionalProperties", "unevaluatedProperties", "additionalItems", "unevaluatedItems", "contains",
    "propertyNames", "if", "then", "else", "contentSchema",
)  # fmt: skip
"""Keywords whose value is a schema. `not` is none of them: it says what does not come."""

_BESIDE_A_REF = frozenset({"$ref", "summary", "description"})


class Bound(Struct, frozen=True):
    """The least or greatest number that is valid."""

    value: int | float
    exclusive: bool
    node: Node


class Property(Struct, frozen=True):
    """A property of an object. `place` is what stands behind its name: the schema, or the `$ref` to it."""

    name: str
    place: Node
    schema: Schema
    required: bool
    read_only: bool
    write_only: bool


class Schema:
    """What a node says about values. `request` and `response` tell which operations it reaches on which side."""

    def __init__(self, node: Node, graph: SchemaGraph) -> None:
        self.node = node
        self.request: int = 0
        """Bits of the operations that accept it from callers."""
        self.response: int = 0
        """Bits of the operations that send it to callers."""
        self._graph = graph

    def __repr__(self) -> str:
        return f"Schema({self.node!r})"

    @property
    def in_request(self) -> bool:
        """Whether callers send it."""
        return self.request != 0

    @property
    def in_response(self) -> bool:
        """Whether callers receive it."""
        return self.response != 0

    @property
    def is_reached(self) -> bool:
        """Whether any operation uses it."""
        return (self.request | self.response) != 0

    @property
    def reached_by(self) -> tuple[Operation, ...]:
        """The operations that use it on either side."""
        return self._graph.operations_of(self.request | self.response)

    @property
    def accepted_by(self) -> tuple[Operation, ...]:
        """The operations that take it from callers."""
        return self._graph.operations_of(self.request)

    @property
    def returned_by(self) -> tuple[Operation, ...]:
        """The operations that send it to callers."""
        return self._graph.operations_of(self.response)

    # Types

    @cached_property
    def types(self) -> frozenset[str]:
        """What `type` says, without null; empty when it says nothing."""
        return frozenset(self.node.texts("type")) - {"null"}

    @cached_property
    def nullable(self) -> bool:
        """Whether null is valid, in the way of any version."""
        return "null" in self.node.texts("type") or self.node.flag("nullable") or self.node.flag("x-nullable")

    @cached_property
    def is_object(self) -> bool:
        return "object" in self.types or (not self.types and self.node.has("properties"))

    @cached_property
    def is_array(self) -> bool:
        return "array" in self.types or (not self.types and self.node.has("items"))

    @property
    def is_string(self) -> bool:
        return "string" in self.types

    @property
    def is_number(self) -> bool:
        """Whether it is a number of either kind."""
        return not self.types.isdisjoint({"integer", "number"})

    @property
    def is_integer(self) -> bool:
        return "integer" in self.types

    @property
    def format(self) -> str:
        return self.node.text("format")

    @cached_property
    def is_fixed(self) -> bool:
        """Whether the valid values are listed."""
        return self.constraint("enum") is not None or self.constraint("const") is not None

    # Constraints

    def constraint(self, name: str) -> Node | None:
        """The keyword here, or in a part that always applies too (`allOf`, a `$ref` beside keywords)."""
        return next((found for each in self.whole if (found := each.node.at(name)) is not None), None)

    @cached_property
    def whole(self) -> tuple[Schema, ...]:
        """This schema and, transitively, all that applies together with it."""
        found = {id(self.node): self}
        waiting = [self]
        while waiting:
            for part in waiting.pop().parts:
                if id(part.node) not in found:
                    found[id(part.node)] = part
                    waiting.append(part)
        return tuple(found.values())

    @property
    def parts(self) -> Iterator[Schema]:
        """The schemas of `allOf`, and the target of a `$ref` that has keywords beside it."""
        if self.node.target is not None:
            yield from self._schemas((self.node.target,))
        yield from self._list("allOf")

    @property
    def branches(self) -> Iterator[Schema]:
        """The schemas of `oneOf` and `anyOf`: one of them applies."""
        yield from self._list("oneOf")
        yield from self._list("anyOf")

    def minimum(self) -> Bound | None:
        return self._bound("minimum", "exclusiveMinimum")

    def maximum(self) -> Bound | None:
        return self._bound("maximum", "exclusiveMaximum")

    def _bound(self, keyword: str, exclusive_keyword: str) -> Bound | None:
        for schema in self.whole:
            exclusive, inclusive = schema.node.at(exclusive_keyword), schema.node.at(keyword)
            if exclusive is not None and exclusive.numeric is not None:
                return Bound(exclusive.numeric, True, exclusive)
            if inclusive is not None and inclusive.numeric is not None:
                return Bound(inclusive.numeric, exclusive is not None and exclusive.value is True, inclusive)
        return None

    # What is inside

    @cached_property
    def properties(self) -> Mapping[str, Property]:
        """By name, those that `allOf` brings included."""
        found: dict[str, Property] = {}
        for schema in self.whole:
            for each in schema.own_properties:
                found.setdefault(each.name, each)
        return found

    @cached_property
    def own_properties(self) -> tuple[Property, ...]:
        """Those that are written in this very node: whoever goes through all schemas sees each property once."""
        node = self.node.at("properties")
        if node is None:
            return ()
        required = frozenset(self.node.texts("required"))
        return tuple(
            Property(
                name,
                place,
                schema,
                name in required,
                _says(place, "readOnly") or schema.read_only,
                _says(place, "writeOnly") or schema.write_only,
            )
            for name, place in node.entries()
            if (schema := self._graph.schema(place)) is not None
        )

    @cached_property
    def read_only(self) -> bool:
        return (found := self.constraint("readOnly")) is not None and found.value is True

    @cached_property
    def write_only(self) -> bool:
        return (found := self.constraint("writeOnly")) is not None and found.value is True

    @property
    def items(self) -> Schema | None:
        """The schema of the elements of an array."""
        node = self.constraint("items")
        return self._graph.schema(node) if node is not None else None

    @property
    def additional(self) -> Node | None:
        """What says which other properties are valid: a boolean or a schema; None when nothing says so."""
        return self.constraint("additionalProperties") or self.constraint("unevaluatedProperties")

    def descendants(self) -> Iterator[Schema]:
        """This schema and everything that it leads to, each once."""
        seen = {id(self.node)}
        waiting = [self]
        while waiting:
            schema = waiting.pop()
            yield schema
            for child in self._schemas(edges(schema.node)):
                if id(child.node) not in seen:
                    seen.add(id(child.node))
                    waiting.append(child)

    def _list(self, keyword: str) -> Iterator[Schema]:
        node = self.node.at(keyword)
        return self._schemas(node.items()) if node is not None else iter(())

    def _schemas(self, nodes: Iterator[Node] | tuple[Node, ...]) -> Iterator[Schema]:
        return (schema for node in nodes if (schema := self._graph.schema(node)) is not None)


def _says(place: Node, keyword: str) -> bool:
    """Whether a flag stands in this very node, such as beside a `$ref`."""
    return (flag := place.at(keyword)) is not None and flag.value is True


def edges(node: Node) -> Iterator[Node]:
    """The schemas that a schema is made of, as they are written."""
    if node.target is not None:
        yield node.target
    if not isinstance(node.value, dict):
        return
    for keyword, child in node.value.items():
        read = _EDGES.get(keyword)
        if read is not None:
            yield from read(child)


def _named(schemas: Node) -> Iterator[Node]:
    return (child for _, child in schemas.entries())


def _alone(schema: Node) -> Iterator[Node]:
    return schema.items() if schema.is_sequence else iter((schema,))


def _mapped(discriminator: Node) -> Iterator[Node]:
    mapping = discriminator.get("mapping")
    return iter(()) if mapping is None else (child.target for _, child in mapping.entries() if child.target is not None)


_EDGES: Mapping[str, Callable[[Node], Iterator[Node]]] = {
    **dict.fromkeys(IN_MAPS, _named),
    **dict.fromkeys(IN_LISTS, Node.items),
    **dict.fromkeys(ALONE, _alone),
    "discriminator": _mapped,
}


def canonical(node: Node, version: Version) -> Node:
    """The node that a schema is known by: the target of a `$ref`, unless what stands beside it counts too."""
    if node.target is None:
        return node
    if version.ref_siblings and isinstance(node.value, dict) and not node.value.keys() <= _BESIDE_A_REF:
        return node
    return node.target
