"""Bodies whose shape says too little, or so much that nothing fits."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.probe.finding import Confidence, Severity
from gatepost.probe.scan.edits import Change, SetKey
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.reading.node import Node
from gatepost.probe.scan.rules.naming import listed
from gatepost.probe.scan.rules.rule import Hit, rule
from gatepost.probe.scan.schema import Schema

_SAYS_SOMETHING = frozenset(
    {
        "type", "enum", "const", "anyOf", "oneOf", "not", "if", "properties", "patternProperties", "items",
        "prefixItems", "additionalProperties", "unevaluatedProperties", "required", "format", "pattern", "contains",
        "contentMediaType", "contentEncoding", "discriminator", "$dynamicRef", "minimum", "maximum",
        "maxLength", "maxItems", "maxProperties", "schema", "content",
    }
)  # fmt: skip
"""Keywords of which one is enough to know what a value is; `schema` and `content` are those of a parameter."""

_REQUEST = "paths: {{/a: {{post: {{requestBody: {{content: {{application/json: {{{}}}}}}}}}}}}}"
_CLOSED = _REQUEST.format("schema: {type: object, properties: {a: {type: string}}, additionalProperties: false}")


@rule(
    "api3-open-object",
    title="An object takes properties that nobody named",
    severity=Severity.LOW,
    confidence=Confidence.FIRM,
    owasp="API3:2023",
    cwe=915,
    why="What is not named is not checked, and frameworks bind it to whatever the object in memory has.",
    exploited="An attacker adds properties such as `role` until one of them has an effect.",
    remediation="Set `additionalProperties: false`, or `unevaluatedProperties: false` where schemas are composed.",
    good=(
        _CLOSED,
        _REQUEST.format("schema: {allOf: [{properties: {a: {type: string}}}], unevaluatedProperties: false}"),
    ),
    bad=_REQUEST.format("schema: {type: object, properties: {a: {type: string}}, additionalProperties: true}"),
)
def open_object(description: Description) -> Iterator[Hit]:
    parts = _parts(description)
    for schema in description.schemas:
        if not schema.is_reached or id(schema.node) in parts or not schema.properties:
            continue
        if not _is_closed(schema):
            explicit = schema.additional is not None
            yield Hit(
                schema.node,
                _openness(schema, explicit),
                severity=Severity.LOW if schema.in_request else Severity.INFO,
                fix=_close(description, schema),
                actionable=explicit and schema.in_request,
            )


def _parts(description: Description) -> frozenset[int]:
    """Schemas that are only a part of a composition: closed by themselves, they would refuse the other parts."""
    return frozenset(id(part.node) for schema in description.schemas for part in schema.parts)


def _openness(schema: Schema, explicit: bool) -> str:
    what = f"the object with {listed(schema.properties)}"
    if not schema.in_request:
        return f"{what} may come with properties that nobody named"
    return f"{what} takes any other property{', and says so' if explicit else ''}"


def _is_closed(schema: Schema) -> bool:
    """Whether other properties are refused, or at least described."""
    return any(_refuses(each.node.at(keyword)) for each in schema.whole for keyword in _OTHERS)


_OTHERS = ("additionalProperties", "unevaluatedProperties")


def _refuses(node: Node | None) -> bool:
    return node is not None and (node.value is False or (node.is_mapping and bool(node.resolved.value)))


def _close(description: Description, schema: Schema) -> tuple[Change, ...]:
    composed = len(schema.whole) > 1 or any(True for _ in schema.branches)
    if not composed:
        return (SetKey(schema.node, "additionalProperties", False, guess=True),)
    if description.version.unevaluated:
        return (SetKey(schema.node, "unevaluatedProperties", False, guess=True),)
    return ()


@rule(
    "api3-impossible-composition",
    title="No object fits these schemas at once",
    severity=Severity.LOW,
    owasp="API3:2023",
    cwe=20,
    why="A part of `allOf` that allows no other properties refuses those of the other parts: nothing valid remains.",
    exploited="Whoever runs into it turns the validation off, and an attacker sends what they like.",
    remediation="Close the composition as a whole: `unevaluatedProperties: false` beside `allOf`, or write it out.",
    good=_REQUEST.format(
        "schema: {allOf: [{properties: {a: {type: string}}}, {properties: {b: {type: string}}}]}",
    ),
    bad=_REQUEST.format(
        "schema: {allOf: [{properties: {a: {type: string}}, additionalProperties: false}, "
        "{properties: {b: {type: string}}, required: [b]}]}",
    ),
)
def impossible_composition(description: Description) -> Iterator[Hit]:
    for schema in description.schemas:
        if schema.node.at("allOf") is None:
            continue
        for part in schema.whole:
            others = _refused_by(part, schema)
            if others:
                yield Hit(
                    schema.node,
                    f"one part of allOf allows {listed(part.properties) if part.properties else 'nothing'} only, "
                    f"another asks for {listed(others)}",
                )
                break


def _refused_by(part: Schema, schema: Schema) -> list[str]:
    """Properties of the other parts that this part forbids."""
    closing = part.node.at("additionalProperties")
    if part is schema or closing is None or closing.value is not False or part.node.has("patternProperties"):
        return []
    allowed = {each.name for each in part.own_properties}
    return [name for name in schema.properties if name not in allowed]


@rule(
    "api3-free-form-object",
    title="Any object is taken",
    severity=Severity.LOW,
    confidence=Confidence.TENTATIVE,
    owasp="API3:2023",
    cwe=20,
    why="An object without properties is not checked at all.",
    exploited="An attacker sends properties that mean something to the code behind, or structures that it cannot hold.",
    remediation="Describe the properties, or as a map what the values are and how many there may be.",
    good=(
        _CLOSED,
        _REQUEST.format("schema: {type: object, additionalProperties: {type: string}, maxProperties: 20}"),
    ),
    bad=_REQUEST.format("schema: {type: object}"),
)
def free_form_object(description: Description) -> Iterator[Hit]:
    parts, bodies = _parts(description), _bodies(description)
    for schema in description.schemas:
        if schema.in_request and id(schema.node) not in parts and _is_free_form(schema):
            is_body = id(schema.node) in bodies
            yield Hit(
                schema.node,
                "the body may be any object" if is_body else "this may be any object",
                severity=Severity.MEDIUM if is_body else Severity.LOW,
                confidence=Confidence.FIRM if is_body else Confidence.TENTATIVE,
            )


def _is_free_form(schema: Schema) -> bool:
    if not schema.is_object or schema.properties or _is_closed(schema) or schema.is_fixed:
        return False
    return not any(schema.constraint(name) for name in ("anyOf", "oneOf", "patternProperties", "propertyNames"))


def _bodies(description: Description) -> frozenset[int]:
    return frozenset(id(body.schema.node) for each in description.operations for body in each.bodies if body.schema)


@rule(
    "api3-untyped-value",
    title="Any value is taken",
    severity=Severity.LOW,
    confidence=Confidence.TENTATIVE,
    owasp="API3:2023",
    cwe=20,
    why="A schema that says nothing about the type lets objects and lists pass where a string was meant.",
    exploited="An attacker sends an object where the code expects a string, and a query operator is among its keys.",
    remediation="Say what the value is: add its `type`.",
    good=_REQUEST.format("schema: {type: object, properties: {a: {type: string}}, additionalProperties: false}"),
    bad=(
        _REQUEST.format("schema: {type: object, properties: {a: {description: A name}}, additionalProperties: false}"),
        _REQUEST.format("schema: {}"),
    ),
)
def untyped_value(description: Description) -> Iterator[Hit]:
    bodies = _bodies(description)
    for schema in description.schemas:
        if schema.in_request and not _is_inline_part(schema) and not any(_says(each.node) for each in schema.whole):
            is_body = id(schema.node) in bodies
            yield Hit(
                _silent(schema),
                "the body may be anything" if is_body else "nothing is said about what this may be",
                severity=Severity.MEDIUM if is_body else Severity.LOW,
                confidence=Confidence.FIRM if is_body else Confidence.TENTATIVE,
                fix=_type_of_example(schema),
            )
    for operation in description.operations:
        for parameter in operation.parameters:
            if parameter.schema is None:
                yield Hit(parameter.node, f"nothing is said about what {parameter.name} may be", (operation,))


def _is_inline_part(schema: Schema) -> bool:
    """Whether it adds something, such as a description, to others that say what the value is."""
    return schema.node.parent is not None and schema.node.parent.key == "allOf"


def _says(node: Node) -> bool:
    value = node.value
    return isinstance(value, dict) and not _SAYS_SOMETHING.isdisjoint(value)


def _silent(schema: Schema) -> Node:
    """The schema itself, or the one that it is made of: that is where the type is missing."""
    return next(schema.parts, schema).node


def _type_of_example(schema: Schema) -> tuple[Change, ...]:
    """An example, or a default, implies the type."""
    values = [found for name in ("example", "default") if (found := schema.node.at(name)) is not None]
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    kind = kinds.get(type(values[0].value)) if values else None
    return (SetKey(schema.node, "type", kind),) if kind else ()
