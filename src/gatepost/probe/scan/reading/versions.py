"""Where things stand in each version of the OpenAPI Specification, as tables.

https://spec.openapis.org/oas/ - whoever needs to know a version asks its `Version`, never its name.
"""

from __future__ import annotations

import re

from msgspec import Struct

from gatepost.probe.scan.reading.node import Node

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")


class Version(Struct, frozen=True):
    """One version of the standard."""

    name: str
    schemas: tuple[str, ...] = ("components", "schemas")
    security_schemes: tuple[str, ...] = ("components", "securitySchemes")
    parameters: tuple[str, ...] = ("components", "parameters")
    responses: tuple[str, ...] = ("components", "responses")
    request_bodies: tuple[str, ...] = ("components", "requestBodies")
    headers: tuple[str, ...] = ("components", "headers")
    methods: tuple[str, ...] = (*METHODS, "trace")
    other_methods: str = ""
    """The field of a path item that maps further methods to operations."""
    webhooks: str = ""
    media_types: bool = True
    """Whether bodies and responses hold `content` by media type; if not, `consumes` and `produces` name the types."""
    servers: bool = True
    """Whether there are `servers`; if not, `schemes`, `host` and `basePath`."""
    ref_siblings: bool = False
    """Whether what stands beside the `$ref` of a schema counts."""
    type_lists: bool = False
    """Whether `type` may be a list with `null` in it; if not, null is `nullable` or `x-nullable`."""
    exclusive_numbers: bool = False
    """Whether `exclusiveMinimum` is a bound; if not, it is a flag beside `minimum`."""
    item_schema: bool = False
    """Whether a media type may describe the items of a stream (`itemSchema`)."""
    callbacks: bool = True
    write_only: bool = True
    """Whether a property can be `writeOnly`."""
    unevaluated: bool = False
    """Whether schemas know `unevaluatedProperties`."""


V2_0 = Version(
    "2.0",
    schemas=("definitions",),
    security_schemes=("securityDefinitions",),
    parameters=("parameters",),
    responses=("responses",),
    request_bodies=(),
    headers=(),
    methods=METHODS,
    media_types=False,
    servers=False,
    callbacks=False,
    write_only=False,
)
V3_0 = Version("3.0")
V3_1 = Version("3.1", webhooks="webhooks", ref_siblings=True, type_lists=True, exclusive_numbers=True, unevaluated=True)
V3_2 = Version(
    "3.2",
    methods=(*METHODS, "trace", "query"),
    other_methods="additionalOperations",
    webhooks="webhooks",
    ref_siblings=True,
    type_lists=True,
    exclusive_numbers=True,
    item_schema=True,
    unevaluated=True,
)

VERSIONS = (V2_0, V3_0, V3_1, V3_2)
NEWEST = V3_2

_NUMBER = re.compile(r"[0-9]+\.[0-9]+")


def declared(root: Node) -> str | None:
    """What `swagger` or `openapi` says at the top of a document, or None when neither is there."""
    for name in ("openapi", "swagger"):
        node = root.at(name)
        if node is not None:
            return str(node.value)
    return None


def version_of(text: str) -> Version | None:
    """The version that a text such as `3.1.2` names, or None for one that is unknown."""
    match = _NUMBER.match(text)
    return next((version for version in VERSIONS if match is not None and version.name == match.group()), None)
