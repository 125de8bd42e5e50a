"""OAuth 2 (RFC 6749, RFC 9700) and OpenID Connect: flows that are given up, and endpoints that are not safe."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from gatepost.probe.finding import Confidence, Severity
from gatepost.probe.scan.edits import Change, RemoveKey, ReplaceValue, SetKey
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.reading.node import Node
from gatepost.probe.scan.rules.rule import Hit, rule
from gatepost.probe.scan.security import Flow, SecurityScheme

_URLS = ("authorizationUrl", "tokenUrl", "refreshUrl", "deviceAuthorizationUrl")
_URLS_OF_SCHEME = ("openIdConnectUrl", "oauth2MetadataUrl")
_NEEDED_URLS = {
    "implicit": ("authorizationUrl",),
    "password": ("tokenUrl",),
    "clientCredentials": ("tokenUrl",),
    "authorizationCode": ("authorizationUrl", "tokenUrl"),
    "deviceAuthorization": ("deviceAuthorizationUrl", "tokenUrl"),
}
_PLAIN = "http:"
_LOCAL = ("localhost", "127.0.0.1", "::1")

_OF = (
    "security: [{login: []}]\npaths: {/a: {get: {responses: {}}}}\ncomponents: {securitySchemes: {login: {type: oauth2"
)
_CODE = (
    "{authorizationUrl: https://a.example/in, tokenUrl: https://a.example/t, refreshUrl: https://a.example/t, "
    "scopes: {read: Read}}"
)
_GOOD = f"{_OF}, flows: {{authorizationCode: {_CODE}}}}}}}}}"


def _flows(description: Description) -> Iterator[tuple[SecurityScheme, Flow]]:
    for scheme in description.security_schemes.values():
        for flow in scheme.flows:
            yield scheme, flow


def _drop(scheme: SecurityScheme, flow: Flow) -> tuple[Change, ...]:
    """Takes the flow out where others remain."""
    return (RemoveKey(flow.node, guess=True),) if len(scheme.flows) > 1 else ()


@rule(
    "api2-password-grant",
    title="Applications ask for people's passwords",
    severity=Severity.MEDIUM,
    owasp="API2:2023",
    cwe=522,
    why="In the password flow each application sees the password; it must not be used any more (RFC 9700 section 2.4).",
    exploited="An attacker writes, or breaks into, one of the applications and has the passwords of all who used it.",
    remediation="Use the authorization code flow with PKCE for people, and client credentials for machines.",
    good=_GOOD,
    bad=(
        f"{_OF}, flows: {{password: {{tokenUrl: https://a.example/t, scopes: {{read: Read}}}}}}}}}}}}",
        """
        swagger: "2.0"
        info: {title: Example, version: "1"}
        paths: {/a: {get: {security: [{login: [read]}]}}}
        securityDefinitions:
          login: {type: oauth2, flow: password, tokenUrl: https://a.example/t, scopes: {read: Read}}
        """,
    ),
)
def password_grant(description: Description) -> Iterator[Hit]:
    for scheme, flow in _flows(description):
        if flow.kind == "password":
            yield Hit(
                flow.node, f"{scheme.name} lets applications ask people for their passwords", fix=_drop(scheme, flow)
            )


@rule(
    "api2-implicit-grant",
    title="Tokens are sent in the address",
    severity=Severity.MEDIUM,
    owasp="API2:2023",
    cwe=598,
    why="The token becomes part of an address, where scripts and histories see it (RFC 9700 section 2.1.2).",
    exploited="An attacker's script, or a page that is linked, reads the token out of the address.",
    remediation="Use the authorization code flow with PKCE.",
    good=_GOOD,
    bad=f"{_OF}, flows: {{implicit: {{authorizationUrl: https://a.example/in, scopes: {{read: Read}}}}}}}}}}}}",
)
def implicit_grant(description: Description) -> Iterator[Hit]:
    for scheme, flow in _flows(description):
        if flow.kind == "implicit":
            yield Hit(flow.node, f"{scheme.name} hands out tokens in addresses", fix=_drop(scheme, flow))


@rule(
    "api2-plain-http-oauth",
    title="Credentials are fetched without encryption",
    severity=Severity.HIGH,
    owasp="API2:2023",
    cwe=319,
    why="Codes, secrets and tokens pass this address: without TLS everybody on the way reads them.",
    exploited="An attacker in the same network takes the token, or answers instead of the server.",
    remediation="Serve the endpoint over https only.",
    good=_GOOD,
    bad=(
        f"{_OF}, flows: {{clientCredentials: {{tokenUrl: http://a.example/t, scopes: {{read: Read}}}}}}}}}}}}",
        f"{_OF.replace('oauth2', 'openIdConnect')}, openIdConnectUrl: http://a.example/openid}}}}}}",
    ),
)
def plain_http_oauth(description: Description) -> Iterator[Hit]:
    for scheme, field, place in _endpoints(description):
        url = str(place.value)
        if url.lower().startswith(_PLAIN) and (_split(url).hostname or "") not in _LOCAL:
            yield Hit(
                place,
                f"the {field} of {scheme.name} is reached without TLS: {url}",
                fix=(ReplaceValue(place, f"https:{url[len(_PLAIN) :]}"),),
            )


def _endpoints(description: Description) -> Iterator[tuple[SecurityScheme, str, Node]]:
    for scheme in description.security_schemes.values():
        for holder, fields in ((scheme.node, _URLS_OF_SCHEME), *((flow.node, _URLS) for flow in scheme.flows)):
            for field in fields:
                if (place := holder.at(field)) is not None:
                    yield scheme, field, place


@rule(
    "api2-broken-oauth-url",
    title="An address to authenticate at is no address",
    severity=Severity.MEDIUM,
    owasp="API2:2023",
    cwe=1059,
    why="Clients cannot use it: they are configured by hand, by what somebody finds on the web.",
    exploited="An attacker offers an address of their own, and receives codes and secrets.",
    remediation="Write the https URL of the endpoint.",
    good=_GOOD,
    bad=(
        f"{_OF}, flows: {{clientCredentials: {{tokenUrl: token page, scopes: {{read: Read}}}}}}}}}}}}",
        f"{_OF}, flows: {{authorizationCode: {{tokenUrl: https://a.example/t, scopes: {{read: Read}}}}}}}}}}}}",
    ),
)
def broken_oauth_url(description: Description) -> Iterator[Hit]:
    for scheme, field, place in _endpoints(description):
        if not _is_url(place.value):
            yield Hit(place, f"the {field} of {scheme.name} is no URL: {str(place.value)[:80]!r}")
    for scheme, flow in _flows(description):
        for field in _NEEDED_URLS.get(flow.kind, ()):
            if flow.url(field) is None:
                yield Hit(flow.node, f"the {flow.kind} flow of {scheme.name} has no {field}", detail=field)


def _is_url(value: object) -> bool:
    """Whether it is an http(s) URL, or one relative to the server."""
    if not isinstance(value, str) or not value or any(character.isspace() for character in value):
        return False
    parts = _split(value)
    if not parts.scheme:
        return not parts.netloc and value.startswith((".", "/"))
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _split(url: str) -> SplitResult:
    """The parts of a URL; none where it is so broken that it has none."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")


