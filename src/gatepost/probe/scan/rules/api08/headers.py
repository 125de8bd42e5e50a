"""API8:2023: headers that tell browsers what they may do with an answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from gatepost.probe.finding import Confidence, Severity
from gatepost.probe.scan.edits import Change, Json, ReplaceValue, SetKey
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Header, Operation, Response
from gatepost.probe.scan.reading.node import Node
from gatepost.probe.scan.rules.addresses import own_host
from gatepost.probe.scan.rules.naming import listed
from gatepost.probe.scan.rules.repeats import joined
from gatepost.probe.scan.rules.rule import Hit, rule

ORIGIN = "Access-Control-Allow-Origin"
CREDENTIALS = "Access-Control-Allow-Credentials"


def _answering(headers: str) -> str:
    return f"paths: {{/a: {{get: {{responses: {{'200': {{description: a, headers: {{{headers}}}}}}}}}}}}}"


_ANY_ORIGIN = f"{ORIGIN}: {{schema: {{type: string, enum: ['*']}}}}"


def _answers(description: Description) -> Iterator[tuple[Operation, Response]]:
    for operation in description.operations:
        for response in operation.responses:
            yield operation, response


def _values(header: Header) -> Iterator[Node]:
    """The values that a header is documented with, wherever they are written."""
    holders = (header.node, header.schema.node if header.schema is not None else header.node)
    for holder in {id(each): each for each in holders}.values():
        for keyword in ("const", "default", "example"):
            if (value := holder.at(keyword)) is not None:
                yield value
        if (listed := holder.at("enum")) is not None:
            yield from listed.items()


@rule(
    "api8-any-origin",
    title="Pages of any origin may read the answers",
    severity=Severity.LOW,
    confidence=Confidence.FIRM,
    owasp="API8:2023",
    cwe=942,
    why="Any page that a person visits can then use the API from their browser, inside your network too.",
    exploited="A page reads from the browser of an employee what only their network can reach.",
    remediation=f"Answer with the origins of your own pages in {ORIGIN}, chosen from a list.",
    good=_answering(f"{ORIGIN}: {{schema: {{type: string, enum: ['https://app.example.com']}}}}"),
    bad=(
        _answering(_ANY_ORIGIN),
        _answering(f"{_ANY_ORIGIN}, {CREDENTIALS}: {{schema: {{type: string, enum: ['true']}}}}"),
    ),
)
def any_origin(description: Description) -> Iterator[Hit]:
    return joined(description, _any_origins(description), lambda count: f"{ORIGIN} is * in {count} places")


def _any_origins(description: Description) -> Iterator[Hit]:
    own = f"https://{own_host(description)}"
    for operation, response in _answers(description):
        origin, credentials = response.header(ORIGIN), response.header(CREDENTIALS)
        with_credentials = credentials is not None and any(
            str(each.value).lower() == "true" for each in _values(credentials)
        )
        for value in _values(origin) if origin is not None else ():
            if value.value == "*":
                yield Hit(
                    value,
                    f"{ORIGIN} is *" + (", and cookies are sent along" if with_credentials else ""),
                    (operation,),
                    severity=Severity.MEDIUM if with_credentials else None,
                    fix=(ReplaceValue(value, own, guess=True),),
                )


@rule(
    "api8-missing-cors-origin",
    title="Which pages may read an answer is not documented",
    severity=Severity.LOW,
    owasp="API8:2023",
    cwe=942,
    why="Where nobody decided on origins, the default of a framework decides, which is often every origin.",
    exploited="A page that an employee visits reads from the API in their name.",
    remediation=f"Document {ORIGIN} with the origins of your pages; leave it out if no page calls the API.",
    good=_answering(f"{ORIGIN}: {{schema: {{type: string, enum: ['https://app.example.com']}}}}"),
    bad=_answering(""),
    strict=True,
)
def missing_cors_origin(description: Description) -> Iterator[Hit]:
    return joined(description, _without_origin(description), lambda count: f"{count} answers have no {ORIGIN}")


def _without_origin(description: Description) -> Iterator[Hit]:
    answers = list(_answers(description))
    model = next((each for _, response in answers if (each := _written_header(response)) is not None), None)
    if model is None and answers:
        yield Hit(
            description.root.get("paths") or description.root,
            f"no answer has {ORIGIN}",
            tuple(dict.fromkeys(operation for operation, _ in answers)),
        )
    elif model is not None:
        for operation, response in answers:
            if response.header(ORIGIN) is None:
                yield Hit(
                    response.node,
                    f"the answer {response.status} has no {ORIGIN}, as others have",
                    (operation,),
                    fix=_with_header(response, model),
                )


def _written_header(response: Response) -> Node | None:
    headers = response.node.get("headers")
    return next((node for name, node in headers.entries() if name.lower() == ORIGIN.lower()), None) if headers else None


def _with_header(response: Response, model: Node) -> tuple[Change, ...]:
    """The header as another answer has it, which must be of the same file for its references to mean the same."""
    if model.source is not response.node.source:
        return ()
    value = cast(Json, model.plain())
    headers = response.node.get("headers")
    if headers is None:
        return (SetKey(response.node, "headers", {ORIGIN: value}),)
    return (SetKey(headers, ORIGIN, value),)


_HARDENING = ("X-Content-Type-Options", "Strict-Transport-Security", "Cache-Control")


@rule(
    "api8-missing-security-headers",
    title="Headers that harden browsers are not documented",
    severity=Severity.INFO,
    owasp="API8:2023",
    cwe=693,
    why="Without them, browsers guess types, fall back to http and keep answers in caches.",
    exploited="A browser takes an uploaded file for a page and runs the script in it.",
    remediation="Send `X-Content-Type-Options: nosniff`, `Strict-Transport-Security` and, for private data, "
    "`Cache-Control: no-store`, for all answers at once in the gateway, and document them.",
    good=_answering(", ".join(f"{name}: {{schema: {{type: string}}}}" for name in _HARDENING)),
    bad=_answering(""),
    strict=True,
)
def missing_security_headers(description: Description) -> Iterator[Hit]:
    answers = list(_answers(description))
    sent = {header.name for _, response in answers for header in response.headers}
    missing = [name for name in _HARDENING if name.lower() not in sent]
    if answers and missing:
        yield Hit(
            description.root.get("paths") or description.root,
            f"no answer has {listed(missing)}",
            tuple(dict.fromkeys(operation for operation, _ in answers)),
        )


_ATTRIBUTES = {"secure": "Secure", "httponly": "HttpOnly", "samesite": "SameSite=Lax"}


@rule(
    "api8-cookie-attributes",
    title="A cookie is set without the attributes that protect it",
    severity=Severity.MEDIUM,
    confidence=Confidence.FIRM,
    owasp="API8:2023",
    cwe=614,
    why="Without them a cookie goes over plain http, is readable by scripts and is sent by other sites.",
    exploited="A script that got into a page reads the session, or another site uses it.",
    remediation="Set it with Secure, HttpOnly and SameSite.",
    good=_answering(
        "Set-Cookie: {schema: {type: string, example: 'sid=1; Path=/; Secure; HttpOnly; SameSite=Strict'}}"
    ),
    bad=_answering("Set-Cookie: {schema: {type: string, example: 'sid=1; Path=/; HttpOnly'}}"),
)
def cookie_attributes(description: Description) -> Iterator[Hit]:
    for operation, response in _answers(description):
        header = response.header("Set-Cookie")
        for value in _values(header) if header is not None else ():
            if not isinstance(value.value, str) or "=" not in value.value or _is_for_scripts(value.value):
                continue
            present = {part.strip().partition("=")[0].lower() for part in value.value.split(";")[1:]}
            missing = [name for key, name in _ATTRIBUTES.items() if key not in present]
            if missing:
                yield Hit(
                    value,
                    f"the cookie {value.value.partition('=')[0]} is set without {', '.join(missing)}",
                    (operation,),
                    fix=(ReplaceValue(value, "; ".join((value.value.rstrip("; "), *missing)), guess=True),),
                )


def _is_for_scripts(cookie: str) -> bool:
    """Whether scripts have to read it, as those of double-submitted tokens."""
    name = cookie.partition("=")[0].lower()
    return "csrf" in name or "xsrf" in name
