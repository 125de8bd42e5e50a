"""What became worse since another version of the document (`--since`). Without one, these rules find nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from gatepost.probe.finding import Confidence, Severity
from gatepost.probe.scan.edits import Change, Json, SetKey
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Operation
from gatepost.probe.scan.reading.node import Node
from gatepost.probe.scan.regression import Schemas, added_operations, common_inputs, common_operations
from gatepost.probe.scan.rules.naming import listed
from gatepost.probe.scan.rules.rule import Hit, rule
from gatepost.probe.scan.security import Alternative

_KEYS = "components: {securitySchemes: {key: {type: apiKey, in: header, name: K}, sign: {type: http, scheme: bearer}}}"


def _secured(security: str, more: str = "") -> str:
    return f"paths: {{/a: {{get: {{security: {security}, responses: {{}}}}}}{more}}}\n{_KEYS}"


@rule(
    "regression-auth-dropped",
    title="What needed a credential is open now",
    severity=Severity.HIGH,
    owasp="API2:2023",
    cwe=306,
    why="A requirement that disappears between two versions was mostly lost by accident.",
    exploited="An attacker compares the versions, as this scan did, and calls what was opened.",
    remediation="Require the credential again, or record who decided that the operation is public.",
    before=_secured("[{key: []}]"),
    good=_secured("[{key: []}]"),
    bad=(_secured("[]"), _secured("[{key: []}, {}]")),
)
def auth_dropped(description: Description) -> Iterator[Hit]:
    for pair in common_operations(description):
        if pair.now.anonymous and not pair.before.anonymous:
            place = pair.now.security_node or description.root.get("paths") or description.root
            yield Hit(
                place,
                f"{_names(pair.before)} was required here before, and now nothing is",
                (pair.now,),
                fix=_required_again(pair.before, pair.now),
            )


def _names(operation: Operation) -> str:
    return listed(need.name for way in operation.security for need in way.requirements)


def _required_again(before: Operation, now: Operation) -> tuple[Change, ...]:
    """The requirement as it was, where everything that it asks for is still defined."""
    defined = now.description.security_schemes
    if before.security_node is None or any(
        need.name not in defined for way in before.security for need in way.requirements
    ):
        return ()
    was_global = before.security_node is before.description.security_node
    is_global = now.security_node is now.description.security_node  # or there is none
    place = now.description.root if was_global and is_global else now.node
    return (SetKey(place, "security", cast(Json, before.security_node.plain())),)


@rule(
    "regression-auth-loosened",
    title="Less is required of callers than before",
    severity=Severity.HIGH,
    confidence=Confidence.FIRM,
    owasp="API5:2023",
    cwe=285,
    why="A scope or a second credential that is asked for no longer separates nobody from anybody.",
    exploited="A caller with a key for something else can call it now.",
    remediation="Ask for what was asked for before, or record who decided otherwise.",
    before=_secured("[{key: [], sign: []}]"),
    good=(_secured("[{key: [], sign: []}]"), _secured("[]")),
    bad=_secured("[{key: []}]"),
)
def auth_loosened(description: Description) -> Iterator[Hit]:
    for pair in common_operations(description):
        formerly = [_demands(way) for way in pair.before.security]
        for way in pair.now.security:
            demands = _demands(way)
            lost = [sorted(before - demands) for before in formerly if demands < before]
            if demands and lost and demands not in formerly:
                yield Hit(
                    way.node,
                    f"{listed(lost[0])} was required here too before",
                    (pair.now,),
                    fix=_required_again(pair.before, pair.now),
                )


def _demands(way: Alternative) -> frozenset[str]:
    """Every scheme, and every scope of one, as words."""
    schemes = {need.name for need in way.requirements}
    return frozenset(schemes | {f"{need.name} {scope}" for need in way.requirements for scope in need.scopes})


@rule(
    "regression-open-operation",
    title="A new operation is open, where nothing was before",
    severity=Severity.MEDIUM,
    confidence=Confidence.FIRM,
    owasp="API9:2023",
    cwe=306,
    why="Where everything needs a credential, an operation that needs none was mostly forgotten.",
    exploited="An attacker calls it without credentials.",
    remediation="Require what the other operations require, or record who decided that it is public.",
    before=_secured("[{key: []}]"),
    good=_secured("[{key: []}]", ", /b: {get: {security: [{key: []}], responses: {}}}"),
    bad=_secured("[{key: []}]", ", /b: {get: {security: [], responses: {}}}"),
)
def open_operation(description: Description) -> Iterator[Hit]:
    former = description.former
    if former is None or not former.operations or any(operation.anonymous for operation in former.operations):
        return
    for operation in added_operations(description):
        if operation.anonymous:
            model = former.operations[0]
            yield Hit(
                operation.node,
                f"{operation.name} is new and open, while every operation needed a credential before",
                (operation,),
                fix=_required_again(model, operation),
            )


def _body(schema: str) -> str:
    content = f"{{content: {{application/json: {{schema: {{type: object, properties: {{a: {schema}}}}}}}}}}}"
    return f"paths: {{/a: {{post: {{responses: {{}}, requestBody: {content}}}}}}}"


@rule(
    "regression-bound-loosened",
    title="A bound on what callers send was loosened",
    severity=Severity.MEDIUM,
    confidence=Confidence.FIRM,
    owasp="API4:2023",
    cwe=1284,
    why="Code behind a bound was written for it; nobody looked at it again when the bound went.",
    exploited="An attacker sends what could not come before.",
    remediation="Restore the bound, or check that the code behind it can take more.",
    before=_body("{type: string, maxLength: 10, pattern: '^[a-z]+$'}, b: {enum: [x, y]}"),
    good=(
        _body("{type: string, maxLength: 5, pattern: '^[a-z]+$'}, b: {enum: [x]}"),
        _body("{allOf: [{type: string, maxLength: 10, pattern: '^[a-z]+$'}]}, b: {const: x}"),
    ),
    bad=(
        _body("{type: string, maxLength: 1000, pattern: '^[a-z]+$'}"),
        _body("{type: string, maxLength: 10}"),
        _body("{type: string, maxLength: 10, pattern: '^[a-z]+$'}, b: {enum: [x, y, z]}"),
    ),
)
def bound_loosened(description: Description) -> Iterator[Hit]:
    for pair in common_inputs(description):
        for keyword, message, former in (*_higher(pair), *_lower(pair), *_dropped(pair), *_widened(pair)):
            yield Hit(
                pair.now.node,
                f"{pair.where}: {message}",
                detail=keyword,
                fix=(SetKey(pair.now.node, keyword, cast(Json, former.plain())),),
            )


Loosened = Iterator[tuple[str, str, Node]]
"""Keyword, what happened to it, and what it was."""


def _higher(pair: Schemas) -> Loosened:
    for keyword in ("maxLength", "maxItems", "maxProperties", "maximum"):
        before, now = _numbers(pair, keyword)
        if before is not None and before.numeric is not None and (now is None or (now.numeric or 0) > before.numeric):
            yield keyword, _changed(keyword, before, now), before


def _lower(pair: Schemas) -> Loosened:
    for keyword in ("minLength", "minItems", "minProperties", "minimum"):
        before, now = _numbers(pair, keyword)
        if before is None or not before.numeric:
            continue
        if now is None or (now.numeric is not None and now.numeric < before.numeric):
            yield keyword, _changed(keyword, before, now), before


def _numbers(pair: Schemas, keyword: str) -> tuple[Node | None, Node | None]:
    """The bound as it was and as it is; an exclusive one now counts as the same bound."""
    before, now = pair.before.constraint(keyword), pair.now.constraint(keyword)
    if now is None and keyword in ("minimum", "maximum"):
        now = pair.now.constraint(f"exclusive{keyword.capitalize()}")
    return before, now


def _dropped(pair: Schemas) -> Loosened:
    """What is there no more. Listed values replace a pattern, and a fixed value everything."""
    for keyword in ("pattern", "format", "type"):
        before = pair.before.constraint(keyword)
        replaced = pair.now.is_fixed or (keyword == "type" and any(pair.now.branches))
        if before is not None and pair.now.constraint(keyword) is None and not replaced:
            yield keyword, _changed(keyword, before, None), before


def _widened(pair: Schemas) -> Loosened:
    before, now = pair.before.constraint("enum"), pair.now.constraint("enum")
    if before is not None:
        more = [str(item.value) for item in now.items() if item.value not in _values(before)] if now is not None else []
        if now is None and pair.now.constraint("const") is None:
            yield "enum", "the list of valid values is gone", before
        elif more:
            yield "enum", f"{listed(more)} {'are' if len(more) > 1 else 'is'} valid now too", before
    closed = next((each for each in (_additional(pair, key) for key in _CLOSING) if each is not None), None)
    if closed is not None:
        yield closed


_CLOSING = ("additionalProperties", "unevaluatedProperties")


def _additional(pair: Schemas, keyword: str) -> tuple[str, str, Node] | None:
    """An object that took no other properties and takes them now."""
    before, now = pair.before.constraint(keyword), pair.now.additional
    if before is None or before.value is not False or (now is not None and now.value is False):
        return None
    return keyword, "properties that are not listed are valid now", before


def _values(listing: Node) -> list[object]:
    return [item.value for item in listing.items()]


def _changed(keyword: str, before: Node, now: Node | None) -> str:
    if now is None:
        return f"{keyword} was {before.value} and is gone"
    return f"{keyword} was {before.value} and is {now.value}"


@rule(
    "regression-writable",
    title="A property that only the server set can be sent now",
    severity=Severity.MEDIUM,
    confidence=Confidence.FIRM,
    owasp="API3:2023",
    cwe=915,
    why="Code that copies what it gets stores it now.",
    exploited="A caller sends the property and sets what was not theirs to set.",
    remediation="Mark it as readOnly again, or check who may set it.",
    before=_body("{type: string, readOnly: true}"),
    good=_body("{type: string, readOnly: true}"),
    bad=_body("{type: string}"),
)
def writable(description: Description) -> Iterator[Hit]:
    for pair in common_inputs(description):
        for name, now in pair.now.properties.items():
            before = pair.before.properties.get(name)
            if before is not None and before.read_only and not now.read_only:
                yield Hit(
                    now.place,
                    f"{name} was readOnly before",
                    fix=(SetKey(now.schema.node, "readOnly", True),) if now.place is now.schema.node else (),
                )


_ANSWERED = "paths: {{/a: {{get: {{responses: {{'200': {{description: a{headers}}}{more}}}}}}}}}"


@rule(
    "regression-answer-dropped",
    title="An error is not documented any more",
    severity=Severity.LOW,
    confidence=Confidence.FIRM,
    owasp="API8:2023",
    cwe=703,
    why="Either the check behind it went too, or clients meet an answer that they do not know.",
    exploited="An attacker tries again what was refused before.",
    remediation="Document it again, or make sure that the check is still there.",
    before=_ANSWERED.format(headers="", more=", '403': {description: no}"),
    good=(
        _ANSWERED.format(headers="", more=", '403': {description: no}"),
        _ANSWERED.format(headers="", more=", '4XX': {description: no}"),
    ),
    bad=_ANSWERED.format(headers="", more=""),
)
def answer_dropped(description: Description) -> Iterator[Hit]:
    for pair in common_operations(description):
        responses = pair.now.node.get("responses")
        for response in pair.before.responses:
            if not response.is_error or pair.now.response(response.status) is not None or responses is None:
                continue
            yield Hit(
                responses,
                f"{pair.now.name} was documented to answer {response.status} before",
                (pair.now,),
                detail=response.status,
                fix=_written_again(responses, response.status, pair.before),
            )


def _written_again(responses: Node, status: str, before: Operation) -> tuple[Change, ...]:
    """The answer as it was; one that refers to something else is not copied, because that may be gone too."""
    written = before.node.get("responses", status)
    if written is None or any(node.target is not None for node in written.walk()):
        return ()
    return (SetKey(responses, status, cast(Json, written.plain())),)


_PROTECTING = frozenset(
    {"retry-after", "ratelimit", "ratelimit-policy", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset",
     "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "access-control-allow-origin", "cache-control",
     "strict-transport-security", "content-security-policy", "x-content-type-options", "x-frame-options",
     "www-authenticate"}
)  # fmt: skip
"""Headers that tell of a protection."""


@rule(
    "regression-header-dropped",
    title="A header that protects is not documented any more",
    severity=Severity.LOW,
    confidence=Confidence.FIRM,
    owasp="API8:2023",
    cwe=693,
    why="What sent the header, such as a limiter, may have gone with it.",
    exploited="An attacker notices that the limit is gone.",
    remediation="Document it again, or make sure that what it told of is still there.",
    before=_ANSWERED.format(headers=", headers: {Cache-Control: {schema: {type: string}}}", more=""),
    good=_ANSWERED.format(headers=", headers: {Cache-Control: {schema: {type: string}}}", more=""),
    bad=_ANSWERED.format(headers="", more=""),
)
def header_dropped(description: Description) -> Iterator[Hit]:
    for pair in common_operations(description):
        for before in pair.before.responses:
            now = pair.now.response(before.status, exactly=True)
            for header in before.headers if now is not None else ():
                if now is not None and header.name in _PROTECTING and now.header(header.name) is None:
                    yield Hit(
                        now.node,
                        f"{header.name} was documented with {before.status} before",
                        (pair.now,),
                        detail=header.name,
                    )
