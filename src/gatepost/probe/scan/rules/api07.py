"""API7:2023, server side request forgery: addresses that a caller names and the service, or a browser, goes to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gatepost.probe.finding import Confidence, Severity
from gatepost.probe.scan.edits import Change, SetKey
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Operation
from gatepost.probe.scan.reading.node import Node
from gatepost.probe.scan.rules.addresses import (
    Use,
    holder_name,
    is_allow_listed,
    likely_host,
    own_host,
    pattern_for,
    says_address,
    use_of,
)
from gatepost.probe.scan.rules.rule import Hit, rule
from gatepost.probe.scan.schema import Schema

_PINNED = "{type: string, pattern: '^https://[a-z0-9-]+\\.example\\.com/'}"
_ANY = "{type: string, format: uri}"
_CHECKED = "{type: string, format: uri, description: Private addresses are refused.}"
_INSIDE = ("private", "internal")
_REFUSED = ("refuse", "reject", "block", "not allowed", "forbidden")
"""How a description says that an address inside is not dialled."""


def _in_query(name: str, schema: str) -> str:
    return f"paths: {{/a: {{get: {{responses: {{}}, parameters: [{{name: {name}, in: query, schema: {schema}}}]}}}}}}"


def _in_body(name: str, schema: str) -> str:
    body = f"{{type: object, properties: {{{name}: {schema}}}}}"
    content = f"{{content: {{application/json: {{schema: {body}}}}}}}"
    return f"paths: {{/a: {{post: {{responses: {{}}, requestBody: {content}}}}}}}"


def _addresses(description: Description) -> Iterator[tuple[str, Schema, Use]]:
    """Every parameter and property in which a caller names an address without an allow-list."""
    for name, schema, context in _inputs(description):
        use = use_of(name, schema, context)
        if use is not None and not is_allow_listed(schema):
            yield name, schema, use


def _inputs(description: Description) -> Iterator[tuple[str, Schema, str]]:
    """Name, schema and the name of the holder of every text that callers send."""
    for operation in description.operations:
        for parameter in operation.parameters:
            if parameter.schema is not None and parameter.location != "path":
                yield from ((parameter.name, text, "") for text in _texts(parameter.schema))
    for schema in description.schemas:
        if schema.in_request:
            context = holder_name(schema.node) if schema.node.has("properties") else ""
            for each in schema.own_properties:
                if not each.read_only:
                    yield from ((each.name, text, context) for text in _texts(each.schema))


def _texts(schema: Schema) -> Iterator[Schema]:
    """The schema itself when it is a text, or its items when they are."""
    if schema.is_string or not (schema.types or schema.is_object or schema.is_array):
        yield schema
    elif schema.is_array and schema.items is not None and schema.items.is_string:
        yield schema.items


@rule(
    "api7-address-from-caller",
    title="The service goes to an address that a caller names",
    severity=Severity.MEDIUM,
    confidence=Confidence.FIRM,
    owasp="API7:2023",
    cwe=918,
    why="From inside, an address reaches what the outside cannot: metadata services, databases, admin pages.",
    exploited="An attacker registers http://169.254.169.254/... and reads the credentials of your machine.",
    remediation=(
        "Allow known hosts by `pattern` or `enum`; where any host must be possible, check the address that is really "
        "dialled, refuse private ranges and do not follow redirects."
    ),
    good=(_in_query("imageUrl", _PINNED), _in_body("callbackUrl", _CHECKED), _in_body("website", _ANY)),
    bad=(
        _in_query("imageUrl", _ANY),
        _in_body("callbackUrl", _ANY),
        _in_body("webhook", "{type: object, properties: {url: {type: string}}}"),
        _in_body("avatar_url", "{type: string, pattern: '^https?://.+$'}"),
    ),
)
def address_from_caller(description: Description) -> Iterator[Hit]:
    told = {id(schema.node) for schema in _called_back(description)}
    host = own_host(description)
    for name, schema, use in _addresses(description):
        if use in (Use.CALL, Use.FETCH) and id(schema.node) not in told and not _is_checked(schema):
            yield Hit(
                schema.node,
                f"the caller says in {name} what the service {use.value}, and any host is valid",
                remediation=f"Allow in {name} only hosts that you know, by a `pattern` that begins with one, such as "
                "`^https://hooks\\.example\\.com/`; where any host must be possible, check the address that is dialled "
                "and refuse private ranges.",
                confidence=None if says_address(name, schema) else Confidence.TENTATIVE,
                fix=_pin(schema, host),
            )


def _is_checked(schema: Schema) -> bool:
    """Whether the description says that the service goes nowhere inside."""
    description = schema.node.text("description").lower()
    return any(each in description for each in _INSIDE) and any(each in description for each in _REFUSED)


@rule(
    "api7-kept-address",
    title="An address of any host is taken",
    severity=Severity.LOW,
    confidence=Confidence.TENTATIVE,
    owasp="API7:2023",
    cwe=918,
    why="An address that is only kept today is previewed, checked or imported by a later version.",
    exploited="An attacker leaves an internal address, or one of a scheme such as `javascript:`, for others to open.",
    remediation="Allow https only by `pattern`, and never go to it from the server.",
    good=_in_body("website", _PINNED),
    bad=_in_body("website", _ANY),
    strict=True,
)
def kept_address(description: Description) -> Iterator[Hit]:
    host = own_host(description)
    for name, schema, use in _addresses(description):
        if use is Use.KEEP:
            yield Hit(schema.node, f"{name} may lead to any host", fix=_pin(schema, host))


@rule(
    "api7-open-redirect",
    title="A caller chooses where browsers are sent",
    severity=Severity.MEDIUM,
    confidence=Confidence.FIRM,
    owasp="API7:2023",
    cwe=601,
    why="People trust a link to your host, and tokens in a redirect go wherever it leads.",
    exploited="An attacker sends a link to your sign-in page that ends on a copy of it, or receives the code.",
    remediation="Allow only registered addresses, or paths of your own site.",
    good=(
        _in_query("redirect_uri", _PINNED),
        _in_query("next", "{type: string}"),
        _in_query("endpoint", "{type: string}"),
        _in_query("return_url", "{type: string, pattern: '^/[a-z]'}"),
    ),
    bad=(
        _in_query("redirect_uri", "{type: string}"),
        _in_query("returnUrl", "{type: string, pattern: '^https?://.*'}"),
        _in_body("success_url", _ANY),
    ),
)
def open_redirect(description: Description) -> Iterator[Hit]:
    host = own_host(description)
    for name, schema, use in _addresses(description):
        if use is Use.REDIRECT:
            yield Hit(
                schema.node,
                f"{name} may send a browser to any host",
                remediation=f"Allow in {name} only addresses that the client registered, or hosts of your own, such as "
                f"by `pattern: {pattern_for(host)}`.",
                fix=_pin(schema, host),
            )


_EXPRESSION = re.compile(r"^\{\$request\.(query\.|header\.|body#/)([^}]+)\}")

_CALLBACK = "callbacks: {done: {'{$request.body#/notify}': {post: {responses: {}}}}}"


@rule(
    "api7-callback-to-anywhere",
    title="A callback goes to whatever address the caller gives",
    severity=Severity.HIGH,
    owasp="API7:2023",
    cwe=918,
    why="The document itself says that the service sends a request there.",
    exploited="An attacker names an internal host and has the service send requests to it, with its own rights.",
    remediation=(
        "Allow known hosts by `pattern` or `enum`, or take only addresses that were registered and verified before."
    ),
    good=f"""
        paths: {{/a: {{post: {{responses: {{}}, {_CALLBACK}, requestBody: {{content: {{application/json: {{schema:
          {{type: object, properties: {{notify: {_PINNED}}}}}}}}}}}}}}}}}
        """,
    bad=(
        f"""
        paths: {{/a: {{post: {{responses: {{}}, {_CALLBACK}, requestBody: {{content: {{application/json: {{schema:
          {{type: object, properties: {{notify: {_ANY}}}}}}}}}}}}}}}}}
        """,
        "paths: {/a: {post: {responses: {}, callbacks: {a: {'{$request.query.to}': {post: {responses: {}}}}}}}}",
    ),
)
def callback_to_anywhere(description: Description) -> Iterator[Hit]:
    host = own_host(description)
    for operation, callback, expression in _callbacks(description):
        found = _named_by(operation, expression)
        if found is None:
            yield Hit(callback, f"this callback goes to {expression}, which nothing describes or bounds", (operation,))
        elif not is_allow_listed(found):
            yield Hit(
                found.node,
                f"a callback of {operation.name} goes to this address, and any host is valid",
                (operation,),
                fix=_pin(found, host),
            )


def _callbacks(description: Description) -> Iterator[tuple[Operation, Node, str]]:
    """Every callback whose whole host a caller gives: operation, place and expression."""
    for operation in description.operations:
        named = operation.node.get("callbacks")
        for _, callback in named.entries() if named is not None else ():
            for expression, place in callback.entries():
                if _EXPRESSION.match(expression):
                    yield operation, place, expression


def _called_back(description: Description) -> Iterator[Schema]:
    for operation, _, expression in _callbacks(description):
        found = _named_by(operation, expression)
        if found is not None and not is_allow_listed(found):
            yield found


def _named_by(operation: Operation, expression: str) -> Schema | None:
    """The schema of what a runtime expression such as `{$request.body#/notify}` means."""
    match = _EXPRESSION.match(expression)
    if match is None:
        return None
    location, name = match[1].rstrip("."), match[2]
    if location in ("query", "header"):
        parameter = operation.parameter(name, location)
        return parameter.schema if parameter is not None else None
    return next((found for body in operation.bodies if (found := _at(body.schema, name.split("/")))), None)


def _at(schema: Schema | None, steps: list[str]) -> Schema | None:
    for step in steps:
        found = schema.properties.get(step) if schema is not None else None
        schema = found.schema if found is not None else None
    return schema


def _pin(schema: Schema, host: str) -> tuple[Change, ...]:
    """A pattern for the host of the examples, else for the own one: a person has to say which hosts there are."""
    return (SetKey(schema.node, "pattern", pattern_for(likely_host(schema, host)), guess=True),)
