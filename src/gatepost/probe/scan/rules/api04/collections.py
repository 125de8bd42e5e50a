"""Lists that are read: whether they come in pages, and how long a page may be."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gatepost.probe.finding import Confidence, Severity
from gatepost.probe.scan.edits import AppendItem, Change, Json, SetKey
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Operation, Parameter
from gatepost.probe.scan.rules.api04.implied import examples
from gatepost.probe.scan.rules.api04.numbers import is_page_size
from gatepost.probe.scan.rules.rule import Hit, rule
from gatepost.probe.scan.rules.vocabulary import COLLECTIONS, PAGES
from gatepost.probe.scan.rules.words import is_template, segments_of, squeezed
from gatepost.probe.scan.schema import Schema

GUESSED_PAGE = 100
"""Elements of a page that most interfaces allow."""

_MAXIMUM = re.compile(r"(?:max(?:imum)?|up to|at most|no more than)\D{0,20}([0-9]{1,6})", re.IGNORECASE)
"""How descriptions tell the bound that the schema leaves out."""

_LIST = "'200': {content: {application/json: {schema: {type: array, items: {type: string}}}}}"
_PAGED = "paths: {{/a: {{get: {{parameters: [{{name: limit, in: query, schema: {{{}}}}}], responses: {{{}}}}}}}}}"


@rule(
    "api4-page-size-without-maximum",
    title="A caller decides how long a page is",
    severity=Severity.MEDIUM,
    confidence=Confidence.FIRM,
    owasp="API4:2023",
    cwe=770,
    why="A page size without an end is no page size: one call can ask for all there is.",
    exploited="An attacker asks for a page of a billion, many times at once.",
    remediation="Set a maximum.",
    good=_PAGED.format("type: integer, maximum: 100", _LIST),
    bad=_PAGED.format("type: integer", _LIST),
)
def page_size_without_maximum(description: Description) -> Iterator[Hit]:
    for operation in description.operations:
        for parameter in operation.parameters:
            schema = parameter.schema
            if schema is not None and is_page_size(parameter) and schema.maximum() is None and not schema.is_fixed:
                bound, sure = _page_bound(operation, parameter, schema)
                yield Hit(
                    schema.node,
                    f"{parameter.name} may be any number: one call can ask for everything",
                    (operation,),
                    f"Set a maximum for {parameter.name}, such as {bound}.",
                    fix=(SetKey(schema.node, "maximum", bound, guess=not sure),),
                )


def _page_bound(operation: Operation, parameter: Parameter, schema: Schema) -> tuple[int, bool]:
    """What the description says, what a list in the answer allows, or a page with room for the example."""
    said = _MAXIMUM.search(f"{parameter.node.text('description')} {schema.node.text('description')}")
    if said is not None:
        return int(said[1]), True
    lists = [each for _, each in _lists(operation)]
    allowed = [node.numeric for each in lists if (node := each.constraint("maxItems")) is not None]
    if allowed and isinstance(allowed[0], int):
        return allowed[0], True
    shown = [each.value for each in examples(schema) if isinstance(each.value, int)]
    return max([GUESSED_PAGE, *shown]), bool(shown)


@rule(
    "api4-endless-collection",
    title="A list is returned as a whole",
    severity=Severity.MEDIUM,
    confidence=Confidence.FIRM,
    owasp="API4:2023",
    cwe=770,
    why="It grows with the data: what answers in a millisecond today reads a million rows next year.",
    exploited="An attacker adds elements, or waits, and calls it in a loop: each call reads everything.",
    remediation="Return pages: take a limit with a maximum, and a cursor.",
    good=(
        _PAGED.format("type: integer, maximum: 100", _LIST),
        "paths: {'/a/{id}': {get: {responses: {'200': {content: {application/json: {schema: {type: object}}}}}}}}",
    ),
    bad=f"paths: {{/a: {{get: {{responses: {{{_LIST}}}}}}}}}",
)
def endless_collection(description: Description) -> Iterator[Hit]:
    for operation in description.operations:
        lists = dict(_lists(operation)) if operation.method == "GET" and not _has_pages(operation) else {}
        if lists:
            name, elements = next(iter(lists.items()))
            bound = elements.constraint("maxItems")
            yield Hit(
                operation.node,
                f"{operation.name} returns {name} as a whole"
                + (f", up to {bound.value}, and no way to the rest" if bound is not None else ""),
                (operation,),
                severity=Severity.MEDIUM if bound is None else Severity.LOW,
                fix=_add_limit(operation),
                actionable=bound is None,
            )


def _has_pages(operation: Operation) -> bool:
    return any(
        is_page_size(each) or PAGES.names(each.name) for each in operation.parameters if each.location == "query"
    )


def _lists(operation: Operation) -> Iterator[tuple[str, Schema]]:
    """The list that an operation is there to return: the answer itself, or what an object wraps."""
    parts = segments_of(operation.path)
    if not parts or is_template(parts[-1]):
        return
    for response in operation.responses:
        for content in response.contents if response.is_success else ():
            schema = content.schema
            if schema is not None and schema.is_array:
                yield "its list", schema
            elif schema is not None:
                yield from _wrapped(schema, squeezed(parts[-1]))


def _wrapped(schema: Schema, name: str) -> Iterator[tuple[str, Schema]]:
    """The property that is called like the path, or like something that holds elements."""
    for each in schema.properties.values():
        if each.schema.is_array and (COLLECTIONS.names(each.name) or squeezed(each.name) == name):
            yield each.name, each.schema


def _add_limit(operation: Operation) -> tuple[Change, ...]:
    bounds: dict[str, Json] = {"type": "integer", "format": "int32", "minimum": 1, "maximum": GUESSED_PAGE}
    in_schema = operation.description.version.media_types
    head: dict[str, Json] = {"name": "limit", "in": "query", "description": "Elements of a page."}
    parameter = head | ({"schema": bounds} if in_schema else bounds)
    listed = operation.node.get("parameters")
    if listed is None:
        return (SetKey(operation.node, "parameters", [parameter], guess=True),)
    return (AppendItem(listed, parameter, guess=True),)
