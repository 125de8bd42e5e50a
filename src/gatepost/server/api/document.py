"""The OpenAPI 3.1 document, made from the operations themselves, so that it cannot say anything else than they do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from gatepost._version import __version__
from gatepost.guard.policy import ANY_KEY, PUBLIC, Bytes, Json
from gatepost.notify.notification import EventType, Topic
from gatepost.server.api.all import OPERATIONS
from gatepost.server.api.operation import DEFAULT_PAGE, MAX_PAGE, Operation
from gatepost.web.problem import PROBLEM_TYPE

_REF = "#/components/schemas/{name}"


class FieldProblem(Struct):
    """One thing that is wrong; `pointer` is a JSON Pointer (RFC 6901) into the body."""

    detail: str
    pointer: str


class Problem(Struct):
    """A problem document (RFC 9457). `code` is stable; `type` leads to what it means."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldProblem] = []
    retry_after: float | None = None


class Webhook(Struct):
    """The body of a webhook (Standard Webhooks)."""

    type: EventType
    timestamp: Annotated[str, Meta(description="When the notification was accepted, RFC 3339.")]
    topic: Topic
    data: Any


_QUERY: dict[str, Any] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": DEFAULT_PAGE},
    "cursor": {"type": "string"},
    "since": {"type": "string", "format": "date-time"},
    "until": {"type": "string", "format": "date-time"},
    "state": {"type": "string", "enum": ["dead", "open"], "default": "dead"},
}
_MEANINGS = {
    "cursor": "`next` of the page before.",
    "token": "A short-lived token of `POST /v1/stream-tokens`, for browsers.",
}
_SEND_HEADERS = (
    {
        "name": "Idempotency-Key",
        "in": "header",
        "schema": {"type": "string", "maxLength": 257},
        "description": "Makes a retry safe: the same key with the same body gets the same answer.",
    },
    {
        "name": "Gatepost-Durability",
        "in": "header",
        "schema": {"type": "string", "enum": list(Literal["group", "memory"].__args__)},  # type: ignore[attr-defined]
        "description": "group (the default): answered once on disk. memory: answered before, if the service allows it.",
    },
)
_RETRY_AFTER = {
    "description": "Seconds; with 429, and with 503 when the service knows.",
    "schema": {"type": "integer", "minimum": 0},
}
_SIGNATURE_HEADERS = [
    {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
]


def openapi_document(operations: Iterable[Operation] = OPERATIONS) -> bytes:
    """The document as JSON."""
    operations = tuple(operations)
    kinds = [Problem, Webhook, *(kind for each in operations for kind in (each.takes, each.gives) if kind is not None)]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    by_kind = {str(kind): schema for kind, schema in zip(kinds, schemas, strict=True)}
    problem = _answer("What went wrong.", PROBLEM_TYPE, by_kind[str(Problem)])
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, by_kind)
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Gatepost",
            "version": __version__,
            "summary": "Accept, keep, deliver: notifications that arrive.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"api_key": []}],
        "paths": paths,
        "webhooks": {"notification": {"post": _webhook(by_kind)}},
        "components": {
            "schemas": components,
            "securitySchemes": {"api_key": {"type": "http", "scheme": "bearer", "bearerFormat": "gp_live_..."}},
            "responses": {"Problem": problem | {"headers": {"Retry-After": _RETRY_AFTER}}},
        },
    }
    # JSON Schema has ECMA-262 patterns, where `$` already means the very end and `\Z` means nothing.
    return msgspec.json.format(msgspec.json.encode(document), indent=1).replace(rb"\\Z", b"$")


def _operation(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    policy = operation.policy
    described: dict[str, Any] = {
        "operationId": operation.handle.__module__.rpartition(".")[2] + "_" + operation.handle.__name__.strip("_"),
        "summary": operation.summary,
        "parameters": _parameters(operation),
        "responses": {str(operation.status): _success(operation, schemas), "default": _problem_ref()},
    }
    if policy.scope == PUBLIC:
        described["security"] = []
    elif policy.scope != ANY_KEY:
        described["description"] = f"Needs the scope `{policy.scope}`."
    if policy.body is not None and operation.takes is not None:
        described["requestBody"] = _body(operation, policy.body, schemas)
    return described


def _parameters(operation: Operation) -> list[Any]:
    in_path: list[Any] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", operation.path)
    ]
    in_query: list[Any] = [
        {"name": name, "in": "query", "schema": _QUERY.get(name, {"type": "string"})}
        | ({"description": _MEANINGS[name]} if name in _MEANINGS else {})
        for name in sorted(operation.policy.query)
    ]
    headers = _SEND_HEADERS if operation.policy.scope == "notifications:send" else ()
    return [*in_path, *in_query, *headers]


def _body(operation: Operation, body: Json | Bytes, schemas: dict[str, Any]) -> dict[str, Any]:
    schema = schemas[str(operation.takes)]
    return {
        "required": not body.optional,
        "content": {kind: {"schema": schema} for kind in body.media_types},
        "description": f"At most {body.max_bytes} bytes.",
    }


def _success(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    if operation.gives is None:
        return {"description": operation.summary}
    schema = schemas[str(operation.gives)]
    if operation.method == "GET" and schema.get("type") == "array":
        schema = {
            "type": "object",
            "required": ["data", "next"],
            "properties": {"data": schema, "next": {"type": ["string", "null"]}},
        }
    return _answer(operation.summary, "application/json", schema)


def _answer(description: str, media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {media_type: {"schema": schema}}}


def _problem_ref() -> dict[str, Any]:
    return {"$ref": "#/components/responses/Problem"}


def _webhook(schemas: dict[str, Any]) -> dict[str, Any]:
    return {
        "summary": "A notification, signed by Standard Webhooks",
        "parameters": _SIGNATURE_HEADERS,
        "requestBody": {"required": True, "content": {"application/json": {"schema": schemas[str(Webhook)]}}},
        "responses": {
            "2XX": {"description": "Taken. Anything else is tried again."},
            "410": {"description": "Send nothing more: the endpoint is disabled."},
        },
        "security": [],
    }
