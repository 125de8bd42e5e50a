"""API3, API7 and API8:2023: properties that should not be there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.seeded.document import ERROR, REQUEST, RESPONSE, Document, Spot
from tests.seeded.fault import Edit, Family, Fault, fault

_TEXT: dict[str, Any] = {"type": "string", "maxLength": 100, "pattern": "^[A-Za-z0-9 $./=+-]*$"}
_FLAG: dict[str, Any] = {"type": "boolean"}
_NUMBER: dict[str, Any] = {"type": "integer", "format": "int32", "minimum": 0, "maximum": 1000000}
_URL = {"type": "string", "format": "uri", "maxLength": 2000, "pattern": "^https?://[!-~]+$"}
_TRACE = {"type": "string", "maxLength": 10000, "pattern": "^[!-~ ]*$"}

SENSITIVE = {
    "passwordHash": _TEXT,
    "ssn": _TEXT | {"pattern": "^[0-9]{3}-[0-9]{2}-[0-9]{4}$"},
    "cardNumber": _TEXT | {"pattern": "^[0-9]{13,19}$"},
    "cvv": _TEXT | {"pattern": "^[0-9]{3,4}$"},
    "api_secret": _TEXT,
    "password": _TEXT | {"format": "password"},
}
PRIVILEGED = {"isAdmin": _FLAG, "role": _TEXT | {"pattern": "^[a-z]+$"}, "permissions": _TEXT, "is_superuser": _FLAG}
SERVER_OWNED = {"balance": _NUMBER, "ownerId": _TEXT, "emailVerified": _FLAG, "credit_limit": _NUMBER}
URLS = {"callbackUrl": _URL, "webhook_url": _URL, "imageUrl": _URL, "target": _URL}
LEAKS = {"stackTrace": _TRACE, "exception": _TRACE, "sql": _TRACE, "debugInfo": _TRACE}


def _added(properties: Mapping[str, dict[str, Any]], side: str) -> Callable[[Document], Iterator[Fault]]:
    """One of the properties in every object of a side, in turn, and in an allOf beside the body."""

    def plant(document: Document) -> Iterator[Fault]:
        names = list(properties)
        for number, spot in enumerate(_objects(document, side)):
            name = names[number % len(names)]
            yield fault(spot.shape, (*spot.pointer, "properties", name), properties[name])
        for number, pointer in enumerate(_referring_bodies(document, side)):
            name = names[number % len(names)]
            yield _composed(document, pointer, name, properties[name])

    return plant


def _objects(document: Document, side: str) -> Iterator[Spot]:
    for spot in document.spots:
        if spot.side == side and "properties" in spot.schema:
            yield spot


def _referring_bodies(document: Document, side: str) -> Iterator[tuple[str, ...]]:
    """Where a body is nothing but a reference to an object."""
    for operation in document.operations:
        bodies = [(*pointer, "schema") for pointer, _ in document.request_bodies(operation)]
        answers = [
            schema
            for status, pointer, node, _ in document.answers(operation)
            if status.startswith("2") == (side == RESPONSE)
            for schema in document.schemas_of_answer(pointer, node)
        ]
        for pointer in bodies if side == REQUEST else answers:
            if "$ref" in document.get(pointer) and "properties" in document.resolve(pointer)[1]:
                yield pointer


def _composed(document: Document, pointer: tuple[str, ...], name: str, schema: dict[str, Any]) -> Fault:
    closed = {"type": "object", "properties": {name: schema}, "additionalProperties": False}
    extended = [document.get(pointer), closed]
    return Fault("allOf", (Edit((*pointer, "allOf"), extended), Edit((*pointer, "$ref"))))


def _no_longer_read_only(document: Document) -> Iterator[Fault]:
    """What the server sets can now be sent, in a schema that requests and responses share."""
    for spot in document.spots:
        for name, schema in spot.schema.get("properties", {}).items():
            if spot.side == REQUEST and schema.get("readOnly"):
                yield fault(spot.shape, (*spot.pointer, "properties", name, "readOnly"))


FAMILIES = (
    Family("sensitive-property-returned", "API3:2023", _added(SENSITIVE, RESPONSE)),
    Family("privileged-property-writable", "API3:2023", _added(PRIVILEGED, REQUEST)),
    Family("server-owned-property-writable", "API3:2023", _added(SERVER_OWNED, REQUEST)),
    Family("read-only-dropped", "API3:2023", _no_longer_read_only),
    Family("url-in-body", "API7:2023", _added(URLS, REQUEST)),
    Family("leaky-error", "API8:2023", _added(LEAKS, ERROR)),
)
