"""The schemas of a description as JSON Schema 2020-12, whichever version of the specification they are written in."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote

import jsonschema_rs

from gatepost.probe.scan.model import Description
from gatepost.probe.scan.reading.node import Node

MAX_BACKTRACKING = 10_000
"""Steps of one pattern on one example: patterns come from the document and may be made to take forever."""

_OF_RESOLUTION = frozenset({"$ref", "$id", "$schema", "$anchor", "$dynamicAnchor", "$dynamicRef", "$vocabulary"})
"""References are led already."""


_BASE = "urn:gatepost:"
"""What the files are called here, with their number."""


class JsonSchemas:
    """Validators for the schemas of one description."""

    def __init__(self, description: Description) -> None:
        self._version = description.version
        self._names = [source.name for source in description.sources]
        self._addresses = {id(source): f"{_BASE}{place}" for place, source in enumerate(description.sources)}
        resources = [(self._addresses[id(source)], self._written(source.root, {})) for source in description.sources]
        self._registry = jsonschema_rs.Registry(resources, draft=jsonschema_rs.Draft202012)
        self._validators: dict[int, jsonschema_rs.Draft202012Validator] = {}

    def validator(self, schema: Node) -> jsonschema_rs.Draft202012Validator:
        """The one for a schema. Raises ValueError when the schema cannot be used."""
        if id(schema) not in self._validators:
            self._validators[id(schema)] = jsonschema_rs.Draft202012Validator(
                {"$ref": self._address(schema)},
                registry=self._registry,
                validate_formats=True,
                offline=True,
                pattern_options=jsonschema_rs.FancyRegexOptions(backtrack_limit=MAX_BACKTRACKING),
            )
        return self._validators[id(schema)]

    def place(self, error: jsonschema_rs.ValidationError) -> tuple[str, tuple[str, ...]] | None:
        """The file and the way to the keyword that is not obeyed."""
        number, _, pointer = (error.absolute_keyword_location or "").removeprefix(_BASE).partition("#/")
        if not number.isdecimal():
            return None
        steps = (unquote(step).replace("~1", "/").replace("~0", "~") for step in pointer.split("/"))
        return self._names[int(number)], tuple(steps)

    def _address(self, node: Node) -> str:
        return f"{self._addresses[id(node.source)]}#{quote(node.pointer, safe='/~')}"

    def _written(self, node: Node, done: dict[int, Any]) -> Any:
        value = node.value
        if not isinstance(value, dict | list):
            return value
        if id(node) not in done:
            if isinstance(value, dict):
                done[id(node)] = self._mapping(node, value, done)
            else:
                done[id(node)] = [self._written(child, done) for child in value]
        return done[id(node)]

    def _mapping(self, node: Node, value: dict[str, Node], done: dict[int, Any]) -> dict[str, Any]:
        if node.target is not None and not self._version.ref_siblings:
            return {"$ref": self._address(node.target)}
        members = {
            name: self._written(child, done)
            for name, child in value.items()
            if name not in _OF_RESOLUTION or child.is_mapping
        }
        if node.target is not None:
            members["$ref"] = self._address(node.target)
        if not self._version.type_lists:
            _allow_null(members)
        if not self._version.exclusive_numbers:
            _number_exclusive_bounds(members)
        return members


def _allow_null(members: dict[str, Any]) -> None:
    """What 2.0 and 3.0 say in words of their own; where a parameter is a schema, `required` is none of its keywords."""
    if (members.get("nullable") is True or members.get("x-nullable") is True) and isinstance(members.get("type"), str):
        members["type"] = [members["type"], "null"]
    if members.get("type") == "file":
        del members["type"]
    if isinstance(members.get("required"), bool):
        del members["required"]


def _number_exclusive_bounds(members: dict[str, Any]) -> None:
    for keyword, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(members.get(keyword), bool):
            is_exclusive = members.pop(keyword)
            if is_exclusive and bound in members:
                members[keyword] = members.pop(bound)
