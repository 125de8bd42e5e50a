"""A whole API description, ready to be asked. Rules see this and nothing below it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct

from gatepost.probe.scan.operation import Kind, Operation
from gatepost.probe.scan.reading.node import Fault, Node, Source
from gatepost.probe.scan.reading.versions import Version
from gatepost.probe.scan.schema import Schema
from gatepost.probe.scan.schema_graph import SchemaGraph
from gatepost.probe.scan.security import SecurityScheme, schemes_of
from gatepost.probe.scan.servers import Server, servers_of

MAX_OPERATIONS = 20_000
"""Of one description: twenty times the largest public ones."""


class Reach(Struct, frozen=True):
    """Bits of the operations that use a place, by the side on which they do."""

    request: int = 0
    response: int = 0

    def __or__(self, other: Reach) -> Reach:
        return Reach(self.request | other.request, self.response | other.response)


NOWHERE = Reach()


class Description:
    """One API description of any version.

    `operations` are those that a caller calls; `webhooks` and `callbacks` those that the API calls itself, where
    the sides are the other way round: what it sends is a response of the API, what it gets back is a request.
    """

    def __init__(
        self, source: Source, version: Version, sources: tuple[Source, ...] = (), overlays: tuple[Source, ...] = ()
    ) -> None:
        self.source = source
        self.version = version
        self.sources = sources or (source,)
        """Every file that was read for it, its own first."""
        self.overlays = overlays
        """The overlays that were applied; what they added stands in `root` too."""
        self.former: Description | None = None
        """How it looked before, when the scan compares (`--since`)."""
        self.root: Node = source.root
        self.every_operation: list[Operation] = []
        self.graph = SchemaGraph(version, self.every_operation)
        self._users: dict[int, Reach] = {}
        self.every_operation.extend(self._find_operations())
        for operation in self.every_operation:
            self._note_use(operation)
        self.graph.connect(self._reusable_schemas())

    def __repr__(self) -> str:
        return f"Description({self.source.name!r}, {self.version.name})"

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is wrong with the text of its files."""
        return tuple(fault for source in (*self.sources, *self.overlays) for fault in source.faults)

    @property
    def title(self) -> str:
        return self.root.text("info", "title")

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """What a caller can call."""
        return self._of_kind(Kind.PATH)

    @cached_property
    def webhooks(self) -> tuple[Operation, ...]:
        return self._of_kind(Kind.WEBHOOK)

    @cached_property
    def callbacks(self) -> tuple[Operation, ...]:
        return self._of_kind(Kind.CALLBACK)

    @cached_property
    def schemas(self) -> tuple[Schema, ...]:
        """Every schema node once, also those that nothing uses."""
        return self.graph.schemas

    @cached_property
    def strings(self) -> tuple[Node, ...]:
        """Every string in every file, examples and extensions included; `node.key` is the name it stands under."""
        return tuple(node for source in self.sources for node in source.root.walk() if isinstance(node.value, str))

    @cached_property
    def path_items(self) -> tuple[tuple[str, Node], ...]:
        """Path and path item, in the order of the document."""
        return tuple(self._path_items("paths"))

    @cached_property
    def servers(self) -> tuple[Server, ...]:
        """Those of the document; an operation may have others."""
        return servers_of(self.root, self.version)

    @cached_property
    def security_node(self) -> Node | None:
        """The `security` of the document, which applies where an operation has none."""
        return self.root.get("security")

    @cached_property
    def security_schemes(self) -> dict[str, SecurityScheme]:
        return schemes_of(self.root, self.version)

    def component(self, kind: str) -> dict[str, Node]:
        """The reusable parts by name; `kind` is a field of `Version` such as `responses`."""
        path: tuple[str, ...] = getattr(self.version, kind)
        place = self.root.get(*path) if path else None
        return dict(place.entries()) if place is not None else {}

    def reach(self, place: Node) -> Reach:
        """Which operations use what stands at `place`, or around it; nothing for what concerns the whole document."""
        node: Node | None = place
        while node is not None:
            schema = self.graph.known(node)
            use = self._users.get(id(node), NOWHERE)
            if schema is not None:
                use |= Reach(schema.request, schema.response)
            if use != NOWHERE or schema is not None:
                return use
            node = node.parent
        return NOWHERE

    def schema_around(self, place: Node) -> Schema | None:
        """The schema that `place` is a part of."""
        node: Node | None = place
        while node is not None:
            if (schema := self.graph.known(node)) is not None:
                return schema
            node = node.parent
        return None

    # Operations

    def _of_kind(self, kind: Kind) -> tuple[Operation, ...]:
        return tuple(operation for operation in self.every_operation if operation.kind is kind)

    def _path_items(self, field: str) -> Iterator[tuple[str, Node]]:
        items = self.root.get(field)
        for name, place in items.entries() if items is not None else ():
            if not name.startswith("x-") and place.resolved.is_mapping:
                yield name, place.resolved

    def _find_operations(self) -> Iterator[Operation]:
        waiting = [(Kind.PATH, path, item) for path, item in self.path_items]
        if self.version.webhooks:
            waiting.extend((Kind.WEBHOOK, name, item) for name, item in self._path_items(self.version.webhooks))
        waiting.reverse()
        callbacks_seen: set[int] = set()
        count = 0
        while waiting:
            kind, path, item = waiting.pop()
            for method, node in self._methods(item):
                if count >= MAX_OPERATIONS:
                    return
                yield Operation(self, count, kind, method, path, item, node)
                count += 1
                waiting.extend(
                    (Kind.CALLBACK, expression, called)
                    for expression, called in self._callbacks(node)
                    if id(called) not in callbacks_seen
                )
                callbacks_seen.update(id(called) for _, called in self._callbacks(node))

    def _methods(self, item: Node) -> Iterator[tuple[str, Node]]:
        for name, place in item.entries():
            if name.lower() in self.version.methods and place.resolved.is_mapping:
                yield name, place.resolved
        others = item.get(self.version.other_methods) if self.version.other_methods else None
        for name, place in others.entries() if others is not None else ():
            if place.resolved.is_mapping:
                yield name, place.resolved

    def _callbacks(self, operation: Node) -> Iterator[tuple[str, Node]]:
        named = operation.get("callbacks") if self.version.callbacks else None
        for _, callback in named.entries() if named is not None else ():
            for expression, place in callback.entries():
                if not expression.startswith("x-") and place.resolved.is_mapping:
                    yield expression, place.resolved

    # Who uses what

    def _note_use(self, operation: Operation) -> None:
        """Notes for every part of an operation that it is used, and on which side its schemas are."""
        incoming, outgoing = Reach(request=operation.bit), Reach(response=operation.bit)
        if operation.kind is not Kind.PATH:
            incoming, outgoing = outgoing, incoming
        for node in (operation.node, operation.item, operation.request_body, operation.security_node):
            self._use(node, incoming)
        for parameter in operation.parameters:
            self._use(parameter.node, incoming, parameter.schema)
        for body in operation.bodies:
            self._use(body.place, incoming, body.schema, body.item_schema)
        for response in operation.responses:
            self._use(response.node, outgoing)
            for header in response.headers:
                self._use(header.node, outgoing, header.schema)
            for content in response.contents:
                self._use(content.place, outgoing, content.schema, content.item_schema)
        for node in (*(server.place for server in operation.servers), *(each.node for each in operation.schemes)):
            self._use(node, incoming)

    def _use(self, node: Node | None, reach: Reach, *schemas: Schema | None) -> None:
        if node is not None:
            self._users[id(node)] = self._users.get(id(node), NOWHERE) | reach
        for schema in schemas:
            if schema is not None:
                schema.request |= reach.request
                schema.response |= reach.response

    def _reusable_schemas(self) -> Iterator[Node]:
        """Those of the components: an operation need not use them to have them looked at."""
        yield from self.component("schemas").values()
        for kind in ("parameters", "headers"):
            for node in self.component(kind).values():
                schema = node.resolved.at("schema")
                if schema is not None:
                    yield schema
        for kind in ("responses", "request_bodies"):
            for node in self.component(kind).values():
                yield from self._schemas_of_contents(node.resolved)

    def _schemas_of_contents(self, node: Node) -> Iterator[Node]:
        contents = node.get("content")
        holders = [node, *(place.resolved for _, place in contents.entries())] if contents is not None else [node]
        for holder in holders:
            if (schema := holder.at("schema")) is not None:
                yield schema
