"""Finds the `$ref`s of a document and what `$id` and anchors name, and walks JSON Pointers (RFC 6901)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote, urljoin

from msgspec import Struct

from gatepost.probe.scan.reading.node import Node, walk

MAX_CHAIN = 64
"""`$ref`s that lead to one another before there is a value."""

LITERALS = frozenset({"example", "default", "enum", "const"})
"""Fields whose value is data, as is that of an extension (`x-...`): a `$ref` in it is part of the data."""

NAMED_MAPS = frozenset(
    {
        "properties", "patternProperties", "definitions", "$defs", "dependentSchemas", "schemas", "parameters",
        "responses", "headers", "requestBodies", "securitySchemes", "securityDefinitions", "links", "callbacks",
        "pathItems", "paths", "webhooks", "content", "variables", "encoding", "mediaTypes",
    }
)  # fmt: skip
"""Fields whose entries are named by the author: `default` in one of them is a name, not a field."""


class Names(Struct):
    """What can be referred to in one file without a pointer: `$id` and `$anchor` (JSON Schema 2020-12 section 8.2)."""

    resources: dict[str, Node]
    """Schemas by their `$id`, and the document by its `$self`, without a fragment."""
    anchors: dict[str, Node]


def referring(root: Node) -> Iterator[Node]:
    """Every mapping with a `$ref`, and every value of a discriminator's mapping, which is a reference too."""
    for node in walk(root, _holds_no_data):
        value = node.value
        if not isinstance(value, dict):
            continue
        reference = value.get("$ref")
        if reference is not None and isinstance(reference.value, str) and not _is_data(node):
            yield node
        if node.key == "mapping" and node.parent is not None and node.parent.key == "discriminator":
            yield from (child for child in value.values() if isinstance(child.value, str))


def reference_of(node: Node) -> str:
    """The text of the reference that `referring` found."""
    return node.value if isinstance(node.value, str) else str(node.value["$ref"].value)  # type: ignore[index, call-overload]


def _holds_no_data(node: Node) -> bool:
    return not _is_data(node)


def _is_data(node: Node) -> bool:
    parent = node.parent
    if parent is None or not isinstance(node.key, str):
        return False
    if node.key in LITERALS or node.key.startswith("x-"):
        return parent.key not in NAMED_MAPS or parent.key == "paths"
    if node.key == "examples":
        return node.is_sequence and parent.key not in NAMED_MAPS
    return node.key == "value" and parent.parent is not None and parent.parent.key == "examples"


def names(root: Node) -> Names:
    """The `$id`s and anchors of a document."""
    found = Names({}, {})
    for node in walk(root, _holds_no_data):
        value = node.value
        if not isinstance(value, dict):
            continue
        for keyword in ("$anchor", "$dynamicAnchor"):
            if (anchor := value.get(keyword)) is not None and isinstance(anchor.value, str):
                found.anchors.setdefault(anchor.value, node)
        own = value.get("$id") or (value.get("$self") if node is root else None)
        if own is not None and isinstance(own.value, str):
            found.resources.setdefault(own.value.partition("#")[0], node)
    return found


def enclosing_id(node: Node) -> str:
    """The base that an `$id` around a schema sets for the references in it, or nothing."""
    base = ""
    current: Node | None = node
    while current is not None:
        own = current.at("$id")
        if own is not None and isinstance(own.value, str) and current.parent is not None:
            base = urljoin(own.value, base)
        current = current.parent
    return base


def evaluate(root: Node, pointer: str) -> Node | None:
    """What a JSON Pointer in a URI fragment names below `root`; a `$ref` on the way is followed where it is known."""
    node = root
    for token in unquote(pointer).split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        child = _step(node, name) or _step(node.resolved, name)
        if child is None:
            return None
        node = child
    return node


def _step(node: Node, name: str) -> Node | None:
    if isinstance(node.value, list):
        return node.at(int(name)) if name.isdecimal() and name.isascii() and len(name) < 10 else None
    return node.at(name)
