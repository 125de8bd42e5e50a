"""Credentials in the wrong place: in addresses, and in cookies that another site can make a browser send."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.probe.finding import Confidence, Severity
from gatepost.probe.scan.edits import AppendItem, Change, Json, SetKey
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Operation, Parameter
from gatepost.probe.scan.rules.rule import Hit, rule
from gatepost.probe.scan.rules.vocabulary import CREDENTIALS, CSRF_TOKENS, PAGE_PLACES
from gatepost.probe.scan.security import Alternative

_SOON_WORTHLESS = ("one-time", "one time", "single use", "single-use", "used once", "short-lived", "short lived")
"""How a description says that whoever finds the credential later cannot use it."""

_COOKIE = "components: {securitySchemes: {session: {type: apiKey, in: cookie, name: session}}}"


@rule(
    "api2-credentials-in-url",
    title="A credential is part of the address",
    severity=Severity.HIGH,
    confidence=Confidence.FIRM,
    owasp="API2:2023",
    cwe=598,
    why="Addresses are kept in logs, histories, caches and Referer headers, also of those whom it does not concern.",
    exploited="An attacker takes it out of the log of a proxy, or of a page that was linked.",
    remediation="Take credentials in a header or in the body.",
    good="paths: {/a: {get: {parameters: [{name: pageToken, in: query}, {name: X-Token, in: header}]}}}",
    bad="paths: {/a: {get: {parameters: [{name: access_token, in: query}]}}, '/b/{apiKey}': {get: {parameters: "
    "[{name: apiKey, in: path}]}}}",
)
def credentials_in_url(description: Description) -> Iterator[Hit]:
    for operation in description.operations:
        for parameter in operation.parameters:
            if parameter.location in ("query", "path") and _is_credential(parameter):
                bare = CREDENTIALS.ending(parameter.name) == "token"
                yield Hit(
                    parameter.node,
                    f"{parameter.name} is sent in the {parameter.location}, where logs and caches keep it",
                    (operation,),
                    f"Take {parameter.name} in a header such as Authorization, or in the body.",
                    severity=Severity.MEDIUM if bare else Severity.HIGH,
                    confidence=Confidence.TENTATIVE if bare else Confidence.FIRM,
                )


def _is_credential(parameter: Parameter) -> bool:
    schema = parameter.schema
    is_text = schema is None or not schema.types or schema.is_string
    if not is_text or not CREDENTIALS.ending(parameter.name) or PAGE_PLACES.ending(parameter.name):
        return False
    return not any(phrase in parameter.node.text("description").lower() for phrase in _SOON_WORTHLESS)


@rule(
    "api2-cookie-without-csrf-token",
    title="A cookie is all that a write needs",
    severity=Severity.MEDIUM,
    confidence=Confidence.FIRM,
    owasp="API2:2023",
    cwe=352,
    why="Browsers send cookies with every request, also with one that another site makes.",
    exploited="A page of the attacker sends the form; the visitor's browser adds the cookie, and the write is done.",
    remediation="Require a header that another site cannot set, such as X-CSRF-Token, and cookies with SameSite.",
    good=f"""
        {_COOKIE}
        paths:
          /a:
            post:
              security: [{{session: []}}]
              parameters: [{{name: X-CSRF-Token, in: header, required: true, schema: {{type: string}}}}]
        """,
    bad=f"{_COOKIE}\npaths: {{/a: {{post: {{security: [{{session: []}}]}}}}}}",
)
def cookie_without_csrf_token(description: Description) -> Iterator[Hit]:
    for operation in description.operations:
        cookies = [name for each in operation.security if (name := _only_cookie(each))]
        if operation.is_write and cookies and not any(map(_is_csrf_token, operation.parameters)):
            yield Hit(
                operation.node,
                f"{operation.name} needs the cookie {cookies[0]} only, and other sites can make a browser send it",
                (operation,),
                fix=_require_token(operation),
            )


def _only_cookie(alternative: Alternative) -> str:
    """The name of the scheme if nothing but cookies is required, or nothing."""
    schemes = [need.scheme for need in alternative.requirements]
    if not schemes or not all(scheme is not None and scheme.location == "cookie" for scheme in schemes):
        return ""
    return alternative.requirements[0].name


def _is_csrf_token(parameter: Parameter) -> bool:
    return parameter.location in ("header", "formData") and CSRF_TOKENS.within(parameter.name)


def _require_token(operation: Operation) -> tuple[Change, ...]:
    token = _known_token(operation) or _new_token(operation)
    parameters = operation.node.get("parameters")
    if parameters is None:
        return (SetKey(operation.node, "parameters", [token], guess=True),)
    return (AppendItem(parameters, token, guess=True),)


def _known_token(operation: Operation) -> Json:
    """The reusable parameter, if there is one."""
    description = operation.description
    for name, node in description.component("parameters").items():
        is_own = node.source is operation.node.source
        if is_own and node.resolved.text("in") == "header" and CSRF_TOKENS.within(node.resolved.text("name")):
            return {"$ref": "#/" + "/".join((*description.version.parameters, name))}
    return None


def _new_token(operation: Operation) -> Json:
    schema: dict[str, Json] = {"type": "string", "maxLength": 128, "pattern": "^[A-Za-z0-9_.-]+$"}
    in_schema = operation.description.version.media_types
    parameter: dict[str, Json] = {"name": "X-CSRF-Token", "in": "header", "required": True}
    return parameter | ({"schema": schema} if in_schema else schema)
