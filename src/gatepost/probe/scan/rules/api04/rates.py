"""How often may be called: what refuses, what tells how much is left, and when to try again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gatepost.probe.finding import Confidence, Severity
from gatepost.probe.scan.edits import Change, Json, SetKey
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Operation, Response
from gatepost.probe.scan.reading.node import Node
from gatepost.probe.scan.rules.answers import Answers
from gatepost.probe.scan.rules.audience import is_for_monitoring
from gatepost.probe.scan.rules.flows import flow_of
from gatepost.probe.scan.rules.limits import has_limit_policy, shows_limits
from gatepost.probe.scan.rules.rule import Hit, rule

TOO_MANY = "429"
RATE_HEADERS = ("ratelimit", "x-ratelimit", "x-rate-limit")
"""How the names of headers begin that tell how much is left, in lower case."""

_SECONDS: dict[str, Json] = {"type": "integer", "format": "int32", "minimum": 0, "maximum": 86_400}
_POLICY: dict[str, Json] = {"type": "string", "maxLength": 200, "pattern": '^[A-Za-z0-9 ";=,:_-]+$'}

_REFUSED = "'429': {description: Later, headers: {Retry-After: {schema: {type: integer}}}}"


@rule(
    "api4-missing-429",
    title="Nothing says that calls are limited",
    severity=Severity.MEDIUM,
    confidence=Confidence.FIRM,
    owasp="API4:2023",
    cwe=770,
    why="Without a limit one caller can use up what all share, and guess or copy whatever they have time for.",
    exploited="An attacker calls as fast as the network allows, until the bill or the data is theirs.",
    remediation="Limit how often each caller may call, and document the refusal as 429 with Retry-After.",
    good=(
        f"paths: {{/a: {{get: {{responses: {{{_REFUSED}}}}}}}}}",
        "x-rate-limit: {requests: 100}\npaths: {/a: {get: {responses: {'200': {description: It}}}}}",
    ),
    bad=(
        "paths: {/a: {get: {responses: {'200': {description: It}}}}}",
        f"paths: {{/a: {{get: {{responses: {{{_REFUSED}}}}}, post: {{responses: {{'200': {{description: It}}}}}}}}}}",
    ),
)
def missing_429(description: Description) -> Iterator[Hit]:
    unlimited = [operation for operation in description.operations if not _is_limited(operation)]
    unlimited = [operation for operation in unlimited if operation.responses and not is_for_monitoring(operation)]
    answers = Answers(description)
    if len(unlimited) * 2 > len(description.operations):
        yield _unlimited_api(description, unlimited, answers)
        return
    for operation in unlimited:
        yield Hit(
            operation.node.get("responses") or operation.node,
            f"{operation.name} does not say that calls are limited, while others do",
            (operation,),
            severity=Severity.MEDIUM if operation.anonymous or operation.is_write else Severity.LOW,
            fix=answers.added(operation, TOO_MANY),
            actionable=flow_of(operation) is None,  # api6-flow-without-limit says it, and why it is worse
        )


def _unlimited_api(description: Description, unlimited: list[Operation], answers: Answers) -> Hit:
    """One cause, one finding: nobody thought of limits, or the gateway has them and the document does not say so."""
    every = len(unlimited) == len(description.operations)
    return Hit(
        description.root.get("paths") or description.root,
        f"{'none' if every else f'{len(unlimited)}'} of {len(description.operations)} operations "
        f"{'says' if every else 'do not say'} that calls are limited",
        tuple(unlimited),
        fix=tuple(change for operation in unlimited for change in answers.added(operation, TOO_MANY)),
    )


def _is_limited(operation: Operation) -> bool:
    """By its own answer, by an answer for several statuses that says when to come back, or by a policy."""
    response = operation.response(TOO_MANY)
    if response is not None and (response.status == TOO_MANY or response.header("Retry-After") is not None):
        return True
    return has_limit_policy(operation)


def _has_rate_header(response: Response) -> bool:
    return any(header.name.startswith(RATE_HEADERS) for header in response.headers)


@rule(
    "api4-missing-retry-after",
    title="Callers are refused and not told until when",
    severity=Severity.LOW,
    owasp="API4:2023",
    cwe=770,
    why="Clients that do not know when to come back try again at once: the limit makes the load it should prevent.",
    exploited="A fault in one client becomes a flood, without anybody meaning it.",
    remediation="Send Retry-After with 429 (RFC 9110 section 10.2.3).",
    good=f"paths: {{/a: {{get: {{responses: {{{_REFUSED}}}}}}}}}",
    bad="paths: {/a: {get: {responses: {'429': {description: Later}}}}}",
    strict=True,
)
def missing_retry_after(description: Description) -> Iterator[Hit]:
    for operation in description.operations:
        response = operation.response(TOO_MANY, exactly=True)
        if response is not None and response.header("Retry-After") is None:
            fix = _headers(description, response.node, {"Retry-After": _shape(description, _SECONDS, "Seconds.")})
            yield Hit(response.node, "429 comes without Retry-After", (operation,), fix=fix)


@rule(
    "api4-missing-rate-limit-headers",
    title="Callers cannot see how much they may still call",
    severity=Severity.LOW,
    confidence=Confidence.FIRM,
    owasp="API4:2023",
    cwe=770,
    why="A client that sees its limit coming slows down; one that does not runs into it, and so does its user.",
    exploited="Nobody notices that a key is used up by somebody else until it is.",
    remediation="Send RateLimit and RateLimit-Policy, or X-RateLimit-* headers, with answers and refusals.",
    good="""
        paths: {/a: {get: {responses: {'200': {description: It, headers: {RateLimit: {schema: {type: string}}}}}}}}
        """,
    bad="paths: {/a: {get: {responses: {'200': {description: It}}}}}",
    strict=True,
)
def missing_rate_limit_headers(description: Description) -> Iterator[Hit]:
    headers = _known_headers(description)
    for operation in description.operations:
        for response in operation.responses:
            tells = response.is_success or response.status == TOO_MANY
            if tells and not _has_rate_header(response) and not is_for_monitoring(operation):
                yield Hit(
                    response.node,
                    f"the answer {response.status} does not say how much is left",
                    (operation,),
                    fix=_headers(description, response.node, headers),
                )


def _known_headers(description: Description) -> dict[str, Json]:
    """The headers of an answer that has them, by reference where that does, or those of the draft standard."""
    for operation in description.operations if any(map(shows_limits, description.operations)) else ():
        for response in operation.responses:
            if response.is_success and _has_rate_header(response) and response.node.source is description.source:
                return dict(_rate_headers(response.node))
    return {
        "RateLimit": _shape(description, _POLICY, "What is left."),
        "RateLimit-Policy": _shape(description, _POLICY, "What is allowed."),
    }


def _rate_headers(response: Node) -> Iterable[tuple[str, Json]]:
    headers = response.get("headers")
    for name, place in headers.entries() if headers is not None else ():
        if name.lower().startswith(RATE_HEADERS):
            yield name, place.plain()  # type: ignore[misc]


def _shape(description: Description, schema: dict[str, Json], meaning: str) -> Json:
    inner: dict[str, Json] = {"schema": schema} if description.version.media_types else schema
    return {"description": meaning, **inner}


def _headers(description: Description, response: Node, added: dict[str, Json]) -> tuple[Change, ...]:
    if response.source is not description.source:
        return ()
    headers = response.get("headers")
    if headers is None:
        return (SetKey(response, "headers", dict(added)),)
    return tuple(SetKey(headers, name, value) for name, value in added.items())
