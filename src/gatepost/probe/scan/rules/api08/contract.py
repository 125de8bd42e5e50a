"""API8:2023: a contract that contradicts itself is enforced by nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gatepost.probe.finding import Confidence, Severity
from gatepost.probe.scan.edits import AppendItem, Change, Json, RemoveKey, SetKey
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Operation
from gatepost.probe.scan.reading.node import Node
from gatepost.probe.scan.rules.rule import Hit, rule
from gatepost.probe.scan.rules.values import violation

_TEXT: dict[str, Json] = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]+$"}
"""What a value may be about which nothing is known: a name or an id."""

_TEMPLATE = re.compile(r"\{([^{}]+)\}")


@rule(
    "api8-trace-method",
    title="TRACE is offered",
    severity=Severity.MEDIUM,
    owasp="API8:2023",
    cwe=749,
    why="TRACE echoes the request, with the headers that proxies added and scripts may not read (RFC 9110, 9.3.8).",
    exploited="A script in a page reads the cookie or the internal headers of its own request.",
    remediation="Switch TRACE off in the server, and remove the operation.",
    good="paths: {/a: {get: {responses: {}}}}",
    bad="paths: {/a: {trace: {responses: {}}}}",
)
def trace_method(description: Description) -> Iterator[Hit]:
    for operation in description.operations:
        if operation.method in ("TRACE", "TRACK"):
            place = operation.item.at(operation.method.lower()) or operation.node
            yield Hit(place, f"{operation.path} answers TRACE", (operation,), fix=(RemoveKey(place, guess=True),))


@rule(
    "api8-undeclared-path-parameter",
    title="A part of the path is not described",
    severity=Severity.MEDIUM,
    owasp="API8:2023",
    cwe=20,
    why="What has no schema is not validated by gateways, and it ends up in queries and file names.",
    exploited="An attacker puts `..%2f` or a statement where an id is expected.",
    remediation="Declare the parameter with its type, length and pattern.",
    good="""
        paths: {'/a/{id}': {get: {responses: {}}, parameters: [
          {name: id, in: path, required: true, schema: {type: string}}]}}
        """,
    bad="paths: {'/a/{id}': {get: {responses: {}}}}",
)
def undeclared_path_parameter(description: Description) -> Iterator[Hit]:
    for operation in description.operations:
        declared = {parameter.name for parameter in operation.parameters if parameter.location == "path"}
        for name in dict.fromkeys(_TEMPLATE.findall(operation.path.partition("?")[0])):
            if name not in declared:
                yield Hit(
                    operation.item,
                    f"{{{name}}} in {operation.path} is not declared",
                    (operation,),
                    detail=name,
                    fix=_declared(operation, name),
                )


def _declared(operation: Operation, name: str) -> tuple[Change, ...]:
    head: dict[str, Json] = {"name": name, "in": "path", "required": True}
    parameter = head | ({"schema": dict(_TEXT)} if operation.description.version.media_types else _TEXT)
    listed = operation.item.get("parameters")
    if listed is not None:
        return (AppendItem(listed, parameter, guess=True),)
    return (SetKey(operation.item, "parameters", [parameter], guess=True),)


@rule(
    "api8-parameter-without-schema",
    title="A parameter may be anything",
    severity=Severity.MEDIUM,
    owasp="API8:2023",
    cwe=20,
    why="What has no schema is not validated, whatever the code behind it expects.",
    exploited="An attacker sends a value of any length and form, which ends in a query or in a log.",
    remediation="Describe it by a schema, with its type, length and pattern.",
    good="paths: {/a: {get: {responses: {}, parameters: [{name: q, in: query, schema: {type: string}}]}}}",
    bad="paths: {/a: {get: {responses: {}, parameters: [{name: q, in: query}]}}}",
)
def parameter_without_schema(description: Description) -> Iterator[Hit]:
    for operation in description.operations:
        for parameter in operation.parameters:
            if parameter.schema is None and not (parameter.node.has("schema") or parameter.node.has("content")):
                yield Hit(
                    parameter.node,
                    f"nothing says what {parameter.name} may be",
                    (operation,),
                    fix=(SetKey(parameter.node, "schema", dict(_TEXT), guess=True),),
                )


@rule(
    "api8-duplicate-operation-id",
    title="Two operations have the same id",
    severity=Severity.LOW,
    owasp="API8:2023",
    cwe=694,
    why="Gateways and generators keep rules by operation id: one of the two gets those of the other, or none.",
    exploited="An attacker calls the operation whose policy was overwritten.",
    remediation="Give each operation an id of its own.",
    good="paths: {/a: {get: {operationId: a, responses: {}}, put: {operationId: b, responses: {}}}}",
    bad="paths: {/a: {get: {operationId: a, responses: {}}, put: {operationId: a, responses: {}}}}",
)
def duplicate_operation_id(description: Description) -> Iterator[Hit]:
    first: dict[str, Operation] = {}
    for operation in description.every_operation:
        place = operation.node.get("operationId")
        if place is None or not isinstance(place.value, str):
            continue
        known = first.setdefault(place.value, operation)
        if known.node is not operation.node:
            yield Hit(place, f"{place.value} is also the id of {known.name}", (operation,))


@rule(
    "api8-invalid-example",
    title="A documented value is not valid",
    severity=Severity.LOW,
    confidence=Confidence.FIRM,
    owasp="API8:2023",
    cwe=1286,
    why="Either the value or the schema is wrong; if it is the schema, validation will be switched off to get along.",
    exploited="Where validation had to be switched off, anything goes through.",
    remediation="Correct the value, or the constraint that it breaks.",
    good="components: {schemas: {A: {type: integer, maximum: 10, example: 7, default: 1}}}",
    bad=(
        "components: {schemas: {A: {type: integer, maximum: 10, example: 11}}}",
        "components: {schemas: {A: {type: string, enum: [a, b], default: c}}}",
        "components: {schemas: {A: {type: string, maxLength: 3, examples: [abcd]}}}",
    ),
    strict=True,
)
def invalid_example(description: Description) -> Iterator[Hit]:
    for schema in description.schemas:
        for value in _documented(schema.node):
            if (reason := violation(schema, value)) is not None:
                yield Hit(value, f"this value {reason}")


def _documented(node: Node) -> Iterator[Node]:
    for keyword in ("default", "example"):
        if (value := node.at(keyword)) is not None:
            yield value
    listed = node.at("examples")
    if listed is not None and listed.is_sequence:
        yield from listed.items()
