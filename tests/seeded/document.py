"""A clean document as the generator sees it: operations, parameters, bodies, answers, and every schema they reach."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from typing import Any, TypeAlias

import yaml
from msgspec import Struct

Pointer: TypeAlias = tuple[str, ...]
"""The unescaped tokens of a JSON Pointer (RFC 6901)."""

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
WRITES = ("put", "post", "delete", "patch")

REQUEST, RESPONSE, ERROR = "request", "response", "error"


class Operation(Struct, frozen=True):
    """One method of one path."""

    path: str
    method: str
    pointer: Pointer
    node: dict[str, Any]


class Spot(Struct, frozen=True):
    """A schema, or a parameter that is its own schema (OpenAPI 2.0), and how it is reached first."""

    pointer: Pointer
    schema: dict[str, Any]
    side: str
    shape: str
    name: str

    @property
    def is_property(self) -> bool:
        """Whether it can be replaced by a reference in every version."""
        return self.pointer[-2:-1] == ("properties",)


class _Loader(yaml.CSafeLoader):
    """Dates stay the text that they are in JSON."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, expression) for tag, expression in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


class _Dumper(yaml.CSafeDumper):
    """Writes a node as often as it occurs, without anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def parse(text: str) -> dict[str, Any]:
    """The tree of a document in JSON or YAML."""
    tree = json.loads(text) if text.startswith("{") else yaml.load(text, _Loader)
    assert isinstance(tree, dict)
    return tree


class Document:
    """A parsed document. Nothing here changes it."""

    def __init__(self, text: str) -> None:
        self.tree = parse(text)
        self.is_json = text.startswith("{")
        self.is_v2 = "swagger" in self.tree
        self.version = ".".join(str(self.tree.get("openapi", "2.0")).split(".")[:2])

    def write(self, tree: dict[str, Any]) -> str:
        """A tree as text, in the notation of this document."""
        if self.is_json:
            return json.dumps(tree, indent=2, ensure_ascii=False) + "\n"
        return yaml.dump(tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=118)

    def get(self, pointer: Pointer) -> Any:
        """The node there, or None."""
        node: Any = self.tree
        for token in pointer:
            if isinstance(node, list):
                node = node[int(token)] if int(token) < len(node) else None
            else:
                node = node.get(token) if isinstance(node, dict) else None
        return node

    def resolve(self, pointer: Pointer) -> tuple[Pointer, Any]:
        """Where the node really is, references followed."""
        node = self.get(pointer)
        while isinstance(node, dict) and "$ref" in node:
            pointer = _tokens(node["$ref"])
            node = self.get(pointer)
        return pointer, node

    def target(self, node: dict[str, Any]) -> dict[str, Any]:
        """What a node stands for: itself, or what it refers to."""
        found: dict[str, Any] = self.resolve(_tokens(node["$ref"]))[1] if "$ref" in node else node
        return found

    def component(self, kind: str, name: str) -> Pointer:
        """The place of a component: `schemas`, `parameters`, `responses` or `securitySchemes`."""
        if self.is_v2:
            return ({"schemas": "definitions", "securitySchemes": "securityDefinitions"}.get(kind, kind), name)
        return ("components", kind, name)

    def components(self, kind: str) -> dict[str, Any]:
        """All components of a kind, by name."""
        found: dict[str, Any] = self.get(self.component(kind, "")[:-1]) or {}
        return found

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """In the order of the document, callbacks and webhooks left out."""
        return tuple(
            Operation(path, method, ("paths", path, method), item[method])
            for path, item in self.tree["paths"].items()
            for method in METHODS
            if method in item
        )

    @cached_property
    def parameters(self) -> tuple[Spot, ...]:
        """Every parameter that carries a value outside the body: the node that has `name`, at its own place."""
        return tuple(spot for spot in self._parameters() if spot.schema["in"] not in ("body", "formData"))

    @cached_property
    def spots(self) -> tuple[Spot, ...]:
        """Every schema, once, under the first side that reaches it."""
        return tuple({spot.pointer: spot for spot in reversed(list(self._spots()))}.values())[::-1]

    def request_bodies(self, operation: Operation) -> Iterator[tuple[Pointer, dict[str, Any]]]:
        """The media type objects (2.0: the parameter) that hold the schema of the body."""
        for index, parameter in enumerate(operation.node.get("parameters", [])):
            if parameter.get("in") == "body":
                yield (*operation.pointer, "parameters", str(index)), parameter
        content = operation.node.get("requestBody", {}).get("content", {})
        for media_type, value in content.items():
            yield (*operation.pointer, "requestBody", "content", media_type), value

    def answers(self, operation: Operation) -> Iterator[tuple[str, Pointer, dict[str, Any], str]]:
        """Status, place, node and shape (inline or ref) of each response."""
        for status in operation.node["responses"]:
            own = (*operation.pointer, "responses", status)
            pointer, node = self.resolve(own)
            yield status, pointer, node, "inline" if pointer == own else "ref"

    def schemas_of_answer(self, pointer: Pointer, node: dict[str, Any]) -> Iterator[Pointer]:
        """The places of the schemas of a response."""
        if "schema" in node:
            yield (*pointer, "schema")
        for media_type in node.get("content", {}):
            yield (*pointer, "content", media_type, "schema")

    def _parameters(self) -> Iterator[Spot]:
        seen: set[Pointer] = set()
        for operation in self.operations:
            for place, shape in ((operation.pointer, "inline"), (operation.pointer[:2], "path")):
                for index in range(len(self.get((*place, "parameters")) or ())):
                    own = (*place, "parameters", str(index))
                    pointer, node = self.resolve(own)
                    if pointer not in seen:
                        seen.add(pointer)
                        yield Spot(pointer, node, REQUEST, shape if pointer == own else "ref", node["name"])

    def _spots(self) -> Iterator[Spot]:
        for parameter in self._parameters():
            if "schema" in parameter.schema:
                yield from self._walk((*parameter.pointer, "schema"), REQUEST, parameter.shape, parameter.name, ())
            elif parameter.schema["in"] != "body":
                yield parameter
        for operation in self.operations:
            for pointer, _ in self.request_bodies(operation):
                yield from self._walk((*pointer, "schema"), REQUEST, "inline", "body", ())
        for operation in self.operations:
            for status, pointer, node, shape in self.answers(operation):
                side = RESPONSE if status.startswith("2") else ERROR
                for schema in self.schemas_of_answer(pointer, node):
                    yield from self._walk(schema, side, shape, "body", ())

    def _walk(self, own: Pointer, side: str, shape: str, name: str, seen: tuple[Pointer, ...]) -> Iterator[Spot]:
        pointer, schema = self.resolve(own)
        if pointer in seen or not isinstance(schema, dict):
            return
        if pointer != own and shape != "allOf":
            shape = "ref"
        yield Spot(pointer, schema, side, shape, name)
        seen = (*seen, pointer)
        for key, child in schema.get("properties", {}).items():
            if not (side == REQUEST and child.get("readOnly")):
                yield from self._walk((*pointer, "properties", key), side, shape, key, seen)
        for keyword in ("items", "additionalProperties"):
            yield from self._walk((*pointer, keyword), side, shape, name, seen)
        for keyword in ("allOf", "anyOf", "oneOf"):
            inner = "allOf" if keyword == "allOf" else shape
            for index in range(len(schema.get(keyword, ()))):
                yield from self._walk((*pointer, keyword, str(index)), side, inner, name, seen)


def _tokens(reference: str) -> Pointer:
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in reference.removeprefix("#/").split("/"))


def text_of(pointer: Pointer) -> str:
    """As RFC 6901 writes it."""
    return "".join("/" + token.replace("~", "~0").replace("/", "~1") for token in pointer)