@rule(
    "api2-missing-refresh-url",
    title="Nothing says how tokens are renewed",
    severity=Severity.LOW,
    confidence=Confidence.FIRM,
    owasp="API2:2023",
    cwe=613,
    why="Where tokens cannot be renewed they are made to live long, and a stolen one is of use for as long.",
    exploited="An attacker uses a token that was stolen months ago.",
    remediation="Let access tokens expire within minutes and name the `refreshUrl`.",
    good=_GOOD,
    bad=f"{_OF}, flows: {{authorizationCode: {_CODE.replace('refreshUrl', 'x-no')}}}}}}}}}",
    strict=True,
)
def missing_refresh_url(description: Description) -> Iterator[Hit]:
    for scheme, flow in _flows(description):
        can_say_so = flow.node is not scheme.node  # the flow of 2.0 is the scheme itself and has no such field
        if can_say_so and flow.url("refreshUrl") is None:
            yield Hit(
                flow.node, f"the {flow.kind} flow of {scheme.name} has no refreshUrl", fix=_refresh_at_token(flow)
            )


def _refresh_at_token(flow: Flow) -> tuple[Change, ...]:
    """Most servers renew where they hand out (RFC 6749 section 6)."""
    place = flow.url("tokenUrl")
    url = place.value if place is not None else None
    return (SetKey(flow.node, "refreshUrl", url, guess=True),) if isinstance(url, str) else ()


@rule(
    "api2-flow-without-scopes",
    title="Every token may do everything",
    severity=Severity.LOW,
    confidence=Confidence.FIRM,
    owasp="API2:2023",
    cwe=272,
    why="A flow without scopes hands out tokens that are good for all operations, whatever their holder needs.",
    exploited="An attacker who gets the token of a harmless application has the rights of all.",
    remediation="Define scopes, at least one to read and one to write, and require them by operation.",
    good=_GOOD,
    bad=f"{_OF}, flows: {{clientCredentials: {{tokenUrl: https://a.example/t, scopes: {{}}}}}}}}}}}}",
)
def flow_without_scopes(description: Description) -> Iterator[Hit]:
    for scheme, flow in _flows(description):
        if not flow.scopes:
            yield Hit(flow.node, f"the {flow.kind} flow of {scheme.name} defines no scopes")
