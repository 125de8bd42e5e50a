"""Documents of any size, the same each time: how the cost of a scan grows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

LARGE_OPERATIONS = 300
"""Operations of the large document, which has about 3 MB then."""

SMALL_FILES = 1000

PROPERTIES = 62
"""Of each of the two objects of a resource of the large document."""

SMALL_PROPERTIES = 5

METHODS = ("get", "post", "put")

PROBLEM = {"$ref": "#/components/schemas/Problem"}

KINDS: tuple[tuple[dict[str, Any], Any], ...] = (
    ({"type": "string", "maxLength": 80, "pattern": "^[A-Za-z0-9 .,-]*$"}, "a text"),
    ({"type": "string"}, "another text"),
    ({"type": "integer", "format": "int32", "minimum": 0, "maximum": 100000}, 7),
    ({"type": "string", "format": "date-time"}, "2026-01-31T12:00:00Z"),
    ({"type": "array", "items": {"type": "string", "maxLength": 20}}, ["one", "two"]),
    ({"type": "boolean"}, True),
    ({"type": "number"}, 12.5),
    ({"type": "string", "enum": ["open", "held", "closed"]}, "held"),
    ({"type": "object", "properties": {"days": {"type": "integer"}, "from": {"type": "string"}}}, {"days": 3}),
    (PROBLEM, {"problem_value_0": "a text", "problem_value_1": "another text"}),
    ({"allOf": [PROBLEM], "description": "What went wrong."}, {"problem_value_0": "", "problem_value_1": ""}),
    ({"type": "array", "maxItems": 50, "items": PROBLEM}, []),
)
"""Schemas with an example: some with bounds and some without, some of their own and some shared."""

DESCRIBED = 3
"""Every so many properties one is described."""


class _Dumper(yaml.CSafeDumper):
    """Writes a node as often as it occurs, without anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def large_document(operations: int = LARGE_OPERATIONS) -> str:
    """YAML whose size grows with the number of operations, about 10 kB each."""
    resources = -(-operations // len(METHODS))
    schemas: dict[str, Any] = {"Problem": _object("Problem", 4)}
    paths: dict[str, Any] = {}
    for number in range(resources):
        name = f"Resource{number}"
        schemas[name] = _object(name, PROPERTIES)
        schemas[f"New{name}"] = _object(f"New{name}", PROPERTIES)
        methods = METHODS[: operations - number * len(METHODS)]
        paths[f"/resources-{number}/{{id}}"] = {method: _operation(method, name, PROPERTIES) for method in methods}
    return _written(paths, schemas)


def small_document(number: int) -> str:
    """Two operations and two objects."""
    name = f"Thing{number}"
    schemas = {each: _object(each, SMALL_PROPERTIES) for each in (name, f"New{name}", "Problem")}
    methods = {method: _operation(method, name, SMALL_PROPERTIES) for method in METHODS[:2]}
    return _written({f"/things-{number}/{{id}}": methods}, schemas)


def small_files(folder: Path, count: int = SMALL_FILES) -> list[Path]:
    """That many small documents."""
    files = [folder / f"small-{number:04}.yaml" for number in range(count)]
    for number, file in enumerate(files):
        file.write_text(small_document(number))
    return files


def _written(paths: dict[str, Any], schemas: dict[str, Any]) -> str:
    tree = {
        "openapi": "3.0.3",
        "info": {"title": "A document of a given size", "version": "1.0.0"},
        "servers": [{"url": "https://api.example.com"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
            "schemas": schemas,
        },
    }
    return yaml.dump(tree, Dumper=_Dumper, sort_keys=False)


def _object(name: str, properties: int) -> dict[str, Any]:
    listed = {f"{name.lower()}_value_{number}": _property(number) for number in range(properties)}
    return {"type": "object", "required": list(listed)[:2], "properties": listed}


def _property(number: int) -> dict[str, Any]:
    schema, _ = KINDS[number % len(KINDS)]
    if number % DESCRIBED or "$ref" in schema:
        return schema
    return schema | {"description": f"Value {number}, kept as it was given and shown as it was kept."}


def _operation(method: str, name: str, properties: int) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"{method}{name}",
        "summary": f"{method.capitalize()} one {name}",
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 40}}],
        "responses": {
            "200": _answer(name, _shown(name, properties)),
            "400": _answer("Problem"),
            "default": _answer("Problem"),
        },
    }
    if method != "get":
        operation["requestBody"] = {"required": True, "content": dict(_content(f"New{name}"))}
    return operation


def _shown(name: str, properties: int) -> dict[str, Any]:
    return {f"{name.lower()}_value_{number}": KINDS[number % len(KINDS)][1] for number in range(properties)}


def _answer(name: str, example: dict[str, Any] | None = None) -> dict[str, Any]:
    content = dict(_content(name))
    if example is not None:
        content["application/json"]["example"] = example
    return {"description": f"A {name}.", "content": content}


def _content(name: str) -> Iterator[tuple[str, Any]]:
    yield "application/json", {"schema": {"$ref": f"#/components/schemas/{name}"}}
