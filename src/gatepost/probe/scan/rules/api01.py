"""API1:2023, broken object level authorization: which object is meant, and who says so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gatepost.probe.finding import Confidence, Severity
from gatepost.probe.scan.edits import Change, RemoveKey, SetKey
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Operation, Parameter
from gatepost.probe.scan.rules.rule import Hit, rule
from gatepost.probe.scan.rules.vocabulary import CALLER_HEADERS, IDENTIFIERS, QUANTITIES
from gatepost.probe.scan.rules.words import is_template, segments_of, squeezed
from gatepost.probe.scan.schema import Property, Schema

_ONLY_DIGITS = re.compile(r"\^?(?:\\d|\[0-9\]|\[1-9\])[\\d\[\]0-9{},+*]*\$?")
_OF_NUMBERS = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "pattern",
    "example", "examples", "default",
)  # fmt: skip


@rule(
    "api1-numeric-id",
    title="Objects are numbered",
    severity=Severity.MEDIUM,
    confidence=Confidence.FIRM,
    owasp="API1:2023",
    cwe=340,
    why="Numbers are counted up: whoever knows one id knows the others, and how many there are.",
    exploited="An attacker asks for id after id; one operation that forgets to check the owner gives away everything.",
    remediation="Identify objects by random values such as UUIDs, and check on every call whose object it is.",
    good=(
        "paths: {'/a/{id}': {get: {parameters: [{name: id, in: path, schema: {type: string, format: uuid}}]}}}",
        "paths: {'/years/{year}': {get: {parameters: [{name: year, in: path, schema: {type: integer}}]}}}",
    ),
    bad=(
        "paths: {'/orders/{id}': {get: {parameters: [{name: id, in: path, schema: {type: integer}}]}}}",
        """
        swagger: "2.0"
        info: {title: Example, version: "1"}
        paths: {'/users/{user}': {delete: {parameters: [{name: user, in: path, required: true, type: integer}]}}}
        """,
    ),
)
def numeric_id(description: Description) -> Iterator[Hit]:
    for operation in description.operations:
        for parameter in operation.parameters:
            schema = parameter.schema
            if schema is None or parameter.location != "path" or not _is_number(schema):
                continue
            if _names_object(operation, parameter):
                yield Hit(
                    parameter.node,
                    f"objects are found by counting: {{{parameter.name}}} is a number",
                    (operation,),
                    f"Make {parameter.name} a random value such as a UUID, and check whose object it is on every call.",
                    severity=Severity.MEDIUM if operation.anonymous else Severity.LOW,
                    fix=_as_uuid(schema),
                )


def _is_number(schema: Schema) -> bool:
    if schema.is_fixed:
        return False
    pattern = schema.constraint("pattern")
    return schema.is_number or (
        schema.is_string and pattern is not None and _ONLY_DIGITS.fullmatch(str(pattern.value)) is not None
    )


def _names_object(operation: Operation, parameter: Parameter) -> bool:
    """`{orderId}`, and `{order}` behind `/orders`; but no `{year}` and no `{page}`."""
    if QUANTITIES.ending(parameter.name):
        return False
    if IDENTIFIERS.ending(parameter.name):
        return True
    parts = segments_of(operation.path)
    place = next((number for number, part in enumerate(parts) if part == f"{{{parameter.name}}}"), 0)
    before = parts[place - 1] if place else "{"
    name = squeezed(parameter.name)
    return not is_template(before) and bool(name) and squeezed(before) in (f"{name}s", f"{name}es", f"{name[:-1]}ies")


def _as_uuid(schema: Schema) -> tuple[Change, ...]:
    node = schema.node
    removed = [child for name in _OF_NUMBERS if (child := node.at(name)) is not None]
    return (
        SetKey(node, "type", "string", guess=True),
        SetKey(node, "format", "uuid", guess=True),
        *(RemoveKey(child, guess=True) for child in removed),
        SetKey(node, "maxLength", 36, guess=True),
    )


@rule(
    "api1-id-in-two-places",
    title="The same object id comes from two places",
    severity=Severity.LOW,
    confidence=Confidence.FIRM,
    owasp="API1:2023",
    cwe=639,
    why="A check that looks at the id in the path says nothing about an action on the one in the body.",
    exploited="An attacker puts their own id into the path, where it is checked, and somebody else's into the body.",
    remediation="Take the id from the path only.",
    good="""
        paths:
          /accounts/{accountId}:
            put:
              parameters: [{name: accountId, in: path, schema: {type: string}}]
              requestBody: {content: {application/json: {schema: {properties: {name: {type: string}}}}}}
        """,
    bad="""
        paths:
          /accounts/{accountId}:
            put:
              parameters: [{name: accountId, in: path, schema: {type: string}}]
              requestBody: {content: {application/json: {schema: {properties: {account_id: {type: string}}}}}}
        """,
)
def id_in_two_places(description: Description) -> Iterator[Hit]:
    for operation in description.operations:
        in_path = {squeezed(each.name): each.name for each in operation.parameters if each.location == "path"}
        for parameter in operation.parameters:
            if parameter.location != "path" and (name := in_path.get(squeezed(parameter.name))):
                yield _second_place(operation, name, parameter)
        for body in operation.bodies:
            for each in body.schema.properties.values() if body.schema is not None else ():
                if not each.read_only and (name := in_path.get(squeezed(each.name))):
                    yield _second_place(operation, name, each)


def _second_place(operation: Operation, name: str, second: Parameter | Property) -> Hit:
    """A bare `id` in the body is what a schema shared with the answers brings: only worth a second look."""
    where = f"the {second.location}" if isinstance(second, Parameter) else "the body"
    return Hit(
        second.node if isinstance(second, Parameter) else second.place,
        f"{{{name}}} is in the path, and {second.name} in {where} can name another object",
        (operation,),
        f"Take {name} from the path only: remove {second.name} here, or mark it readOnly.",
        actionable=squeezed(name) not in ("id", "name"),
    )


@rule(
    "api1-caller-says-who",
    title="Callers say themselves who they are",
    severity=Severity.MEDIUM,
    confidence=Confidence.TENTATIVE,
    owasp="API1:2023",
    cwe=290,
    why="Such a header is what a gateway tells a service; documented for callers, it is a claim that nobody proves.",
    exploited="An attacker sends somebody else's id in the header.",
    remediation="Take who is calling from the credential, and let the gateway drop such headers from outside.",
    good="paths: {/a: {get: {parameters: [{name: X-Request-Id, in: header, schema: {type: string}}]}}}",
    bad="paths: {/a: {get: {parameters: [{name: X-User-Id, in: header, schema: {type: string}}]}}}",
)
def caller_says_who(description: Description) -> Iterator[Hit]:
    for operation in description.operations:
        for parameter in operation.parameters:
            if parameter.location == "header" and CALLER_HEADERS.names(parameter.name):
                yield Hit(
                    parameter.node,
                    f"callers send {parameter.name}: they may claim to be anybody",
                    (operation,),
                )
