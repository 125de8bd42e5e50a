"""Documents of any size, the same each time: how the cost of a scan grows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

LARGE_OPERATIONS = 300
"""Operations of the large document, which has about 3 MB then."""

SMALL_FILES = 1000

PROPERTIES = 69
"""Of each of the two objects of a resource."""

METHODS = ("get", "post", "put")

KINDS: tuple[dict[str, Any], ...] = (
    {"type": "string", "maxLength": 80, "pattern": "^[A-Za-z0-9 .,-]*$"},
    {"type": "string"},
    {"type": "integer", "format": "int32", "minimum": 0, "maximum": 100000},
    {"type": "string", "format": "date-time"},
    {"type": "array", "items": {"type": "string", "maxLength": 20}},
    {"type": "boolean"},
    {"type": "number"},
)
"""Some with bounds and some without, as documents of this size are."""


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
        paths[f"/resources-{number}/{{id}}"] = {method: _operation(method, name) for method in methods}
    return _written(paths, schemas)


def small_document(number: int) -> str:
    """Two operations and two objects."""
    name = f"Thing{number}"
    schemas = {each: _object(each, 5) for each in (name, f"New{name}", "Problem")}
    return _written({f"/things-{number}/{{id}}": {method: _operation(method, name) for method in METHODS[:2]}}, schemas)


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
    return yaml.dump(tree, Dumper=yaml.CSafeDumper, sort_keys=False)


def _object(name: str, properties: int) -> dict[str, Any]:
    described = {
        f"{name.lower()}_value_{number}": KINDS[number % len(KINDS)]
        | {"description": f"Value {number} of {name}, kept as it was given and shown as it was kept."}
        for number in range(properties)
    }
    return {"type": "object", "required": list(described)[:2], "properties": described}


def _operation(method: str, name: str) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"{method}{name}",
        "summary": f"{method.capitalize()} one {name}",
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 40}}],
        "responses": {
            "200": _answer(name),
            "400": _answer("Problem"),
            "default": _answer("Problem"),
        },
    }
    if method != "get":
        operation["requestBody"] = {"required": True, "content": dict(_content(f"New{name}"))}
    return operation


def _answer(name: str) -> dict[str, Any]:
    return {"description": f"A {name}.", "content": dict(_content(name))}


def _content(name: str) -> Iterator[tuple[str, Any]]:
    yield "application/json", {"schema": {"$ref": f"#/components/schemas/{name}"}}
