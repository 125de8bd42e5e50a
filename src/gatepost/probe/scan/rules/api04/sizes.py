"""How much comes at once: arrays, maps and files without an end."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.probe.finding import Confidence, Severity
from gatepost.probe.scan.edits import Change, SetKey
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Operation
from gatepost.probe.scan.rules.api04 import implied
from gatepost.probe.scan.rules.kinds import format_of, is_inline_part, of_kind
from gatepost.probe.scan.rules.rule import Hit, rule
from gatepost.probe.scan.rules.sides import by_side, known_as, sent_or_returned
from gatepost.probe.scan.schema import Schema

GUESSED_ITEMS = 100
"""What fits on a page."""

GUESSED_BYTES = 10_000_000
"""A picture of a good camera."""

TOO_LARGE = "413"

_BODY = "paths: {{/a: {{post: {{requestBody: {{content: {{{}: {{schema: {{{}}}}}}}}}}}}}}}"
_JSON = "application/json"


@rule(
    "api4-unbounded-array",
    title="A list may be of any length",
    severity=Severity.LOW,
    owasp="API4:2023",
    cwe=770,
    why="Each element costs a check, a row or a call: a list without an end is a loop that callers control.",
    exploited="An attacker sends one request with a million elements.",
    remediation="Set maxItems.",
    good=_BODY.format(_JSON, "type: array, maxItems: 10, items: {type: boolean}"),
    bad=_BODY.format(_JSON, "type: array, items: {type: boolean}"),
)
def unbounded_array(description: Description) -> Iterator[Hit]:
    in_addresses = _in_addresses(description)
    for schema in of_kind(description, "array"):
        if schema.constraint("maxItems") is None:
            size = implied.size(schema)
            yield Hit(
                schema.node,
                f"{known_as(schema)}, which {sent_or_returned(schema)}, may have any number of elements",
                remediation=f"Set maxItems, such as {size or GUESSED_ITEMS}.",
                severity=by_side(schema, Severity.LOW),
                fix=(SetKey(schema.node, "maxItems", size or GUESSED_ITEMS, guess=size is None),),
                actionable=schema.in_request and id(schema.node) not in in_addresses,
            )


def _in_addresses(description: Description) -> frozenset[int]:
    """Schemas of parameters outside bodies: servers limit addresses and headers to kilobytes anyway."""
    return frozenset(
        id(parameter.schema.node)
        for operation in description.operations
        for parameter in operation.parameters
        if parameter.schema is not None and parameter.location != "formData"
    )


@rule(
    "api4-unbounded-map",
    title="A map may have any number of entries",
    severity=Severity.LOW,
    owasp="API4:2023",
    cwe=770,
    why="Callers choose the keys: each is stored, and some become names of columns or of metrics.",
    exploited="An attacker sends a million keys, or a new one with each request.",
    remediation="Set maxProperties.",
    good=_BODY.format(_JSON, "type: object, additionalProperties: {type: boolean}, maxProperties: 10"),
    bad=_BODY.format(_JSON, "type: object, additionalProperties: {type: boolean}"),
    strict=True,
)
def unbounded_map(description: Description) -> Iterator[Hit]:
    for schema in description.schemas:
        values = schema.constraint("additionalProperties")
        is_map = values is not None and values.is_mapping and bool(values.value)
        if is_map and schema.is_reached and schema.constraint("maxProperties") is None and not is_inline_part(schema):
            yield Hit(
                schema.node,
                f"{known_as(schema)}, which {sent_or_returned(schema)}, may have any number of entries",
                severity=by_side(schema, Severity.LOW),
                fix=(SetKey(schema.node, "maxProperties", GUESSED_ITEMS, guess=True),),
            )


@rule(
    "api4-unbounded-upload",
    title="A file may be of any size",
    severity=Severity.MEDIUM,
    confidence=Confidence.FIRM,
    owasp="API4:2023",
    cwe=400,
    why="Files fill memory while they are read and disks when they are kept; nothing here says where it ends.",
    exploited="An attacker uploads until the disk is full, from many machines at once.",
    remediation="Set maxLength in bytes, refuse what is larger with 413, and document that.",
    good=(
        _BODY.format("image/png", "type: string, format: binary, maxLength: 2000000"),
        _BODY.format("multipart/form-data", "properties: {file: {type: string, format: binary, maxLength: 2000000}}"),
    ),
    bad=(
        _BODY.format("image/png", "type: string, format: binary"),
        _BODY.format("multipart/form-data", "properties: {file: {type: string, format: binary}}"),
        """
        swagger: "2.0"
        info: {title: Example, version: "1"}
        paths: {/a: {post: {parameters: [{name: file, in: formData, type: file}]}}}
        """,
    ),
)
def unbounded_upload(description: Description) -> Iterator[Hit]:
    for schema in description.schemas:
        if schema.in_request and _is_file(schema) and schema.constraint("maxLength") is None:
            unlimited = tuple(operation for operation in schema.accepted_by if not _refuses_large(operation))
            if unlimited:
                yield Hit(
                    schema.node,
                    f"{known_as(schema)} is a file of any size",
                    unlimited,
                    fix=_limit(schema),
                )


def _is_file(schema: Schema) -> bool:
    return format_of(schema) == "binary" or "file" in schema.types or _is_raw(schema)


def _is_raw(schema: Schema) -> bool:
    """As 3.1 says it: a string with a media type and no encoding."""
    return schema.node.has("contentMediaType") and not schema.node.has("contentEncoding")


def _refuses_large(operation: Operation) -> bool:
    return operation.response(TOO_LARGE, exactly=True) is not None


def _limit(schema: Schema) -> tuple[Change, ...]:
    return (SetKey(schema.node, "maxLength", GUESSED_BYTES, guess=True),)
