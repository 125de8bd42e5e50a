"""API8:2023: what errors tell about the inside of the service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from gatepost.probe.finding import Confidence, Severity
from gatepost.probe.scan.edits import Change, Json, RemoveKey, SetKey
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Operation, Response
from gatepost.probe.scan.reading.node import Node
from gatepost.probe.scan.rules.rule import Hit, rule
from gatepost.probe.scan.rules.words import words_of
from gatepost.probe.scan.schema import Property, Schema

_ERROR = "paths: {{/a: {{get: {{responses: {{'500': {{description: a{content}}}}}}}}}}}"


def _error(properties: str) -> str:
    schema = f"{{type: object, properties: {properties}}}"
    return _ERROR.format(content=f", content: {{application/json: {{schema: {schema}}}}}")


_LEAKS = {
    "a stack trace": ("stacktrace", "stack", "backtrace", "traceback", "callstack", "stackframes"),
    "the exception": (
        "exception",
        "exceptiontype",
        "exceptionclass",
        "exceptionmessage",
        "innerexception",
        "throwable",
    ),
    "a database statement": ("sql", "sqlstate", "sqlquery", "sqlstatement", "sqlerror", "dberror", "databaseerror"),
    "debugging output": ("debug", "debuginfo", "debugmessage", "debugdata", "internalmessage", "internalerror"),
    "where the code is": ("filename", "linenumber", "sourcefile", "sourceline", "classname", "methodname"),
}
_MEANING = {name: meaning for meaning, names in _LEAKS.items() for name in names}
_NEEDS_COMPANY = frozenset({"filename", "linenumber", "classname", "methodname"})
"""Ordinary names, unless a second one of them is there: an error about an upload tells its `fileName`."""


@rule(
    "api8-leaky-error",
    title="Errors tell callers about the inside of the service",
    severity=Severity.MEDIUM,
    confidence=Confidence.FIRM,
    owasp="API8:2023",
    cwe=209,
    why="Traces and statements name libraries, versions, tables and paths: half of an attack is finding those.",
    exploited="An attacker sends odd input until an error names the query that it broke, and then injects into it.",
    remediation="Remove it from the schema, write it to the log, and give callers an id by which you find it there.",
    good=(
        _error("{title: {type: string}, traceId: {type: string}}"),
        _error("{fileName: {type: string}}"),
        "paths: {/a: {get: {responses: {'200': {description: a, content: {application/json: {schema: "
        "{type: object, properties: {stackTrace: {type: string}}}}}}}}}}",
    ),
    bad=(
        _error("{stackTrace: {type: array, items: {type: string}}}"),
        _error("{error: {type: object, properties: {sql_state: {type: string}}}}"),
        _error("{className: {type: string}, lineNumber: {type: integer}}"),
        """
        swagger: "2.0"
        info: {title: Example, version: "1"}
        paths: {/a: {get: {responses: {default: {description: a, schema: {$ref: '#/definitions/Error'}}}}}}
        definitions: {Error: {allOf: [{type: object, properties: {exception: {type: string}}}]}}
        """,
    ),
)
def leaky_error(description: Description) -> Iterator[Hit]:
    for schema, operations in _error_schemas(description):
        for each, meaning in _leaks(schema):
            yield Hit(
                each.place,
                f"errors carry {meaning} in {each.name}",
                operations,
                f"Remove {each.name} from the schema and from what the service answers; write it to the log under an "
                "id that callers get instead.",
                fix=_removed(each, schema),
            )


def _leaks(schema: Schema) -> Iterator[tuple[Property, str]]:
    names = {"".join(words_of(each.name)): each for each in schema.own_properties}
    ordinary = names.keys() & _NEEDS_COMPANY
    for name, each in names.items():
        meaning = _MEANING.get(name)
        if meaning is not None and not each.write_only and (name not in ordinary or len(ordinary) > 1):
            yield each, meaning


def _removed(each: Property, schema: Schema) -> tuple[Change, ...]:
    """A guess, because the service may answer with it all the same."""
    required = schema.node.get("required")
    listed = [item for item in (required.items() if required is not None else ()) if item.value == each.name]
    return (RemoveKey(each.place, guess=True), *(RemoveKey(item, guess=True) for item in listed))


def _error_schemas(description: Description) -> Iterator[tuple[Schema, tuple[Operation, ...]]]:
    """Every schema that an error leads to, once, with the operations that answer so."""
    tops: dict[int, tuple[Schema, list[Operation]]] = {}
    for operation, response in _errors(description):
        for content in response.contents:
            if content.schema is not None:
                tops.setdefault(id(content.schema.node), (content.schema, []))[1].append(operation)
    for top, operations in tops.values():
        users = tuple(dict.fromkeys(operations))
        for schema in top.descendants():
            yield schema, users


def _errors(description: Description) -> Iterator[tuple[Operation, Response]]:
    for operation in description.operations:
        for response in operation.responses:
            if response.is_error:
                yield operation, response


_TRACES = re.compile(
    r"Traceback \(most recent call last\)"
    r"|\bat [\w.$<>]+\([\w$]+\.(?:java|kt|scala|cs|js|ts):\d+"
    r"|\bat [\w.$<> ]+ \((?:/|[A-Z]:\\|file:)[^)\n]+:\d+:\d+\)"
    r"|File \"[^\"\n]+\", line \d+"
    r"|\bORA-\d{5}\b|SQLSTATE\[|You have an error in your SQL syntax|unterminated quoted string at or near"
    r"|\b(?:java|javax|org\.springframework|org\.hibernate|System)\.[\w.]+Exception\b"
    r"|goroutine \d+ \[running\]|panic: runtime error"
)
MAX_EXAMPLE = 10_000
"""Characters of an example that are looked through."""


@rule(
    "api8-leaky-error-example",
    title="The example of an error shows the inside of the service",
    severity=Severity.LOW,
    confidence=Confidence.FIRM,
    owasp="API8:2023",
    cwe=209,
    why="Examples are mostly pasted from what the service really answered.",
    exploited="An attacker learns the libraries and tables without sending a single request.",
    remediation="Answer without it, and replace the example.",
    good=_ERROR.format(content=", content: {application/json: {example: {title: Something failed}}}"),
    bad=_ERROR.format(
        content=", content: {application/json: {example: {m: 'java.lang.NullPointerException at A.b(A.java:3)'}}}"
    ),
)
def leaky_error_example(description: Description) -> Iterator[Hit]:
    for operation, response in _errors(description):
        for node in response.node.walk():
            if isinstance(node.value, str) and (found := _TRACES.search(node.value[:MAX_EXAMPLE])):
                yield Hit(node, f"an error is documented with {found[0][:60]!r}", (operation,))


@rule(
    "api8-error-without-schema",
    title="What an error looks like is not documented",
    severity=Severity.LOW,
    owasp="API8:2023",
    cwe=703,
    why="Where nothing is agreed, the framework's own page is the answer, which tells more than it should.",
    exploited="An attacker reads in a default error page what the service is made of.",
    remediation="Give it the schema that all errors share, such as problem details (RFC 9457).",
    good=_error("{title: {type: string}}"),
    bad=_ERROR.format(content=""),
    strict=True,
)
def error_without_schema(description: Description) -> Iterator[Hit]:
    pattern = _usual_error(description)
    for operation, response in _errors(description):
        if operation.method != "HEAD" and not any(content.schema is not None for content in response.contents):
            yield Hit(
                response.node,
                f"the error {response.status} has no schema",
                (operation,),
                fix=_described_like(pattern, response, description),
            )


def _usual_error(description: Description) -> Response | None:
    """The first error that has a schema behind a reference: what others should look like."""
    for _, response in _errors(description):
        if any((place := content.place.at("schema")) and place.target for content in response.contents):
            return response
    return None


def _described_like(pattern: Response | None, response: Response, description: Description) -> tuple[Change, ...]:
    field = "content" if description.version.media_types else "schema"
    model: Node | None = pattern.node.at(field) if pattern is not None else None
    if model is None or model.source is not response.node.source:
        return ()
    return (SetKey(response.node, field, cast(Json, model.plain())),)
