"""Ways to authenticate that are weak by themselves."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.probe.finding import Confidence, Severity
from gatepost.probe.scan.edits import Change, ReplaceValue, SetKey
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.rules.rule import Hit, rule
from gatepost.probe.scan.security import SecurityScheme

WEAK_SCHEMES = {
    "digest": "it keeps a hash of the password that works like the password, and is built on MD5",
    "negotiate": "it authenticates the connection and not the request, and falls back to NTLM",
    "ntlm": "it authenticates the connection and not the request, and its hashes are replayed",
    "oauth": "OAuth 1.0 was withdrawn in favour of OAuth 2.0",
    "hoba": "it is an experiment that nobody maintains",
    "scram-sha-1": "it is built on SHA-1",
}
"""HTTP authentication schemes in lower case that should not be used any more, and why."""

SOUND_SCHEMES = frozenset(
    {"bearer", "dpop", "gnap", "mutual", "privatetoken", "scram-sha-256", "vapid", "concealed", "aws4-hmac-sha256"}
)
"""Those of the IANA registry that nothing speaks against, and the one of a large provider."""

JWT_PRACTICES = "RFC8725"
"""JSON Web Token Best Current Practices."""

_USED = "security: [{s: []}]\npaths: {/a: {get: {responses: {}}}}\ncomponents: {securitySchemes: {s: "
_GOOD = f"{_USED}{{type: http, scheme: bearer, bearerFormat: opaque}}}}}}"


@rule(
    "api2-http-basic",
    title="Passwords are sent with every request",
    severity=Severity.MEDIUM,
    owasp="API2:2023",
    cwe=522,
    why="HTTP Basic sends name and password each time: they end up in logs, never expire, and cannot be limited.",
    exploited="An attacker who reads one request, or one log line, has the password until somebody changes it.",
    remediation="Use short-lived tokens: OAuth 2 or OpenID Connect, or at least revocable keys as bearer tokens.",
    good=_GOOD,
    bad=(
        f"{_USED}{{type: http, scheme: Basic}}}}}}",
        """
        swagger: "2.0"
        info: {title: Example, version: "1"}
        security: [{s: []}]
        paths: {/a: {get: {responses: {}}}}
        securityDefinitions: {s: {type: basic}}
        """,
    ),
)
def http_basic(description: Description) -> Iterator[Hit]:
    for scheme in description.security_schemes.values():
        if scheme.kind == "http" and scheme.scheme == "basic":
            yield Hit(scheme.node, f"{scheme.name} is HTTP Basic: each request carries the password")


@rule(
    "api2-weak-http-scheme",
    title="An outdated way to authenticate",
    severity=Severity.MEDIUM,
    owasp="API2:2023",
    cwe=1390,
    why="These schemes have known weaknesses, and few libraries still implement them with care.",
    exploited="An attacker who listens in replays or cracks what was sent.",
    remediation="Use bearer tokens from OAuth 2 or OpenID Connect over TLS.",
    good=_GOOD,
    bad=f"{_USED}{{type: http, scheme: digest}}}}}}",
)
def weak_http_scheme(description: Description) -> Iterator[Hit]:
    for scheme in description.security_schemes.values():
        if scheme.kind == "http" and scheme.scheme in WEAK_SCHEMES:
            yield Hit(scheme.node, f"{scheme.name} is {scheme.scheme}: {WEAK_SCHEMES[scheme.scheme]}")


@rule(
    "api2-unknown-http-scheme",
    title="A way to authenticate that nobody knows",
    severity=Severity.MEDIUM,
    confidence=Confidence.FIRM,
    owasp="API2:2023",
    cwe=1390,
    why="What is not in the IANA registry is home-made: no library checks it, and nobody outside reviewed it.",
    exploited="An attacker finds what its authors did not think of; gateways that do not know it let it pass.",
    remediation="Use a registered scheme such as bearer; describe a key in a header of your own as `type: apiKey`.",
    good=_GOOD,
    bad=f"{_USED}{{type: http, scheme: homemade}}}}}}",
)
def unknown_http_scheme(description: Description) -> Iterator[Hit]:
    for scheme in description.security_schemes.values():
        if scheme.kind == "http" and scheme.scheme not in {"basic", *WEAK_SCHEMES, *SOUND_SCHEMES}:
            what = f"uses {scheme.scheme!r}, which is no registered scheme" if scheme.scheme else "does not say how"
            yield Hit(scheme.node, f"{scheme.name} {what}")


@rule(
    "api2-unknown-scheme-type",
    title="A security scheme of an unknown type",
    severity=Severity.MEDIUM,
    owasp="API2:2023",
    cwe=1059,
    why="Tools skip what they do not know: whatever requires it is then open.",
    exploited="An attacker calls the operations behind it without a credential.",
    remediation="Use apiKey, http, mutualTLS, oauth2 or openIdConnect.",
    good=_GOOD,
    bad=f"{_USED}{{type: token}}}}}}",
)
def unknown_scheme_type(description: Description) -> Iterator[Hit]:
    for scheme in description.security_schemes.values():
        if scheme.kind not in ("apiKey", "http", "mutualTLS", "oauth2", "openIdConnect"):
            yield Hit(scheme.node, f"{scheme.name} has the type {scheme.kind!r}, which no version knows")


@rule(
    "api2-api-key-in-query",
    title="An API key is sent in the address",
    severity=Severity.HIGH,
    owasp="API2:2023",
    cwe=598,
    why="Addresses are kept in logs, histories, caches and Referer headers, also of those who may not know the key.",
    exploited="An attacker takes the key out of the log of a proxy, or of a page that was linked.",
    remediation="Take the key in a header.",
    good=f"{_USED}{{type: apiKey, in: header, name: X-Key}}}}}}",
    bad=f"{_USED}{{type: apiKey, in: query, name: key}}}}}}",
)
def api_key_in_query(description: Description) -> Iterator[Hit]:
    for scheme in description.security_schemes.values():
        place = scheme.node.at("in")
        if scheme.kind == "apiKey" and scheme.location == "query" and place is not None:
            key = scheme.node.text("name")
            yield Hit(
                scheme.node,
                f"{scheme.name} is sent as ?{key}=…, where logs and caches keep it",
                remediation=f"Take it in a header, such as Authorization, and stop taking {key} from the address.",
                fix=(ReplaceValue(place, "header", guess=True),),
            )


@rule(
    "api2-bearer-without-format",
    title="Nothing is said about the tokens",
    severity=Severity.LOW,
    owasp="API2:2023",
    cwe=1059,
    why="Whether a bearer token is a JWT or opaque, and how long it lives, decides how it has to be checked.",
    exploited="A service that reads the claims of a token without checking it believes an attacker's token.",
    remediation="Say in `bearerFormat` what the tokens are, and in `description` how long they live.",
    good=_GOOD,
    bad=f"{_USED}{{type: http, scheme: bearer}}}}}}",
    strict=True,
)
def bearer_without_format(description: Description) -> Iterator[Hit]:
    for scheme in description.security_schemes.values():
        silent = not scheme.node.has("bearerFormat") and not scheme.node.text("description")
        if scheme.kind == "http" and scheme.scheme == "bearer" and silent:
            yield Hit(
                scheme.node,
                f"{scheme.name} does not say what its tokens are",
                fix=(SetKey(scheme.node, "bearerFormat", "opaque", guess=True),),
            )


@rule(
    "api2-jwt-practices",
    title="Good practice for tokens is not stated",
    severity=Severity.LOW,
    owasp="API2:2023",
    cwe=347,
    why="Tokens that are not checked as RFC 8725 says are forged: unsigned, signed with a public key, for another API.",
    exploited="An attacker changes `alg` to `none` and is whoever they like.",
    remediation="Follow RFC 8725 and say so in the description of the scheme, so that those who implement it know.",
    good=f"{_USED}{{type: http, scheme: bearer, bearerFormat: JWT, description: Checked as RFC8725 says.}}}}}}",
    bad=f"{_USED}{{type: http, scheme: bearer, bearerFormat: JWT}}}}}}",
    strict=True,
)
def jwt_practices(description: Description) -> Iterator[Hit]:
    for scheme in description.security_schemes.values():
        stated = JWT_PRACTICES in scheme.node.text("description").replace(" ", "").upper()
        if _gives_jwt(scheme) and not stated:
            yield Hit(
                scheme.node,
                f"{scheme.name} does not say that its tokens are checked as RFC 8725 asks",
                fix=_state_practices(scheme),
            )


def _gives_jwt(scheme: SecurityScheme) -> bool:
    return scheme.kind == "oauth2" or scheme.node.text("bearerFormat").lower() == "jwt"


def _state_practices(scheme: SecurityScheme) -> tuple[Change, ...]:
    said = scheme.node.text("description").rstrip()
    return (
        SetKey(
            scheme.node,
            "description",
            f"{said} Tokens are signed, and checked as {JWT_PRACTICES} asks.".strip(),
            guess=True,
        ),
    )
